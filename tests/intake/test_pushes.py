"""Pushed events: each passage once, whatever the order, and whatever a poll brings."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import aiohttp
from hypothesis import given
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    HikCentralClient,
    HikCentralError,
)
from custom_components.hikcentral_visitors.intake import (
    Pushes,
    PushState,
    Questions,
    Watch,
)
from custom_components.hikcentral_visitors.intake.pushes import WAITING_MESSAGES
from custom_components.hikcentral_visitors.ledger import LedgerError
from custom_components.hikcentral_visitors.ledger.loading import load
from custom_components.hikcentral_visitors.visits.known import Existence
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.presence import (
    Presence,
    whereabouts,
)
from tests.facility import control
from tests.test_receiver import json_values

from .conftest import DOORS, PERSON, House
from .inbox import TOKEN, Inbox, open_inbox
from .test_poll import FACE_DENIED, FACE_GRANTED, happen, recorded
from .test_subscriber import subscriber

PATIENCE_S = 20


class Way:
    """Pushes into a house, with what was asked of the poll."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.asked = 0
        self.asked_now = asyncio.Event()
        self.intake = house.intake()
        self.pushes = Pushes(
            house.client, self.intake, house.watch, DOORS, poll_soon=self.ask
        )

    def ask(self) -> None:
        self.asked += 1
        self.asked_now.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        task = asyncio.create_task(self.pushes.async_run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def until_recorded(self, number: int) -> None:
        """Wait until so many passages are in the ledger, each read after a commit."""
        news = asyncio.Event()
        stop = self.house.ledger.async_listen(lambda _: news.set())
        async with asyncio.timeout(PATIENCE_S):
            while len(await recorded(self.house)) < number:
                await news.wait()
                news.clear()
        stop()


@pytest.fixture
def way(house: House) -> Way:
    return Way(house)


@pytest.fixture
async def inbox(house: House, way: Way) -> AsyncGenerator[Inbox]:
    """A subscribed receiver that hands to the intake."""
    async with open_inbox() as made, way.running():
        made.pushes = way.pushes
        await subscriber(house, address=made.url).async_check()
        yield made


def message(*events: dict[str, Any], history: int = 0) -> dict[str, Any]:
    return {
        "method": "OnEventNotify",
        "params": {"sendTime": "2026-03-02T09:00:02+00:00", "events": list(events)},
        "isHistory": history,
    }


def pushed(number: int, *, door: str = "11", person: str = PERSON) -> dict[str, Any]:
    return {
        "eventId": str(number),
        "eventType": FACE_GRANTED,
        "happenTime": f"2026-03-02T09:{number // 60:02}:{number % 60:02}+00:00",
        "srcIndex": door,
        "data": {"personId": person},
    }


async def test_a_passage_comes_by_push_without_any_poll(
    house: House, way: Way, inbox: Inbox
) -> None:
    await happen(house)
    await way.until_recorded(1)
    assert await recorded(house) == [("entry", "granted")]
    assert inbox.tokens == [TOKEN]
    assert house.watch.state is PushState.ARRIVING


@pytest.mark.parametrize("equal", [True, False])
async def test_what_push_and_poll_bring_is_recorded_and_told_once(
    house: House, way: Way, inbox: Inbox, equal: bool
) -> None:
    """Whether or not the event has the same id in both (unknown 3 of the API)."""
    await control(house.simulator, "switches", {"event_id_equal": equal})
    poller = house.poller()
    await poller.async_poll()
    await happen(house)
    await way.until_recorded(1)
    await poller.async_poll()
    rows = await house.ledger.async_read(_announced)
    assert rows == 1
    assert len(await recorded(house)) == 1


@pytest.mark.parametrize("equal", [True, False])
async def test_the_other_way_round_too(
    house: House, way: Way, inbox: Inbox, equal: bool
) -> None:
    switches = {"event_id_equal": equal, "duplicate_push": True}
    await control(house.simulator, "switches", switches)
    await control(house.simulator, "faults", {"push": "held"})
    poller = house.poller()
    await poller.async_poll()
    await happen(house)
    assert await poller.async_poll() == 1
    await control(house.simulator, "faults", {})
    await house.simulator.advance(60)
    await house.simulator.world.push.settle()
    await happen(house, doorIndexCode="12", readerIndexCode="22")
    await way.until_recorded(2)
    assert await house.ledger.async_read(_announced) == 2


@pytest.mark.parametrize("equal", [True, False])
async def test_what_a_terminal_says_is_yet_to_come_happens_now(
    house: House, way: Way, inbox: Inbox, equal: bool
) -> None:
    """It does not hide what happens until then, nor is it told again when it is then.

    A terminal that runs an hour ahead kept somebody inside who left meanwhile.
    """
    await control(house.simulator, "switches", {"event_id_equal": equal})
    poller = house.poller()
    await poller.async_poll()
    ahead = house.simulator.world.clock.now() + timedelta(hours=1)
    await happen(house, eventTime=ahead.isoformat(timespec="seconds"))
    await way.until_recorded(1)
    await house.advance(60)
    assert await presence(house) is Presence.INSIDE
    await happen(house, doorIndexCode="12", readerIndexCode="22")
    await way.until_recorded(2)
    assert await presence(house) is Presence.OUTSIDE
    await house.advance(3600)
    await poller.async_poll()
    assert await house.ledger.async_read(_announced) == 2
    assert len(await recorded(house)) == 2


async def test_what_is_yet_to_come_keeps_its_order(house: House, way: Way) -> None:
    """Two waited together: out, and in again."""
    ahead = house.simulator.world.clock.now() + timedelta(hours=1)
    later = [(ahead + timedelta(minutes=one)).isoformat() for one in range(2)]
    events = [
        pushed(0) | {"eventId": "in", "happenTime": later[1]},
        pushed(0, door="12") | {"eventId": "out", "happenTime": later[0]},
    ]
    async with way.running():
        way.pushes.take(message(*events))
        await way.until_recorded(2)
    assert await presence(house) is Presence.INSIDE


async def test_before_the_server_told_its_time_none_is_too_late(house: House) -> None:
    """A computer without a clock of its own takes every event for a later one."""
    url, clock = house.simulator.url, house.simulator.world.clock
    async with aiohttp.ClientSession() as session:
        client = HikCentralClient(session, url, "key", "secret", now=clock.now)
        unheard = Questions(client).latest_now()
    heard = Questions(house.client).latest_now()
    assert heard < clock.now() + timedelta(minutes=1)
    assert unheard > clock.now() + timedelta(days=365)


async def presence(house: House) -> Presence:
    """Where Ada is."""
    now = house.simulator.world.clock.now()
    record = await house.ledger.async_read(lambda one: load(one, "ada"))
    assert record is not None
    return whereabouts(record.movements, now, Policy().presence_timeout).presence


def _announced(connection: Any) -> int:
    """How many passages wait to be told."""
    from custom_components.hikcentral_visitors.ledger.outbox import (  # noqa: PLC0415
        waiting,
    )

    return sum(one.passage is not None for one in waiting(connection))


async def test_somebody_elses_code_under_the_id_of_ours(
    house: House, way: Way, inbox: Inbox
) -> None:
    """I2: HikCentral was set back to a backup, and gave the id to somebody else."""
    await happen(house, personCode="SOMEBODYELSE", doorIndexCode="12")
    await happen(house, personCode="TST")
    await way.until_recorded(1)
    assert await recorded(house) == [("entry", "granted")]
    record = await house.ledger.async_read(lambda one: load(one, "ada"))
    assert record is not None
    assert record.known.existence is Existence.UNKNOWN, "he is looked for"


async def test_his_code_under_an_id_that_nobody_knows(
    house: House, way: Way, inbox: Inbox
) -> None:
    """I3: a terminal was not told that he was deleted and made again."""
    await happen(house, personCode="TST", personId="77")
    await way.until_recorded(1)
    assert await recorded(house) == [("entry", "granted")]


@pytest.mark.parametrize("equal", [True, False])
async def test_an_unknown_face_is_passed_on_once(
    house: House, way: Way, inbox: Inbox, equal: bool
) -> None:
    await control(house.simulator, "switches", {"event_id_equal": equal})
    house_poller = house.poller()
    house_poller._intake = way.intake
    await house_poller.async_poll()
    await happen(house, eventType=FACE_DENIED, personId="")
    await happen(house)
    await way.until_recorded(1)
    await house_poller.async_poll()
    assert [one.type for one in house.unknown] == [FACE_DENIED]


async def test_fifty_events_out_of_order_repeated_and_historical(
    house: House, way: Way
) -> None:
    events = [pushed(10 * number) for number in range(50)]
    async with way.running():
        way.pushes.take(message(*reversed(events), history=1))
        way.pushes.take(message(*events))
        for one in events[::-7]:
            way.pushes.take(message(one))
        await way.until_recorded(50)
    assert len(await recorded(house)) == 50
    assert way.pushes.counts.history == 50
    assert way.pushes.counts.messages == 2 + len(events[::-7])


async def test_events_of_doors_that_nobody_watches_are_left_out(
    house: House, way: Way
) -> None:
    """The server pushes those of all doors; polls ask for the chosen ones."""
    async with way.running():
        way.pushes.take(message(pushed(1, door="13"), pushed(20, door="11")))
        await way.until_recorded(1)
    assert await recorded(house) == [("entry", "granted")]


async def test_what_cannot_be_read_asks_the_poll(house: House, way: Way) -> None:
    way.pushes.take(message({"eventId": "1"}, pushed(1)))
    assert way.asked == 1
    assert way.pushes.counts.malformed == 1
    with pytest.raises(HikCentralError):
        way.pushes.take([])


async def test_a_full_queue_drops_and_asks_the_poll(house: House, way: Way) -> None:
    for number in range(WAITING_MESSAGES):
        way.pushes.take(message(pushed(number)))
    assert way.asked == 0
    way.pushes.take(message(pushed(4000)))
    assert (way.asked, way.pushes.counts.dropped) == (1, 1)


async def test_a_full_disk_asks_the_poll(
    house: House, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_args: object) -> int:
        raise LedgerError("full")

    with monkeypatch.context() as patched:
        patched.setattr(way.intake, "async_take", full)
        async with way.running():
            way.pushes.take(message(pushed(1)))
            async with asyncio.timeout(PATIENCE_S):
                await way.asked_now.wait()
            patched.undo()
            way.pushes.take(message(pushed(10)))
            await way.until_recorded(1)


class _NoServer:
    """What a push needs of the client."""

    zone = None

    class clock:  # noqa: N801 - named as what it stands for
        @staticmethod
        def now() -> Any:
            from .conftest import START  # noqa: PLC0415

            return START


@given(json_values)
def test_whatever_is_pushed_never_raises_but_for_no_push(value: object) -> None:
    stub: Any = _NoServer()
    pushes = Pushes(stub, stub, Watch(), DOORS, poll_soon=lambda: None)
    for body in (value, {"params": value}, {"params": {"events": value}}):
        with suppress(HikCentralError):
            pushes.take(body)
