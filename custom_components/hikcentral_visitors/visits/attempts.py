"""How often giving and taking away failed in a row, and when it is tried again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .known import Effort, Existence, Known
from .operations import NARROWING, READING, Operation, OperationKind

BACK_OFF_FIRST = timedelta(seconds=2)
BACK_OFF_LONGEST = timedelta(minutes=15)

OUT_OF_REACH = "unreachable"
"""The reason where no connection came about."""


class FailureKind(StrEnum):
    """What a failed call means for the next try."""

    TRANSIENT = "transient"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a call did not succeed; `reason` is a stable key that is shown in words."""

    kind: FailureKind
    reason: str
    retry_after: timedelta = timedelta()


def failed(
    known: Known,
    operation: Operation,
    failure: Failure,
    now: datetime,
    *,
    taking: bool,
    wish: str,
    jitter: float = 0.0,
) -> Known:
    """A call did not succeed; `wish` names what was wished, `jitter` is in [0, 1).

    Taking away is tried again whatever the answer, and a refusal counts towards the
    next rung; what concerns persons who are gone holds up nothing else. Giving ends
    where the server refused what was asked; of a level that he was not taken into, only
    that level.
    """
    if operation.kind is OperationKind.APPLY_FORMER:
        former = known.former
        wait = _wait(former.failures, failure, jitter)
        return replace(
            known,
            former=replace(former, failures=former.failures + 1, due=now + wait),
        )
    effort = known.narrowing if taking else known.widening
    refused = failure.kind is FailureKind.REFUSED
    wait = _wait(effort.failures, failure, jitter)
    effort = replace(
        effort,
        failures=effort.failures + 1,
        refusals=effort.refusals + (refused and operation.kind in NARROWING),
        next_attempt=now + wait,
    )
    if taking:
        return replace(known, narrowing=replace(effort, reason=failure.reason))
    if effort.refused_for == wish and known.refused_levels and not refused:
        # The rest is tried again, and what was refused stays so.
        return replace(known, widening=effort)
    effort = replace(
        effort, reason=failure.reason, refused_for=wish if refused else None
    )
    return replace(
        known,
        widening=effort,
        refused_levels=_refused_levels(known, operation, wish)
        if refused
        else frozenset(),
    )


def _refused_levels(known: Known, operation: Operation, wish: str) -> frozenset[str]:
    """The levels refused of one wish; none where something else of it was refused."""
    if operation.kind is not OperationKind.ADD_MEMBER or operation.level is None:
        return frozenset()
    whole = known.widening.refused_for == wish and not known.refused_levels
    if whole:
        return frozenset()
    same = known.widening.refused_for == wish
    earlier = known.refused_levels if same else frozenset[str]()
    return earlier | {operation.level}


def succeeded(known: Known, operation: Operation, *, taking: bool) -> Known:
    """A step worked: the next one need not wait.

    To have found nobody is no success. Failures count until something was given or
    taken away, so that what works in between shortens no back-off: a server may be
    read while it takes nothing. A refusal to give stands until something else is
    wished.
    """
    if known.existence is not Existence.PRESENT:
        return known
    if operation.kind is OperationKind.APPLY_FORMER:
        return known
    if operation.kind in READING and not taking:
        return known
    if taking:
        return replace(known, narrowing=replace(known.narrowing, next_attempt=None))
    if known.widening.refused_for is not None:
        return replace(known, widening=replace(known.widening, next_attempt=None))
    return replace(known, widening=Effort())


def nothing_left(known: Known) -> Known:
    """All is as it is wished: failures to give are over, refusals stay known."""
    if known.widening.refused_for is not None or not known.widening.failures:
        return known
    return replace(known, widening=Effort())


def within_reach(known: Known) -> Known:
    """The server can be reached again: what waits because it could not is tried now."""
    return replace(
        known,
        widening=_within_reach(known.widening),
        narrowing=_within_reach(known.narrowing),
    )


def _within_reach(effort: Effort) -> Effort:
    if effort.reason != OUT_OF_REACH:
        return effort
    return replace(effort, next_attempt=None)


def asked_again(known: Known) -> Known:
    """Somebody asks for all that waits or was given up: it is tried now."""
    return replace(
        known,
        widening=Effort(),
        narrowing=replace(known.narrowing, next_attempt=None),
        application=replace(known.application, next_check=None),
        former=replace(known.former, due=None),
        face=None if known.face == known.face_refused else known.face,
        face_refused=None,
    )


def _wait(failures: int, failure: Failure, jitter: float) -> timedelta:
    return min(max(back_off(failures, jitter), failure.retry_after), BACK_OFF_LONGEST)


def back_off(failures: int, jitter: float = 0.0) -> timedelta:
    """Return how long to wait after so many failures in a row, jitter in [0, 1)."""
    longest = min(BACK_OFF_FIRST * (1 << min(failures, 16)), BACK_OFF_LONGEST)
    return longest * (1 - jitter / 2)
