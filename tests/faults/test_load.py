"""Many at once: a gateway that bears little, and staff that fills its log.

Time is the loop's own and virtual; see tests/virtual_time.py.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
import gc
import json
import logging
from pathlib import Path
from typing import Any, override

import aiohttp
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    FAST_TYPES,
    DoorEvent,
    HikCentralClient,
    Limiter,
)
from custom_components.hikcentral_visitors.hikcentral.clock import ServerClock
from custom_components.hikcentral_visitors.hikcentral.envelope import Question
from custom_components.hikcentral_visitors.hikcentral.paging import LARGEST_PAGE
from custom_components.hikcentral_visitors.intake import Poller
from custom_components.hikcentral_visitors.intake.intake import Found
from custom_components.hikcentral_visitors.ledger import engines
from custom_components.hikcentral_visitors.ledger.schema import passages
from custom_components.hikcentral_visitors.reconciler import Reconciler
from custom_components.hikcentral_visitors.reconciler.batches import GIVING_AT_ONCE
from custom_components.hikcentral_visitors.visits.access import AccessState
from simulator import create_app
from simulator.clock import Clock
from simulator.event_log import Event
from simulator.faults import Faults
from tests.reconciler.house import (
    APPLY,
    EXPEL,
    HOUR,
    START,
    House,
)
from tests.virtual_time import VirtualLoop

from .crashes import DOORS, poller_of

QUOTA_REACHED = "0x02401009"
EVENTS = "acs/v1/door/events"
FACE_GRANTED = 196893
PEOPLE, RATE, LATENCY_MS = 500, 5, 50
CONCURRENCY = 4
STAFF_EVENTS = 50_000
STAFF_MARK, VISITOR_MARK = "passage of staff ", "passage of a visitor "


class BusyHouse(House):
    """A facility that lives by the loop's time, all by itself."""

    most_waiting = 0

    @override
    def connect(self) -> HikCentralClient:
        """Return a client that learns what the server bears, as a real one does."""
        loop = asyncio.get_running_loop()
        self.limiter = Limiter(monotonic=loop.time)
        client = HikCentralClient(
            self.session,
            self.simulator.url,
            self.simulator.partner.app_key,
            self.simulator.partner.app_secret,
            limiter=self.limiter,
            now=self.now,
            observer=self.contact,
        )
        client._transport.clock = ServerClock(self.now, loop.time)
        return client

    @override
    async def start(self) -> None:
        """Begin; the reconciler sleeps by the loop's time."""
        await super().start()
        await self._rest()
        self.reconciler = Reconciler(
            self.ledger, self.executor, self.contact, self.moment
        )
        self._work()

    async def until_state(
        self, visits: list[str], state: AccessState, patience: timedelta
    ) -> None:
        """Let time pass until the access of all of these visits is so."""
        async with asyncio.timeout(patience.total_seconds()):
            while True:
                self.most_waiting = max(self.most_waiting, self.limiter.waiting)
                for visit in reversed(visits):
                    if (await self.access(visit)).state is not state:
                        break
                else:
                    return
                await asyncio.sleep(2)


@asynccontextmanager
async def busy_house(folder: Path) -> AsyncIterator[BusyHouse]:
    """A facility with its own virtual time."""
    loop = asyncio.get_running_loop()
    clock = Clock(START, source=lambda: START + timedelta(seconds=loop.time()))
    async with (
        create_app(clock=clock, seed=1) as simulator,
        aiohttp.ClientSession() as session,
    ):
        house = BusyHouse(simulator, session, folder / "visits.db", 20)
        await house.start()
        try:
            yield house
        finally:
            await house.stop()


def run(story: Any) -> None:
    """Run a story in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(story)


@pytest.fixture(autouse=True)
def _fast_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither flushed to disk nor logged: only the order of things matters here."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    pragmas = (*engines.PRAGMAS, "PRAGMA synchronous=OFF")
    monkeypatch.setattr(engines, "PRAGMAS", pragmas)


@pytest.mark.usefixtures("socket_enabled")
def test_five_hundred_grants_at_a_gateway_that_bears_little(tmp_path: Path) -> None:
    """D5, D45: it ends, nothing storms or piles up, and taking away goes first."""

    async def story() -> None:
        async with busy_house(tmp_path) as house:
            world = house.world
            early = [await house.grant(f"Early {number}") for number in range(3)]
            await house.until_state(early, AccessState.ACTIVE, HOUR)
            world.faults = Faults(latency_ms=LATENCY_MS, rate_limit=RATE)
            world.traffic.recent.clear()
            world.traffic.peak_rate = 0
            began = house.now()
            visits = await house.grant_all(PEOPLE)
            await asyncio.sleep(60)
            asked = len(world.traffic.recent)
            for visit in early:
                await house.revoke(visit)
            revoked = house.now()
            await house.until_state(early, AccessState.REMOVED, HOUR)
            took_away = house.now() - revoked
            await house.until_state(visits, AccessState.ACTIVE, HOUR)
            took = house.now() - began
            calls = list(world.traffic.recent)
            most = world.traffic.recent.maxlen
            assert most is not None
            assert len(calls) < most, "none of them was dropped"
            # Some are refused each time that it tries whether more is borne by now.
            refused = sum(call.code == QUOTA_REACHED for call in calls)
            assert refused < len(calls) / 10
            assert len(calls) < 3 * PEOPLE
            assert took < timedelta(seconds=1.5 * len(calls) / RATE)
            # Each second, no more came than what the first burst taught.
            seconds = Counter(
                (call.at - began) // timedelta(seconds=1) for call in calls
            )
            assert max(n for second, n in seconds.items() if second > 10) <= 2 * RATE
            # What was under way comes first, and then the revocation.
            later = [call.path for call in calls[asked:]]
            assert later.index(EXPEL) <= CONCURRENCY
            assert later.index(EXPEL) < later.index(APPLY)
            assert took_away < timedelta(minutes=1) < took
            assert house.most_waiting <= 2 * GIVING_AT_ONCE
            assert await house.differences() == []
            house.check_calls()
            house.check_staff()
            house.check_handed_on()

    run(story())


@pytest.mark.usefixtures("socket_enabled")
def test_one_visitor_among_fifty_thousand_events_of_staff(tmp_path: Path) -> None:
    """D6: found once, by 500 a page; staff is kept nowhere, and the loop goes on.

    Of staff there is never more in memory than the page at hand and the one before.
    """

    async def story() -> None:
        async with busy_house(tmp_path) as house:
            (visit,) = await house.grant_all(1)
            await house.until_state([visit], AccessState.ACTIVE, HOUR)
            (person,) = house.ours()
            poller = poller_of(house, DOORS)
            await poller.async_poll()
            await asyncio.sleep(60)
            _fill_the_log(house, person.id)
            house.calls()
            pages, held = PagesApart(house), Held(poller)
            assert await poller.async_poll() == 1
            pages.end()
            asked = Counter(
                json.loads(call.body)["eventType"]
                for call in house.world.traffic.recent
                if call.path == EVENTS
            )
            assert asked == dict.fromkeys(FAST_TYPES, 1) | {
                FACE_GRANTED: STAFF_EVENTS // 500 + 1
            }
            assert min(pages.turns) > 0
            assert sum(held.pages) == STAFF_EVENTS + 1
            assert max(held.pages) <= LARGEST_PAGE
            assert max(held.alive) <= 2 * LARGEST_PAGE + 1
            stored = await house.ledger.async_read(
                lambda connection: [
                    tuple(row) for row in connection.execute(passages.select())
                ]
            )
            assert len(stored) == 1
        content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert STAFF_MARK.encode() not in content
        assert VISITOR_MARK.encode() in content

    run(story())


class Held:
    """Counts events as pages are handed to a poller's intake: theirs, and all alive."""

    def __init__(self, poller: Poller) -> None:
        self.pages: list[int] = []
        self.alive: list[int] = []
        before = _alive()
        intake: Any = poller._intake
        sift = intake.async_sift

        async def noted(events: Sequence[DoorEvent], found: Found) -> None:
            self.pages.append(len(events))
            self.alive.append(_alive() - before)
            await sift(events, found)

        intake.async_sift = noted


def _alive() -> int:
    return sum(isinstance(one, DoorEvent) for one in gc.get_objects())


class PagesApart:
    """Counts how often others had a turn between two pages of one question."""

    def __init__(self, house: BusyHouse) -> None:
        self.turns: list[int] = []
        self._turn = 0
        transport: Any = house.client._transport
        post = transport._post

        async def noted(question: Question, body: Mapping[str, Any]) -> Any:
            answer = await post(question, body)
            if body.get("eventType") == FACE_GRANTED:
                self.turns.append(self._turn)
                self._turn = 0
            return answer

        transport._post = noted
        self._count()

    def _count(self) -> None:
        self._turn += 1
        self._next = asyncio.get_running_loop().call_soon(self._count)

    def end(self) -> None:
        self._next.cancel()


def _fill_the_log(house: BusyHouse, person_id: str) -> None:
    """Let staff pass 50,000 times within a minute, and our visitor once among them."""
    start = house.now() - timedelta(seconds=60)
    for number in range(STAFF_EVENTS + 1):
        ours = number == STAFF_EVENTS // 2
        house.world.log.add(
            Event(
                event_id=f"{VISITOR_MARK if ours else STAFF_MARK}{number}",
                event_type=FACE_GRANTED,
                time=(start + timedelta(seconds=number * 50 / STAFF_EVENTS)).replace(
                    microsecond=0
                ),
                door="11",
                reader="21",
                person_id=person_id if ours else f"9{number}",
            )
        )
