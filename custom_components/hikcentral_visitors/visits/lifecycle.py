"""What time and facts do to visits by themselves: told once, ended, closed.

`advance` is level-triggered: it looks at how things are, not at what happened, so it
may be called after every change and at any time, and what was missed during an outage
is made up for by the next call.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from .access import DOOR_FAILED, Access, AccessState, access, trouble_of
from .desired import may_leave_until
from .events import VisitEventType
from .movements import came, moved, outcome, presence_of
from .policy import Policy
from .presence import MovementKind, Presence, whereabouts
from .record import Change, VisitorRecord, tell
from .status import DUE, overstaying
from .visit import Visit

REVOKE_FAILED_AFTER = 3
"""So many failures in a row of taking away are worth telling."""


def advance(record: VisitorRecord, policy: Policy, now: datetime) -> Change:
    """Return the record as it is at `now`, and what is now told for the first time."""
    change = moved(record, policy, now)
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


def resists(record: VisitorRecord) -> bool:
    """Tell whether something is not taken away from somebody without an open visit.

    A visit closes when its access is gone; HikCentral, a backup of it or somebody there
    may give access after that.
    """
    known = record.known
    return not record.visits and (
        known.narrowing.failures >= REVOKE_FAILED_AFTER
        or trouble_of(known.application) is not None
    )


def opened_again(
    record: VisitorRecord, visit_id: str, policy: Policy, now: datetime
) -> Change:
    """Open the visit that somebody had last, so that what is left open is shown.

    It closes again once that is gone. A visit that would let him in stays closed.
    """
    visit = record.visit(visit_id)
    opened = replace(
        visit,
        closed_at=None,
        outcome=None,
        announced=visit.announced - {VisitEventType.REVOKE_FAILED},
    )
    shown = record.with_visit(opened)
    held = access(opened, shown, policy, now).state
    if opened.live(now) or held is not AccessState.REVOKING:
        return Change(record)
    return Change(shown)


def overstays(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> bool:
    """Tell whether he is inside although this visit is over and no other goes on."""
    presence = presence_of(visit, record, policy, now).presence
    return overstaying(visit, presence, now) and not any(
        other.id != visit.id and other.live(now) and now in other.window
        for other in record.visits
    )


def locked_in(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> bool:
    """Tell whether he overstays, and no door lets him out any more."""
    return (
        bool(policy.exit_levels)
        and overstays(visit, record, policy, now)
        and now >= may_leave_until(visit, record, policy, now)
    )


def next_due(record: VisitorRecord, policy: Policy, now: datetime) -> datetime | None:
    """Return when time alone next changes anything about the visitor, after `now`."""
    instants = {
        instant
        for visit in record.visits
        if visit.closed_at is None
        for instant in _instants(visit, policy)
    }
    where = whereabouts(record.movements, now, policy.presence_timeout)
    if where.since is not None:
        instants |= {
            where.since + policy.presence_timeout,
            where.since + policy.re_entry_grace,
        }
    held = record.known.window
    if held is not None:
        instants |= {held.start, held.end}
    return min((instant for instant in instants if instant > now), default=None)


def _instants(visit: Visit, policy: Policy) -> Iterable[datetime]:
    start = visit.window.start
    if policy.exit_levels:
        yield visit.over_at + policy.exit_grace
    yield from (
        start - policy.provision_ahead,
        start - DUE,
        start,
        visit.valid_until - policy.ending_soon,
        visit.valid_until,
    )


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
        and (
            record.known.narrowing.failures >= REVOKE_FAILED_AFTER
            or held.reason == DOOR_FAILED
        ),
        VisitEventType.NO_CREDENTIAL: held.state
        in {AccessState.ACTIVE, AccessState.UNVERIFIED}
        and not credentials(record),
    }
    healed = frozenset(
        kind
        for kind in (VisitEventType.GRANT_FAILED, VisitEventType.REVOKE_FAILED)
        if not told[kind] and _resolved(kind, held)
    )
    if credentials(record):
        healed |= {VisitEventType.NO_CREDENTIAL}
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
    if record.visitor.card_no:
        kinds.append("card")
    return tuple(kinds)


def _time_told(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> Change:
    """The end comes near, has come, or passed with him inside or never seen."""
    over = now >= visit.valid_until and not visit.stopped
    seen = came(record, visit, policy)
    near = visit.valid_until - policy.ending_soon
    told = {
        VisitEventType.ENDING_SOON: visit.live(now)
        and near <= now
        and visit.valid_from < near,
        VisitEventType.NO_SHOW: over and not seen,
        VisitEventType.EXPIRED: over and seen,
        VisitEventType.OVERSTAY: overstays(visit, record, policy, now),
        VisitEventType.CANNOT_LEAVE: locked_in(visit, record, policy, now),
        VisitEventType.EXIT_WITHOUT_ENTRY: _stray_exit(record, visit, policy),
    }
    return _tell_once(record, visit, told, now)


def _stray_exit(record: VisitorRecord, visit: Visit, policy: Policy) -> bool:
    """Whether the first that was seen of him on this visit is that he left."""
    first = next((one for one in record.movements if one.visit_id == visit.id), None)
    if first is None or first.kind is not MovementKind.EXIT:
        return False
    earlier = record.movements[: record.movements.index(first)]
    where = whereabouts(earlier, first.at, policy.presence_timeout)
    return where.presence not in {Presence.INSIDE, Presence.UNKNOWN}


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
    """Close what is over, once the doors are shut and nobody is inside on it.

    Also while another visit of his goes on: this one remembers that he went in.
    """
    if visit.live(now):
        return Change(record)
    if access(visit, record, policy, now).state is not AccessState.REMOVED:
        return Change(record)
    presence = presence_of(visit, record, policy, now).presence
    if presence is Presence.INSIDE or now < may_leave_until(visit, record, policy, now):
        return Change(record)
    how = outcome(visit, record, policy, now)
    return Change(record.with_visit(replace(visit, closed_at=now, outcome=how)))


_STEPS: tuple[_Step, ...] = (_access_told, _time_told, _close)
