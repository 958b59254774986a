"""What a visitor's movements say of each of his visits, and make of it.

Passages are heard of late: all of it is concluded anew from all that is known.
"""

from dataclasses import replace
from datetime import datetime

from .events import OF_AN_END
from .passage import SLACK
from .policy import Policy
from .presence import MovementKind, Presence, Whereabouts, whereabouts
from .record import Change, VisitorRecord
from .visit import EntryMode, Outcome, Visit

_OUT = {MovementKind.EXIT, MovementKind.CHECK_OUT}

_BY_MOVEMENTS = {Outcome.NO_SHOW, Outcome.EXPIRED}
"""How a visit ended of which more may be heard: that he came, or that he left."""


def presence_of(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> Whereabouts:
    """Return where the visitor is, as far as this visit carries it.

    Presence is the visitor's; it shows on the visits that he moved in, and, while he is
    inside, on those whose time has come since he went in. A closed visit shows how it
    ended. Entries and exits are those of this visit.
    """
    timeout = policy.presence_timeout
    own = [movement for movement in record.movements if movement.visit_id == visit.id]
    of_visit = whereabouts(own, visit.closed_at or now, timeout)
    if visit.closed_at is not None:
        return of_visit
    where = whereabouts(record.movements, now, timeout)
    if not own and not _carries(visit, where, now):
        return of_visit
    return replace(of_visit, presence=where.presence, since=where.since)


def _carries(visit: Visit, where: Whereabouts, now: datetime) -> bool:
    """Whether somebody inside, who went in on another visit, is inside on this one."""
    return (
        where.presence is Presence.INSIDE
        and where.since is not None
        and not visit.stopped
        and visit.window.start <= now
        and where.since < visit.valid_until
    )


def came(record: VisitorRecord, visit: Visit, policy: Policy) -> bool:
    """Tell whether the visitor ever came on this visit, or was inside from before."""
    return _inside_before(record, visit, policy) or any(
        movement.visit_id == visit.id and movement.kind is not MovementKind.CHECK_OUT
        for movement in record.movements
    )


def outcome(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> Outcome:
    """Return how a visit that is over came to its end."""
    if visit.cancelled_at is not None:
        return Outcome.CANCELLED
    if visit.revoked_at is not None:
        return Outcome.REVOKED
    if visit.ended_at is not None:
        return Outcome.LEFT
    if not came(record, visit, policy):
        return Outcome.NO_SHOW
    presence = presence_of(visit, record, policy, now).presence
    gone = presence in {Presence.OUTSIDE, Presence.LEFT}
    return Outcome.LEFT if gone else Outcome.EXPIRED


def _inside_before(record: VisitorRecord, visit: Visit, policy: Policy) -> bool:
    start = visit.window.start
    earlier = [movement for movement in record.movements if movement.at < start]
    where = whereabouts(earlier, start, policy.presence_timeout)
    return where.presence is Presence.INSIDE


def moved(record: VisitorRecord, policy: Policy, now: datetime) -> Change:
    """Return the record with what his movements alone make of his visits.

    A closed visit is opened where he turns out to be inside on it, and was no no-show
    where he turns out to have come; one that ended by leaving goes on where he had come
    back in time.
    """
    for visit in record.visits:
        seen = _reopened(record, visit, policy, now)
        seen = _single_entry(record, seen, policy, now)
        if seen is not visit:
            record = record.with_visit(seen)
    return Change(record)


def _reopened(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> Visit:
    if _goes_on(record, visit, policy, now):
        return replace(
            visit,
            ended_at=None,
            left_at=None,
            closed_at=None,
            outcome=None,
            announced=visit.announced - OF_AN_END,
        )
    if visit.closed_at is None:
        return visit
    where = whereabouts(record.movements, now, policy.presence_timeout)
    if where.presence is Presence.INSIDE and visit.id == record.movements[-1].visit_id:
        return replace(visit, closed_at=None, outcome=None)
    if visit.outcome in _BY_MOVEMENTS:
        return _concluded(record, visit, visit.closed_at, policy)
    return visit


def _concluded(
    record: VisitorRecord, visit: Visit, closed_at: datetime, policy: Policy
) -> Visit:
    """Return a closed visit as it ended by all that is known now of the time before."""
    by_then = tuple(one for one in record.movements if one.at <= closed_at + SLACK)
    known = replace(record, movements=by_then)
    if not came(known, visit, policy):
        return visit
    return replace(visit, outcome=outcome(visit, known, policy, closed_at))


def _goes_on(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> bool:
    """Tell whether the leaving that ended a visit turns out to have been none.

    He was seen again in time, and has not stayed out for so long since.
    """
    left_at = visit.left_at
    if (
        left_at is None
        or visit.ended_at is None
        or visit.revoked_at is not None
        or policy.retired
        or record.visitor.forgotten_at is not None
    ):
        return False
    # What came after the end did not come in time, however long the grace is now.
    in_time = min(left_at + policy.re_entry_grace, visit.ended_at)
    steps = [one for one in record.movements if one.at >= left_at]
    until = [*(one.at for one in steps[1:]), now]
    return any(left_at < one.at < in_time for one in steps) and not any(
        one.kind in _OUT and back - one.at >= policy.re_entry_grace
        for one, back in zip(steps, until, strict=True)
    )


def _single_entry(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> Visit:
    """Where one entry is allowed, leaving ends the visit after the re-entry grace."""
    left_at = left_for_good(record, visit, policy, now)
    if visit.stopped or left_at is None:
        return visit
    return replace(visit, ended_at=now, left_at=left_at)


def left_for_good(
    record: VisitorRecord, visit: Visit, policy: Policy, now: datetime
) -> datetime | None:
    """Return since when he is out who was allowed one entry and had it, else None."""
    if visit.entry_mode is not EntryMode.SINGLE:
        return None
    where = presence_of(visit, record, policy, now)
    if (
        where.presence not in {Presence.OUTSIDE, Presence.LEFT}
        or where.since is None
        or now - where.since < policy.re_entry_grace
    ):
        return None
    entered = any(
        one.visit_id == visit.id
        and one.kind is MovementKind.ENTRY
        and one.at >= visit.window.start - SLACK
        for one in record.movements
    )
    had_it = entered or _inside_before(record, visit, policy)
    return where.since if had_it else None
