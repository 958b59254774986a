"""Sweeps: what polls and pushes missed is found, at a price that is known."""

import asyncio
from datetime import datetime, timedelta
from itertools import count, pairwise
from types import SimpleNamespace

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    FAST_TYPES,
    LARGEST_PAGE,
    HikCentralError,
)
from custom_components.hikcentral_visitors.intake import Questions, Sweeper, sweeps
from custom_components.hikcentral_visitors.intake.agenda import (
    DAILY,
    DAYS,
    HOURLY,
    RETURNS,
    Agenda,
    past_days,
)
from custom_components.hikcentral_visitors.ledger.memory import cursor, move_cursor
from custom_components.hikcentral_visitors.visits.known import Known
from tests.facility import calls, control
from tests.reconciler.house import BY_ID

from .conftest import DOORS, PERSON, START, House
from .test_poll import EVENTS, PIN_GRANTED, happen, knows, recorded

TYPES = (*FAST_TYPES, PIN_GRANTED)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
A_DAY_OF_SECONDS = 24 * 3600


@pytest.fixture(autouse=True)
def fewer_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the rare types one will do."""
    monkeypatch.setattr(sweeps, "ACCESS_TYPES", TYPES)


async def late(house: House, ago: timedelta, **fields: object) -> None:
    """Let something that happened then appear in the log now."""
    at = house.simulator.world.clock.now() - ago
    await happen(house, eventTime=at.isoformat(timespec="seconds"), **fields)


async def settled(house: House) -> None:
    """Let a sweeper have done everything for the first time."""
    assert await house.sweeper().async_sweep() == 0


async def test_the_first_time_there_is_no_past(house: House) -> None:
    await late(house, 5 * DAY)
    await late(house, HOUR)
    await settled(house)
    assert await recorded(house) == []


async def test_hourly_the_last_day_is_read_also_after_a_restart(house: House) -> None:
    await settled(house)
    await house.advance(1800)
    await late(house, 10 * HOUR, eventType=PIN_GRANTED)
    assert await house.sweeper().async_sweep() == 0, "it is not time"
    await house.advance(1801)
    assert await house.sweeper().async_sweep() == 1
    before = calls(house.simulator)
    assert await house.sweeper().async_sweep() == 0
    assert calls(house.simulator) == before


async def test_three_quarters_of_the_time_are_rest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a sweep never takes more than a part of what the server can do."""
    seconds, rests = count(step=2), list[float]()

    async def rest(duration: float) -> None:
        rests.append(duration)

    monkeypatch.setattr(sweeps, "time", SimpleNamespace(monotonic=seconds.__next__))
    monkeypatch.setattr(
        sweeps, "asyncio", SimpleNamespace(sleep=rest, Event=asyncio.Event)
    )
    sweeper = Sweeper(Questions(house.client), house.ledger, house.intake(), DOORS)
    await sweeper.async_recent()
    assert rests == [6.0] * len(TYPES)


async def test_daily_a_day_whose_total_changed_is_read(house: House) -> None:
    await settled(house)
    for back in (2, 9, 30):
        await late(house, back * DAY)
    await house.advance(A_DAY_OF_SECONDS + 1)
    assert await house.sweeper().async_days() == 3


async def test_daily_costs_one_question_for_a_day_that_did_not_change(
    house: House,
) -> None:
    await late(house, 3 * DAY)
    await settled(house)
    before = calls(house.simulator)
    assert await house.sweeper().async_days() == 0
    asked = calls(house.simulator) - before
    assert asked == {EVENTS: DAYS * len(TYPES)}
    await late(house, 3 * DAY + HOUR)
    before = calls(house.simulator)
    assert await house.sweeper().async_days() == 2, "the day is read as a whole"
    asked = calls(house.simulator) - before
    assert asked == {EVENTS: DAYS * len(TYPES) + 1}
    assert await house.sweeper().async_days() == 0


async def test_rare_types_of_a_week_without_home_assistant_are_found(
    house: House,
) -> None:
    """The poll's cursors are of the common types only."""
    await house.poller().async_poll()
    await settled(house)
    await house.advance(3 * A_DAY_OF_SECONDS)
    await happen(house, eventType=PIN_GRANTED)
    await house.advance(4 * A_DAY_OF_SECONDS)
    assert await house.poller().async_poll() == 0
    assert await house.sweeper().async_sweep() == 1


async def test_a_sweep_that_is_broken_off_is_due_again(house: House) -> None:
    await settled(house)
    await house.advance(3601)
    await late(house, HOUR, eventType=PIN_GRANTED)
    fail = {"fail": [{"path": EVENTS, "code": "5", "skip": 3}]}
    await control(house.simulator, "faults", fail)
    with pytest.raises(HikCentralError):
        await house.sweeper().async_sweep()
    await control(house.simulator, "faults", {})
    assert await house.sweeper().async_sweep() == 1


async def test_a_type_that_the_server_does_not_know_stops_no_sweep(
    house: House,
) -> None:
    await settled(house)
    await house.advance(3601)
    await late(house, HOUR, eventType=PIN_GRANTED)
    refused = {"path": EVENTS, "code": "2", "contains": str(min(TYPES))}
    await control(house.simulator, "faults", {"fail": [refused]})
    assert await house.sweeper().async_sweep() == 1


async def test_a_day_of_which_somebody_cannot_be_asked_about_is_read_again(
    house: House,
) -> None:
    """Nobody said whose the id of a person is who was deleted: his day was let go."""
    await settled(house)
    await knows(house, Known())
    house.simulator.world.database.delete_person(PERSON)
    await house.advance(3 * A_DAY_OF_SECONDS)
    await house.sweeper().async_days()
    await late(house, 2 * DAY)
    unsure = {"path": BY_ID, "code": "5"}
    await control(house.simulator, "faults", {"fail": [unsure]})
    assert await house.sweeper().async_days() == 0
    await control(house.simulator, "faults", {})
    assert await house.sweeper().async_days() == 1


async def test_a_day_that_is_not_shown_is_read_again(house: House) -> None:
    await settled(house)
    await late(house, 2 * DAY)
    whole = {"path": EVENTS, "code": "2", "contains": f'"pageSize":{LARGEST_PAGE}'}
    await control(house.simulator, "faults", {"fail": [whole]})
    assert await house.sweeper().async_days() == 0
    await control(house.simulator, "faults", {})
    assert await house.sweeper().async_days() == 1


async def test_a_terminal_that_was_out_of_reach_is_swept_for_that_time(
    house: House,
) -> None:
    await settled(house)
    sweeper = house.sweeper()
    sweeper.doors_seen({"11": True, "12": False, "99": True})
    assert await sweeper.async_sweep() == 0
    await house.advance(1800)
    sweeper = house.sweeper()  # Home Assistant was started again meanwhile
    await late(house, timedelta(minutes=20))
    await late(house, timedelta(minutes=20), doorIndexCode="12")
    sweeper.doors_seen({"11": None, "12": False})
    assert await sweeper.async_sweep() == 0, "nobody knows whether it is back"
    sweeper.doors_seen({"11": False, "12": False})
    assert await sweeper.async_sweep() == 1
    assert await recorded(house) == [("entry", "granted")]
    await late(house, timedelta(minutes=15))
    await house.advance(61)
    assert await sweeper.async_sweep() == 1, "it tells the rest a little later"


async def test_a_terminal_that_is_back_before_anybody_looked_is_swept_too(
    house: House,
) -> None:
    sweeper = house.sweeper()
    await sweeper.async_sweep()
    sweeper.doors_seen({"11": True})
    await house.advance(1800)
    await late(house, timedelta(minutes=20))
    sweeper.doors_seen({"11": False})
    await house.advance(2)  # the server's time as we know it goes back by a little
    assert await sweeper.async_days() == 1, "even while a long sweep goes on"


async def test_a_terminal_is_back_before_it_was_gone_where_a_clock_was_set_back(
    house: House,
) -> None:
    """The server's clock was ahead when its terminal was lost."""
    sweeper = house.sweeper()
    await sweeper.async_sweep()
    await control(house.simulator, "faults", {"clock_skew_s": 600})
    await house.client.version()
    sweeper.doors_seen({"11": True})
    await control(house.simulator, "faults", {})
    await house.advance(180)
    await late(house, timedelta(minutes=1), eventType=PIN_GRANTED)
    sweeper.doors_seen({"11": False})
    assert await sweeper.async_sweep() == 1


def test_a_door_that_is_lost_again_is_asked_for_since_the_first_time() -> None:
    """It comes back for half a minute only, too short to tell anything."""
    back = START + 2 * DAY
    agenda = Agenda().seen({"11": True}, START).seen({"11": False}, back)
    look = agenda.returned(back)
    assert look is not None
    agenda = agenda.looked_at(look)
    agenda = agenda.seen({"11": True}, back + timedelta(seconds=30))
    assert agenda.returns == ()
    agenda = Agenda.from_kept(agenda.kept())
    later = back + 2 * HOUR
    look = agenda.seen({"11": False}, later).returned(later)
    assert look is not None
    assert (look.since, look.back) == (START, later)


async def test_cursors_of_former_groups_of_doors_are_forgotten(house: House) -> None:
    old = START - 20 * DAY

    await house.ledger.async_write(lambda one: move_cursor(one, 196893, "98,99", old))
    await house.poller().async_poll()
    assert (
        await house.ledger.async_read(lambda one: cursor(one, 196893, "98,99")) is None
    )
    assert await house.ledger.async_read(lambda one: cursor(one, 196893, "11,12,15"))


times = st.integers(0, 60 * A_DAY_OF_SECONDS).map(
    lambda seconds: START + timedelta(seconds=seconds)
)
offline = st.dictionaries(
    st.sampled_from(["1", "2", "3"]), st.sampled_from([True, False, None])
)


@given(now=times)
def test_days_are_whole_past_and_without_gaps(now: datetime) -> None:
    days = past_days(now)
    assert len(days) == DAYS
    assert days[0] + DAY <= now < days[0] + 2 * DAY
    assert all(one - other == DAY for one, other in pairwise(days))


@given(st.lists(st.tuples(offline, st.integers(0, 3600)), max_size=12))
def test_each_door_that_came_back_is_looked_at_so_often(
    seen: list[tuple[dict[str, bool | None], int]],
) -> None:
    agenda, now = Agenda(), START
    for states, seconds in seen:
        agenda = agenda.seen(states, now)
        again = Agenda.from_kept(agenda.kept())
        assert again.offline.keys() == agenda.offline.keys() | {
            one.door_id for one in agenda.returns
        }, "over a restart none is forgotten"
        now += timedelta(seconds=seconds)
    agenda = agenda.seen(dict.fromkeys(("1", "2", "3"), False), now)
    coming = {one.door_id: len(RETURNS) - one.looks for one in agenda.returns}
    now += DAY
    looks: dict[str, int] = dict.fromkeys(coming, 0)
    while (one := agenda.returned(now)) is not None:
        assert one.since <= one.back
        looks[one.door_id] += 1
        agenda = agenda.looked_at(one)
    assert looks == coming
    assert agenda.returns == ()
    assert agenda.offline == {}


def test_a_clock_that_is_set_back_makes_sweeps_due() -> None:
    agenda = Agenda(hourly=START, daily=START)
    assert not agenda.hourly_due(START + HOURLY - timedelta(seconds=1))
    assert agenda.hourly_due(START + HOURLY)
    assert not agenda.hourly_due(START - timedelta(seconds=1)), "as it does anyway"
    assert agenda.hourly_due(START - HOURLY)
    assert not agenda.daily_due(START + DAILY - timedelta(seconds=1))
    assert agenda.daily_due(START + DAILY)


def test_what_was_kept_by_nobody_is_nothing() -> None:
    assert Agenda.from_kept(None) == Agenda()
    assert Agenda.from_kept([1]) == Agenda()
    assert Agenda.from_kept({"hourly": 5}) == Agenda()
