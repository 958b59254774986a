"""The house in numbers: pure, from the open visits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .visits.access import AccessState
from .visits.presence import Presence
from .visits.status import Status
from .visits.view import VisitView

_TROUBLE = {AccessState.FAILED, AccessState.PARTIAL}
_UNDER_WAY = {AccessState.GRANTING, AccessState.REVOKING}
_TO_COME = {Status.SCHEDULED, Status.EXPECTED, Status.GRANTING, Status.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the server's entities show; humans are counted, not visits."""

    inside: int = 0
    arrived: int = 0
    expected_today: int = 0
    overstaying: int = 0
    next_visit: VisitView | None = None
    denied_today: int = 0
    pending_changes: int = 0
    oldest_pending: datetime | None = None
    last_passage: datetime | None = None
    version: str | None = None
    connected: bool = False
    access_problem: bool = False
    counters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The facility's day, half-open."""

    start: datetime
    end: datetime


def under_way(
    seen: Iterable[VisitView], before: Mapping[str, datetime] | None, now: datetime
) -> dict[str, datetime]:
    """Return the visits whose access is under way to the doors, and since when.

    `before` is what this returned the last time: what is new began now. The first
    time it is None, and what is found began when the visit tells.
    """
    changing = [one for one in seen if one.access.state in _UNDER_WAY]
    if before is None:
        return {one.visit.id: _asked_at(one, now) for one in changing}
    return {one.visit.id: before.get(one.visit.id, now) for one in changing}


def _asked_at(one: VisitView, now: datetime) -> datetime:
    """When what is under way was asked for, as far as the visit tells."""
    visit = one.visit
    stops = (visit.revoked_at, visit.cancelled_at, visit.ended_at)
    over = visit.valid_until if visit.valid_until <= now else visit.created_at
    return next((stop for stop in stops if stop is not None), over)


def people(
    seen: Iterable[VisitView],
    pending: Mapping[str, datetime],
    now: datetime,
    today: Today,
) -> Overview:
    """Return what the open visits say; the rest is for the caller to fill in.

    `pending` is what `under_way` returned for them.
    """
    inside: set[str] = set()
    arrived: set[str] = set()
    overstaying: set[str] = set()
    expected: set[str] = set()
    coming: VisitView | None = None
    trouble = False
    for one in seen:
        who = one.visitor.id
        presence = one.whereabouts.presence
        if presence is Presence.INSIDE:
            inside.add(who)
        elif presence is Presence.ARRIVED:
            arrived.add(who)
        if one.overstaying:
            overstaying.add(who)
        visit = one.visit
        if one.status in _TO_COME and visit.live(now):
            if visit.valid_from < today.end and today.start < visit.valid_until:
                expected.add(who)
            if coming is None or visit.valid_from < coming.visit.valid_from:
                coming = one
        if one.access.state in _UNDER_WAY:
            trouble |= one.access.reason is not None
        trouble |= one.access.state in _TROUBLE
    return Overview(
        inside=len(inside),
        arrived=len(arrived),
        expected_today=len(expected),
        overstaying=len(overstaying),
        next_visit=coming,
        pending_changes=len(pending),
        oldest_pending=min(pending.values(), default=None),
        access_problem=trouble,
    )
