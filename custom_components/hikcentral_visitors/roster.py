"""The open visits in memory: what entities read, brought up to date after each commit.

The ledger is the truth and this a copy of a part of it, read again visitor by visitor.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
import heapq

from .ledger import Ledger
from .ledger.records import Moment, ids_to_care_for, load_many
from .visits.lifecycle import next_due
from .visits.record import VisitorRecord
from .visits.view import VisitView, views


class Roster:
    """The records of visitors with open visits, and their visits as they are seen."""

    def __init__(self, ledger: Ledger) -> None:
        """Begin empty."""
        self._ledger = ledger
        self._views: dict[str, dict[str, VisitView]] = {}
        self._visitor_of: dict[str, str] = {}
        self._records: dict[str, VisitorRecord] = {}
        self._due: list[tuple[datetime, str]] = []
        self._due_at: dict[str, datetime] = {}

    def __iter__(self) -> Iterator[VisitView]:
        """All open visits."""
        for seen in self._views.values():
            yield from seen.values()

    def view(self, visit_id: str) -> VisitView | None:
        """Return an open visit, None for any other."""
        visitor_id = self._visitor_of.get(visit_id)
        return None if visitor_id is None else self._views[visitor_id][visit_id]

    async def async_load(self, moment: Moment) -> set[str]:
        """Read everything; returns the visits that look different now.

        Raises LedgerError.
        """
        ids = await self._ledger.async_read(
            lambda connection: ids_to_care_for(connection, moment.now)
        )
        return await self.async_reload({*ids, *self._records}, moment)

    async def async_reload(
        self, visitor_ids: Iterable[str], moment: Moment
    ) -> set[str]:
        """Read these visitors again; returns the visits that look different now.

        Raises LedgerError, and then nothing has changed.
        """
        ids = set(visitor_ids)
        records = await self._ledger.async_read(
            lambda connection: load_many(connection, ids)
        )
        changed: set[str] = set()
        for visitor_id in ids:
            changed |= self._see(visitor_id, records.get(visitor_id), moment)
        return changed

    def look_again(self, moment: Moment) -> set[str]:
        """See those anew for whom time has come; returns the visits that changed."""
        changed: set[str] = set()
        while self._due and self._due[0][0] <= moment.now:
            when, visitor_id = heapq.heappop(self._due)
            if self._due_at.get(visitor_id) != when:
                continue
            del self._due_at[visitor_id]
            changed |= self._see(visitor_id, self._records.get(visitor_id), moment)
        return changed

    @property
    def next_due(self) -> datetime | None:
        """When to look again."""
        return self._due[0][0] if self._due else None

    def _see(
        self, visitor_id: str, record: VisitorRecord | None, moment: Moment
    ) -> set[str]:
        before = self._views.pop(visitor_id, {})
        for visit_id in before:
            del self._visitor_of[visit_id]
        self._records.pop(visitor_id, None)
        now: dict[str, VisitView] = {}
        if record is not None and record.visits:
            now = {
                seen.visit.id: seen for seen in views(record, moment.policy, moment.now)
            }
            self._records[visitor_id] = record
            self._views[visitor_id] = now
            self._visitor_of |= dict.fromkeys(now, visitor_id)
        self._look_later(visitor_id, moment)
        return {
            visit_id
            for visit_id in before.keys() | now.keys()
            if before.get(visit_id) != now.get(visit_id)
        }

    def _look_later(self, visitor_id: str, moment: Moment) -> None:
        """Note when time changes something, each time only once."""
        due = None
        if (record := self._records.get(visitor_id)) is not None:
            due = next_due(record, moment.policy, moment.now)
        if due is None:
            self._due_at.pop(visitor_id, None)
        elif self._due_at.get(visitor_id) != due:
            self._due_at[visitor_id] = due
            heapq.heappush(self._due, (due, visitor_id))
