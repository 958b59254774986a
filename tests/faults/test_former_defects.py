"""What the previous system got wrong, where it takes a whole facility to show it."""

import asyncio
from collections import Counter
from datetime import timedelta
import random

import pytest

from custom_components.hikcentral_visitors.problems import Cause, causes
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.view import views
from custom_components.hikcentral_visitors.visits.visit import Outcome
from simulator.model import Credential, Person
from simulator.passages import Presentation, present
from tests.reconciler.house import APPLY, DAY, EXPEL, HOUR, LOBBY, MINUTE, VIP

from .crashes import MortalHouse


@pytest.fixture
async def house(mortal_house: MortalHouse) -> MortalHouse:
    """A facility at work, whose log of passages was looked at once."""
    await mortal_house.start()
    await mortal_house.poll()
    return mortal_house


def pass_through(
    house: MortalHouse, person: Person, door: str, *, granted: bool = True
) -> str:
    """Let somebody show his face at a door; returns the event's id."""
    event, decision = present(
        house.world,
        Presentation(credential=Credential.FACE, door=door, person_id=person.id),
    )
    assert decision.granted is granted
    return event.event_id


def one(house: MortalHouse) -> Person:
    (person,) = house.ours()
    return person


async def status(house: MortalHouse, visit: str) -> Status:
    return (await house.book.visit(visit)).status


async def test_who_was_registered_before_enters(house: MortalHouse) -> None:
    """D3: registered yesterday for today, he is seen to enter and to leave."""
    visit = await house.grant(valid_from=house.now() + 2 * DAY)
    await house.settle()
    assert await status(house, visit) is Status.SCHEDULED
    pass_through(house, one(house), "11", granted=False)
    await house.wait(2 * DAY + HOUR)
    await house.poll()
    pass_through(house, one(house), "11")
    await house.poll()
    assert await status(house, visit) is Status.INSIDE
    house.clock.advance(60)
    pass_through(house, one(house), "12")
    await house.poll()
    assert await status(house, visit) is Status.OUTSIDE


async def test_changes_at_one_time_all_survive(house: MortalHouse) -> None:
    """D12: the desk writes while access is given; nobody's change is lost."""
    visit = await house.grant(stay=HOUR)
    visitor = (await house.record()).visitor.id
    await asyncio.gather(
        house.book.check_in(visit, house.desk),
        house.extend(visit),
        house.grant("Ada", VIP, visitor_id=visitor, stay=HOUR, phone="+7 701"),
        house.settle(),
    )
    await house.settle()
    view = await house.book.visit(visit)
    assert view.status is Status.ARRIVED
    assert view.visit.valid_until - view.visit.valid_from == 2 * HOUR
    record = await house.record()
    assert record.visitor.phone == "+7 701"
    assert len(record.visits) == 2
    assert await house.differences() == []


async def test_who_was_checked_out_during_a_slow_poll_stays_out(
    house: MortalHouse,
) -> None:
    """D15: an answer that is older than what the desk wrote brings nobody back."""
    visit = await house.grant()
    await house.settle()
    event = pass_through(house, one(house), "11")
    await house.wait(MINUTE)
    house.world.faults.latency_ms = 50
    polling = asyncio.create_task(house.poll())
    await house.life.until_call(house.life.calls + 1)
    await house.book.check_out(visit, house.desk)
    await polling
    house.world.faults.latency_ms = 0
    await house.settle()
    assert await house.recorded() == [event]
    view = await house.book.visit(visit)
    assert (view.status, view.visit.outcome) == (Status.CLOSED, Outcome.LEFT)
    assert house.open_to_us() == set()


async def test_many_reasons_are_one_revocation(house: MortalHouse) -> None:
    """D16: however often it is asked, and although he leaves and the desk says so."""
    once, often = await house.grant("Once"), await house.grant("Often")
    await house.settle()
    house.calls()
    await house.revoke(once)
    await house.settle()
    cost = house.calls()
    assert cost[EXPEL] == 1
    await house.at_once(
        [
            house.book.check_out(often, house.desk),
            *(house.revoke(often) for _ in range(5)),
        ]
    )
    await house.settle()
    assert house.calls() == cost
    assert cost[APPLY] <= 2


async def test_namesakes_have_each_their_own_face(house: MortalHouse) -> None:
    """D17, D19: two people of one name stay two, and nobody gets another's photo."""
    await house.grant("Ada", card_no="1001")
    await house.settle()
    await house.grant("Ada", card_no="1002", photo=None)
    await house.settle()
    faces = {person.cards: person.face is not None for person in house.ours()}
    assert faces == {("1001",): True, ("1002",): False}
    assert await house.differences() == []


async def test_overlapping_polls_count_once(house: MortalHouse) -> None:
    """D21: a poll that is slower than its period."""
    await house.grant()
    await house.settle()
    event = pass_through(house, one(house), "11")
    house.world.faults.latency_ms = 20
    await asyncio.gather(*(house.poller.async_poll() for _ in range(3)))
    await house.announce()
    assert await house.recorded() == [event]
    assert [one["direction"] for one in house.bus if "direction" in one] == ["entry"]


@pytest.mark.parametrize("seed", range(5))
async def test_no_passage_is_lost_whenever_it_is_asked(
    house: MortalHouse, seed: int
) -> None:
    """D23, D26: polls at odd times, with restarts; each passage once."""
    chance = random.Random(seed)
    await house.grant(stay=DAY)
    await house.settle()
    happened: list[str] = []
    for _ in range(60):
        house.clock.advance(chance.choice([1, 7, 15, 59, 133, 600]))
        match chance.randrange(5):
            case 0 | 1:
                door = chance.choice(["11", "12"])
                happened.append(pass_through(house, one(house), door))
            case 2:
                await house.restart()
            case _:
                await house.poll()
    await house.poll()
    assert sorted(await house.recorded()) == sorted(happened)
    counted = Counter(
        (one["occurred_at"], one["door_id"]) for one in house.bus if "direction" in one
    )
    assert set(counted.values()) == {1}


@pytest.mark.parametrize("seconds", [-240, 240])
async def test_a_terminal_whose_clock_is_off_by_minutes(
    house: MortalHouse, seconds: int
) -> None:
    """D27: a passage that seems older than what was seen, or not to have been yet."""
    visit = await house.grant()
    await house.wait(10 * MINUTE)
    await house.poll()
    house.switch(terminal_clock_offset_s=seconds)
    event = pass_through(house, one(house), "11")
    await house.poll()
    house.clock.advance(300)
    await house.poll()
    await house.sweep()
    await house.announce()
    assert await house.recorded() == [event]
    (told,) = [one for one in house.bus if "direction" in one]
    assert told["visit_id"] == visit
    assert await status(house, visit) is Status.INSIDE


@pytest.mark.parametrize("outage", [HOUR, DAY], ids=["an hour", "a day"])
async def test_a_revocation_outlasts_an_outage(
    house: MortalHouse, outage: timedelta
) -> None:
    """D24, D33: it is asked for until it is done, and shown until then."""
    visit = await house.grant("Ada", LOBBY, stay=3 * DAY)
    await house.settle()
    house.fail(cut="drop_before")
    await house.revoke(visit)
    await house.wait(outage)
    (seen,) = views(await house.record(), house.policy, house.now())
    assert [*causes(seen)] == [Cause.ACCESS_NOT_TAKEN]
    assert not house.contact.connected
    assert house.open_to_us() != set()
    house.fail()
    await house.settle(HOUR / 2)
    assert (await house.access(visit)).state is AccessState.REMOVED
    assert house.open_to_us() == set()
    assert await house.differences() == []
