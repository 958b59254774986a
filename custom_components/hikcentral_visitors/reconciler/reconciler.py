"""The loop that looks at visitors when something about them changed, or time did."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
import heapq
from itertools import islice

from ..const import LOGGER
from ..contact import Contact
from ..ledger import Committed, Ledger, LedgerError, Transaction
from ..ledger.loading import ids_out_of_reach, ids_to_care_for
from ..ledger.records import Moment, change_many
from ..visits import attempts
from ..visits.record import Change, VisitorRecord
from .batches import PATIENCE, Job, Queue
from .execution import Executor
from .outlook import look_out
from .portions import async_change_all

_STORAGE_RETRY = timedelta(seconds=10)

LOOKED_AT_ONCE = 100
"""So many visitors are read before what was found is acted upon."""

_LONGEST_SLEEP = timedelta(minutes=1)
"""Due times are the clock's on the wall, which may be set while we sleep."""

type Sleep = Callable[[asyncio.Event, timedelta], Awaitable[None]]
"""Waits until the event is set, or for so long; time of its own is for tests."""


async def _sleep_until_woken(wake: asyncio.Event, longest: timedelta) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(longest.total_seconds()):
            await wake.wait()


class Reconciler:
    """Drives HikCentral to what the visits justify, for ever.

    It knows no history: each look at a visitor starts from what the ledger holds.
    """

    def __init__(
        self,
        ledger: Ledger,
        executor: Executor,
        contact: Contact,
        moment: Callable[[], Moment],
        sleep: Sleep = _sleep_until_woken,
    ) -> None:
        """Prepare; nothing happens before `async_run`."""
        self._ledger = ledger
        self._executor = executor
        self._contact = contact
        self._moment = moment
        self._sleep = sleep
        self._changed: dict[str, VisitorRecord | None] = {}
        """Whom to look at, with his record where a commit handed it on."""
        self._ready = Queue()
        self._running: dict[asyncio.Task[None], Job] = {}
        self._busy = Counter[str]()
        self._returning: dict[str, Job] = {}
        self._due: list[tuple[datetime, str]] = []
        self._due_at: dict[str, datetime] = {}
        self._wake = asyncio.Event()
        self._within_reach = False

    async def async_run(self) -> None:
        """Care for everybody until cancelled."""
        deaf = (
            self._ledger.async_listen(self._committed),
            self._contact.async_listen(self._heard),
        )
        try:
            await self.async_look_at_all()
            while True:
                await self._try_again()
                await self._look()
                self._start_jobs()
                await self._rest()
        finally:
            for remove in deaf:
                remove()
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def async_look_at_all(self) -> None:
        """Look at every visitor of whom anything may be left to do."""
        now = self._moment().now
        self.look_at(
            await self._ledger.async_read(
                lambda connection: ids_to_care_for(connection, now)
            )
        )

    def look_at(self, visitor_ids: Iterable[str]) -> None:
        """Look at these visitors soon."""
        for visitor_id in visitor_ids:
            self._changed.setdefault(visitor_id)
        self._wake.set()

    def _committed(self, committed: Committed) -> None:
        if committed.touched:
            self._changed.update(committed.touched)
            self._wake.set()

    def _heard(self) -> None:
        if self._contact.connected:
            self._within_reach = True
            self._wake.set()

    async def _try_again(self) -> None:
        """Let nobody wait because the server was out of reach, once it is not."""
        if not self._within_reach:
            return
        self._within_reach = False
        try:
            waiting = await self._ledger.async_read(ids_out_of_reach)
            await async_change_all(self._ledger, self._moment(), waiting, _within_reach)
        except LedgerError as error:
            self._ledger.complaints.make("write the visits", error)

    async def _look(self) -> None:
        """Plan for whoever changed or is due, and is not being worked on."""
        moment = self._moment()
        while self._due and self._due[0][0] <= moment.now:
            when, visitor_id = heapq.heappop(self._due)
            if self._due_at.get(visitor_id) == when:
                del self._due_at[visitor_id]
                self._changed.setdefault(visitor_id)
        ids = set(islice(self._to_look_at(), LOOKED_AT_ONCE))
        if not ids:
            return
        at_hand = {visitor_id: self._changed.pop(visitor_id) for visitor_id in ids}
        for visitor_id in ids:
            self._ready.discard(visitor_id)
        try:
            seen = await self._ledger.async_read(partial(look_out, at_hand, moment))
        except LedgerError as error:
            self._ledger.complaints.make("read the visits", error)
            self._look_later(ids, moment.now + _STORAGE_RETRY)
            return
        finally:
            for visitor_id in ids:
                self._returning.pop(visitor_id, None)
        moved = [one for one in seen if seen[one].moved]
        try:
            await self._advance(moved, moment)
        except LedgerError as error:
            # What is to be taken away is taken away all the same.
            self._ledger.complaints.make("write the visits", error)
            self._look_later(moved, moment.now + _STORAGE_RETRY)
        for visitor_id, outlook in seen.items():
            if outlook.todo is not None:
                self._ready.add(visitor_id, outlook.todo, moment.now)
            if outlook.due is not None:
                self._look_later([visitor_id], outlook.due)

    def _to_look_at(self) -> Iterator[str]:
        """Return who changed and is not being worked on."""
        return (one for one in self._changed if one not in self._busy)

    async def _advance(self, moved: Collection[str], moment: Moment) -> None:
        """Store what time alone has changed; the commit brings them back here."""
        if not moved:
            return

        def work(transaction: Transaction) -> None:
            change_many(transaction, moment, moved, Change)

        await self._ledger.async_write(work)

    def _look_later(self, visitor_ids: Iterable[str], when: datetime) -> None:
        for visitor_id in visitor_ids:
            if self._due_at.get(visitor_id) != when:
                self._due_at[visitor_id] = when
                heapq.heappush(self._due, (when, visitor_id))

    def _start_jobs(self) -> None:
        # Whose call is over and whose next step is not known yet is under way too.
        under_way = [*self._running.values(), *set(self._returning.values())]
        for job in self._ready.choose(under_way, self._moment().now):
            task = asyncio.create_task(
                self._executor.async_carry_out(job), name=f"{job.operation.kind}"
            )
            self._running[task] = job
            self._busy.update(job.visitor_ids)
            for visitor_id in job.visitor_ids:
                self._ready.discard(visitor_id)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        job = self._running.pop(task)
        self._busy -= Counter(job.visitor_ids)
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            what = f"carry out {job.operation.kind}"
            if isinstance(error, LedgerError):
                self._ledger.complaints.make(what, error)
            else:
                LOGGER.error("Cannot %s", what, exc_info=error)
            self._look_later(job.visitor_ids, self._moment().now + _STORAGE_RETRY)
            self._wake.set()
            return
        self._returning |= dict.fromkeys(job.visitor_ids, job)
        self.look_at(job.visitor_ids)

    async def _rest(self) -> None:
        """Wait for a change, the next due time, or stragglers' time to run out."""
        if any(True for _ in self._to_look_at()):
            return
        waits = [_LONGEST_SLEEP]
        if self._due:
            waits.append(max(self._due[0][0] - self._moment().now, timedelta()))
        if self._ready:
            waits.append(PATIENCE)
        await self._sleep(self._wake, min(waits))
        self._wake.clear()


def _within_reach(record: VisitorRecord) -> Change:
    return Change(replace(record, known=attempts.within_reach(record.known)))
