"""HikCentral was set back to its own backup: ids of ours are other people's now (I2).

What the house checks after each test is what matters: no call named one of the staff,
and nothing of theirs is changed.
"""

from collections.abc import Awaitable, Callable

import pytest

from custom_components.hikcentral_visitors.visits.access import AccessState
from simulator.control.operator import operate

from .house import (
    APPLY,
    DELETE,
    DESK,
    ENROL,
    EXPEL,
    FACE,
    HOUR,
    JPEG,
    LOBBY,
    LOBBY_DOORS,
    MINUTE,
    READ,
    UPDATE,
    VIP,
    House,
)

WRITES = {UPDATE, FACE, DELETE, ENROL, EXPEL, APPLY}
OTHER_JPEG = JPEG[:-2] + b" of today" + JPEG[-2:]


async def _extend(house: House, visit: str) -> None:
    await house.extend(visit)


async def _shorten(house: House, visit: str) -> None:
    await house.extend(visit, by=-HOUR)


async def _revoke(house: House, visit: str) -> None:
    await house.revoke(visit)


async def _forget(house: House, visit: str) -> None:
    await house.book.forget([(await house.record()).visitor.id], DESK)


async def _more_levels(house: House, visit: str) -> None:
    visitor = (await house.record()).visitor.id
    await house.grant("Ada", LOBBY, VIP, visitor_id=visitor, photo=None)


async def _new_face(house: House, visit: str) -> None:
    visitor = (await house.record()).visitor.id
    await house.grant("Ada", visitor_id=visitor, photo=OTHER_JPEG)


type Command = Callable[[House, str], Awaitable[None]]

COMMANDS = [_extend, _shorten, _revoke, _forget, _more_levels, _new_face]


def _set_back(house: House) -> str:
    """Restore what was before anybody of ours; somebody else gets the next id."""
    house.calls()  # until now the id was ours
    operate(house.world, {"restore": "before"})
    (taken,) = house.simulator.background.seed(1, 0)
    house.staff.add(taken)
    house.remember_staff()
    return taken


async def _granted(house: House) -> str:
    operate(house.world, {"snapshot": "before"})
    visit = await house.grant(photo=None)
    await house.settle()
    return visit


async def _all_is_well(house: House, taken: str) -> None:
    house.fail()
    await house.settle(2 * HOUR)
    await house.auditor.async_audit(thorough=True)
    await house.settle(MINUTE)
    assert await house.differences() == []
    assert taken not in {person.id for person in house.ours()}


@pytest.mark.parametrize("command", COMMANDS)
async def test_asked_during_the_outage(house: House, command: Command) -> None:
    visit = await _granted(house)
    house.fail(cut="drop_before")
    await command(house, visit)
    await house.wait(HOUR / 4)
    await _all_is_well(house, _set_back(house))


@pytest.mark.parametrize("command", COMMANDS)
async def test_asked_when_the_server_is_back(house: House, command: Command) -> None:
    """Only one call noticed the outage; the first one after it would write."""
    visit = await _granted(house)
    house.fail(cut="drop_before")
    await house.auditor.async_audit(thorough=False)
    await house.wait(5 * MINUTE)
    taken = _set_back(house)
    house.fail()
    await command(house, visit)
    await _all_is_well(house, taken)


async def test_while_terminals_are_waited_for(house: House) -> None:
    """What they hold of somebody else says nothing of him whom we wait for."""
    operate(house.world, {"snapshot": "before"})
    house.world.faults.apply_delay_s = HOUR.total_seconds()
    await house.grant(photo=None)
    await house.settle(2 * MINUTE)
    house.fail(cut="drop_before")
    await house.auditor.async_audit(thorough=False)
    taken = _set_back(house)
    house.fail()
    await _all_is_well(house, taken)


async def test_while_nothing_can_be_stored(house: House) -> None:
    """What is taken away from memory is not taken from somebody else."""
    visit = await _granted(house)
    house.fail(cut="drop_before")

    async def revoke_and_fill_the_disk() -> None:
        await house.revoke(visit)
        await house.ledger._pragmas("query_only=1")

    await house.at_once([revoke_and_fill_the_disk()])
    await house.wait(HOUR / 4)
    taken = _set_back(house)
    house.fail()
    await house.settle(HOUR / 4)
    await house.ledger._pragmas("query_only=0")
    await _all_is_well(house, taken)


@pytest.mark.parametrize("path", [UPDATE, ENROL, EXPEL, APPLY])
async def test_a_call_that_was_under_way_is_not_repeated_blindly(
    house: House, path: str
) -> None:
    """Carried out, its answer lost; then the outage, and another server behind it."""
    visit = await _granted(house)
    house.fail(path, cut="drop_after")
    await _more_levels(house, visit)
    await house.revoke(visit)
    await house.settle(MINUTE / 4)
    house.fail(cut="drop_before")
    await house.wait(HOUR / 4)
    await _all_is_well(house, _set_back(house))


@pytest.mark.parametrize("code", ["128", "131"])
@pytest.mark.parametrize("path", [UPDATE, EXPEL])
async def test_who_somebody_is_is_read_again_before_the_next_write(
    house: House, path: str, code: str
) -> None:
    """What does not exist, or exists already, may be somebody else's."""
    visit = await _granted(house)
    house.calls()
    house.fail(path, code=code, times=1)
    await (_extend if path == UPDATE else _revoke)(house, visit)
    await house.settle()
    calls = [call.path for call in house.world.traffic.recent]
    after = calls[calls.index(path) + 1 :]
    assert next(one for one in after if one in {READ, *WRITES}) == READ


async def test_a_person_who_was_deleted_and_not_yet_applied(house: House) -> None:
    """The terminals may know him still; his id is another's, who is not applied."""
    await _granted(house)
    house.fail(APPLY, code="5")
    await _forget(house, "")
    await house.settle(HOUR / 2)
    house.fail(cut="drop_before")
    await house.wait(HOUR / 4)
    await _all_is_well(house, _set_back(house))


@pytest.mark.parametrize("strangers", [0, 1])
async def test_doors_are_told_of_an_id_that_was_his_for_a_while(
    house: House, strangers: int
) -> None:
    """He was deleted and made again; with the backup his id of before is back."""
    visit = await house.grant(photo=None)
    await house.settle()
    (before,) = house.ours()
    operate(house.world, {"snapshot": "before"})
    operate(house.world, {"delete_person": before.id})
    await house.auditor.async_audit(thorough=False)
    await house.settle()
    (meanwhile,) = house.ours()
    assert meanwhile.id != before.id
    house.calls()  # until now the id was ours
    operate(house.world, {"restore": "before"})
    house.staff.update(house.simulator.background.seed(strangers, 0))
    house.world.terminals.store_wanted(house.staff)
    house.remember_staff()
    await house.auditor.async_audit(thorough=True)
    await house.settle()
    assert house.open_to_us() == LOBBY_DOORS
    await house.revoke(visit)
    await house.settle()
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


async def test_more_than_an_hour_after_the_last_proof(house: House) -> None:
    """Nobody noticed anything at all."""
    visit = await _granted(house)
    await house.wait(1.5 * HOUR)
    taken = _set_back(house)
    await house.revoke(visit)
    await _all_is_well(house, taken)
    assert (await house.access(visit)).state is AccessState.REMOVED
