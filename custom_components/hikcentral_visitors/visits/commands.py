"""What people may ask of a visit, as decisions: a changed record, or a refusal.

Nothing here touches HikCentral. A command changes what is desired; the reconciler makes
it so.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from .checks import (
    CommandRefusedError,
    check_levels,
    check_start,
    check_times,
    require_in_service,
    require_not_over,
    require_not_withdrawn,
    require_open,
    require_remembered,
)
from .events import OF_AN_END, VisitEventType
from .known import Effort
from .movements import came, left_for_good, presence_of
from .policy import Policy
from .presence import Movement, MovementKind, Presence
from .record import Change, VisitorRecord, tell, unchanged
from .visit import WIPED, Visit, Visitor
from .window import round_down


def register(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> Change:
    """Add a visit to a visitor.

    Raises CommandRefusedError for impossible times, where no door would open, or where
    the server is retired.
    """
    require_in_service(policy)
    check_start(visit.valid_from, now)
    check_times(visit.valid_from, visit.valid_until, now)
    check_levels(visit.levels, policy)
    require_remembered(record)
    return tell(retried(record), visit, [VisitEventType.SCHEDULED], now)


def extend(
    record: VisitorRecord,
    visit_id: str,
    policy: Policy,
    now: datetime,
    *,
    until: datetime | None = None,
    by: timedelta | None = None,
) -> Change:
    """Move the end to `until`, or `by` a span from the later of the end and now.

    A negative span shortens, from the end. A visit that expired within the grace for it
    is opened again.
    """
    visit = record.visit(visit_id)
    require_remembered(record)
    if until is None:
        if by is None:
            raise CommandRefusedError("extend_by_what")
        base = visit.valid_until if by < timedelta() else max(visit.valid_until, now)
        until = base + by
    extended = with_end(visit, until, policy, now)
    if extended == visit:
        return unchanged(record)
    return tell(retried(record), extended, [VisitEventType.EXTENDED], now)


def with_end(visit: Visit, until: datetime, policy: Policy, now: datetime) -> Visit:
    """Return the visit with another end; one that expired lately is opened again.

    Raises CommandRefusedError for a visit that is over for good or was withdrawn, for
    an impossible end, and for a later one where a level is not managed any more.
    """
    require_not_withdrawn(visit)
    expired = now >= visit.valid_until
    if expired and now - visit.valid_until > policy.reopen_grace:
        raise CommandRefusedError("visit_closed")
    if visit.closed_at is not None and not expired:
        raise CommandRefusedError("visit_closed")
    until = round_down(until)
    check_times(visit.valid_from, until, now)
    if until == visit.valid_until:
        return visit
    if until > visit.valid_until:
        require_in_service(policy)
        check_levels(visit.levels, policy)
    again = {
        VisitEventType.ENDING_SOON,
        VisitEventType.EXPIRED,
        VisitEventType.NO_SHOW,
        VisitEventType.OVERSTAY,
        VisitEventType.CANNOT_LEAVE,
    }
    return replace(
        visit,
        valid_until=until,
        closed_at=None,
        outcome=None,
        announced=visit.announced - again,
    )


def retried(record: VisitorRecord) -> VisitorRecord:
    """Somebody asks again: what was refused or waits for its back-off is tried now."""
    known = record.known
    widening = replace(known.widening, refused_for=None, next_attempt=None)
    return replace(record, known=replace(known, widening=widening))


def revoke(
    record: VisitorRecord, visit_id: str, now: datetime, *, reason: str | None = None
) -> Change:
    """Take access away from now on; doing it twice is the same as once."""
    visit = record.visit(visit_id)
    if visit.revoked_at is not None:
        return unchanged(record)
    if visit.closed_at is not None and visit.left_at is not None:
        # It may go on by what is heard of late; now it does not.
        return Change(record.with_visit(replace(visit, left_at=None)))
    require_open(visit)
    return Change(record.with_visit(_revoked(visit, now, reason)))


def _revoked(visit: Visit, now: datetime, reason: str | None = None) -> Visit:
    return replace(
        visit,
        revoked_at=now,
        revoked_reason=reason,
        announced=visit.announced - {VisitEventType.GRANTED},
    )


def restore(
    record: VisitorRecord, visit_id: str, policy: Policy, now: datetime
) -> Change:
    """Undo a revocation, as long as the visit would still go on.

    Levels that are not managed any more are not given back; the default ones where
    nobody knows which there were.
    """
    visit = record.visit(visit_id)
    if visit.revoked_at is None:
        raise CommandRefusedError("visit_not_revoked")
    require_in_service(policy)
    require_remembered(record)
    require_not_over(visit)
    check_times(visit.valid_from, visit.valid_until, now)
    if left_for_good(record, visit, policy, now) is not None:
        raise CommandRefusedError("visit_ended")
    levels = (visit.levels or policy.default_levels) & policy.managed_levels
    if not levels:
        check_levels(visit.levels, policy)
    told = OF_AN_END | {VisitEventType.REVOKED}
    restored = replace(
        visit,
        revoked_at=None,
        revoked_reason=None,
        closed_at=None,
        outcome=None,
        levels=levels,
        announced=visit.announced - told,
    )
    return tell(retried(record), restored, [VisitEventType.RESTORED], now)


def check_in(
    record: VisitorRecord, visit_id: str, policy: Policy, now: datetime
) -> Change:
    """Note that he is at the reception."""
    visit = record.visit(visit_id)
    require_open(visit)
    require_not_withdrawn(visit)
    presence = presence_of(visit, record, policy, now).presence
    if presence is Presence.INSIDE:
        raise CommandRefusedError("visitor_inside")
    if presence is Presence.ARRIVED:
        return unchanged(record)
    moved = _noted(record, MovementKind.CHECK_IN, visit_id, now)
    return tell(moved, visit, [VisitEventType.CHECKED_IN], now)


def check_out(record: VisitorRecord, visit_id: str, now: datetime) -> Change:
    """Note that he has left for good: the visit ends, and its access with it.

    Doing it twice is the same as once, unless he moved in between, or was given his
    access back.
    """
    visit = record.visit(visit_id)
    require_open(visit)
    last = record.movements[-1] if record.movements else None
    if (
        visit.stopped
        and last is not None
        and last.kind is MovementKind.CHECK_OUT
        and last.visit_id == visit_id
    ):
        return unchanged(record)
    moved = _noted(record, MovementKind.CHECK_OUT, visit_id, now)
    ended_at = visit.ended_at if visit.stopped else now
    ended = replace(visit, ended_at=ended_at, left_at=None)
    return tell(moved, ended, [VisitEventType.CHECKED_OUT], now)


def _noted(
    record: VisitorRecord, kind: MovementKind, visit_id: str, now: datetime
) -> VisitorRecord:
    """Add what the desk notes, after all that was known of him when it was noted.

    The terminals' clocks may be ahead of ours.
    """
    after = [one.at + timedelta.resolution for one in record.movements[-1:]]
    return record.with_movement(Movement(max([now, *after]), kind, visit_id))


def cancel(
    record: VisitorRecord, visit_id: str, policy: Policy, now: datetime
) -> Change:
    """Note that he will not come; refused for somebody inside."""
    visit = record.visit(visit_id)
    if visit.cancelled_at is not None:
        return unchanged(record)
    require_open(visit)
    if visit.ended_at is not None:
        raise CommandRefusedError("visit_ended")
    if presence_of(visit, record, policy, now).presence is Presence.INSIDE:
        raise CommandRefusedError("visitor_inside")
    cancelled = replace(visit, cancelled_at=now)
    return tell(record, cancelled, [VisitEventType.CANCELLED], now)


def forget(record: VisitorRecord, policy: Policy, now: datetime) -> Change:
    """Wipe who he is; what is needed to take everything from the server stays.

    Visits that are not over end with it: whoever came must not get in any more, and is
    counted until he is out; nobody else is waited for.
    """
    visitor = record.visitor
    if visitor.forgotten_at is not None:
        return unchanged(record)
    nobody = Visitor(
        id=visitor.id,
        person_code=visitor.person_code,
        given_name="",
        created_at=visitor.created_at,
        forgotten_at=now,
    )
    known = replace(
        record.known, profile=None, face=None, face_refused=None, widening=Effort()
    )
    change = Change(replace(record, visitor=nobody, known=known))
    for visit in record.visits:
        came_here = came(record, visit, policy)
        change = change.then(_given_up(visit, now, came_here=came_here))
    return change


def _given_up(
    visit: Visit, now: datetime, *, came_here: bool
) -> Callable[[VisitorRecord], Change]:
    wiped = replace(visit, **WIPED)
    if not visit.live(now):
        return lambda record: Change(record.with_visit(wiped))
    if came_here:
        return lambda record: Change(record.with_visit(_revoked(wiped, now)))
    cancelled = replace(wiped, cancelled_at=now)
    return lambda record: tell(record, cancelled, [VisitEventType.CANCELLED], now)
