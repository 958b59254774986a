"""Where somebody is, from whatever was seen of him, in whatever order it came."""

from datetime import datetime, timedelta
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.presence import (
    Movement,
    MovementKind as Kind,
    Presence,
    Whereabouts,
    whereabouts,
)

from .values import HOUR, NOW, at, moved, movements, record, times

TIMEOUT = timedelta(hours=16)


def fold(*steps: tuple[float, Kind], now: datetime = NOW) -> Whereabouts:
    return whereabouts(moved(*steps), now, TIMEOUT)


@given(movements(("visit", "other")), st.randoms(use_true_random=False), times)
def test_the_order_in_which_it_becomes_known_does_not_matter(
    steps: tuple[Movement, ...], random: Random, now: datetime
) -> None:
    """D31: in, out, in, out, in any order of hearing."""
    shuffled = list(steps)
    random.shuffle(shuffled)
    made = record()
    for step in shuffled:
        made = made.with_movement(step)
    assert made.movements == steps
    assert whereabouts(made.movements, now, TIMEOUT) == whereabouts(steps, now, TIMEOUT)


def test_what_was_noted_in_the_second_of_a_passage_was_noted_afterwards() -> None:
    """Terminals tell whole seconds."""
    for door, desk, there in (
        (Kind.ENTRY, Kind.CHECK_OUT, Presence.LEFT),
        (Kind.EXIT, Kind.CHECK_IN, Presence.ARRIVED),
        (Kind.ENTRY, Kind.CHECK_IN, Presence.INSIDE),
    ):
        first, then = moved((0, door), (0, desk))
        made = record().with_movement(then).with_movement(first)
        assert made.movements == (first, then)
        assert whereabouts(made.movements, NOW, TIMEOUT).presence is there


@given(movements(("visit",)), times)
def test_only_time_makes_an_unknown_presence(
    steps: tuple[Movement, ...], now: datetime
) -> None:
    where = whereabouts(steps, now, TIMEOUT)
    before = whereabouts(steps, min((step.at for step in steps), default=now), TIMEOUT)
    assert before.presence is not Presence.UNKNOWN
    if where.presence is Presence.UNKNOWN:
        assert before.presence is Presence.INSIDE
        assert where.since is not None
        assert where.since <= now
    else:
        assert where == before


@given(movements(("visit",)), times)
def test_what_is_counted(steps: tuple[Movement, ...], now: datetime) -> None:
    where = whereabouts(steps, now, TIMEOUT)
    kinds = [step.kind for step in steps]
    assert where.entries == kinds.count(Kind.ENTRY)
    assert where.exits == kinds.count(Kind.EXIT)
    assert (where.first_entry is None) == (where.entries == 0)
    assert (where.since is None) == (not steps)


@pytest.mark.parametrize(
    ("steps", "presence"),
    [
        ([], Presence.NOT_ARRIVED),
        ([(-2, Kind.CHECK_IN)], Presence.ARRIVED),
        ([(-2, Kind.CHECK_IN), (-1, Kind.ENTRY)], Presence.INSIDE),
        ([(-2, Kind.ENTRY), (-1, Kind.CHECK_IN)], Presence.INSIDE),
        ([(-2, Kind.ENTRY), (-1, Kind.EXIT)], Presence.OUTSIDE),
        ([(-3, Kind.ENTRY), (-2, Kind.EXIT), (-1, Kind.ENTRY)], Presence.INSIDE),
        ([(-2, Kind.EXIT)], Presence.OUTSIDE),
        ([(-2, Kind.ENTRY), (-1, Kind.CHECK_OUT)], Presence.LEFT),
        ([(-2, Kind.CHECK_OUT), (-1, Kind.ENTRY)], Presence.INSIDE),
        ([(-3, Kind.ENTRY), (-2, Kind.EXIT), (-1, Kind.CHECK_IN)], Presence.ARRIVED),
    ],
)
def test_where_he_is(steps: list[tuple[float, Kind]], presence: Presence) -> None:
    assert fold(*steps).presence is presence


def test_somebody_inside_for_too_long_is_nobody_knows_where() -> None:
    entry = (-1, Kind.ENTRY)
    gone = at(-1) + TIMEOUT
    assert fold(entry, now=gone - HOUR).presence is Presence.INSIDE
    where = fold(entry, now=gone)
    assert where.presence is Presence.UNKNOWN
    assert where.since == gone


def test_every_movement_shows_that_he_is_still_there() -> None:
    where = fold((-20, Kind.ENTRY), (-5, Kind.ENTRY))
    assert where.presence is Presence.INSIDE
    assert where.since == at(-5)


def test_who_left_unseen_yesterday_is_at_the_reception_today() -> None:
    where = fold((-30, Kind.ENTRY), (-1, Kind.CHECK_IN))
    assert where.presence is Presence.ARRIVED
    assert where.since == at(-1)


def test_a_late_entry_comes_before_its_exit() -> None:
    made = record(movements=moved((-1, Kind.EXIT)))
    made = made.with_movement(Movement(at(-2), Kind.ENTRY, "visit"))
    where = whereabouts(made.movements, NOW, TIMEOUT)
    assert where.presence is Presence.OUTSIDE
    assert (where.first_entry, where.last_exit) == (at(-2), at(-1))
