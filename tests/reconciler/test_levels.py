"""Access levels that somebody deletes, makes again or changes in HikCentral."""

import asyncio
from dataclasses import replace

from custom_components.hikcentral_visitors.visits.access import AccessState
from simulator.control.operator import operate

from .house import (
    APPLY,
    HOUR,
    LOBBY,
    LOBBY_DOORS,
    MINUTE,
    READ,
    VIP,
    House,
)


def _delete(house: House, level: str) -> None:
    operate(house.world, {"delete_level": level})
    house.remember_staff()


async def _audited(house: House) -> None:
    await house.auditor.async_audit(thorough=False)
    await house.wait(2 * MINUTE)


async def test_of_a_visit_the_levels_that_are_there_work(house: House) -> None:
    """A level that is gone is named as the reason, and holds up no other."""
    _delete(house, VIP)
    visit = await house.grant("Ada", LOBBY, VIP)
    await house.settle()
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.PARTIAL, "not_found")
    assert house.open_to_us() == LOBBY_DOORS
    assert "grant_failed" in await house.told()
    assert house.calls()[APPLY] == 1


async def test_a_visit_to_nothing_but_a_level_that_is_gone_fails(house: House) -> None:
    _delete(house, VIP)
    visit = await house.grant("Ada", VIP)
    await house.settle(HOUR)
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.FAILED, "not_found")
    assert house.open_to_us() == set()


async def test_another_visit_to_a_level_that_is_there_is_not_troubled(
    house: House,
) -> None:
    _delete(house, VIP)
    troubled = await house.grant("Ada", VIP)
    await house.settle()
    ada = (await house.record()).visitor.id
    well = await house.grant("Ada", LOBBY, visitor_id=ada, photo=None)
    await house.settle()
    assert (await house.access(troubled)).state is AccessState.FAILED
    held = await house.access(well)
    assert (held.state, held.reason) == (AccessState.ACTIVE, None)
    assert house.open_to_us() == LOBBY_DOORS


async def test_what_was_given_by_a_level_that_is_deleted_is_missed(
    house: House,
) -> None:
    visit = await house.grant("Ada", LOBBY, VIP)
    await house.settle()
    _delete(house, VIP)
    await _audited(house)
    assert house.auditor.levels.gone == {VIP}
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.PARTIAL, "not_found")
    assert house.open_to_us() == LOBBY_DOORS


async def test_a_level_that_is_back_is_given_when_somebody_asks(house: House) -> None:
    """Set back to a copy in which it still was, with the id that it had."""
    operate(house.world, {"snapshot": "before"})
    _delete(house, VIP)
    visit = await house.grant("Ada", VIP)
    await house.settle()
    house.world.database.save_level(house.world.snapshots["before"].levels[VIP])
    house.remember_staff()
    await house.auditor.async_check_and_repair()
    await house.settle()
    assert house.auditor.levels.gone == frozenset()
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_somebody_gets_out_of_a_level_that_is_gone(house: House) -> None:
    """Nothing else can be taken away, and nothing waits for it."""
    visit = await house.grant("Ada", LOBBY, VIP)
    await house.settle()
    _delete(house, VIP)
    await house.revoke(visit)
    await house.settle()
    assert (await house.access(visit)).state is AccessState.REMOVED
    assert len(house.ours()) == 1
    assert await house.differences() == []


async def test_a_door_added_to_a_level_opens_too(house: House) -> None:
    visit = await house.grant("Ada", LOBBY)
    await house.settle()
    await _audited(house)
    (new,) = operate(
        house.world, {"add_door": {"doorName": "Side Door", "levels": [LOBBY]}}
    ).values()
    house.remember_staff()
    assert (await house.access(visit)).doors_total == len(LOBBY_DOORS)
    await _audited(house)
    assert house.open_to_us() == {*LOBBY_DOORS, new}
    held = await house.access(visit)
    assert (held.state, held.doors_ready, held.doors_total) == (
        AccessState.ACTIVE,
        5,
        5,
    )
    assert house.auditor.levels.added == {new: "Side Door"}
    house.calls()
    await _audited(house)
    assert house.calls()[APPLY] == 0


async def test_a_door_that_is_no_more_in_a_level_shuts(house: House) -> None:
    visit = await house.grant("Ada", LOBBY)
    await house.settle()
    await _audited(house)
    level = house.world.database.tables.levels[LOBBY]
    fewer = [door for door in level.doors if door != "14"]
    house.world.database.save_level(replace(level, doors=fewer))
    house.remember_staff()
    assert "14" in house.open_to_us()
    await _audited(house)
    assert house.open_to_us() == LOBBY_DOORS - {"14"}
    assert (await house.access(visit)).doors_total == len(LOBBY_DOORS) - 1
    assert house.auditor.levels.added == {}


async def test_who_has_no_business_there_is_not_told_anew(house: House) -> None:
    await house.grant("Ada", LOBBY)
    await house.settle()
    await _audited(house)
    house.calls()
    operate(house.world, {"add_door": {"doorName": "Side Door", "levels": [VIP]}})
    house.remember_staff()
    await _audited(house)
    assert house.calls()[APPLY] == 0


async def test_to_check_twice_at_a_time_is_to_check_once(house: House) -> None:
    """Nobody who presses a button twice makes a storm of requests."""
    await house.grant_all(20)
    await house.settle()
    house.calls()
    await asyncio.gather(*(house.auditor.async_check_and_repair() for _ in range(5)))
    await house.settle()
    assert house.calls()[READ] <= 20


async def test_a_door_leaves_a_level_that_is_not_managed_any_more(house: House) -> None:
    """I1: it is watched until nobody of ours is in it."""
    await house.grant("Ada", VIP)
    await house.settle()
    await _audited(house)
    house.policy = replace(house.policy, managed_levels=frozenset({LOBBY}))
    await house.restart()
    await _audited(house)
    level = house.world.database.tables.levels[VIP]
    doors = [door for door in level.doors if door != "15"]
    house.world.database.save_level(replace(level, doors=doors))
    await _audited(house)
    assert house.open_to_us() == LOBBY_DOORS
    assert not house.auditor.levels.added
