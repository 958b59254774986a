"""From what is wished and what is known to the shortest list of operations.

The order is the policy: what is unknown is read, what takes away comes before what
gives, and a change is applied to the terminals before the next direction is turned to.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from .attempts import BACK_OFF_LONGEST
from .desired import Desired, Wish
from .former import telling
from .known import UNSETTLED, Effort, Existence, Known, Progress
from .operations import BY_PERSON_ID, Operation, OperationKind, Plan
from .profile import profile_digest
from .record import VisitorRecord
from .terminals import to_be_told_again
from .window import Window

PROOF_LASTS = timedelta(hours=1)
"""How long a person id is believed to belong to our code without reading it again."""

REFUSALS_PER_RUNG = 3
"""After so many refusals the next, stronger way of taking away is tried."""

RUNGS = 3
"""Out of the level, window ended, person deleted; and then from the first one again."""

ENDS_BY_ITSELF = timedelta(minutes=2)
"""A server that takes no end in the past is told one that is near."""


_READ = Operation(OperationKind.READ_PERSON)
_APPLY = Operation(OperationKind.APPLY)
_CHECK = Operation(OperationKind.CHECK_APPLICATION)
_END = Operation(OperationKind.END_WINDOW)
_DELETE = Operation(OperationKind.DELETE_PERSON)


def plan(record: VisitorRecord, wish: Desired, now: datetime) -> Plan:
    """Return what brings the server from what is known to what is wished.

    A plan that takes away ends there: what is to be given is planned when that is done,
    so that giving never waits in front of taking away, nor mixes with it. What concerns
    persons of his who are gone comes when it is due: after what is taken from him at
    that time, before what is given.
    """
    plans = (
        plan_for_person(record, wish, now),
        _waiting_at_most(telling(record.known), now),
    )
    return min(
        (one for one in plans if one.operations),
        key=lambda one: (max(one.not_before or now, now), not one.narrowing),
        default=Plan(),
    )


def plan_for_person(record: VisitorRecord, wish: Desired, now: datetime) -> Plan:
    """Return the same without what concerns persons who are gone."""
    return _waiting_at_most(_plan_for_person(record, wish, now), now)


def _waiting_at_most(todo: Plan, now: datetime) -> Plan:
    """Who waits for longer than anybody ever waits began before the clock was set."""
    if todo.not_before is None or todo.not_before - now <= BACK_OFF_LONGEST:
        return todo
    return replace(todo, not_before=None)


def _plan_for_person(record: VisitorRecord, wish: Desired, now: datetime) -> Plan:
    known = record.known
    if known.existence is Existence.UNKNOWN:
        effort = known.widening if wish.levels else known.narrowing
        return Plan(
            operations=(_READ,),
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
    refused = refused_levels(record, wish)
    if refused is not None:
        if known.existence is Existence.PRESENT and known.proven_at is None:
            # Perhaps only because the person is not there any more.
            return Plan(operations=(_READ,), not_before=known.widening.next_attempt)
        if not refused:
            return _unfinished(known, now)
    giving = _proven(_giving(record, wish, refused or frozenset(), now), known, now)
    given = Plan(
        operations=giving, not_before=_not_before(giving, known, known.widening)
    )
    unfinished = _unfinished(known, now)
    if not giving or _sooner(unfinished, given, known, now):
        return unfinished
    return given


def wish_key(record: VisitorRecord, wish: Desired) -> str:
    """Return a name for all that is asked of the server, to remember refusals by."""
    return f"{wish.digest}|{profile_digest(record.visitor)}|{record.visitor.photo}"


def refused_levels(record: VisitorRecord, wish: Desired) -> frozenset[str] | None:
    """Return the levels that the server refused of this wish.

    None where it refused nothing, no level where it refused all of it.
    """
    known = record.known
    if known.widening.refused_for is None:
        return None
    if known.widening.refused_for != wish_key(record, wish):
        return None
    return known.refused_levels


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
    shorter = _shortening(known, wish, now)
    if surplus:
        return _removal(known, wish, surplus, shorter, now)
    apply, check = _application(known)
    if wish.levels:
        if known.application.progress is Progress.NARROWED:
            return (
                *((_APPLY,) if shorter and _others_turn(known) else ()),
                *shorter,
                _APPLY,
                _CHECK,
            )
        return (*shorter, _APPLY, _CHECK) if shorter else ()
    if shorter and _rung(known) == 1:
        return (*apply, *check, _DELETE)
    last = (_DELETE,) if wish.person is Wish.FORBIDDEN else ()
    if (known.application.progress is Progress.FAILED) != _others_turn(known):
        return (*shorter, *apply, *check, *last)
    return (*apply, *shorter, *check, *last)


def needs_ending(known: Known, now: datetime) -> bool:
    """Whether the validity may last; what ends in a moment is left to end by itself."""
    still_open = open_part(known.window, now)
    return not known.window_known or (
        still_open is not None and still_open.end - now > ENDS_BY_ITSELF
    )


def _removal(
    known: Known,
    wish: Desired,
    surplus: tuple[Operation, ...],
    shorter: tuple[Operation, ...],
    now: datetime,
) -> tuple[Operation, ...]:
    """Take him out of levels; where that does not work, by the next stronger way.

    Whoever keeps some levels is never deleted, unless they are only for leaving: while
    he might get in, he does not even keep the time for that.
    """
    rung = _rung(known)
    if rung > 1 and (wish.leaving or not wish.levels):
        return (_DELETE,)
    if rung == 1 or _others_turn(known):
        if wish.leaving:
            shorter = (_END,) if needs_ending(known, now) else ()
        untold = known.application.progress is Progress.NARROWED
        told = (_APPLY,) if shorter or untold else ()
        return (*shorter, *told, *surplus, _APPLY, _CHECK)
    return (*surplus, _APPLY, *shorter, _CHECK)


def _rung(known: Known) -> int:
    return known.narrowing.refusals // REFUSALS_PER_RUNG % RUNGS


def _others_turn(known: Known) -> bool:
    """Whether something failed so often that what waits behind it goes first.

    Refusals have their rungs; what counts here are all other failures.
    """
    effort = known.narrowing
    others = max(effort.failures - effort.refusals, 0)
    return others // REFUSALS_PER_RUNG % 2 == 1


def _shortening(known: Known, wish: Desired, now: datetime) -> tuple[Operation, ...]:
    """End earlier or begin later, at all, or while levels are kept."""
    if wish.window is None:
        return (_END,) if needs_ending(known, now) else ()
    if not known.possible_levels:
        return ()
    if known.window_known and not exceeds(known, wish, now):
        return ()
    return (Operation(OperationKind.NARROW_PERSON),)


def _giving(
    record: VisitorRecord, wish: Desired, refused: frozenset[str], now: datetime
) -> tuple[Operation, ...]:
    known = record.known
    if wish.person is not Wish.REQUIRED:
        apply, check = _application(known)
        return (*apply, *check)
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
        for level in sorted(wish.levels - known.members - refused)
    )
    if changes and wish.leaving and known.application.progress is Progress.PENDING:
        # Nobody gets a longer time before the doors know that he must not get in.
        return (_CHECK,)
    if changes:
        return (*changes, _APPLY, _CHECK)
    apply, check = _application(known)
    return (*apply, *check)


def _application(
    known: Known,
) -> tuple[tuple[Operation, ...], tuple[Operation, ...]]:
    """What the terminals still have to be told, and asked."""
    if known.application.progress not in UNSETTLED:
        return (), ()
    if known.application.progress is Progress.PENDING:
        return (), (_CHECK,)
    return (_APPLY,), (_CHECK,)


def _sooner(unfinished: Plan, given: Plan, known: Known, now: datetime) -> bool:
    """Whether the terminals' turn comes while changes wait for their next attempt."""
    return (
        known.application.progress in {Progress.PENDING, Progress.FAILED}
        and given.operations[:1] not in {(_APPLY,), (_CHECK,)}
        and given.not_before is not None
        and (unfinished.not_before or now) < given.not_before
    )


def _unfinished(known: Known, now: datetime) -> Plan:
    """While giving waits, was refused or is done, terminals learn what is configured.

    It counts as taking away, for it may be that, and must not forget the refusal.
    """
    apply, check = _application(known)
    again = (_APPLY,) if to_be_told_again(known) else ()
    operations = _proven((*apply, *check, *again), known, now)
    return Plan(
        operations=operations,
        narrowing=bool(operations),
        not_before=_not_before(operations, known, known.narrowing),
    )


def _proven(
    operations: tuple[Operation, ...], known: Known, now: datetime
) -> tuple[Operation, ...]:
    """Put a reading in front where the person id was not proven to be ours lately."""
    if not operations or operations[0].kind not in BY_PERSON_ID:
        return operations
    proven_at = known.proven_at
    if proven_at is not None and timedelta() <= now - proven_at < PROOF_LASTS:
        return operations
    return (_READ, *operations)


def _not_before(
    operations: tuple[Operation, ...], known: Known, effort: Effort
) -> datetime | None:
    """When the first operation may start: after a failure, and not before its check."""
    if not operations:
        return None
    application = known.application
    waits = operations[0].kind is OperationKind.CHECK_APPLICATION or (
        operations[0].kind is OperationKind.APPLY
        and application.progress in {Progress.FAILED, Progress.UNVERIFIABLE}
    )
    if waits and application.next_check is not None:
        return max(
            application.next_check, effort.next_attempt or application.next_check
        )
    return effort.next_attempt
