"""The open visits, counted and ranked as they change: the cost is of what changed.

Pure: views go in, numbers come out. A view holds until time next changes it
(`lifecycle.next_due`), so the clock matters only for where a day ends.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from .overview import Overview
from .places import Rank, rank, wanted
from .problems import NOT_GIVEN, Concern, concern
from .visits.access import AccessState
from .visits.presence import Presence
from .visits.status import Status
from .visits.view import VisitView

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
        self._failing: set[str] = set()
        self._concerns: dict[str, Concern] = {}
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
            self._note_concern(after)
        elif before is not None:
            self._pending.pop(before.visit.id, None)
            self._concerns.pop(before.visit.id, None)

    def _add(self, seen: VisitView) -> None:
        who, visit_id = seen.visitor.id, seen.visit.id
        for counted in self._counters(seen):
            counted[who] += 1
        if seen.status in _TO_COME:
            self._coming.add(seen)
        if _fails(seen):
            self._failing.add(visit_id)
        insort(self._ranks, rank(seen))

    def _remove(self, seen: VisitView) -> None:
        who, visit_id = seen.visitor.id, seen.visit.id
        for counted in self._counters(seen):
            counted[who] -= 1
            if not counted[who]:
                del counted[who]
        if seen.status in _TO_COME:
            self._coming.remove(seen)
        self._failing.discard(visit_id)
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

    def _note_concern(self, seen: VisitView) -> None:
        """Remember why somebody has to look at it, while it is tried again as well."""
        visit_id = seen.visit.id
        if found := concern(seen, self._concerns.pop(visit_id, None)):
            self._concerns[visit_id] = found

    def overview(self, day_ends: datetime) -> Overview:
        """Return what the open visits say; the rest is for the caller to fill in."""
        return Overview(
            inside=len(self._inside),
            arrived=len(self._arrived),
            expected_today=self._coming.before(day_ends),
            overstaying=len(self._overstaying),
            pending_changes=len(self._pending),
            oldest_pending=min(self._pending.values(), default=None),
            access_problem=bool(self._failing),
        )

    @property
    def next_visit(self) -> str | None:
        """The visit that comes next."""
        return self._coming.first

    def begun(self, instant: datetime) -> Iterator[str]:
        """The visits whose time has come by then, in the order of their ranks."""
        for outside in (False, True):
            first = bisect_left(self._ranks, (outside,))
            for one in islice(self._ranks, first, None):
                if one[0] is not outside or one[1] > instant:
                    break
                yield one[2]

    def concerns(self) -> Iterable[Concern]:
        """Return the visits that somebody has to look at."""
        return self._concerns.values()

    def wanted(self, now: datetime, capacity: int) -> list[str]:
        """Return the visits that should hold the places, the most important first."""
        return wanted(self._ranks, now, capacity)


class _Coming:
    """Visits to come, and the humans who do, by when each comes next.

    In plain tuples, of which Python's garbage collector need not look after thousands.
    """

    def __init__(self) -> None:
        self._starts: dict[str, tuple[tuple[datetime, str], ...]] = {}
        self._order: list[tuple[datetime, str]] = []

    def add(self, seen: VisitView) -> None:
        who, start = seen.visitor.id, (seen.visit.valid_from, seen.visit.id)
        self._line_up(who, sorted([*self._starts.get(who, ()), start]))

    def remove(self, seen: VisitView) -> None:
        who, visit_id = seen.visitor.id, seen.visit.id
        self._line_up(who, [one for one in self._starts[who] if one[1] != visit_id])

    def before(self, end: datetime) -> int:
        """Return how many humans come before then."""
        return bisect_left(self._order, (end, ""))

    @property
    def first(self) -> str | None:
        """The visit that comes next."""
        return self._starts[self._order[0][1]][0][1] if self._order else None

    def _line_up(self, who: str, starts: Sequence[tuple[datetime, str]]) -> None:
        """Put somebody into the line by the first of these, instead of where he was."""
        if before := self._starts.pop(who, ()):
            del self._order[bisect_left(self._order, (before[0][0], who))]
        if starts:
            self._starts[who] = tuple(starts)
            insort(self._order, (starts[0][0], who))


def _fails(seen: VisitView) -> bool:
    state, reason = seen.access.state, seen.access.reason
    return state in NOT_GIVEN or (state in _UNDER_WAY and reason is not None)


def _asked_at(seen: VisitView, now: datetime) -> datetime:
    """When what is under way was asked for, as far as the visit tells."""
    visit = seen.visit
    return visit.over_at if visit.over_at <= now else visit.created_at
