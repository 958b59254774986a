"""From what is wished and what is known to the shortest list of operations.

The order is the policy: what is unknown is read, what takes away comes before what
gives, and a change is applied to the terminals before the next direction is turned to.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .desired import Desired, Wish
from .known import Effort, Existence, Known, Progress
from .profile import profile_digest
from .record import VisitorRecord
from .window import Window

PROOF_LASTS = timedelta(hours=1)
"""How long a person id is believed to belong to our code without reading it again."""

REFUSALS_PER_RUNG = 3
"""After so many refusals the next, stronger way of taking away is tried."""


ENDS_BY_ITSELF = timedelta(minutes=2)
"""A server that takes no end in the past is told one that is near."""


class OperationKind(StrEnum):
    """What can be done to one person on the server."""

    READ_PERSON = "read_person"
    REMOVE_MEMBER = "remove_member"
    END_WINDOW = "end_window"
    NARROW_PERSON = "narrow_person"
    DELETE_PERSON = "delete_person"
    ADD_PERSON = "add_person"
    UPDATE_PERSON = "update_person"
    UPDATE_FACE = "update_face"
    ADD_MEMBER = "add_member"
    APPLY = "apply"
    CHECK_APPLICATION = "check_application"


NARROWING = frozenset(
    {
        OperationKind.REMOVE_MEMBER,
        OperationKind.END_WINDOW,
        OperationKind.NARROW_PERSON,
        OperationKind.DELETE_PERSON,
    }
)
WRITES_BY_ID = NARROWING | {
    OperationKind.UPDATE_PERSON,
    OperationKind.UPDATE_FACE,
    OperationKind.ADD_MEMBER,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do; `level` for the operations on a level's members."""

    kind: OperationKind
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is left to do for one visitor, in order.

    The first step can start at once unless `not_before` says when. `narrowing` tells
    that it takes something away.
    """

    operations: tuple[Operation, ...] = ()
    narrowing: bool = False
    not_before: datetime | None = None

    @property
    def step(self) -> tuple[Operation, ...]:
        """The operations that may be carried out now: those of the first kind."""
        return tuple(
            operation
            for operation in self.operations
            if operation.kind is self.operations[0].kind
        )


def plan(record: VisitorRecord, wish: Desired, now: datetime) -> Plan:
    """Return what brings the server from what is known to what is wished.

    A plan that takes away ends there: what is to be given is planned when that is done,
    so that giving never waits in front of taking away, nor mixes with it.
    """
    known = record.known
    if known.existence is Existence.UNKNOWN:
        effort = known.widening if wish.levels else known.narrowing
        return Plan(
            operations=(Operation(OperationKind.READ_PERSON),),
            narrowing=not wish.levels,
            not_before=effort.next_attempt,
        )
    taking = _proven(_taking(known, wish, now), known, now)
    if taking:
        return Plan(
            operations=taking,
            narrowing=True,
            not_before=_not_before(taking, known, known.narrowing),
        )
    if known.widening.refused_for == wish_key(record, wish):
        return Plan()
    giving = _proven(_giving(record, wish, now), known, now)
    return Plan(
        operations=giving, not_before=_not_before(giving, known, known.widening)
    )


def wish_key(record: VisitorRecord, wish: Desired) -> str:
    """Return a name for all that is asked of the server, to remember refusals by."""
    return f"{wish.digest}|{profile_digest(record.visitor)}|{record.visitor.photo}"


def open_part(window: Window | None, now: datetime) -> Window | None:
    """Return what of a window is not over; only that can open a door."""
    if window is None or window.end <= now:
        return None
    return Window(max(window.start, now), window.end)


def exceeds(known: Known, wish: Desired, now: datetime) -> bool:
    """Tell whether the person's validity lets him in when the wish does not."""
    still_open = open_part(known.window, now)
    return still_open is not None and not (
        wish.window is not None and wish.window.covers(still_open)
    )


def _taking(known: Known, wish: Desired, now: datetime) -> tuple[Operation, ...]:
    if known.existence is Existence.ABSENT:
        return ()
    surplus = tuple(
        Operation(OperationKind.REMOVE_MEMBER, level)
        for level in sorted(known.possible_levels - wish.levels)
    )
    if not surplus and wish.levels:
        return _shortening(known, wish, now)
    end: tuple[Operation, ...] = ()
    if wish.window is None and _needs_ending(known, now):
        end = (Operation(OperationKind.END_WINDOW),)
    if surplus:
        return _removal(known, wish, surplus, end)
    apply, check = _application(known)
    if wish.person is Wish.FORBIDDEN:
        return (*apply, *check, Operation(OperationKind.DELETE_PERSON))
    if known.application.progress is Progress.FAILED:
        return (*end, *apply, *check)
    return (*apply, *end, *check)


def _needs_ending(known: Known, now: datetime) -> bool:
    """Whether the validity may last; what ends in a moment is left to end by itself."""
    still_open = open_part(known.window, now)
    return not known.window_known or (
        still_open is not None and still_open.end - now > ENDS_BY_ITSELF
    )


def _removal(
    known: Known,
    wish: Desired,
    surplus: tuple[Operation, ...],
    end: tuple[Operation, ...],
) -> tuple[Operation, ...]:
    """Take him out of levels; where the server refuses, by the next stronger way."""
    told = (
        Operation(OperationKind.APPLY),
        Operation(OperationKind.CHECK_APPLICATION),
    )
    rung = known.narrowing.refusals // REFUSALS_PER_RUNG
    if rung == 0 or wish.levels:
        return (*surplus, told[0], *end, told[1])
    if rung > 1:
        return (Operation(OperationKind.DELETE_PERSON),)
    if end or known.application.progress is Progress.STALE:
        return (*end, told[0], *surplus, *told)
    return (*surplus, *told)


def _shortening(known: Known, wish: Desired, now: datetime) -> tuple[Operation, ...]:
    """End earlier, or begin later, while levels are kept."""
    if not known.members or wish.window is None:
        return ()
    if known.window_known and not exceeds(known, wish, now):
        return ()
    return (
        Operation(OperationKind.NARROW_PERSON),
        Operation(OperationKind.APPLY),
        Operation(OperationKind.CHECK_APPLICATION),
    )


def _giving(
    record: VisitorRecord, wish: Desired, now: datetime
) -> tuple[Operation, ...]:
    known = record.known
    if wish.person is not Wish.REQUIRED:
        return ()
    changes: list[Operation] = []
    if known.existence is Existence.ABSENT:
        changes.append(Operation(OperationKind.ADD_PERSON))
    else:
        if (
            not known.window_known
            or open_part(known.window, now) != open_part(wish.window, now)
            or known.profile != profile_digest(record.visitor)
        ):
            changes.append(Operation(OperationKind.UPDATE_PERSON))
        photo = record.visitor.photo
        if photo is not None and photo not in {known.face, known.face_refused}:
            changes.append(Operation(OperationKind.UPDATE_FACE))
    changes.extend(
        Operation(OperationKind.ADD_MEMBER, level)
        for level in sorted(wish.levels - known.members)
    )
    if changes:
        return (
            *changes,
            Operation(OperationKind.APPLY),
            Operation(OperationKind.CHECK_APPLICATION),
        )
    apply, check = _application(known)
    return (*apply, *check)


def _application(
    known: Known,
) -> tuple[tuple[Operation, ...], tuple[Operation, ...]]:
    """What the terminals still have to be told, and asked."""
    check = (Operation(OperationKind.CHECK_APPLICATION),)
    match known.application.progress:
        case Progress.STALE | Progress.FAILED:
            return (Operation(OperationKind.APPLY),), check
        case Progress.PENDING:
            return (), check
        case _:
            return (), ()


def _proven(
    operations: tuple[Operation, ...], known: Known, now: datetime
) -> tuple[Operation, ...]:
    """Put a reading in front where the person id was not proven to be ours lately."""
    if not operations or operations[0].kind not in WRITES_BY_ID:
        return operations
    if known.proven_at is not None and now - known.proven_at < PROOF_LASTS:
        return operations
    return (Operation(OperationKind.READ_PERSON), *operations)


def _not_before(
    operations: tuple[Operation, ...], known: Known, effort: Effort
) -> datetime | None:
    """When the first operation may start: after a failure, and not before its check."""
    if not operations:
        return None
    application = known.application
    waits = operations[0].kind is OperationKind.CHECK_APPLICATION or (
        operations[0].kind is OperationKind.APPLY
        and application.progress is Progress.FAILED
    )
    if waits and application.next_check is not None:
        return max(
            application.next_check, effort.next_attempt or application.next_check
        )
    return effort.next_attempt
