"""Which way, whose visit, and whether it was told before."""

from dataclasses import replace
from datetime import datetime, time, timedelta
import itertools
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.hours import Hours
from custom_components.hikcentral_visitors.visits.passage import (
    SLACK,
    Direction,
    DoorRole,
    Passage,
    PassageOutcome,
    attributed,
    conclusions,
    direction,
    is_echo,
    justified,
    role_from_name,
)
from custom_components.hikcentral_visitors.visits.visit import Visit

from .values import HOUR, MINUTE, NOW, at, several_visits, stay, stopped, times

SECOND = timedelta(seconds=1)


def passage(seconds: float = 0, **other: Any) -> Passage:
    values: dict[str, Any] = {
        "event_id": f"event-{seconds}",
        "event_type": 196893,
        "visitor_id": "somebody",
        "occurred_at": NOW + seconds * SECOND,
        "door_id": "1",
        "direction": Direction.ENTRY,
    }
    return Passage(**(values | other))


@pytest.mark.parametrize("code", range(-1, 8))
@given(st.sampled_from(DoorRole), st.sampled_from(DoorRole))
def test_the_reader_knows_best_then_the_door(
    code: int, reader: DoorRole, door: DoorRole
) -> None:
    way = direction(reader, door, code)
    if reader is not DoorRole.UNKNOWN:
        assert way.value == reader.value
    elif door is not DoorRole.UNKNOWN:
        assert way.value == door.value
    else:
        assert way in {Direction.ENTRY, Direction.EXIT, Direction.UNKNOWN}


@pytest.mark.parametrize(
    ("code", "way"),
    [
        (0, Direction.UNKNOWN),
        (1, Direction.ENTRY),
        (2, Direction.EXIT),
        (3, Direction.EXIT),
        (4, Direction.ENTRY),
        (5, Direction.ENTRY),
        (6, Direction.EXIT),
        (7, Direction.UNKNOWN),
    ],
)
def test_the_attendance_state_is_the_last_resort(code: int, way: Direction) -> None:
    assert direction(DoorRole.UNKNOWN, DoorRole.UNKNOWN, code) is way


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Main entrance", DoorRole.ENTRY),
        ("Turnstile IN", DoorRole.ENTRY),
        ("turnstile_in_2", DoorRole.ENTRY),
        ("Entry 1", DoorRole.ENTRY),
        ("Entrée", DoorRole.ENTRY),
        ("Вход главный", DoorRole.ENTRY),
        ("Kirish 1", DoorRole.ENTRY),
        ("Turnstile out", DoorRole.EXIT),
        ("TurnstileExit1", DoorRole.EXIT),
        ("Выход", DoorRole.EXIT),
        ("Chiqish 2", DoorRole.EXIT),
        ("Parking exit", DoorRole.PASSAGE),
        ("Шлагбаум въезд", DoorRole.PASSAGE),
        ("Entrance / exit", DoorRole.UNKNOWN),
        ("Вход-выход", DoorRole.UNKNOWN),
        ("Central hall", DoorRole.UNKNOWN),
        ("Sentry post", DoorRole.UNKNOWN),
        ("Information", DoorRole.UNKNOWN),
        ("Outer office", DoorRole.UNKNOWN),
        ("", DoorRole.UNKNOWN),
    ],
)
def test_roles_guessed_from_names(name: str, role: DoorRole) -> None:
    assert role_from_name(name) is role


@given(several_visits(), times)
def test_a_passage_belongs_to_a_visit_if_there_is_one(
    visits: list[Visit], now: datetime
) -> None:
    visit = attributed(visits, now)
    assert (visit is None) == (not visits)
    if visit is None:
        return
    live = [one for one in visits if now in one.window and now < one.over_at]
    ended = [one for one in visits if one.window.start < one.over_at <= now]
    if live:
        assert visit in live
    elif ended:
        assert visit.over_at == max(one.over_at for one in ended)
    else:
        assert now < visit.over_at or all(one.over_at <= now for one in visits)


@pytest.mark.parametrize("how", ["revoked_at", "cancelled_at"])
@pytest.mark.parametrize("hours", [0.1, 4.5])
def test_a_withdrawn_visit_takes_nothing_from_the_one_that_just_ended(
    how: str, hours: float
) -> None:
    withdrawn = stopped(stay(-2, 4, name="withdrawn"), how, at(-1))
    real = stay(-1, 0, name="real")
    assert attributed([withdrawn, real], at(hours)) is real


def test_a_visit_that_was_cancelled_before_it_began_is_nobodys() -> None:
    never = stopped(stay(-1, 4, name="never"), "cancelled_at", at(-2))
    following = stay(1, 2, name="following")
    assert attributed([never, following], NOW) is following
    assert attributed([never], NOW) is never


def test_a_passage_belongs_to_the_visit_that_goes_on() -> None:
    revoked = stay(-2, 4, name="revoked", revoked_at=at(-1))
    live = stay(-1, 4, name="live")
    assert attributed([revoked, live], NOW) is live
    assert attributed([live, revoked], NOW) is live
    # At that time it was not revoked yet, and had begun first.
    assert attributed([live, revoked], at(-1) - MINUTE) is revoked


def test_a_passage_between_visits_belongs_to_the_one_before() -> None:
    earlier, before, after = (
        stay(-9, -6, name="earlier"),
        stay(-5, -2, name="before"),
        stay(1, 2, name="after"),
    )
    assert attributed([after, earlier, before], NOW) is before
    assert attributed([after], NOW) is after


@pytest.mark.parametrize(
    ("hours", "fine"),
    [(-1.05, False), (-1.01, True), (0, True), (4.01, True), (4.05, False)],
)
def test_an_entry_is_justified_around_the_visit(hours: float, *, fine: bool) -> None:
    assert justified([stay(-1, 4)], at(hours), SLACK) is fine


@pytest.mark.parametrize(
    "stop", ["revoked_at", "cancelled_at", "ended_at", "closed_at"]
)
def test_a_stopped_visit_justifies_for_a_moment(stop: str) -> None:
    visits = [stopped(stay(-1, 4), stop)]
    assert justified(visits, NOW - MINUTE, SLACK)
    assert justified(visits, NOW + MINUTE, SLACK)
    assert not justified(visits, NOW + SLACK, SLACK)


def test_the_same_passage_within_five_seconds_is_an_echo() -> None:
    first = passage()
    assert is_echo(passage(5), [first])
    assert is_echo(passage(-5), [first])
    assert not is_echo(passage(5.1), [first])
    assert not is_echo(first, [first])


@pytest.mark.parametrize(
    "other",
    [
        {"door_id": "2"},
        {"reader_id": "9"},
        {"outcome": PassageOutcome.DENIED},
    ],
)
def test_another_door_reader_or_outcome_is_no_echo(other: dict[str, Any]) -> None:
    assert not is_echo(passage(1, **other), [passage()])


def test_an_echo_has_no_echo() -> None:
    echo = passage(4, echo=True)
    assert not is_echo(passage(8), [passage(), echo])


@given(st.lists(st.floats(0, 60), max_size=8, unique=True), st.randoms())
def test_bursts_are_never_counted_more_than_once_in_five_seconds(
    moments: list[float], random: Random
) -> None:
    random.shuffle(moments)
    recorded: list[Passage] = []
    for moment in moments:
        one = passage(moment)
        recorded.append(replace(one, echo=is_echo(one, recorded)))
    counted = sorted(one.occurred_at for one in recorded if not one.echo)
    assert bool(counted) == bool(moments)
    assert all(
        later - earlier > 5 * SECOND for earlier, later in itertools.pairwise(counted)
    )


def test_a_granted_entry_that_no_visit_allowed_is_told() -> None:
    over = [stay(-4, -1)]
    found = conclusions(passage(), over, [], inside=False)
    assert found == [VisitEventType.UNJUSTIFIED_ACCESS]
    assert not conclusions(passage(), [stay()], [], inside=False)


def test_a_visit_goes_on_by_the_clock_of_a_terminal_that_is_ahead() -> None:
    """Its host is told, and not that of the visit before."""
    before, due = stay(-30, -20, name="before"), stay(0, 4, name="due")
    assert attributed([before, due], NOW - HOUR, NOW) == due
    assert attributed([before, due], NOW - HOUR) == before
    assert attributed([before, due], NOW - 25 * HOUR, NOW) == before


def test_who_came_by_the_clock_of_a_terminal_that_is_ahead_was_let_in() -> None:
    early = passage(occurred_at=NOW - HOUR, stamped_at=NOW)
    assert not conclusions(early, [stay(0, 4)], [], inside=False)
    assert conclusions(replace(early, stamped_at=None), [stay(0, 4)], [], inside=False)


@pytest.mark.parametrize(
    ("one", "unusual"),
    [
        (passage(), True),
        (passage(direction=Direction.EXIT), False),
        (passage(outcome=PassageOutcome.DENIED), False),
        (passage(echo=True), False),
    ],
    ids=["entry", "exit", "denied", "echo"],
)
def test_who_goes_in_outside_the_hours_is_told_of(one: Passage, unusual: bool) -> None:
    """D35: noon in UTC is not noon on the facility's wall."""
    hours = Hours(opens=time(6), closes=time(22), zone=ZoneInfo("Pacific/Auckland"))
    found = conclusions(one, [stay()], [], inside=False, hours=hours)
    assert found == [VisitEventType.OFF_HOURS] * unusual


@pytest.mark.parametrize(
    "harmless",
    [
        {"direction": Direction.EXIT},
        {"echo": True},
        {"outcome": PassageOutcome.DENIED},
    ],
)
def test_leaving_late_is_no_intrusion(harmless: dict[str, Any]) -> None:
    assert not conclusions(passage(**harmless), [stay(-4, -1)], [], inside=False)


def test_who_is_inside_and_may_not_leave() -> None:
    denied = passage(direction=Direction.EXIT, outcome=PassageOutcome.DENIED)
    found = conclusions(denied, [stay()], [], inside=True)
    assert found == [VisitEventType.CANNOT_LEAVE]
    assert not conclusions(denied, [stay()], [], inside=False)


@pytest.mark.parametrize("order", itertools.permutations(range(4)))
def test_three_denials_are_told_in_whatever_order_they_come(
    order: tuple[int, ...],
) -> None:
    heard: list[Passage] = []
    told = []
    for minute in order:
        denied = passage(60 * minute, outcome=PassageOutcome.DENIED)
        told += conclusions(denied, [stay()], heard, inside=False)
        heard.append(denied)
    assert told == [VisitEventType.REPEATED_DENIAL]


def test_the_third_denial_within_five_minutes_is_told() -> None:
    denied = [
        passage(60 * minute, outcome=PassageOutcome.DENIED) for minute in range(4)
    ]
    told = [
        conclusions(one, [stay()], denied[:number], inside=False)
        for number, one in enumerate(denied)
    ]
    assert told == [[], [], [VisitEventType.REPEATED_DENIAL], []]
    late = passage(301, outcome=PassageOutcome.DENIED)
    assert not conclusions(late, [stay()], denied[:2], inside=False)
