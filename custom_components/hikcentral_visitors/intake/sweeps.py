"""Looking again for what was missed: what came late, what is rare, what was cut off.

At the lowest priority, and with rests, so that it never takes more than a part of what
the server can do.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
import time

from ..const import LOGGER
from ..hikcentral import (
    ACCESS_TYPES,
    LONGEST_SEARCH,
    HikCentralError,
    Priority,
    RefusedError,
)
from ..ledger import Ledger, LedgerError, Transaction
from ..ledger.memory import (
    day_totals,
    forget_day_totals,
    keep_day_total,
    recall,
    remember,
)
from .agenda import Agenda, Return, has_changed, past_days
from .cursors import OVERLAP, groups
from .intake import Found, Intake, Taken
from .questions import Questions

HOURLY_BACK = timedelta(hours=24)
SHARE = 0.25
"""The part of the time in which a question is under way."""

_LOOK_EVERY = timedelta(minutes=1)
_TRIED_AGAIN_AFTER = timedelta(minutes=5)
_KEY = "sweeps"


class Sweeper:
    """Sweeps the log of door events for what polls and pushes did not bring.

    All that grants or denies is asked for: hourly of the last 24 hours; daily the
    totals of 31 days, of which a day is read only if its total changed; and of doors
    whose terminal was out of reach, for that time. What was done is kept.
    """

    def __init__(
        self,
        questions: Questions,
        ledger: Ledger,
        intake: Intake,
        door_ids: Collection[str],
        *,
        share: float = SHARE,
    ) -> None:
        """Sweep these doors, asking for at most this share of the time."""
        self._questions = questions
        self._ledger = ledger
        self._intake = intake
        self._door_ids = frozenset(door_ids)
        self._groups = groups(door_ids)
        self._share = share
        self._agenda: Agenda | None = None
        self._kept: object = None
        self._seen: dict[str, bool | None] = {}
        self._wake = asyncio.Event()

    async def async_run(self) -> None:
        """Sweep what is due until cancelled; a start has better things to do first."""
        wait = _LOOK_EVERY
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait.total_seconds()):
                    await self._wake.wait()
            self._wake.clear()
            wait = _LOOK_EVERY
            try:
                await self.async_sweep()
            except HikCentralError as error:
                LOGGER.debug("A sweep was broken off: %s", error)
                wait = _TRIED_AGAIN_AFTER
            except LedgerError as error:
                self._ledger.complaints.make("store passages", error)
                wait = _TRIED_AGAIN_AFTER

    def doors_seen(self, offline: Mapping[str, bool | None]) -> None:
        """Take in which doors are out of reach; None is what nobody knows."""
        seen = {door: offline.get(door) for door in self._door_ids}
        if seen == self._seen:
            return
        hurry = bool(self._seen)
        self._seen = seen
        if self._agenda is not None:
            # At once: a door may be back before a sweep that goes on is over.
            self._agenda = self._agenda.seen(seen, self._questions.now())
        if hurry:
            self._wake.set()

    async def async_sweep(self) -> int:
        """Do all that is due; returns how many passages were new.

        What is broken off is due again. Raises HikCentralError, LedgerError.
        """
        agenda = await self._load()
        if agenda.hourly is None:
            # There is no past that could be ours.
            await self._note(replace(agenda, hourly=self._questions.now()))
        now = self._questions.now()
        await self._note(self._due().seen(self._seen, now))
        recorded = await self._returns()
        if self._due().hourly_due(now := self._questions.now()):
            recorded += await self.async_recent()
            await self._note(replace(self._due(), hourly=now))
        if self._due().daily_due(now := self._questions.now()):
            recorded += await self.async_days()
            await self._note(replace(self._due(), daily=now))
        return recorded

    async def _returns(self) -> int:
        """Look at the doors that came back."""
        recorded = 0
        while (back := self._due().returned(self._questions.now())) is not None:
            recorded += await self._door(back)
            await self._note(self._due().looked_at(back))
        return recorded

    async def async_recent(self, back: timedelta = HOURLY_BACK) -> int:
        """Read all types of the last time; returns how many passages were new."""
        now = self._questions.now()
        recorded = 0
        for code in sorted(ACCESS_TYPES):
            for group in self._groups:
                taken = await self._take(code, group.split(","), now - back, now)
                recorded += taken.recorded
        return recorded

    async def async_days(self) -> int:
        """Compare the totals of 31 days; returns how many passages were new.

        The first time of all they are only taken down.
        """
        known = await self._ledger.async_read(day_totals)
        days = past_days(self._questions.now())
        recorded = 0
        for code in sorted(ACCESS_TYPES):
            for group in self._groups:
                counted: dict[datetime, int] = {}
                for day in days:
                    before = known.get((code, group, day))
                    total = await self._total(code, group.split(","), day)
                    if total is None or total == before:
                        continue
                    if known and has_changed(before, total):
                        taken = await self._take(code, group.split(","), day, _end(day))
                        recorded += taken.recorded
                        if not taken.complete:
                            continue
                    counted[day] = total
                await self._keep_totals(code, group, counted)
                recorded += await self._returns()  # this takes long, they do not
        await self._ledger.async_write(
            lambda transaction: forget_day_totals(transaction, self._groups, days[-1])
        )
        return recorded

    async def _total(
        self, code: int, doors: Sequence[str], day: datetime
    ) -> int | None:
        began = time.monotonic()
        try:
            total = await self._questions.async_total(code, doors, day, _end(day))
        except RefusedError:
            total = None
        await self._rest(began)
        return total

    async def _keep_totals(
        self, code: int, group: str, counted: Mapping[datetime, int]
    ) -> None:
        """Keep how many there were before what changed was read: it is all in."""

        def keep(transaction: Transaction) -> None:
            for day, total in counted.items():
                keep_day_total(transaction, code, group, day, total)

        if counted:
            await self._ledger.async_write(keep)

    async def _door(self, back: Return) -> int:
        """Read what happened at a door while its terminal was out of reach."""
        now = self._questions.now()
        start = max(back.since - OVERLAP, now - LONGEST_SEARCH + OVERLAP)
        recorded = 0
        for code in sorted(ACCESS_TYPES):
            taken = await self._take(code, [back.door_id], start, back.back)
            recorded += taken.recorded
        return recorded

    async def _take(
        self, code: int, doors: Sequence[str], start: datetime, end: datetime
    ) -> Taken:
        """Read and record these events; of a type that is refused, none."""
        began = time.monotonic()
        found = Found()
        try:
            async for events in self._questions.async_pages(
                code, doors, start, end, Priority.SWEEP
            ):
                await self._intake.async_sift(events, found)
        except RefusedError:
            taken = Taken(0, complete=False)
        else:
            taken = await self._intake.async_record(found)
        await self._rest(began)
        return taken

    async def _rest(self, began: float) -> None:
        """Rest after a question, the longer it took."""
        took = time.monotonic() - began
        await asyncio.sleep(took * (1 / self._share - 1))

    def _due(self) -> Agenda:
        return self._agenda or Agenda()

    async def _load(self) -> Agenda:
        if self._agenda is None:
            kept = await self._ledger.async_read(lambda one: recall(one, _KEY))
            self._agenda, self._kept = Agenda.from_kept(kept), kept
        return self._agenda

    async def _note(self, agenda: Agenda) -> None:
        """Keep what is to be done; what needs no keeping is only noted."""
        self._agenda = agenda
        kept = agenda.kept()
        if kept != self._kept:
            await self._ledger.async_write(lambda one: remember(one, _KEY, kept))
            self._kept = kept


def _end(day: datetime) -> datetime:
    """The last second of a day: the server counts both ends in."""
    return day + timedelta(days=1) - timedelta(seconds=1)
