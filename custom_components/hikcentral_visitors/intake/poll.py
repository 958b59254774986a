"""Asking for the common types of door events, often."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from ..hikcentral import (
    FAST_TYPES,
    HikCentralError,
    Priority,
)
from ..ledger import Ledger, LedgerError
from ..ledger.memory import cursor, forget_cursors, oldest_cursor
from .agenda import is_over
from .cursors import OVERLAP, Cursor, groups, slices
from .intake import Found, Intake
from .questions import Questions
from .watch import GRACE, PushState, Watch

STORED_EVERY = timedelta(minutes=1)
"""How often a cursor is stored that passed nothing of ours."""

_AT_ONCE = 4
"""How many questions are under way: each holds a page of strangers' events."""

type _Key = tuple[int, str]
"""What a question is about: a type and a group of doors."""


class Poller:
    """Reads the log of door events; its cost does not depend on visitors.

    A question is about one type and up to ten doors (reference 3.7). What came in a
    long outage is read a slice of time after the other, all types in step. Of each page
    only what is ours is kept, and recorded when all was read, since what one slice says
    of somebody is half of the truth: that he is still inside after his end.
    """

    def __init__(
        self,
        questions: Questions,
        ledger: Ledger,
        intake: Intake,
        watch: Watch,
        door_ids: Iterable[str],
        interval: timedelta,
        behind_push: timedelta,
    ) -> None:
        """Ask about these doors every `interval`; less often while pushes arrive.

        `behind_push` is that longer interval. Then more is asked again each time, too.
        """
        self._questions = questions
        self._ledger = ledger
        self._intake = intake
        self._groups = groups(door_ids)
        self._watch = watch
        self._interval = interval
        self._behind_push = max(interval, behind_push)
        self._cursors: dict[_Key, Cursor] = {}
        """How far was read: all that is ours is recorded, or in `_found`."""
        self._moved: set[_Key] = set()
        """Which cursors are further than those that are stored."""
        self._found = Found()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._stored_at: datetime | None = None
        self._tidy = False
        self._wake = asyncio.Event()

    def poll_soon(self) -> None:
        """Ask now instead of when it is time."""
        self._wake.set()

    async def async_run(self) -> None:
        """Poll until cancelled."""
        stop = self._watch.async_listen(self._watch_changed)
        try:
            while True:
                self._wake.clear()
                try:
                    await self.async_poll()
                    wait = self._wait()
                except LedgerError as error:
                    self._ledger.complaints.make("store passages", error)
                    wait = self._interval
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait.total_seconds()):
                        await self._wake.wait()
        finally:
            stop()

    def _watch_changed(self) -> None:
        """Where pushes are not sure to come any more, do not wait for long."""
        if not self._watch.trusted:
            self._wake.set()

    def _wait(self) -> timedelta:
        """After how long to ask again, as far as is known now."""
        if self._watch.trusted:
            return self._behind_push
        if self._watch.state is PushState.ARRIVING:
            # Something was found that a push may still bring.
            return max(self._interval, GRACE)
        return self._interval

    async def async_poll(self) -> int:
        """Ask for what came since the last time; returns how many were new.

        A question that fails leaves its cursor at the slice before. Raises LedgerError.
        """
        await self._take_bearings(FAST_TYPES)
        now = self._questions.now()
        failed, further = await self._read(now)
        self._watch.polled((), self._questions.now())
        if failed & further:
            # It goes on from there the next time: judged now, it would be in half.
            return 0
        stale = is_over(STORED_EVERY, self._stored_at, now)
        moved = [self._cursors[key] for key in self._moved] if stale else []
        taken = await self._intake.async_record(self._found, moved)
        self._found = Found()
        if stale:
            self._stored_at = now
            self._moved.clear()
            await self._tidy_up(complete=not failed)
        return taken.recorded

    async def _read(self, now: datetime) -> tuple[set[_Key], set[_Key]]:
        """Read until now, the oldest slice first.

        Returns which questions failed, and which cursors moved. Raises LedgerError.
        """
        keys = [(code, group) for code in sorted(FAST_TYPES) for group in self._groups]
        overlap = self._behind_push if self._watch.trusted else OVERLAP
        overlap = max(overlap, OVERLAP)
        failed, further = set[_Key](), set[_Key]()
        starts = (self._cursors[key].start(now, overlap) for key in keys)
        for until in slices(min(starts, default=now), now):
            asked = [
                self._cursors[key]
                for key in keys
                if key not in failed
                and (until == now or self._cursors[key].until < until)
            ]
            errors = await asyncio.gather(
                *(self._ask(one, one.start(now, overlap), until) for one in asked),
                return_exceptions=True,
            )
            for one, error in zip(asked, errors, strict=True):
                key = one.event_type, one.doors
                if error is None:
                    self._cursors[key] = Cursor(*key, until)
                    self._moved.add(key)
                    further.add(key)
                elif isinstance(error, HikCentralError):
                    failed.add(key)
                else:
                    raise error
        return failed, further

    async def _tidy_up(self, *, complete: bool) -> None:
        """Forget the cursors of former groups of doors, once the new ones are kept."""
        if complete and not self._tidy:
            await self._ledger.async_write(
                lambda transaction: forget_cursors(transaction, self._groups)
            )
            self._tidy = True

    async def _take_bearings(self, types: Iterable[int]) -> None:
        """Begin where the ledger left off; the first time of all, begin now."""
        missing = [
            (code, group)
            for code in types
            for group in self._groups
            if (code, group) not in self._cursors
        ]
        now = self._questions.now()
        for code, group in missing:
            until = await self._ledger.async_read(
                lambda connection, code=code, group=group: (  # type: ignore[misc]
                    cursor(connection, code, group) or oldest_cursor(connection, code)
                )
            )
            self._cursors[code, group] = Cursor(code, group, until or now)

    async def _ask(self, asked: Cursor, start: datetime, end: datetime) -> None:
        """Keep what is ours of all pages; raises HikCentralError, LedgerError."""
        async with self._turns:
            async for events in self._questions.async_pages(
                asked.event_type, asked.door_ids, start, end, Priority.POLL
            ):
                self._watch.polled(events, self._questions.now())
                await self._intake.async_sift(events, self._found)
