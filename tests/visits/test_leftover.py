"""What may still open a door although it should not, by facts alone."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
import pytest

from custom_components.hikcentral_visitors.visits.known import (
    Application,
    Existence,
    Former,
    Progress,
)
from custom_components.hikcentral_visitors.visits.leftover import anything, unjustified
from custom_components.hikcentral_visitors.visits.plan import ENDS_BY_ITSELF
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.window import Window
from custom_components.hikcentral_visitors.visits.withdraw import withdraw

from .server import Server, asked_again, settle, wished
from .test_plan import troubles
from .values import HOUR, NOW, POLICY, VISITOR, applied, at, record, stay

type Trouble = tuple[Server, VisitorRecord, datetime]


@given(troubles())
def test_where_nothing_is_left_at_all_no_door_opens(trouble: Trouble) -> None:
    server, made, now = trouble
    if anything(made, now, POLICY) is not None:
        return
    person = server.person
    assert person is None or not person.levels
    assert person is None or person.window.end - now <= ENDS_BY_ITSELF
    if made.known.application.progress is not Progress.UNVERIFIABLE:
        assert not any(held.levels for held in server.terminals.values())


@given(troubles())
def test_where_nothing_unjustified_is_left_he_is_in_no_other_level(
    trouble: Trouble,
) -> None:
    server, made, now = trouble
    if unjustified(made, now, POLICY) is not None or server.person is None:
        return
    assert server.person.levels <= wished(made, now).levels


@given(troubles())
def test_it_ends_when_the_reconciler_has_nothing_left_to_do(trouble: Trouble) -> None:
    server, made, now = trouble
    made, now = settle(server, asked_again(made), now)
    assert unjustified(made, now, POLICY) is None


@given(troubles())
def test_what_was_withdrawn_ends_with_nothing_left(trouble: Trouble) -> None:
    server, made, now = trouble
    made = withdraw(made, POLICY, now).record
    made, now = settle(server, made, now)
    assert anything(made, now, POLICY) is None


def test_what_a_visit_justifies_is_something_but_not_unjustified() -> None:
    made = record(stay(), known=applied(stay()))
    assert unjustified(made, NOW, POLICY) is None
    left = anything(made, NOW, POLICY)
    assert left is not None
    assert (left.levels, left.until) == (frozenset({"lobby"}), at(4))


def test_doors_that_were_not_told_are_named() -> None:
    untold = Application(progress=Progress.FAILED, failed_doors=("12",))
    known = applied(stay(), members=frozenset(), window=None, application=untold)
    left = unjustified(record(known=known), NOW, POLICY)
    assert left is not None
    assert (left.doors, left.visitor.name) == (("12",), "Ada Test")


def test_of_a_person_that_is_gone_the_terminals_may_know_still() -> None:
    gone = applied(stay(), members=frozenset(), existence=Existence.ABSENT, window=None)
    assert unjustified(record(known=gone), NOW, POLICY) is None
    for existence in (Existence.ABSENT, Existence.PRESENT):
        known = replace(gone, existence=existence, former=Former(ids=frozenset({"7"})))
        assert unjustified(record(known=known), NOW, POLICY) is not None


def test_until_when_is_unknown_where_the_window_is() -> None:
    known = applied(stay(), window_known=False)
    left = anything(record(known=known), NOW, POLICY)
    assert left is not None
    assert left.until is None


def test_a_window_that_is_over_did_not_end_what_is_still_open() -> None:
    untold = Application(progress=Progress.PENDING)
    over = Window(at(-2), at(-1))
    known = applied(stay(), members=frozenset(), window=over, application=untold)
    left = unjustified(record(known=known), NOW, POLICY)
    assert left is not None
    assert left.until is None


def test_a_forgotten_person_is_left_until_he_is_deleted() -> None:
    forgotten = replace(VISITOR, forgotten_at=NOW)
    known = applied(stay(), members=frozenset(), window=None)
    made = replace(record(known=known), visitor=forgotten)
    assert unjustified(made, NOW, POLICY) is not None
    assert anything(made, NOW, POLICY) is not None
    gone = replace(made, known=replace(known, existence=Existence.ABSENT))
    assert anything(gone, NOW, POLICY) is None


def test_whoever_may_only_leave_holds_something_that_is_justified() -> None:
    policy = replace(POLICY, exit_levels=frozenset({"way out"}))
    inside = record(stay())
    wish = wished(inside, NOW, policy)
    made = replace(inside, known=applied(stay(), members=wish.levels))
    assert "way out" in wish.levels
    assert unjustified(made, NOW, policy) is None
    assert anything(made, NOW, policy) is not None


@pytest.mark.parametrize("minutes", [1, 10])
def test_a_window_that_ends_in_a_moment_is_left_to_end(minutes: int) -> None:
    soon = Window(NOW - HOUR, NOW + timedelta(minutes=minutes))
    known = applied(stay(), members=frozenset(), window=soon)
    left = anything(record(known=known), NOW, POLICY)
    assert (left is None) == (minutes == 1)
