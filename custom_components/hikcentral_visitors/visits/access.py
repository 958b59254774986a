"""What the doors hold of one visit: derived from what is wished and what is known."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .desired import Desired, Wish, desired
from .known import UNSETTLED, Application, Existence, Progress
from .plan import exceeds, open_part, plan, plan_for_person, refused_levels
from .policy import Policy
from .profile import profile_digest
from .record import VisitorRecord
from .visit import Visit


class AccessState(StrEnum):
    """The state of a visit's access (design, section 8)."""

    NOT_DUE = "not_due"
    GRANTING = "granting"
    ACTIVE = "active"
    PARTIAL = "partial"
    UNVERIFIED = "unverified"
    HELD = "held"
    REVOKING = "revoking"
    REMOVED = "removed"
    FAILED = "failed"


DOOR_FAILED = "door_failed"
"""The reason where the server took everything, and a terminal did not."""

RETRIES_BELIEVED = 2
"""First applications often fail for a minute (reference 3.9): no failure yet."""

TRIES = 8
"""After so many failures in a row, some minutes, giving is told to fail; it goes on."""

NOTHING_GIVEN = "backup_restored"
"""The reason while nothing is given."""

_GIVEN = frozenset({AccessState.ACTIVE, AccessState.UNVERIFIED, AccessState.PARTIAL})

SETTLED_STATES = frozenset(AccessState) - {AccessState.GRANTING, AccessState.REVOKING}
"""States in which nothing is under way: what somebody waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The access of one visit; doors are counted at the last application check.

    `failed_doors` are the ids of those that did not take it, once that is believed,
    `still_in` the levels that he has not been taken out of yet, as far as is known.
    """

    state: AccessState
    doors_ready: int = 0
    doors_total: int = 0
    reason: str | None = None
    next_attempt: datetime | None = None
    failed_doors: tuple[str, ...] = ()
    still_in: tuple[str, ...] = ()


def access(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> Access:
    """Return what the doors hold of this visit at `now`."""
    if not visit.live(now):
        return _ended(visit, record, desired(record, now, policy), now)
    wish = desired(record, now, replace(policy, giving=True))
    if not _held(visit, wish):
        return Access(state=AccessState.NOT_DUE)
    live = _live(visit, record, wish, now)
    if policy.giving or live.state in _GIVEN:
        return live
    return Access(state=AccessState.HELD, reason=NOTHING_GIVEN)


def _held(visit: Visit, wish: Desired) -> bool:
    """Whether the visit's own levels are what is wished now, not an earlier run's."""
    return bool(visit.levels & wish.levels) and wish.window is not None


def _ended(visit: Visit, record: VisitorRecord, wish: Desired, now: datetime) -> Access:
    known = record.known
    effort = known.narrowing
    open_ = known.existence is Existence.UNKNOWN or known.former.untold
    if known.existence is Existence.PRESENT:
        open_ |= _still_open(visit, record, wish, now)
    if not open_:
        return Access(state=AccessState.REMOVED)
    return Access(
        state=AccessState.REVOKING,
        doors_ready=known.application.doors_ready,
        doors_total=known.application.doors_total,
        reason=effort.reason or trouble_of(known.application),
        next_attempt=plan(record, wish, now).not_before,
        failed_doors=_failed_doors(known.application),
        still_in=tuple(sorted(known.possible_levels - wish.levels)),
    )


def _failed_doors(doors: Application) -> tuple[str, ...]:
    return doors.failed_doors if trouble_of(doors) else ()


def trouble_of(doors: Application) -> str | None:
    """Why the terminals do not hold it yet, once that is worth telling."""
    believed = doors.retries >= RETRIES_BELIEVED
    return DOOR_FAILED if believed and doors.progress in UNSETTLED else None


def _still_open(
    visit: Visit, record: VisitorRecord, wish: Desired, now: datetime
) -> bool:
    known = record.known
    if (known.possible_levels - wish.levels) - _of_others(visit, record):
        return True
    if not known.window_known or exceeds(known, wish, now):
        return True
    progress = known.application.progress
    if wish.person is Wish.REQUIRED and visit.levels <= wish.levels:
        return progress is Progress.NARROWED
    return progress in UNSETTLED


def _of_others(visit: Visit, record: VisitorRecord) -> frozenset[str]:
    """The levels that only other visits ask for."""
    asked = (other.levels for other in record.visits if other.id != visit.id)
    return frozenset[str]().union(*asked) - visit.levels


def _live(visit: Visit, record: VisitorRecord, wish: Desired, now: datetime) -> Access:
    known = record.known
    doors = known.application
    effort = known.widening
    refused = refused_levels(record, wish)
    lacking = (refused or frozenset()) - _of_others(visit, record)
    if refused is not None and (not refused or visit.levels <= refused):
        state = AccessState.FAILED
    elif not _configured(record, wish, refused or frozenset(), now):
        state = AccessState.GRANTING
    elif lacking and doors.progress in {Progress.APPLIED, Progress.UNVERIFIABLE}:
        state = AccessState.PARTIAL
    else:
        match doors.progress:
            case Progress.APPLIED:
                state = AccessState.ACTIVE
            case Progress.UNVERIFIABLE:
                state = AccessState.UNVERIFIED
            case Progress.PENDING | Progress.FAILED if trouble_of(doors):
                partly = doors.doors_ready
                state = AccessState.PARTIAL if partly else AccessState.FAILED
            case _:
                state = AccessState.GRANTING
    if state is AccessState.GRANTING and effort.failures >= TRIES:
        state = AccessState.FAILED
    pending = plan_for_person(record, wish, now).not_before
    reason = effort.reason or trouble_of(doors)
    if refused and not lacking:
        reason = trouble_of(doors)
    if state in {AccessState.ACTIVE, AccessState.UNVERIFIED}:
        reason, pending = None, None
    return Access(
        state=state,
        doors_ready=doors.doors_ready,
        doors_total=doors.doors_total,
        reason=reason,
        next_attempt=pending,
        failed_doors=_failed_doors(doors),
    )


def _configured(
    record: VisitorRecord, wish: Desired, refused: frozenset[str], now: datetime
) -> bool:
    """Whether the server holds what is wished, whatever the terminals hold."""
    known = record.known
    return (
        known.existence is Existence.PRESENT
        and known.window_known
        and wish.levels - refused <= known.members
        and open_part(known.window, now) == open_part(wish.window, now)
        and known.profile == profile_digest(record.visitor)
        and record.visitor.photo in {None, known.face, known.face_refused}
    )
