"""Letting in: how many calls it takes, and what the doors then do."""

from collections import Counter

import pytest

from custom_components.hikcentral_visitors.book import UpdateRequest
from custom_components.hikcentral_visitors.problems import Cause, causes
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.known import Progress
from custom_components.hikcentral_visitors.visits.profile import photo_digest
from simulator.control.operator import operate
from simulator.model import Credential

from .house import (
    ADD,
    APPLY,
    CHECK,
    DAY,
    DESK,
    ENROL,
    EXPEL,
    HOUR,
    JPEG,
    LOBBY,
    LOBBY_DOORS,
    MEMBERS,
    MINUTE,
    READ,
    START,
    UPDATE,
    VIP,
    VIP_DOORS,
    House,
)


async def test_a_grant_with_a_photo_is_four_calls(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    assert house.calls() == Counter({ADD: 1, ENROL: 1, APPLY: 1, CHECK: 1})
    assert await house.differences() == []
    (person,) = house.ours()
    assert house.opens(person.id) == LOBBY_DOORS
    assert house.opens(person.id, Credential.CARD) == LOBBY_DOORS
    held = await house.access(visit)
    assert held.state is AccessState.ACTIVE
    assert (held.doors_ready, held.doors_total) == (4, 4)
    assert "granted" in await house.told()


async def test_a_grant_without_a_photo_is_four_calls(house: House) -> None:
    await house.grant(photo=None)
    await house.settle()
    assert house.calls() == Counter({ADD: 1, ENROL: 1, APPLY: 1, CHECK: 1})
    assert await house.differences() == []
    (person,) = house.ours()
    assert house.opens(person.id) == set()
    assert house.opens(person.id, Credential.CARD) == LOBBY_DOORS


async def test_the_picture_is_kept_until_the_doors_have_it(house: House) -> None:
    await house.grant()
    await house.settle(MINUTE / 60)
    assert (await house.known()).application.progress is Progress.PENDING
    assert await house.pictures() == 1
    await house.settle()
    assert await house.pictures() == 0


@pytest.mark.parametrize("people", [7, 101])
async def test_a_group_costs_two_calls_each_and_little_more(
    house: House, people: int
) -> None:
    await house.grant_all(people, LOBBY, VIP)
    await house.settle()
    calls = house.calls()
    batches = -(-people // 100)
    assert calls[ADD] == calls[CHECK] == people
    assert calls[ENROL] == 2 * batches
    assert calls[APPLY] == batches
    assert calls.total() == 2 * people + 3 * batches
    assert await house.differences() == []


async def test_more_checks_until_the_doors_have_it(house: House) -> None:
    house.world.faults.apply_delay_s = 12
    visit = await house.grant()
    await house.settle(11 * MINUTE / 60)
    assert (await house.access(visit)).state is AccessState.GRANTING
    await house.settle()
    assert house.calls()[CHECK] == 4
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_an_extension_is_three_calls(house: House) -> None:
    """D4: by calls that HikCentral has, and read back at the doors."""
    visit = await house.grant(stay=HOUR)
    await house.settle()
    house.calls()
    await house.extend(visit)
    await house.settle()
    assert house.calls() == Counter({UPDATE: 1, APPLY: 1, CHECK: 1})
    await house.wait(HOUR)
    (person,) = house.ours()
    assert house.opens(person.id) == LOBBY_DOORS
    assert await house.differences() == []
    await house.wait(HOUR)
    assert house.open_to_us() == set()


async def test_shortening_takes_away_at_once(house: House) -> None:
    visit = await house.grant(stay=4 * HOUR)
    await house.settle()
    await house.book.extend(visit, house.desk, by=-2 * HOUR)
    await house.settle()
    assert await house.differences() == []
    await house.stop()
    house.clock.advance(2 * HOUR.total_seconds())
    assert house.open_to_us() == set()
    await house.start()


async def test_a_visit_next_week_opens_next_week(house: House) -> None:
    """D7: no access before the visit's own time, and none after."""
    begin = START + 5 * DAY
    visit = await house.grant(valid_from=begin, valid_until=begin + HOUR)
    await house.settle()
    assert await house.differences() == []
    assert house.open_to_us() == set()
    # From here on the terminals know, whether or not we live.
    assert (await house.access(visit)).state is AccessState.ACTIVE
    await house.stop()
    house.clock.move_to(begin - MINUTE)
    assert house.open_to_us() == set()
    house.clock.move_to(begin)
    assert house.open_to_us() == LOBBY_DOORS
    house.clock.move_to(begin + HOUR)
    assert house.open_to_us() == set()
    await house.start()
    await house.settle()
    assert (await house.access(visit)).state is AccessState.REMOVED


async def test_a_visit_far_ahead_is_told_a_week_before(house: House) -> None:
    begin = START + 20 * DAY
    visit = await house.grant(valid_from=begin, valid_until=begin + HOUR)
    await house.settle()
    assert not house.calls()
    assert (await house.access(visit)).state is AccessState.NOT_DUE
    await house.wait(12 * DAY)
    assert not house.calls()
    await house.wait(DAY + HOUR)
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.open_to_us() == set()
    await house.wait(7 * DAY - HOUR)
    assert house.open_to_us() == LOBBY_DOORS


async def test_overlapping_visits_share_a_person(house: House) -> None:
    """D13: the end of one visit takes nothing from the other."""
    await house.grant(stay=2 * HOUR)
    visitor = (await house.record()).visitor.id
    later = START + HOUR
    await house.grant(
        "", VIP, visitor_id=visitor, valid_from=later, valid_until=later + 3 * HOUR
    )
    await house.settle()
    assert len(house.ours()) == 1
    assert house.open_to_us() == LOBBY_DOORS
    for hours, doors in ((1, VIP_DOORS), (2, VIP_DOORS), (4, set())):
        await house.wait(START + hours * HOUR + MINUTE - house.now())
        assert house.open_to_us() == doors
        assert await house.differences() == []
    assert len(house.ours()) == 1


async def test_a_visit_that_ends_is_taken_away_by_itself(house: House) -> None:
    """D20: by the visit's own end."""
    await house.grant(stay=HOUR / 2)
    await house.settle()
    house.calls()
    await house.wait(HOUR / 2)
    await house.settle()
    assert house.calls() == Counter({EXPEL: 1, MEMBERS: 1, APPLY: 1, CHECK: 1})
    assert await house.differences() == []
    assert not (await house.record()).visits


async def test_the_id_is_read_again_before_a_later_change(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    await house.wait(2 * HOUR)
    house.calls()
    await house.extend(visit)
    await house.settle()
    assert house.calls()[READ] == 1


async def test_nothing_is_left_to_do_by_mere_time(house: House) -> None:
    await house.grant()
    await house.settle()
    house.calls()
    await house.wait(3 * HOUR)
    assert not house.calls()


async def test_a_picture_that_nobody_has_any_more_is_told(house: House) -> None:
    """It was kept until the doors had it; then somebody deleted the person."""
    visit = await house.grant()
    await house.settle()
    assert await house.pictures() == 0
    operate(house.world, {"delete_person": house.ours()[0].id})
    await house.auditor.async_audit(thorough=True)
    await house.settle(HOUR)
    seen = await house.book.visit(visit)
    assert (seen.access.state, seen.credentials) == (AccessState.ACTIVE, ("card",))
    assert [*causes(seen)] == [Cause.FACE_GONE]
    new = JPEG.replace(b"face", b"new face")
    await house.book.update(visit, _picture(new), DESK)
    await house.settle()
    assert [*causes(await house.book.visit(visit))] == []


def _picture(jpeg: bytes) -> UpdateRequest:
    return UpdateRequest(visitor={"photo": photo_digest(jpeg)}, photo=jpeg)
