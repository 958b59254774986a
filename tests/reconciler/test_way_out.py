"""A facility whose way out has a reader, at the doors themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.visits.passage import Direction, Passage
from simulator.control.operator import operate
from simulator.faults import parse_faults

from .house import HOUR, LOBBY, LOBBY_DOORS, MEMBERS, MINUTE, House

WAY_OUT_DOOR = "15"


@pytest.fixture
async def readers(house: House) -> House:
    level = {"privilegeGroupName": "Way out", "doors": [WAY_OUT_DOOR]}
    made = operate(house.world, {"add_level": level})["add_level"]
    house.policy = replace(house.policy, exit_levels=frozenset({made}))
    house.remember_staff()
    return house


async def goes(house: House, direction: Direction) -> None:
    record = await house.record()
    passage = Passage(
        event_id=f"{direction}-{house.now()}",
        event_type=196893,
        visitor_id=record.visitor.id,
        occurred_at=house.now(),
        door_id="11",
        direction=direction,
    )
    await house.ledger.async_write(
        lambda transaction: record_passage(transaction, house.moment(), passage)
    )


async def test_somebody_inside_gets_out_after_his_time_and_nobody_in(
    readers: House,
) -> None:
    house = readers
    await house.grant("Ada", LOBBY, stay=HOUR)
    await house.settle()
    assert house.open_to_us() == {*LOBBY_DOORS, WAY_OUT_DOOR}
    await goes(house, Direction.ENTRY)
    await house.wait(HOUR)
    for _ in range(60):
        assert house.open_to_us() <= {WAY_OUT_DOOR}
        await house.wait(timedelta(seconds=2))
    assert house.open_to_us() == {WAY_OUT_DOOR}
    await goes(house, Direction.EXIT)
    await house.settle()
    assert house.open_to_us() == set()
    assert "cannot_leave" not in await house.told()
    assert (await house.record()).visits == ()


async def test_who_is_still_inside_after_the_grace_has_to_be_let_out(
    readers: House,
) -> None:
    house = readers
    await house.grant("Ada", LOBBY, stay=HOUR)
    await house.settle()
    await goes(house, Direction.ENTRY)
    await house.wait(2 * HOUR + 2 * MINUTE)
    assert house.open_to_us() == set()
    assert "cannot_leave" in await house.told()
    assert len((await house.record()).visits) == 1


async def test_terminals_that_fail_let_nobody_in_after_his_time(readers: House) -> None:
    """They hold what they had, which is over; the longer time comes with no entry."""
    house = readers
    await house.grant("Ada", LOBBY, stay=HOUR)
    await house.settle()
    await goes(house, Direction.ENTRY)
    await house.settle()
    house.world.faults = parse_faults({"apply_fail": True})
    for _ in range(30):
        await house.wait(3 * MINUTE)
        if house.now() >= (await house.record()).visits[0].valid_until:
            assert house.open_to_us() <= {WAY_OUT_DOOR}
    house.fail()
    await house.wait(15 * MINUTE)
    assert house.open_to_us() == {WAY_OUT_DOOR}


async def test_a_restart_at_the_end_changes_nothing(readers: House) -> None:
    house = readers
    await house.grant("Ada", LOBBY, stay=HOUR)
    await house.settle()
    await goes(house, Direction.ENTRY)
    await house.wait(HOUR - MINUTE)
    await house.stop()
    house.clock.advance(5 * 60)
    assert house.open_to_us() == set()
    await house.start()
    await house.settle(MINUTE)
    assert house.open_to_us() == {WAY_OUT_DOOR}


async def test_a_level_for_leaving_that_is_gone_is_no_obstacle_to_getting_in(
    readers: House,
) -> None:
    house = readers
    (level,) = house.policy.exit_levels
    operate(house.world, {"delete_level": level})
    house.remember_staff()
    await house.grant("Ada", LOBBY, stay=HOUR)
    await house.settle()
    assert house.open_to_us() == LOBBY_DOORS


async def test_who_is_found_is_taken_out_of_a_way_out_that_cannot_be_read(
    readers: House,
) -> None:
    house = readers
    await house.grant("Ada", LOBBY)
    await house.settle()
    await house.stop()
    for file in house.path.parent.glob(f"{house.path.name}*"):
        file.unlink()
    await house.start()
    house.fail(MEMBERS, code="5")
    await house.auditor.async_audit(thorough=True)
    await house.settle()
    assert house.open_to_us() == set()
