"""A server that answers but not all, for long; one that is back after long."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
import socket
from typing import Any

import pytest

from custom_components.hikcentral_visitors.ledger.records import change
from custom_components.hikcentral_visitors.problems import Cause, causes
from custom_components.hikcentral_visitors.visits import facts
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord

from .house import (
    ADD,
    APPLY,
    CHECK,
    ENROL,
    HOUR,
    LOBBY_DOORS,
    MINUTE,
    READ,
    UPDATE,
    House,
)

BUSY = "5"
"""A database exception, as it is seen in the field (reference 2.2)."""


@contextmanager
def _nobody_listens(house: House) -> Iterator[None]:
    """Let every connection be refused."""
    transport: Any = house.client._transport
    base = transport._base
    with socket.socket() as silent:
        silent.bind((base.host, 0))
        transport._base = base.with_port(silent.getsockname()[1])
        yield
    transport._base = base


@pytest.mark.parametrize("path", [ADD, ENROL, APPLY, CHECK])
async def test_what_is_not_given_for_long_is_told_and_does_not_hammer(
    house: House, path: str
) -> None:
    """I6: it is read in between, which makes no failure forgotten."""
    house.fail(path, code=BUSY)
    visit = await house.grant()
    await house.wait(2 * HOUR)
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.FAILED, "busy")
    assert held.next_attempt is not None
    assert [*causes(await house.book.visit(visit))] == [Cause.ACCESS_NOT_GIVEN]
    assert (await house.told()).count("grant_failed") == 1
    assert house.calls()[path] < 40
    house.fail()
    await house.wait(20 * MINUTE)
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.open_to_us() == LOBBY_DOORS


async def test_a_visit_that_cannot_be_made_longer_is_told(house: House) -> None:
    visit = await house.grant(stay=4 * HOUR)
    await house.settle()
    house.fail(UPDATE, code=BUSY)
    house.calls()
    await house.extend(visit)
    await house.wait(2 * HOUR)
    assert (await house.access(visit)).state is AccessState.FAILED
    assert house.calls()[UPDATE] < 40
    house.fail()
    await house.wait(20 * MINUTE)
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_failures_of_long_ago_shorten_no_patience(house: House) -> None:
    """All was read to be as it should: the next time begins anew."""
    await house.grant()
    await house.settle()
    house.fail(READ, code=BUSY)
    visitor_id = (await house.record()).visitor.id

    def doubt(record: VisitorRecord) -> Change:
        known = facts.mistaken(record.known, record.known.person_id or "")
        return Change(replace(record, known=known))

    await house.ledger.async_write(
        lambda transaction: change(transaction, house.moment(), visitor_id, doubt)
    )
    await house.wait(HOUR)
    assert (await house.known()).widening.failures > 2
    house.fail()
    await house.wait(20 * MINUTE)
    assert await house.differences() == []
    assert (await house.known()).widening.failures == 0


async def test_nobody_waits_once_a_server_is_within_reach_again(house: House) -> None:
    """I1: the doors shut then, not when the last failure's wait is over."""
    visit = await house.grant()
    await house.settle()
    with _nobody_listens(house):
        await house.revoke(visit)
        await house.wait(6 * HOUR)
    assert house.open_to_us() == LOBBY_DOORS
    await house.auditor.async_audit(thorough=False)
    await house.settle(MINUTE)
    assert house.open_to_us() == set()
