"""Failures and successes in a row, and when it is tried again."""

from dataclasses import replace

from hypothesis import assume, given, strategies as st

from custom_components.hikcentral_visitors.visits import attempts
from custom_components.hikcentral_visitors.visits.attempts import (
    BACK_OFF_FIRST,
    BACK_OFF_LONGEST,
    Failure,
    FailureKind,
    back_off,
)
from custom_components.hikcentral_visitors.visits.known import (
    Effort,
)
from custom_components.hikcentral_visitors.visits.operations import (
    NARROWING,
    Operation,
    OperationKind as Kind,
)

from .values import MINUTE, NOW, applied, at, stay

VISIT = stay()
HELD = applied(VISIT)


def operation(kind: Kind) -> Operation:
    level = "lobby" if kind in {Kind.ADD_MEMBER, Kind.REMOVE_MEMBER} else None
    return Operation(kind, level)


@given(st.integers(0, 200), st.floats(0, 1, exclude_max=True))
def test_a_back_off_is_bounded_and_grows(failures: int, jitter: float) -> None:
    wait = back_off(failures, jitter)
    assert BACK_OFF_FIRST / 2 <= wait <= BACK_OFF_LONGEST
    assert back_off(failures) <= back_off(failures + 1)
    assert back_off(failures) / 2 <= wait <= back_off(failures)


@given(
    st.sampled_from(FailureKind),
    st.sampled_from(Kind),
    st.booleans(),
    st.integers(0, 30),
)
def test_a_failure_is_remembered(
    kind: FailureKind, what: Kind, taking: bool, failures: int
) -> None:
    assume(what is not Kind.APPLY_FORMER)
    effort = Effort(failures=failures)
    before = replace(HELD, widening=effort, narrowing=effort)
    failure = Failure(kind=kind, reason="why", retry_after=MINUTE)
    known = attempts.failed(
        before, operation(what), failure, NOW, taking=taking, wish="wish"
    )
    now = known.narrowing if taking else known.widening
    other = known.widening if taking else known.narrowing
    assert other == effort
    assert now.failures == failures + 1
    assert now.reason == "why"
    assert now.next_attempt is not None
    assert MINUTE <= now.next_attempt - NOW <= BACK_OFF_LONGEST
    refused = kind is FailureKind.REFUSED
    assert now.refused_for == ("wish" if refused and not taking else None)
    assert now.refusals == int(refused and what in NARROWING)


def test_after_a_success_nothing_waits() -> None:
    waits = Effort(failures=4, refusals=3, next_attempt=at(1), reason="why")
    troubled = replace(HELD, widening=waits, narrowing=waits)
    step = operation(Kind.APPLY)
    given_ = attempts.succeeded(troubled, step, taking=False)
    assert given_.widening == Effort()
    assert given_.narrowing == waits
    taken = attempts.succeeded(troubled, step, taking=True)
    assert taken.narrowing == replace(waits, next_attempt=None)
    assert taken.widening == waits


def test_a_refusal_stands_although_something_else_was_given() -> None:
    refused = replace(HELD, widening=Effort(failures=1, refused_for="wish"))
    known = attempts.succeeded(refused, operation(Kind.APPLY), taking=False)
    assert known.widening.refused_for == "wish"
