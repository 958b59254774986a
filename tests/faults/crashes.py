"""A facility whose process can die at any commit, call or announcement.

A crash takes a copy of the ledger's files as they are at that instant, its write-ahead
log included, and nothing of the dying process reaches the server, the bus or the copy
afterwards. Life goes on with a new process on the copy. What a machine loses when its
power fails is not the subject: `synchronous=FULL` is, and it is left out here.
"""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
import pickle
import shutil
import sqlite3
import threading
from types import SimpleNamespace
from typing import Any, override

from sqlalchemy import Engine, event

from custom_components.hikcentral_visitors.announce import Announcer
from custom_components.hikcentral_visitors.hikcentral.envelope import Answer, Question
from custom_components.hikcentral_visitors.intake import (
    Intake,
    Poller,
    Pushes,
    Questions,
    Sweeper,
    Watch,
)
from custom_components.hikcentral_visitors.ledger import engines
from custom_components.hikcentral_visitors.ledger.schema import passages
from custom_components.hikcentral_visitors.retention import Retention
from custom_components.hikcentral_visitors.visits.passage import DoorRole
from simulator.event_log import EventLog
from tests.reconciler.house import House, asleep_or_ended

from .pushing import Queue

type Post = Callable[[Question, Mapping[str, object]], Coroutine[Any, Any, Answer]]
"""How a client sends a question, and waits for the answer."""

DOORS = {"11": DoorRole.ENTRY, "12": DoorRole.EXIT}


class Side(StrEnum):
    """Which side of a step the process dies on.

    A call is not sent before, and not answered after, it was carried out; a commit is
    not known to anybody after it was made.
    """

    BEFORE = "before"
    AFTER = "after"


class Step(StrEnum):
    """What a process does that the world outside of it can see."""

    COMMIT = "commit"
    CALL = "call"
    TOLD = "announcement"


@dataclass(frozen=True, slots=True)
class Point:
    """One side of the nth step of a kind since the process started."""

    step: Step
    number: int
    side: Side

    @override
    def __str__(self) -> str:
        """Say where, for people."""
        return f"{self.side} {self.step} {self.number + 1}"


class CrashedError(Exception):
    """The process is dead, whatever it still tries."""


@dataclass
class Life:
    """A process from its start to its crash, if one is meant for it."""

    crash_at: Point | None = None
    copy: Callable[[], None] = lambda: None
    passed: list[Point] = field(default_factory=list)
    crashed: asyncio.Event = field(default_factory=asyncio.Event)
    dead: bool = False
    steps: list[str] = field(default_factory=list)
    """Each step that was begun, in order, in words."""

    def __post_init__(self) -> None:
        """Commits are made in a thread of their own."""
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._begun: Counter[Step] = Counter()
        self._called = asyncio.Event()

    def begin(self, step: Step, what: str = "") -> int:
        """Pass the point before a step; returns the step's number."""
        with self._lock:
            number = self._begun[step]
            self._begun[step] += 1
            self.steps.append(f"{step} {number + 1} {what}".strip())
            self._pass(Point(step, number, Side.BEFORE))
            return number

    def end(self, step: Step, number: int) -> None:
        """Pass the point after a step."""
        with self._lock:
            self._pass(Point(step, number, Side.AFTER))

    def _pass(self, point: Point) -> None:
        if self.dead:
            raise CrashedError
        self.passed.append(point)
        if point == self.crash_at:
            self.copy()
            self.dead = True
            self._loop.call_soon_threadsafe(self.crashed.set)
            raise CrashedError

    @property
    def calls(self) -> int:
        """How many calls were begun."""
        return self._begun[Step.CALL]

    async def until_call(self, number: int) -> None:
        """Wait until so many calls were begun."""
        while self.calls < number:
            self._called.clear()
            await self._called.wait()


def intake_of(house: House) -> Intake:
    """Return a way in for events that has seen nothing yet."""
    questions = Questions(house.client)
    return Intake(house.ledger, questions, house.moment, DOORS, {}, lambda _: None)


def poller_of(house: House, doors: Iterable[str]) -> Poller:
    """Return a poller that has just started, for these doors of a house."""
    return Poller(
        Questions(house.client),
        house.ledger,
        intake_of(house),
        Watch(),
        doors,
        timedelta(seconds=15),
        timedelta(minutes=5),
    )


type Receive = Callable[..., Awaitable[None]]
"""Takes pushed messages, and waits until they are stored."""


@asynccontextmanager
async def receiving(house: House) -> AsyncIterator[Receive]:
    """Take pushes into a house for as long as this lasts."""
    pushes = Pushes(house.client, intake_of(house), Watch(), DOORS, lambda: None)
    pushes._queue = queue = Queue()
    taking = asyncio.create_task(pushes.async_run())

    async def receive(*messages: object) -> None:
        for one in messages:
            pushes.take(one)
        await asleep_or_ended(queue.waiting, taking)

    try:
        yield receive
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)


class MortalHouse(House):
    """A facility with all that runs in the background, and a process that can die."""

    life: Life

    def __init__(self, *arguments: Any) -> None:
        """Begin without a process."""
        super().__init__(*arguments)
        self.bus: list[dict[str, Any]] = []
        self._file = self.path
        self._lives = 0

    @override
    async def start(self, life: Life | None = None) -> None:
        """Start a process on the ledger's file."""
        self.life = life or Life()
        with _tapped(self.life):
            await super().start()
        transport: Any = self.client._transport
        transport._post = self._mortal_call(self.life, transport._post)
        self.poller = poller_of(self, [*DOORS, "13", "14"])
        self.retention = Retention(self.ledger, self.moment)
        self.announcer = self._announcer(self.life)

    @staticmethod
    def _mortal_call(life: Life, post: Post) -> Post:
        async def call(question: Question, body: Mapping[str, object]) -> Answer:
            try:
                number = life.begin(Step.CALL, question.path.rpartition("v1/")[2])
                life._called.set()
                answer = await post(question, body)
                life.end(Step.CALL, number)
            except CrashedError:
                never: asyncio.Future[Answer] = asyncio.Future()
                return await never
            return answer

        return call

    def _announcer(self, life: Life) -> Announcer:
        """The real announcer, in front of a bus that outlives the process."""

        def fire(kind: str, data: dict[str, Any]) -> None:
            number = life.begin(Step.TOLD, data.get("type") or data["direction"])
            self.bus.append(data)
            life.end(Step.TOLD, number)

        nobody: Any = SimpleNamespace(
            view=lambda _: None,
            place_of=lambda _: None,
            tell_visit=lambda _: None,
            tell_passage=lambda _: None,
        )
        hass: Any = SimpleNamespace(bus=SimpleNamespace(async_fire=fire))
        announcer = Announcer(hass, "entry", self.ledger, nobody, self.moment)
        announcer.started.set()
        return announcer

    async def poll(self) -> None:
        """Ask for passages once, and tell all that waits to be told."""
        await self.poller.async_poll()
        await self.announce()

    async def sweep(self) -> None:
        """Ask for all passages of the last day."""
        questions = Questions(self.client)
        sweeper = Sweeper(questions, self.ledger, intake_of(self), DOORS, share=1)
        await sweeper.async_recent()

    async def announce(self) -> None:
        """Tell all that waits to be told."""
        while await self.announcer.async_announce() is not None:
            pass

    async def live(self, life: Life, story: Awaitable[None]) -> bool:
        """Let the story happen until it ends, or the process dies; True if it died."""
        acting = asyncio.ensure_future(story)
        dying = asyncio.ensure_future(life.crashed.wait())
        await asyncio.wait({acting, dying}, return_when=asyncio.FIRST_COMPLETED)
        died = life.dead
        for one in (acting, dying):
            if died or one is dying:
                one.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await one
        if not died:
            await acting
        return died

    def next_file(self) -> Path:
        """Return where the next process finds its ledger."""
        self._lives += 1
        return self._file.with_name(f"life{self._lives}.db")

    async def bury(self) -> None:
        """Take away what the dead process left in this one: tasks and threads."""
        with suppress(CrashedError):
            await self._rest()
        self._task = None
        await self.ledger.async_close()

    async def recorded(self) -> list[str]:
        """Return the ids of the passages that are recorded."""
        return await self.ledger.async_read(
            lambda connection: list(
                connection.scalars(
                    passages.select().with_only_columns(passages.c.event_id)
                )
            )
        )


def copy_ledger(source: Path, target: Path) -> None:
    """Copy a ledger that may be in use, as it would be found after a crash.

    The file before its log: what is written meanwhile is in the log only.
    """
    for suffix in ("", "-wal"):
        from_ = source.with_name(source.name + suffix)
        if from_.exists():
            shutil.copyfile(from_, target.with_name(target.name + suffix))


@contextmanager
def _tapped(life: Life) -> Iterator[None]:
    """Let the ledger that is opened meanwhile tell a life of its commits."""

    class MortalConnection(sqlite3.Connection):
        @override
        def commit(self) -> None:
            number = life.begin(Step.COMMIT)
            super().commit()
            life.end(Step.COMMIT, number)

    def engine(path: Path, begin: str) -> Engine:
        made = make(path, begin)
        if begin == "BEGIN IMMEDIATE":

            @event.listens_for(made, "do_connect")
            def mortal(_dialect: Any, _record: Any, _args: Any, options: Any) -> None:
                options["factory"] = MortalConnection

        # What was compiled for one process is good for the next.
        with made.connect():
            first = _ENGINES.setdefault("first", made)
        made.dialect, made._compiled_cache = first.dialect, first._compiled_cache
        return made

    make = engines.create
    engines.create = engine
    try:
        yield
    finally:
        engines.create = make


_ENGINES: dict[str, Engine] = {}


@dataclass(frozen=True, slots=True)
class Scene:
    """A facility at rest, to begin at again and again."""

    now: datetime
    world: bytes
    ledger: Path

    @classmethod
    async def keep(cls, house: MortalHouse) -> Scene:
        """End the process in order, and keep all that is outside of it."""
        await house.stop()
        house.calls()
        ledger = house.path.with_name("scene.db")
        copy_ledger(house.path, ledger)
        return cls(house.now(), pickle.dumps(_outside(house)), ledger)

    def set(self, house: MortalHouse) -> None:
        """Make everything outside of the process as it was."""
        world = house.world
        world.clock._queue.clear()
        world.clock.move_to(self.now)
        world.nonces.clear()
        world.terminals._jobs.clear()
        tables, terminals, events = pickle.loads(self.world)  # noqa: S301 - our own
        world.database.tables = tables
        world.database._index()
        for name, value in terminals.items():
            setattr(world.terminals, name, value)
        world.log = EventLog()
        for one in events:
            world.log.add(one)
        house.bus.clear()
        house.path = house.next_file()
        copy_ledger(self.ledger, house.path)


_OF_TERMINALS = (
    "records",
    "pending",
    "failures",
    "waiting",
    "_ended",
    "_tried",
    "_cards",
)


def _outside(house: MortalHouse) -> Any:
    world = house.world
    assert not world.terminals.jobs, "the facility is not at rest"
    terminals = {name: getattr(world.terminals, name) for name in _OF_TERMINALS}
    return world.database.tables, terminals, world.log.all()
