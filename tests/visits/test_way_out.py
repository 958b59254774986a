"""Where the way out needs a right: nobody is locked in, and nobody gets in again."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.access import AccessState, access
from custom_components.hikcentral_visitors.visits.commands import (
    check_out,
    extend,
    forget,
)
from custom_components.hikcentral_visitors.visits.desired import Desired, Wish
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.known import Existence
from custom_components.hikcentral_visitors.visits.lifecycle import advance, next_due
from custom_components.hikcentral_visitors.visits.operations import (
    OperationKind as Kind,
)
from custom_components.hikcentral_visitors.visits.presence import MovementKind
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import Outcome, Visit
from custom_components.hikcentral_visitors.visits.window import Window

from .server import Answer, Server, next_step, settle, stumble, wished
from .values import (
    HOUR,
    LEVELS,
    MINUTE,
    NOW,
    READERS,
    WAY_OUT,
    at,
    moved,
    record,
    several_visits,
    stay,
    times,
)

INSIDE = moved((-0.5, MovementKind.ENTRY))
GONE = moved((-0.5, MovementKind.ENTRY), (-0.25, MovementKind.EXIT))


def server() -> Server:
    return Server(policy=READERS)


def given_access(*visits: Visit, **other: Any) -> tuple[Server, VisitorRecord]:
    """Return a server on which everything is as it was wished at noon."""
    made = server()
    held, _ = settle(made, record(*visits), NOW)
    return made, replace(held, **other)


@given(several_visits(), times, st.booleans())
def test_no_level_that_lets_in_is_held_outside_its_visits(
    visits: list[Visit], now: datetime, inside: bool
) -> None:
    """For all timings, at `now` and if nothing more is ever told (invariant I5)."""
    made = record(*visits)
    if inside and visits:
        made = replace(made, movements=moved((-80, MovementKind.ENTRY), visit="x"))
    policy = replace(READERS, presence_timeout=1000 * HOUR)
    wish = wished(made, now, policy)
    edges = [edge for one in visits for edge in (one.window.start, one.window.end)]
    for edge in (now, *edges, *(edge + HOUR - MINUTE for edge in edges)):
        if edge < now or wish.window is None or edge not in wish.window:
            continue
        for level in wish.levels - {WAY_OUT}:
            assert any(
                level in visit.levels and edge in visit.window and visit.live(now)
                for visit in visits
            )


def test_the_levels_for_leaving_come_with_the_visit() -> None:
    """Also before anybody knows that he went in, and while nothing can be asked."""
    wish = wished(record(stay(1, 4)), NOW, READERS)
    assert wish.levels == {LEVELS[0], WAY_OUT}
    assert wish.window == Window(at(1), at(4))
    assert not wish.leaving


@pytest.mark.parametrize(
    ("movements", "now", "levels"),
    [
        pytest.param(INSIDE, 1, {WAY_OUT}, id="inside"),
        pytest.param(INSIDE, 1.99, {WAY_OUT}, id="inside, in time"),
        pytest.param(INSIDE, 2, set(), id="inside, too late"),
        pytest.param(GONE, 1, set(), id="gone"),
        pytest.param((), 1, set(), id="never came"),
    ],
)
def test_after_the_end_only_somebody_inside_keeps_them(
    movements: tuple[object, ...], now: float, levels: set[str]
) -> None:
    made = record(stay(-1, 1), movements=movements)
    wish = wished(made, at(now), READERS)
    assert wish.levels == levels
    assert wish.window == (Window(at(-1), at(2)) if levels else None)


def test_of_whom_nobody_knows_whether_he_left_may_still_leave() -> None:
    policy = replace(READERS, presence_timeout=HOUR)
    made = record(stay(-1, 1), movements=INSIDE)
    assert wished(made, at(1.5), policy).levels == {WAY_OUT}


def test_a_revoked_visitor_inside_gets_out_but_not_in() -> None:
    made, held = given_access(stay(-1, 8), movements=INSIDE)
    held = held.with_visit(replace(held.visits[0], revoked_at=NOW))
    held, now = settle(made, held, NOW)
    assert made.opens(WAY_OUT, now)
    assert not made.opens(LEVELS[0], now)
    assert not made.opens(WAY_OUT, at(1))
    assert access(held.visits[0], held, READERS, now).state is AccessState.REMOVED


@pytest.mark.parametrize("leaves", [True, False])
def test_somebody_forgotten_inside_gets_out_and_is_deleted_then(leaves: bool) -> None:
    """Nobody is locked in for having asked to be forgotten."""
    made, held = given_access(stay(-1, 8), movements=INSIDE)
    held, now = settle(made, forget(held, READERS, NOW).record, NOW)
    assert made.opens(WAY_OUT, now)
    assert not made.opens(LEVELS[0], now)
    assert held.known.existence is Existence.PRESENT
    if leaves:
        held = check_out(held, "visit", now).record
    else:
        now = at(1)
        assert not made.opens(WAY_OUT, now)
    held, _ = settle(made, held, now)
    assert held.known.nothing_left


def test_somebody_forgotten_elsewhere_is_deleted_at_once() -> None:
    made, held = given_access(stay(-1, 8), movements=GONE)
    held, _ = settle(made, forget(held, READERS, NOW).record, NOW)
    assert held.known.nothing_left


def test_nobody_is_made_again_only_to_leave_who_is_forgotten() -> None:
    forgotten = forget(record(stay(-1, 8), movements=INSIDE), READERS, NOW).record
    assert wished(forgotten, NOW, READERS) == Desired(person=Wish.FORBIDDEN)


def test_the_time_gets_longer_only_when_the_doors_know_that_he_must_not_get_in() -> (
    None
):
    made, held = given_access(stay(-1, 1), movements=INSIDE)
    made.calls.clear()
    settle(made, held, at(1))
    assert [kind for kind in made.calls if kind is not Kind.READ_PERSON] == [
        Kind.REMOVE_MEMBER,
        Kind.APPLY,
        Kind.CHECK_APPLICATION,
        Kind.UPDATE_PERSON,
        Kind.APPLY,
        Kind.CHECK_APPLICATION,
    ]


@given(st.lists(st.sampled_from(Answer), max_size=25), st.sampled_from([0.2, 1]))
def test_whatever_goes_wrong_he_does_not_get_in_after_his_time(
    answers: list[Answer], end: float
) -> None:
    """Ended before its time or in time, with the wish to let him out."""
    made, held = given_access(stay(-1, 1), movements=INSIDE)
    visit = held.visits[0]
    if end < 1:
        held = held.with_visit(replace(visit, revoked_at=at(end)))
    now = at(end)
    for answer in answers:
        held, now = stumble(made, held, now, [answer])
        assert not (made.opens(LEVELS[0], now) and now >= at(1))
    held, now = settle(made, held, now)
    assert not made.opens(LEVELS[0], now)
    assert made.opens(WAY_OUT, now) is (now < at(end) + HOUR)


def test_while_he_cannot_be_taken_out_of_a_level_he_keeps_no_time_to_leave() -> None:
    """The door in must be shut: the validity ends at once, then the person goes."""
    made, held = given_access(stay(-1, 8), movements=INSIDE)
    held = held.with_visit(replace(held.visits[0], revoked_at=NOW))
    now = NOW
    for _ in range(40):
        todo, _ = next_step(held, now, READERS)
        refused = todo.operations and todo.operations[0].kind is Kind.REMOVE_MEMBER
        answer = Answer.REFUSED if refused else Answer.DONE
        held, now = stumble(made, held, now, [answer])
    assert Kind.END_WINDOW in made.calls
    assert Kind.DELETE_PERSON in made.calls
    assert not made.opens(LEVELS[0], now)
    assert made.opens(WAY_OUT, now)


def test_a_level_that_lets_in_is_none_for_leaving() -> None:
    """Chosen as both, by the options or by an earlier grant."""
    policy = replace(READERS, exit_levels=frozenset({LEVELS[0], "old", WAY_OUT}))
    made = record(stay(-1, 1, "old"), movements=INSIDE)
    assert wished(made, at(1), policy).levels == {WAY_OUT}


def test_the_visit_closes_when_the_levels_for_leaving_are_gone_too() -> None:
    made, held = given_access(stay(-1, 1), movements=INSIDE)
    held, now = settle(made, held, at(1))
    assert advance(held, READERS, now).record.visits[0].closed_at is None
    left = replace(
        held, movements=moved((0, MovementKind.ENTRY), (1.2, MovementKind.EXIT))
    )
    now = at(1.2)
    seen = advance(left, READERS, now).record
    assert seen.visits[0].closed_at is None
    assert access(seen.visits[0], seen, READERS, now).state is AccessState.REVOKING
    seen, now = settle(made, seen, now)
    closed = advance(seen, READERS, now).record.visits[0]
    assert (closed.closed_at, closed.outcome) == (now, Outcome.LEFT)
    assert not made.opens(WAY_OUT, now)


def test_somebody_of_whom_nobody_knows_keeps_the_visit_open_as_long() -> None:
    policy = replace(READERS, presence_timeout=HOUR)
    made, held = given_access(stay(-1, 1), movements=INSIDE)
    made.policy = policy
    held, now = settle(made, held, at(1))
    assert advance(held, policy, now).record.visits[0].closed_at is None
    assert access(held.visits[0], held, policy, at(2)).state is AccessState.REVOKING
    held, now = settle(made, held, at(2))
    assert advance(held, policy, now).record.visits[0].closed_at == now


def test_that_nothing_lets_him_out_any_more_is_told_once() -> None:
    _, held = given_access(stay(-1, 1), movements=INSIDE)
    due = next_due(advance(held, READERS, at(1)).record, READERS, at(1))
    told = advance(held, READERS, at(1.9))
    assert VisitEventType.CANNOT_LEAVE not in {event.type for event in told.events}
    assert due == at(2)
    told = advance(told.record, READERS, at(2))
    assert [event.type for event in told.events] == [VisitEventType.CANNOT_LEAVE]
    assert advance(told.record, READERS, at(2)).events == ()
    free = replace(READERS, exit_levels=frozenset())
    kinds = {event.type for event in advance(held, free, at(2)).events}
    assert VisitEventType.CANNOT_LEAVE not in kinds


def test_an_extension_lets_him_in_again() -> None:
    made, held = given_access(stay(-1, 1), movements=INSIDE)
    held, now = settle(made, held, at(1))
    held = extend(held, "visit", READERS, now, by=2 * HOUR).record
    held, now = settle(made, held, now)
    assert made.opens(LEVELS[0], now)
    assert made.opens(WAY_OUT, now)
