"""The whole integration below Home Assistant, which can be killed at any point.

To the house of the reconciler's tests come passages and announcements. Whoever hears
the announcements is outside: he remembers what he heard when ours was killed.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, override
from unittest.mock import patch

import aiohttp

from custom_components.hikcentral_visitors.hikcentral import (
    DoorEvent,
    HikCentralError,
)
from custom_components.hikcentral_visitors.hikcentral.transport import _failed
from custom_components.hikcentral_visitors.intake import (
    Intake,
    Poller,
    Questions,
    Sweeper,
    Watch,
    sweeps,
)
from custom_components.hikcentral_visitors.intake.agenda import past_days
from custom_components.hikcentral_visitors.ledger import LedgerError, Transaction
from custom_components.hikcentral_visitors.ledger.outbox import told, waiting
from custom_components.hikcentral_visitors.retention import Retention
from custom_components.hikcentral_visitors.visits.passage import DoorRole, Passage
from simulator import Simulator, event_types
from simulator.faults import CallFault
from tests.intake.inbox import Inbox
from tests.reconciler.house import DAY, MINUTE, POLICY, House

from .pushing import Pushing

DOORS = {
    "11": DoorRole.ENTRY,
    "12": DoorRole.EXIT,
    "13": DoorRole.ENTRY,
    "14": DoorRole.EXIT,
    "15": DoorRole.UNKNOWN,
}
READERS = {"25": DoorRole.ENTRY, "26": DoorRole.EXIT}

AUDIT = 15 * MINUTE
POLL = 5 * MINUTE


class _KilledError(BaseException):
    """The process is gone; nothing of ours may catch this."""


_REPORTED = {
    *event_types.GRANTED.values(),
    *event_types.UNKNOWN.values(),
    *(event_types.FACE_DENIED, event_types.CARD_EXPIRED),
    *(event_types.NO_ACCESS_LEVEL, event_types.INVALID_TIME_PERIOD),
}
_DAYS_ASKED = 3


@contextmanager
def fewer_questions() -> Iterator[None]:
    """Ask only for what these terminals report, and of as many days as tests last."""
    with (
        patch.object(sweeps, "ACCESS_TYPES", _REPORTED),
        patch.object(sweeps, "past_days", lambda now: past_days(now)[:_DAYS_ASKED]),
    ):
        yield


class CrashedError(Exception):
    """What was asked did not return, for ours was killed and started anew."""


@dataclass(slots=True)
class Crash:
    """Kills ours at the nth commit or call from now, before or after it is made."""

    of: str
    nth: int
    after: bool

    def strikes(self, of: str) -> bool:
        if of != self.of:
            return False
        self.nth -= 1
        return self.nth < 0


@dataclass(slots=True)
class Heard:
    """What listeners heard and when, how often each, and whether ours knows that."""

    news: list[tuple[datetime, Passage]] = field(default_factory=list)
    passages: Counter[str] = field(default_factory=Counter)
    sure: set[str] = field(default_factory=set)
    again: list[str] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    """What else was told, about visits."""

    def passage(self, passage: Passage, now: datetime) -> None:
        self.news.append((now, passage))
        if passage.event_id in self.sure:
            self.again.append(passage.event_id)
        self.passages[passage.event_id] += 1


class Facility(House):
    """A house with passages, announcements, retention, and a life that may end."""

    def __init__(
        self,
        simulator: Simulator,
        session: aiohttp.ClientSession,
        path: Path,
        inbox: Inbox | None = None,
    ) -> None:
        super().__init__(simulator, session, path, patience=60)
        self.policy = replace(POLICY, retention=3 * DAY)
        self.pushed = False
        self.heard = Heard()
        self.crash: Crash | None = None
        self.crashes = 0
        self.unknown: list[DoorEvent] = []
        self._inbox = inbox or Inbox()
        self._dead = asyncio.Event()
        self._killed: list[asyncio.Task[None]] = []
        self._hung = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._hold, self.world.hold = self.world.hold, self._held  # type: ignore[method-assign]

    # One life, from a start to a stop or a kill.

    @override
    async def _build(self) -> None:
        await super()._build()
        ledger: Any = self.ledger
        transport: Any = self.client._transport
        self._send, transport._post = transport._post, self._post
        self._store, ledger._commit = ledger._commit, self._commit
        questions, watch = Questions(self.client), Watch()
        intake = Intake(
            *(self.ledger, questions, self.moment),
            *(DOORS, READERS, self.unknown.append),
            skew=lambda: self.client.clock.terminals_skew,
        )
        self.sweeper = Sweeper(questions, self.ledger, intake, DOORS, share=1)
        self.poller = Poller(
            questions,
            self.ledger,
            intake,
            watch,
            DOORS,
            timedelta(seconds=15),
            POLL,
        )
        self.pushing = Pushing(self, self._inbox, intake, watch, wanted=self.pushed)
        self.retention = Retention(self.ledger, self.moment)
        self._told: set[int] = set()
        self._gap: datetime | None = None
        self._next_audit = self._next_poll = self.now()

    @override
    def _work(self) -> None:
        self.pushing.begin()
        super()._work()

    @override
    async def _rest(self) -> None:
        await self.pushing.end()
        await super()._rest()

    async def choose(self, *, pushed: bool, exit_levels: Iterable[str]) -> None:
        """Choose other options, with which ours is loaded anew."""
        self.pushed = pushed
        self.policy = replace(self.policy, exit_levels=frozenset(exit_levels))
        await self.restart()

    async def living[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do this and all that follows at once; raises CrashedError for a killed one.

        What returned before the kill was accepted, whatever became of the rest.
        """
        task = asyncio.create_task(self._with_all_that_follows(work))
        dead = asyncio.create_task(self._dead.wait())
        await asyncio.wait({task, dead}, return_when=asyncio.FIRST_COMPLETED)
        dead.cancel()
        if self._dead.is_set():
            await self._bury(task)
            if not self._returned:
                raise CrashedError
        else:
            await task
        returned: T = self._returned[0]
        return returned

    async def _with_all_that_follows(self, work: Coroutine[Any, Any, Any]) -> None:
        self._returned: list[Any] = []
        self._returned.append(await work)
        await self._all_that_follows()

    async def _all_that_follows(self) -> None:
        await self.idle()
        await self.pushing.settle()
        await self.idle()
        await self.announce()
        await self.idle()

    async def _bury(self, task: asyncio.Task[Any]) -> None:
        """End what is left of a killed life, and begin the next from the file."""
        ledger: Any = self.ledger
        ledger._closed = True
        task.cancel()
        await asyncio.gather(task, *self._killed, return_exceptions=True)
        self._killed.clear()
        # The work may have ended by itself, since it could write no more.
        with suppress(LedgerError):
            await self._rest()
        self._task = None
        ledger._closed = False
        await ledger.async_close()
        self._dead.clear()
        self.crash = None
        self.crashes += 1
        await self.start()

    def _commit(self, batch: Sequence[Any]) -> Any:
        """In the writing thread."""
        crash = self.crash
        strikes = crash is not None and crash.strikes("commit")
        if strikes and crash is not None and not crash.after:
            self._die()
        done = self._store(batch)
        if strikes:
            self._die()
        return done

    def _die(self) -> None:
        if self.ledger._pump is not None:
            self._killed.append(self.ledger._pump)
        self._loop.call_soon_threadsafe(self._dead.set)
        raise _KilledError

    async def _post(self, question: Any, body: Any) -> Any:
        crash = self.crash
        strikes = crash is not None and crash.strikes("call")
        if strikes and crash is not None and not crash.after:
            await self._vanish()
        answer = await self._answer(question, body)
        if strikes:
            await self._vanish()
        return answer

    async def _vanish(self) -> None:
        self._dead.set()
        await asyncio.Future()

    async def _answer(self, question: Any, body: Any) -> Any:
        """Send, and give up at once when the server lets a call hang."""
        call = asyncio.ensure_future(self._send(question, body))
        hung = asyncio.create_task(self._hung.wait())
        try:
            await asyncio.wait({call, hung}, return_when=asyncio.FIRST_COMPLETED)
            if call.done():
                return await call
            raise _failed(TimeoutError(), question)
        finally:
            for task in (call, hung):
                task.cancel()
            await asyncio.gather(call, hung, return_exceptions=True)

    async def _held(self) -> None:
        self._hung.set()
        self._hung = asyncio.Event()
        await self._hold()

    # What goes on by itself.

    async def announce(self) -> None:
        """Tell what waits, and take it out once it was told, like `announce.py`."""
        while pending := await self.ledger.async_read(waiting):
            for one in pending:
                if one.id not in self._told and one.passage is not None:
                    self.heard.passage(one.passage, self.now())
                self.heard.types |= {one.type} if one.type else set()
                self._told.add(one.id)
            numbers = [one.id for one in pending]

            def take_out(
                transaction: Transaction, numbers: Sequence[int] = numbers
            ) -> None:
                told(transaction, numbers)

            await self.ledger.async_write(take_out)
            self._told.clear()  # such numbers are given again
            self.heard.sure |= {one.passage.event_id for one in pending if one.passage}

    async def poll(self) -> None:
        """Ask for passages, and look again for what came late where that is due."""
        await self.poller.async_poll()
        if self.contact.connected:
            self.sweeper.doors_seen(self._out_of_reach())
        with suppress(HikCentralError):  # what is broken off is due again
            await self.sweeper.async_sweep()

    def _out_of_reach(self) -> dict[str, bool]:
        tables = self.world.database.tables
        return {
            door: not tables.devices[tables.doors[door].device].online for door in DOORS
        }

    async def look_again(self) -> None:
        """Look for all that came late, as will be done within a day."""
        await self.sweeper.async_recent()
        await self.sweeper.async_days()

    async def audit(self) -> None:
        gap, self._gap = self._gap, self.contact.gap
        await self.auditor.async_audit(thorough=gap != self.contact.gap)

    async def pass_time(self, time: timedelta) -> None:
        """Let this time pass, with polls, audits, and what is due."""
        until = self.now() + time
        rare = time / 6
        while True:
            now = self.now()
            if (compare := self.pushing.due) is not None and now >= compare:
                await self.pushing.compare()
            if now >= self._next_audit:
                self._next_audit = now + max(AUDIT, rare)
                await self.audit()
                await self.retention.async_forget()
            if now >= self._next_poll or self.pushing.poll_soon:
                self.pushing.poll_soon = False
                self._next_poll = now + max(POLL, rare)
                await self.poll()
            await self._all_that_follows()
            if now >= until:
                return
            due = (
                *(self._next(), self._next_audit, self._next_poll),
                *(self.pushing.due, until),
            )
            await self.move_to(min(filter(None, due)))

    async def outage(self) -> None:
        """The server is away for some minutes, and we notice."""
        away = CallFault(path="*", cut="drop_before")
        self.world.faults.fail.insert(0, away)
        try:
            await self.poll()
            await self.move_to(self.now() + 5 * MINUTE)
            await self.poll()
        finally:
            away.times = 0
