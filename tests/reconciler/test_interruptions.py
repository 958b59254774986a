"""Changes of mind at every single call, before and after it was made; and absences.

Restarts at every call and commit are in tests/faults.
"""

import asyncio
from itertools import count
from typing import Any

import pytest

from custom_components.hikcentral_visitors.reconciler.batches import Job
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.operations import (
    Operation,
    OperationKind,
)

from .house import ENROL, HOUR, LOBBY, LOBBY_DOORS, House


class Halt:
    """Halts the nth call from now on: before it is sent, or before its answer."""

    def __init__(self, house: House, nth: int, *, sent: bool) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()
        transport: Any = house.client._transport
        post, calls = transport._post, count()

        async def halting(*arguments: Any) -> Any:
            halts = next(calls) == nth
            if halts and not sent:
                await self._halt()
            answer = await post(*arguments)
            if halts and sent:
                await self._halt()
            return answer

        transport._post = halting
        self._post = post

    async def _halt(self) -> None:
        self.reached.set()
        await self.go_on.wait()

    async def until_reached(self, house: House) -> None:
        """Let the work go on until the call is halted."""
        working = asyncio.create_task(house.settle())
        reached = asyncio.create_task(self.reached.wait())
        await asyncio.wait({working, reached}, return_when=asyncio.FIRST_COMPLETED)
        assert not working.done(), "there is no such call"
        working.cancel()
        transport: Any = house.client._transport
        transport._post = self._post


@pytest.mark.parametrize("sent", [False, True], ids=["unsent", "unanswered"])
@pytest.mark.parametrize("nth", range(4))
async def test_cancelled_while_it_was_granted(
    house: House, nth: int, sent: bool
) -> None:
    """D11: at every call of the grant, before and after it."""
    halt = Halt(house, nth, sent=sent)
    visit = await house.grant()
    await halt.until_reached(house)
    await house.book.cancel(visit, house.desk)
    halt.go_on.set()
    await house.settle()
    assert await house.differences() == []
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


async def test_revoked_before_a_call_that_was_decided_on(house: House) -> None:
    """What was about to be called is not called any more."""
    visit = await house.grant()
    await house.settle()
    late = Job(
        operation=Operation(OperationKind.ADD_MEMBER, LOBBY),
        visitor_ids=((await house.record()).visitor.id,),
        narrowing=False,
    )

    async def change_of_mind() -> None:
        await house.revoke(visit)
        await house.executor.async_carry_out(late)

    house.calls()
    await house.at_once([change_of_mind()])
    await house.settle()
    assert ENROL not in house.calls()


@pytest.mark.parametrize("sent", [False, True], ids=["unsent", "unanswered"])
@pytest.mark.parametrize("nth", range(5))
async def test_restored_while_it_was_revoked(
    house: House, nth: int, sent: bool
) -> None:
    visit = await house.grant()
    await house.settle()
    halt = Halt(house, nth, sent=sent)
    await house.revoke(visit)
    await halt.until_reached(house)
    await house.book.restore(visit, house.desk)
    halt.go_on.set()
    await house.settle()
    assert await house.differences() == []
    assert house.open_to_us() == LOBBY_DOORS
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_a_visit_that_ended_while_we_were_away(house: House) -> None:
    visit = await house.grant(stay=HOUR)
    await house.settle()
    await house.stop()
    house.clock.advance(2 * HOUR.total_seconds())
    assert house.open_to_us() == set()
    await house.start()
    await house.settle()
    assert await house.differences() == []
    assert (await house.access(visit)).state is AccessState.REMOVED


async def test_what_was_granted_while_the_server_was_away(house: House) -> None:
    house.fail(cut="drop_before")
    visits = await house.grant_all(3)
    await house.wait(HOUR)
    calls = house.calls().total()
    assert calls < 100
    assert house.contact.error is not None
    house.fail()
    await house.settle(HOUR / 2)
    assert house.contact.connected
    assert await house.differences() == []
    for visit in visits:
        assert (await house.access(visit)).state is AccessState.ACTIVE
