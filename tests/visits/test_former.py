"""Persons of a visitor who are gone: their terminals are told, whatever happens."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.hikcentral_visitors.visits import attempts, facts
from custom_components.hikcentral_visitors.visits.attempts import Failure, FailureKind
from custom_components.hikcentral_visitors.visits.former import telling, terminals_told
from custom_components.hikcentral_visitors.visits.known import Effort, Former, Known
from custom_components.hikcentral_visitors.visits.operations import (
    Operation,
    OperationKind as Kind,
)
from custom_components.hikcentral_visitors.visits.plan import plan
from custom_components.hikcentral_visitors.visits.terminals import TOLD_AGAIN

from .server import wished
from .values import NOW, applied, record, stay

VISIT = stay()
HELD = applied(VISIT)
GONE = facts.person_deleted(HELD)
IDS = GONE.former.ids
TELL = Operation(Kind.APPLY_FORMER)
SECOND = timedelta(seconds=1)


def failed(known: Known) -> Known:
    failure = Failure(kind=FailureKind.REFUSED, reason="refused")
    return attempts.failed(known, TELL, failure, NOW, taking=True, wish="")


def first(known: Known) -> Kind:
    held = record(VISIT, known=known)
    return plan(held, wished(held, NOW), NOW).operations[0].kind


def test_terminals_are_told_some_times() -> None:
    known, told = GONE, []
    while known.former.ids:
        told.append(known.former.due)
        known = terminals_told(known, IDS, NOW)
        assert known.nothing_left
    assert told == [None, *(NOW + wait for wait in TOLD_AGAIN)]
    assert known.former == Former()
    assert telling(known).operations == ()


def test_who_is_gone_meanwhile_is_told_from_the_beginning() -> None:
    later = facts.person_deleted(replace(HELD, person_id="8", former=GONE.former))
    assert terminals_told(later, IDS, NOW) == later
    assert not later.nothing_left


def test_a_failure_holds_up_nothing_else() -> None:
    known = failed(replace(HELD, former=GONE.former))
    assert (known.widening, known.narrowing) == (Effort(), Effort())
    assert known.former.due is not None
    assert known.former.due > NOW
    assert known.former.untold
    again = failed(known).former
    assert again.due is not None
    assert again.due > known.former.due
    assert attempts.asked_again(known).former.due is None


def test_a_success_shortens_no_other_wait() -> None:
    waits = Effort(failures=4, next_attempt=NOW + SECOND)
    known = replace(HELD, widening=waits, narrowing=waits)
    assert attempts.succeeded(known, TELL, taking=True) == known


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        # What is taken away from him goes first, then those who are gone, then giving.
        (replace(HELD, members=HELD.members | {"vip"}), Kind.REMOVE_MEMBER),
        (replace(HELD, members=frozenset()), Kind.APPLY_FORMER),
        (HELD, Kind.APPLY_FORMER),
        # Whatever waits, waits for nobody else.
        (
            replace(
                HELD,
                members=HELD.members | {"vip"},
                narrowing=Effort(failures=1, next_attempt=NOW + SECOND),
            ),
            Kind.APPLY_FORMER,
        ),
    ],
)
def test_when_it_is_its_turn(known: Known, kind: Kind) -> None:
    assert first(replace(known, former=GONE.former)) is kind


def test_what_is_given_does_not_wait_until_they_are_told_again() -> None:
    told = terminals_told(GONE, IDS, NOW)
    assert first(told) is Kind.ADD_PERSON
