"""The open visits, counted and ranked as they change: the cost is of what changed.

Pure: views go in, numbers come out. A view holds until time next changes it
(`lifecycle.next_due`), so the clock matters only for where a day ends.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from .overview import Overview
from .places import Rank, rank, wanted
from .problems import causes
from .visits.access import AccessState
from .visits.presence import Presence
from .visits.status import Status
from .visits.view import VisitView

_TROUBLE = {AccessState.FAILED, AccessState.PARTIAL}
_UNDER_WAY = {AccessState.GRANTING, AccessState.REVOKING}
_TO_COME = {Status.SCHEDULED, Status.EXPECTED, Status.GRANTING, Status.FAILED}


class Census:
    """Who is inside, who is to come, what is under way, who should have a place."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._inside = Counter[str]()
        self._arrived = Counter[str]()
        self._overstaying = Counter[str]()
        self._coming = _Coming()
        self._pending: dict[str, datetime] = {}
        self._trouble: set[str] = set()
        self._problems: dict[str, VisitView] = {}
        self._ranks: list[Rank] = []

    def replace(
        self, before: VisitView | None, after: VisitView | None, now: datetime
    ) -> None:
        """Note that a visit looks different; None stands for no open visit."""
        if before is not None:
            self._remove(before)
        if after is not None:
            self._add(after)
            self._note_change(before, after, now)
        elif before is not None:
            self._pending.pop(before.visit.id, None)

    def _add(self, seen: VisitView) -> None:
        who, visit_id = seen.visitor.id, seen.visit.id
        for counted in self._counters(seen):
            counted[who] += 1
        if seen.status in _TO_COME:
            self._coming.add(seen)
        if _is_trouble(seen):
            self._trouble.add(visit_id)
        if any(causes(seen)):
            self._problems[visit_id] = seen
        insort(self._ranks, rank(seen))

    def _remove(self, seen: VisitView) -> None:
        who, visit_id = seen.visitor.id, seen.visit.id
        for counted in self._counters(seen):
            counted[who] -= 1
            if not counted[who]:
                del counted[who]
        if seen.status in _TO_COME:
            self._coming.remove(seen)
        self._trouble.discard(visit_id)
        self._problems.pop(visit_id, None)
        del self._ranks[bisect_left(self._ranks, rank(seen))]

    def _counters(self, seen: VisitView) -> Iterable[Counter[str]]:
        presence = seen.whereabouts.presence
        if presence is Presence.INSIDE:
            yield self._inside
        elif presence is Presence.ARRIVED:
            yield self._arrived
        if seen.overstaying:
            yield self._overstaying

    def _note_change(
        self, before: VisitView | None, after: VisitView, now: datetime
    ) -> None:
        """Remember since when something is under way to the doors.

        Of what was under way when it was seen first, the visit tells since when.
        """
        visit_id = after.visit.id
        if after.access.state not in _UNDER_WAY:
            self._pending.pop(visit_id, None)
        elif visit_id not in self._pending:
            self._pending[visit_id] = (
                now if before is not None else _asked_at(after, now)
            )

    def overview(self, day_ends: datetime) -> Overview:
        """Return what the open visits say; the rest is for the caller to fill in."""
        return Overview(
            inside=len(self._inside),
            arrived=len(self._arrived),
            expected_today=self._coming.before(day_ends),
            overstaying=len(self._overstaying),
            next_visit=self._coming.first,
            pending_changes=len(self._pending),
            oldest_pending=min(self._pending.values(), default=None),
            access_problem=bool(self._trouble),
        )

    def problematic(self) -> Iterable[VisitView]:
        """Return the visits that somebody has to look at."""
        return self._problems.values()

    def wanted(self, now: datetime, capacity: int) -> list[str]:
        """Return the visits that should hold the places, the most important first."""
        return wanted(self._ranks, now, capacity)


class _Coming:
    """Visits to come, and the humans who do, by when each comes next."""

    def __init__(self) -> None:
        self._visits: dict[str, dict[str, VisitView]] = {}
        self._order: list[tuple[datetime, str]] = []

    def add(self, seen: VisitView) -> None:
        who = seen.visitor.id
        self._withdraw(who)
        self._visits.setdefault(who, {})[seen.visit.id] = seen
        self._line_up(who)

    def remove(self, seen: VisitView) -> None:
        who = seen.visitor.id
        self._withdraw(who)
        del self._visits[who][seen.visit.id]
        self._line_up(who)

    def before(self, end: datetime) -> int:
        """Return how many humans come before then."""
        return bisect_left(self._order, (end, ""))

    @property
    def first(self) -> VisitView | None:
        """The visit that comes next."""
        return self._next(self._order[0][1]) if self._order else None

    def _next(self, who: str) -> VisitView:
        return min(
            self._visits[who].values(),
            key=lambda seen: (seen.visit.valid_from, seen.visit.id),
        )

    def _withdraw(self, who: str) -> None:
        if who in self._visits:
            entry = (self._next(who).visit.valid_from, who)
            del self._order[bisect_left(self._order, entry)]

    def _line_up(self, who: str) -> None:
        if self._visits[who]:
            insort(self._order, (self._next(who).visit.valid_from, who))
        else:
            del self._visits[who]


def _is_trouble(seen: VisitView) -> bool:
    state, reason = seen.access.state, seen.access.reason
    return state in _TROUBLE or (state in _UNDER_WAY and reason is not None)


def _asked_at(seen: VisitView, now: datetime) -> datetime:
    """When what is under way was asked for, as far as the visit tells."""
    visit = seen.visit
    stops = (visit.revoked_at, visit.cancelled_at, visit.ended_at)
    over = visit.valid_until if visit.valid_until <= now else visit.created_at
    return next((stop for stop in stops if stop is not None), over)
