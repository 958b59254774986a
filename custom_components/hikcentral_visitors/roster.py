"""The open visits in memory: what entities read, brought up to date after each commit.

The ledger is the truth and this a copy of a part of it, read again visitor by visitor.
What is seen of a visitor is worked out in the thread that reads him, and taken over in
small parts, so that ten thousand visitors do not hold the event loop.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import heapq
from itertools import batched

from sqlalchemy import Connection

from .census import Census
from .ledger import Ledger
from .ledger.records import Moment, ids_to_care_for, load_many
from .visits.lifecycle import next_due
from .visits.record import VisitorRecord
from .visits.view import VisitView, views

_AT_ONCE = 200
"""So many visitors are read, or taken over, before others have their turn."""


@dataclass(frozen=True, slots=True)
class _Sight:
    """A visitor as he is seen at one moment: `due` is when time next changes that."""

    record: VisitorRecord
    visits: dict[str, VisitView]
    due: datetime | None


class Roster:
    """The records of visitors with open visits, and their visits as they are seen."""

    def __init__(self, ledger: Ledger) -> None:
        """Begin empty."""
        self._ledger = ledger
        self._seen: dict[str, _Sight] = {}
        self._visitor_of: dict[str, str] = {}
        self._due: list[tuple[datetime, str]] = []
        self._due_at: dict[str, datetime] = {}
        self.census = Census()

    def __iter__(self) -> Iterator[VisitView]:
        """All open visits."""
        for sight in self._seen.values():
            yield from sight.visits.values()

    def view(self, visit_id: str) -> VisitView | None:
        """Return an open visit, None for any other."""
        visitor_id = self._visitor_of.get(visit_id)
        return None if visitor_id is None else self._seen[visitor_id].visits[visit_id]

    async def async_load(self, moment: Moment) -> set[str]:
        """Read everything; returns the visits that look different now.

        Raises LedgerError.
        """
        ids = await self._ledger.async_read(
            lambda connection: ids_to_care_for(connection, moment.now)
        )
        return await self.async_reload({*ids, *self._seen}, moment)

    async def async_reload(
        self, visitor_ids: Iterable[str], moment: Moment
    ) -> set[str]:
        """Read these visitors again; returns the visits that look different now.

        Raises LedgerError, and then nothing has changed.
        """
        read: dict[str, _Sight | None] = {}
        for ids in batched(visitor_ids, _AT_ONCE, strict=False):
            read |= await self._ledger.async_read(partial(_look, ids, moment))
        changed: set[str] = set()
        for some in batched(read.items(), _AT_ONCE, strict=False):
            for visitor_id, sight in some:
                changed |= self._take_over(visitor_id, sight, moment.now)
            await asyncio.sleep(0)
        return changed

    async def async_look_again(self, moment: Moment) -> set[str]:
        """See those anew for whom time has come; returns the visits that changed."""
        changed: set[str] = set()
        for some in batched(self._whose_time_has_come(moment), _AT_ONCE, strict=False):
            for visitor_id in some:
                sight = _sight(self._seen[visitor_id].record, moment)
                changed |= self._take_over(visitor_id, sight, moment.now)
            await asyncio.sleep(0)
        return changed

    def _whose_time_has_come(self, moment: Moment) -> Iterator[str]:
        while self._due and self._due[0][0] <= moment.now:
            when, visitor_id = heapq.heappop(self._due)
            if self._due_at.get(visitor_id) == when:
                del self._due_at[visitor_id]
                yield visitor_id

    @property
    def next_due(self) -> datetime | None:
        """When to look again."""
        return self._due[0][0] if self._due else None

    def _take_over(
        self, visitor_id: str, sight: _Sight | None, now: datetime
    ) -> set[str]:
        last = self._seen.pop(visitor_id, None)
        before = {} if last is None else last.visits
        after = {} if sight is None else sight.visits
        for visit_id in before.keys() - after.keys():
            del self._visitor_of[visit_id]
        for visit_id in after.keys() - before.keys():
            self._visitor_of[visit_id] = visitor_id
        if sight is not None:
            self._seen[visitor_id] = sight
        self._look_later(visitor_id, None if sight is None else sight.due)
        changed = {
            visit_id
            for visit_id in before.keys() | after.keys()
            if before.get(visit_id) != after.get(visit_id)
        }
        for visit_id in changed:
            self.census.replace(before.get(visit_id), after.get(visit_id), now)
        return changed

    def _look_later(self, visitor_id: str, due: datetime | None) -> None:
        """Note when time changes something, each time only once."""
        if due is None:
            self._due_at.pop(visitor_id, None)
        elif self._due_at.get(visitor_id) != due:
            self._due_at[visitor_id] = due
            heapq.heappush(self._due, (due, visitor_id))


def _look(
    ids: Iterable[str], moment: Moment, connection: Connection
) -> dict[str, _Sight | None]:
    """Read these visitors and see them; None for those without an open visit."""
    records = load_many(connection, ids)
    return {
        visitor_id: _sight(record, moment) if record and record.visits else None
        for visitor_id in ids
        for record in (records.get(visitor_id),)
    }


def _sight(record: VisitorRecord, moment: Moment) -> _Sight:
    now, policy = moment.now, moment.policy
    return _Sight(
        record=record,
        visits={seen.visit.id: seen for seen in views(record, policy, now)},
        due=next_due(record, policy, now),
    )
