"""The open visits in memory: what entities read, brought up to date after each commit.

The ledger is the truth and this a copy of a part of it, read again visitor by visitor.
What is seen of a visitor is worked out in the thread that reads him, and taken over in
small parts, so that ten thousand visitors do not hold the event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
import heapq
from itertools import batched

from sqlalchemy import Connection

from .census import Census
from .ledger import Ledger
from .ledger.loading import ids_to_care_for, up_to_date
from .ledger.records import Moment
from .visits.leaves import Leaves, leaves, view_of
from .visits.lifecycle import next_due
from .visits.record import VisitorRecord
from .visits.view import VisitView, views

_AT_ONCE = 100
"""So many visitors are read, taken over or shown before others have their turn.

Few enough that reading them seldom sets off Python's garbage collector.
"""


@dataclass(frozen=True, slots=True)
class _Sight:
    """A visitor as he is seen at one moment: `due` is when time next changes that."""

    visits: Mapping[str, Leaves] = field(default_factory=dict)
    due: datetime | None = None


_NOBODY = _Sight()


class Roster:
    """The open visits as they are seen."""

    def __init__(self, ledger: Ledger) -> None:
        """Begin empty."""
        self._ledger = ledger
        self._leaves: dict[str, Leaves] = {}
        self._visits_of: dict[str, tuple[str, ...]] = {}
        self._due: list[tuple[datetime, str]] = []
        self._due_at: dict[str, datetime] = {}
        self._changed: set[str] = set()
        self.census = Census()

    async def async_views(self) -> AsyncIterator[VisitView]:
        """All open visits, as they are when they come to their turn."""
        for visit_ids in batched(tuple(self._leaves), _AT_ONCE, strict=False):
            for visit_id in visit_ids:
                if (seen := self.view(visit_id)) is not None:
                    yield seen
            await asyncio.sleep(0)

    def view(self, visit_id: str) -> VisitView | None:
        """Return an open visit, None for any other."""
        seen = self._leaves.get(visit_id)
        return None if seen is None else view_of(seen)

    def expected_at(self, instant: datetime) -> Iterator[VisitView]:
        """The visits on which somebody may come in at this instant."""
        for visit_id in self.census.begun(instant):
            seen = self.view(visit_id)
            if (
                seen is not None
                and seen.visit.live(instant)
                and instant in seen.visit.window
            ):
                yield seen

    async def async_load(self, moment: Moment) -> None:
        """Read everything. Raises LedgerError, and then it is to be done again."""
        ids = await self._ledger.async_read(
            lambda connection: ids_to_care_for(connection, moment.now)
        )
        everybody = dict.fromkeys({*ids, *self._visits_of})
        await self.async_reload(everybody, moment)

    async def async_reload(
        self, visitors: Mapping[str, VisitorRecord | None], moment: Moment
    ) -> None:
        """See these visitors anew, by their records or as they are read.

        Raises LedgerError, as `async_load`.
        """
        for some in batched(visitors.items(), _AT_ONCE, strict=False):
            seen = await self._ledger.async_read(partial(_look, dict(some), moment))
            for visitor_id, _ in some:
                sight = seen.get(visitor_id, _NOBODY)
                self._take_over(visitor_id, sight, moment.now)
            await asyncio.sleep(0)  # a read that is quick gives nobody a turn

    def take_changed(self) -> set[str]:
        """Return the visits that look different since this was asked last."""
        changed, self._changed = self._changed, set()
        return changed

    def take_due(self, now: datetime) -> set[str]:
        """Return the visitors for whom time has come: they are to be read again."""
        due = set[str]()
        while self._due and self._due[0][0] <= now:
            when, visitor_id = heapq.heappop(self._due)
            if self._due_at.get(visitor_id) == when:
                del self._due_at[visitor_id]
                due.add(visitor_id)
        return due

    @property
    def next_due(self) -> datetime | None:
        """When time next changes what is seen."""
        return self._due[0][0] if self._due else None

    def _take_over(self, visitor_id: str, sight: _Sight, now: datetime) -> None:
        after = sight.visits
        gone = [
            visit_id
            for visit_id in self._visits_of.pop(visitor_id, ())
            if visit_id not in after
        ]
        if after:
            self._visits_of[visitor_id] = tuple(after)
        self._look_later(visitor_id, sight.due)
        for visit_id in gone:
            self._replace(visit_id, None, now)
        for visit_id, seen in after.items():
            self._replace(visit_id, seen, now)

    def _replace(self, visit_id: str, after: Leaves | None, now: datetime) -> None:
        before = self._leaves.pop(visit_id, None)
        if after is not None:
            self._leaves[visit_id] = after
        if after != before:
            self._changed.add(visit_id)
            self.census.replace(
                None if before is None else view_of(before),
                None if after is None else view_of(after),
                now,
            )

    def _look_later(self, visitor_id: str, due: datetime | None) -> None:
        """Note when time changes something, each time only once."""
        if due is None:
            self._due_at.pop(visitor_id, None)
        elif self._due_at.get(visitor_id) != due:
            self._due_at[visitor_id] = due
            heapq.heappush(self._due, (due, visitor_id))


def _look(
    visitors: Mapping[str, VisitorRecord | None],
    moment: Moment,
    connection: Connection,
) -> dict[str, _Sight]:
    """See these visitors, read where need be, without those who have no open visit."""
    return {
        visitor_id: _sight(record, moment)
        for visitor_id, record in up_to_date(connection, visitors).items()
        if record.visits
    }


def _sight(record: VisitorRecord, moment: Moment) -> _Sight:
    now, policy = moment.now, moment.policy
    return _Sight(
        visits={seen.visit.id: leaves(seen) for seen in views(record, policy, now)},
        due=next_due(record, policy, now),
    )
