"""What time and facts do to visits by themselves: told once, ended, closed.

`advance` is level-triggered: it looks at how things are, not at what happened, so it
may be called after every change and at any time, and what was missed during an outage
is made up for by the next call.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from .access import Access, AccessState, access
from .events import VisitEventType
from .policy import Policy
from .presence import MovementKind, Presence, Whereabouts, whereabouts
from .record import Change, VisitorRecord, tell
from .status import DUE, overstaying
from .visit import EntryMode, Outcome, Visit

REVOKE_FAILED_AFTER = 3
"""So many failures in a row of taking away are worth telling."""


def advance(record: VisitorRecord, policy: Policy, now: datetime) -> Change:
    """Return the record as it is at `now`, and what is now told for the first time."""
    change = Change(record)
    for visit in record.visits:
        for step in _STEPS:
            change = change.then(_step(step, visit.id, policy, now))
    return change


type _Step = Callable[[VisitorRecord, Visit, Policy, datetime], Change]


def _step(
    step: _Step, visit_id: str, policy: Policy, now: datetime
) -> Callable[[VisitorRecord], Change]:
    def apply(record: VisitorRecord) -> Change:
        visit = record.visit(visit_id)
        if visit.closed_at is not None:
            return Change(record)
        return step(record, visit, policy, now)

    return apply


def presence_of(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> Whereabouts:
    """Return where the visitor is, as far as this visit carries it.

    Presence is the visitor's; it shows on the visits that he moved in, and, while he is
    inside, on any whose time it is.
    """
    all_of_it = whereabouts(record.movements, now, policy.presence_timeout)
    moved = any(movement.visit_id == visit.id for movement in record.movements)
    if moved or (all_of_it.presence is Presence.INSIDE and now in visit.window):
        return all_of_it
    return Whereabouts()


def came(record: VisitorRecord, visit: Visit) -> bool:
    """Tell whether the visitor ever came in on this visit."""
    return any(
        movement.visit_id == visit.id and movement.kind is not MovementKind.CHECK_OUT
        for movement in record.movements
    )


def next_due(record: VisitorRecord, policy: Policy, now: datetime) -> datetime | None:
    """Return when time alone next changes anything about the visitor, after `now`."""
    instants = {
        instant
        for visit in record.visits
        if visit.closed_at is None
        for instant in _instants(visit, policy)
    }
    if record.known.window is not None:
        instants.add(record.known.window.end)
    where = whereabouts(record.movements, now, policy.presence_timeout)
    if where.since is not None:
        instants |= {
            where.since + policy.presence_timeout,
            where.since + policy.re_entry_grace,
        }
    return min((instant for instant in instants if instant > now), default=None)


def _instants(visit: Visit, policy: Policy) -> Iterable[datetime]:
    start = visit.window.start
    return (
        start - policy.provision_ahead,
        start - DUE,
        start,
        visit.valid_until - policy.ending_soon,
        visit.valid_until,
    )


def _single_entry(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> Change:
    """Where one entry is allowed, leaving ends the visit after the re-entry grace."""
    if visit.entry_mode is not EntryMode.SINGLE or visit.stopped:
        return Change(record)
    where = presence_of(visit, record, policy, now)
    if (
        where.presence is not Presence.OUTSIDE
        or where.last_exit is None
        or where.entries == 0
        or now - where.last_exit < policy.re_entry_grace
    ):
        return Change(record)
    return Change(record.with_visit(replace(visit, ended_at=now)))


def _access_told(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> Change:
    """Access given, failed, taken or not to be taken."""
    held = access(visit, record, policy, now)
    told = {
        VisitEventType.GRANTED: held.state is AccessState.ACTIVE,
        VisitEventType.GRANT_FAILED: held.state
        in {AccessState.FAILED, AccessState.PARTIAL},
        VisitEventType.REVOKED: visit.revoked_at is not None
        and held.state is AccessState.REMOVED,
        VisitEventType.REVOKE_FAILED: held.state is AccessState.REVOKING
        and record.known.narrowing.failures >= REVOKE_FAILED_AFTER,
        VisitEventType.NO_CREDENTIAL: held.state
        in {AccessState.ACTIVE, AccessState.UNVERIFIED}
        and not credentials(record),
    }
    healed = frozenset(
        kind
        for kind in (VisitEventType.GRANT_FAILED, VisitEventType.REVOKE_FAILED)
        if not told[kind] and _resolved(kind, held)
    )
    visit = replace(visit, announced=visit.announced - healed)
    return _tell_once(record, visit, told, now, held.reason)


def _resolved(kind: VisitEventType, held: Access) -> bool:
    if kind is VisitEventType.GRANT_FAILED:
        return held.state in {AccessState.ACTIVE, AccessState.UNVERIFIED}
    return held.state is AccessState.REMOVED


def credentials(record: VisitorRecord) -> tuple[str, ...]:
    """Return the kinds of credential that the visitor can show at a door."""
    known = record.known
    kinds = []
    if known.face is not None and known.face != known.face_refused:
        kinds.append("face")
    if record.visitor.card_no is not None:
        kinds.append("card")
    return tuple(kinds)


def _time_told(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> Change:
    """The end comes near, has come, or passed with him inside or never seen."""
    inside = presence_of(visit, record, policy, now).presence
    over = now >= visit.valid_until and not visit.stopped
    near = visit.valid_until - policy.ending_soon
    told = {
        VisitEventType.ENDING_SOON: visit.live(now)
        and near <= now
        and visit.valid_from < near,
        VisitEventType.NO_SHOW: over and not came(record, visit),
        VisitEventType.EXPIRED: over and came(record, visit),
        VisitEventType.OVERSTAY: overstaying(visit, inside, now),
        VisitEventType.EXIT_WITHOUT_ENTRY: _stray_exit(record, visit, policy, now),
    }
    return _tell_once(record, visit, told, now)


def _stray_exit(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> bool:
    moved = [movement for movement in record.movements if movement.visit_id == visit.id]
    return (
        bool(moved)
        and moved[0].kind is MovementKind.EXIT
        and presence_of(visit, record, policy, now).stray_exit == moved[0].at
    )


def _tell_once(
    record: VisitorRecord,
    visit: Visit,
    told: dict[VisitEventType, bool],
    now: datetime,
    reason: str | None = None,
) -> Change:
    due = [
        kind for kind, is_so in told.items() if is_so and kind not in visit.announced
    ]
    visit = replace(visit, announced=visit.announced | frozenset(due))
    return tell(record, visit, due, now, reason)


def _close(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> Change:
    """Close what is over, once the doors are shut and nobody is inside on it."""
    if visit.live(now):
        return Change(record)
    if access(visit, record, policy, now).state is not AccessState.REMOVED:
        return Change(record)
    presence = presence_of(visit, record, policy, now).presence
    if presence is Presence.INSIDE and not _carried_on(record, visit, now):
        return Change(record)
    closed = replace(visit, closed_at=now, outcome=_outcome(record, visit, presence))
    return Change(record.with_visit(closed))


def _carried_on(record: VisitorRecord, visit: Visit, now: datetime) -> bool:
    """Whether another visit of his, whose time it is, goes on counting him inside."""
    return any(
        other.id != visit.id and other.live(now) and now in other.window
        for other in record.visits
    )


def _outcome(record: VisitorRecord, visit: Visit, presence: Presence) -> Outcome:
    if visit.cancelled_at is not None:
        return Outcome.CANCELLED
    if visit.revoked_at is not None:
        return Outcome.REVOKED
    if visit.ended_at is not None:
        return Outcome.LEFT
    if not came(record, visit):
        return Outcome.NO_SHOW
    gone = presence in {Presence.OUTSIDE, Presence.LEFT}
    return Outcome.LEFT if gone else Outcome.EXPIRED


_STEPS: tuple[_Step, ...] = (_single_entry, _access_told, _time_told, _close)
