"""The coordinator: entities and announcements go on whatever fails, jumps or waits."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors import (
    coordinator as module,
    request_totals,
    seats,
)
from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.contact import Contact
from custom_components.hikcentral_visitors.coordinator import (
    Announce,
    VisitorsCoordinator,
)
from custom_components.hikcentral_visitors.hikcentral import (
    CannotConnectError,
    CredentialsError,
    RequestStatistics,
)
from custom_components.hikcentral_visitors.ledger import Ledger, LedgerError
from custom_components.hikcentral_visitors.ledger.counters import totals
from custom_components.hikcentral_visitors.ledger.memory import held_places, hold_places
from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.ledger.records import Moment, change, insert
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from custom_components.hikcentral_visitors.visits.passage import Passage, PassageOutcome
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import Visit

from .at_present import at_present
from .visits.values import HOUR, NOW, POLICY, VISITOR, applied, record, stay

PATIENCE_S = 10


@dataclass
class House:
    """A coordinator on a ledger, at a time that the test tells."""

    hass: HomeAssistant
    ledger: Ledger
    now: datetime = NOW
    announced: int = 0
    breaks: bool = False
    contact: Contact = field(init=False)
    statistics: RequestStatistics = field(default_factory=RequestStatistics)
    coordinator: VisitorsCoordinator = field(init=False)
    task: asyncio.Task[None] | None = None
    entry: MockConfigEntry = field(init=False)

    def __post_init__(self) -> None:
        self.entry = MockConfigEntry(domain=DOMAIN)
        self.entry.add_to_hass(self.hass)
        self.contact = Contact(lambda: self.now)
        self.news = asyncio.Condition()
        client: Any = SimpleNamespace(statistics=self.statistics)
        directory: Any = SimpleNamespace(version="2.6")
        self.coordinator = VisitorsCoordinator(
            self.hass,
            self.entry,
            self.ledger,
            client,
            self.contact,
            directory,
            self.moment,
            places=3,
        )

    def moment(self) -> Moment:
        return Moment(self.now, POLICY)

    def start(self, announce: Announce | None = None) -> asyncio.Task[None]:
        run = self.coordinator.async_run(announce or self.announce)
        self.task = asyncio.create_task(run)
        return self.task

    async def announce(self, _until: int) -> timedelta | None:
        if self.breaks:
            raise ZeroDivisionError
        async with self.news:
            self.announced += 1
            self.news.notify_all()
        return None

    async def followed(self) -> None:
        """Wait until everything that changed up to now was told."""
        for _ in range(2):  # the first may have begun before
            seen = self.announced
            self.coordinator.follow_soon()
            async with asyncio.timeout(PATIENCE_S), self.news:
                while self.announced == seen:
                    await self.news.wait()

    async def store(self, *visits: Visit, **other: Any) -> None:
        made = record(*visits, **other)
        await self.ledger.async_write(
            lambda one: insert(one, self.moment(), Change(made))
        )

    async def alter(self, **fields: Any) -> None:
        """Change the visit of the tests."""

        def decide(before: VisitorRecord) -> Change:
            changed = replace(before.visit("visit"), **fields)
            return Change(before.with_visit(changed))

        await self.ledger.async_write(
            lambda one: change(one, self.moment(), VISITOR.id, decide)
        )


@pytest.fixture
async def house(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[House]:
    """A loaded coordinator that does not run yet; nobody is expected."""
    ledger = Ledger(tmp_path / "visits.db")
    await ledger.async_open()
    made = House(hass, ledger)
    await made.coordinator.async_load()
    yield made
    if made.task is not None:
        made.task.cancel()
        await asyncio.gather(made.task, return_exceptions=True)
    await ledger.async_close()


@pytest.fixture
async def running(house: House) -> House:
    """The same, and it follows."""
    house.start()
    await house.followed()
    return house


def purpose(house: House) -> str | None:
    seen = house.coordinator.view("visit")
    assert seen is not None
    return seen.visit.purpose


async def test_a_commit_is_told_to_those_whom_it_concerns(running: House) -> None:
    heard: list[str] = []
    coordinator = running.coordinator
    coordinator.async_listen_place(1, lambda: heard.append("place"))
    coordinator.async_listen_place(2, lambda: heard.append("another place"))
    coordinator.async_listen_visit("visit", lambda: heard.append("visit"))
    coordinator.async_listen_visit("another", lambda: heard.append("another"))
    coordinator.async_listen_visits(lambda: heard.append("any"))
    await running.store(stay())
    await running.followed()
    assert heard == ["place", "visit", "any"]
    assert (coordinator.holder(1), coordinator.place_of("visit")) == ("visit", 1)
    assert coordinator.data.expected_today == 1
    heard.clear()
    await running.alter(purpose="Tea")
    await running.followed()
    assert heard == ["place", "visit", "any"], "its holder looks different"


async def test_places_are_told_one_by_one_before_anything_is_announced(
    house: House,
) -> None:
    """However many they are, they do not hold the event loop."""
    heard: list[int | str] = []
    for place in (1, 2, 3):
        for _entity in range(2):
            house.coordinator.async_listen_place(place, partial(heard.append, place))
    others = asyncio.create_task(_take_turns(heard))

    async def announce(_until: int) -> timedelta | None:
        heard.append("announced")
        return await house.announce(_until)

    for number in (1, 2, 3):
        visitor = replace(VISITOR, id=f"v{number}", person_code=f"{number:016}")
        visit = replace(stay(), id=f"visit{number}", visitor_id=visitor.id)
        made = replace(record(visit), visitor=visitor)
        await house.ledger.async_write(
            partial(insert, moment=house.moment(), decided=Change(made))
        )
    house.coordinator._missed_some = True
    house.start(announce)
    await house.followed()
    others.cancel()
    told = heard[heard.index(1) : heard.index("announced")]
    assert [one for one in told if one != "another's turn"] == [1, 1, 2, 2, 3, 3]
    turns = [told[at] for at in (2, -1)]
    assert turns[0] == "another's turn"
    assert told[:2] == [1, 1], "the entities of a place never disagree"


async def _take_turns(heard: list[int | str]) -> None:
    while True:
        heard.append("another's turn")
        await asyncio.sleep(0)


async def test_an_entity_that_fails_stops_neither_others_nor_announcements(
    running: House, caplog: pytest.LogCaptureFixture
) -> None:
    """D2: one listener that fails blocks nothing."""
    heard: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    coordinator = running.coordinator
    coordinator.async_listen_place(1, fail)
    coordinator.async_listen_visit("visit", fail)
    coordinator.async_add_listener(fail)
    coordinator.async_listen_place(1, lambda: heard.append("place"))
    coordinator.async_listen_visit("visit", lambda: heard.append("visit"))
    coordinator.async_add_listener(lambda: heard.append("numbers"))
    await running.store(stay())
    await running.followed()
    assert heard == ["place", "visit", "numbers"]
    assert "ZeroDivisionError" in caplog.text


async def test_what_could_not_be_read_is_read_the_next_time(
    running: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STORAGE_RETRY", timedelta(milliseconds=1))
    await running.store(stay())
    await running.followed()
    heard: list[str] = []
    running.coordinator.async_listen_visit("visit", lambda: heard.append("visit"))
    roster = running.coordinator._roster
    reload, fails = roster.async_reload, [LedgerError("locked")] * 2

    async def locked(*args: Any) -> None:
        if fails:
            raise fails.pop()
        await reload(*args)

    monkeypatch.setattr(roster, "async_reload", locked)
    await running.alter(purpose="Tea")
    await running.followed()
    assert purpose(running) == "Tea"
    assert heard == ["visit"]


async def test_places_are_shown_though_they_cannot_be_stored(
    running: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STORAGE_RETRY", timedelta(milliseconds=1))
    heard: list[str] = []
    running.coordinator.async_listen_place(1, lambda: heard.append("place"))
    hold, fails = hold_places, [LedgerError("disk full")] * 2

    def full(*args: Any) -> None:
        if fails:
            raise fails.pop()
        hold(*args)

    monkeypatch.setattr(seats, "hold_places", full)
    await running.store(stay())
    await running.followed()
    assert running.coordinator.holder(1) == "visit"
    assert heard == ["place"]
    assert await running.ledger.async_read(held_places) == {1: "visit"}


async def test_after_an_unforeseen_end_what_was_missed_is_read(house: House) -> None:
    task = house.start()
    await house.followed()
    house.breaks = True
    house.coordinator.follow_soon()
    async with asyncio.timeout(PATIENCE_S):
        with pytest.raises(ZeroDivisionError):
            await task
    await house.store(stay(purpose="Tea"))
    house.breaks = False
    house.start()
    await house.followed()
    assert purpose(house) == "Tea"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tashkent", "UTC"])
async def test_what_is_counted_today_begins_again_at_midnight(
    house: House, zone: str
) -> None:
    await house.hass.config.async_set_time_zone(zone)
    offset = {"America/New_York": 5, "Asia/Tashkent": -5, "UTC": 0}[zone]
    midnight = datetime(2026, 3, 3, tzinfo=UTC) + offset * HOUR
    house.now = midnight - timedelta(milliseconds=100)
    until = (midnight - NOW) / HOUR
    denied = Passage(
        event_id="e1",
        event_type=197151,
        visitor_id=VISITOR.id,
        occurred_at=midnight - HOUR,
        door_id="11",
        outcome=PassageOutcome.DENIED,
        reason="face_denied",
    )
    house.start()
    await house.store(stay(until - 3, until + 3))
    await house.ledger.async_write(
        lambda one: record_passage(one, house.moment(), denied)
    )
    await house.followed()
    assert house.coordinator.data.denied_today == 1
    told = asyncio.Event()
    house.coordinator.async_add_listener(told.set)
    house.now = midnight
    async with asyncio.timeout(PATIENCE_S):
        await told.wait()
    assert house.coordinator.data.denied_today == 0


async def test_a_clock_that_jumps_ahead_is_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LONGEST_WAIT", timedelta(milliseconds=10))
    house.start()
    await house.store(stay(30, 34))
    await house.followed()
    assert house.coordinator.data.expected_today == 0
    told = asyncio.Event()
    house.coordinator.async_add_listener(told.set)
    house.now += 25 * HOUR
    async with asyncio.timeout(PATIENCE_S):
        await told.wait()
    assert house.coordinator.data.expected_today == 1


async def test_a_clock_that_is_set_back_is_noticed(running: House) -> None:
    running.now += 25 * HOUR
    await running.store(stay(30, 34), known=applied(stay(30, 34)))
    await running.followed()
    assert running.coordinator.place_of("visit") == 1
    before = running.coordinator.view("visit")
    running.now -= 25 * HOUR
    await running.followed()
    after = running.coordinator.view("visit")
    assert before is not None
    assert after is not None
    assert (before.status, after.status) == ("expected", "scheduled")
    assert running.coordinator.place_of("visit") is None


async def test_the_rest_of_announcements_is_asked_for(house: House) -> None:
    left = [timedelta(milliseconds=1)] * 3
    done = asyncio.Event()

    async def announce(_until: int) -> timedelta | None:
        if left:
            return left.pop()
        done.set()
        return None

    house.start(announce)
    async with asyncio.timeout(PATIENCE_S):
        await done.wait()


async def test_waiting_ends_when_the_doors_have_it(running: House) -> None:
    visit = stay()
    await running.store(visit)
    waiting = asyncio.create_task(running.coordinator.async_settled("visit", 60))
    await running.followed()
    assert not waiting.done()

    def settle(before: VisitorRecord) -> Change:
        return Change(replace(before, known=applied(visit)))

    await running.ledger.async_write(
        lambda one: change(one, running.moment(), VISITOR.id, settle)
    )
    async with asyncio.timeout(PATIENCE_S):
        assert (await waiting).access.state is AccessState.ACTIVE


async def test_waiting_in_vain_says_how_it_is(running: House) -> None:
    await running.store(stay())
    seen = await running.coordinator.async_settled("visit", 0.01)
    assert seen.access.state is AccessState.GRANTING
    with pytest.raises(CommandRefusedError, match="unknown_visit"):
        await running.coordinator.async_settled("unheard of", 1)


async def test_waiting_while_it_is_unloaded_says_what_was_seen_last(
    running: House,
) -> None:
    await running.store(stay())
    await running.followed()
    await running.ledger.async_close()
    seen = await running.coordinator.async_settled("visit", 0.01)
    assert seen.access.state is AccessState.GRANTING
    with pytest.raises(LedgerError):
        await running.coordinator.async_settled("unheard of", 0.01)


async def test_requests_are_added_to_the_totals_once(house: House) -> None:
    house.statistics.succeeded(NOW)
    house.statistics.failed(CannotConnectError(None, "down", "path"), NOW)
    await house.coordinator.requests.async_store()
    await house.coordinator.requests.async_store()
    house.statistics.succeeded(NOW)
    await house.coordinator.requests.async_store()
    found = await house.ledger.async_read(totals)
    assert found == {"requests": 3, "request_errors": 1}


async def test_requests_that_could_not_be_stored_are_not_forgotten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.statistics.succeeded(NOW)
    with monkeypatch.context() as patched:

        def full(*_args: object) -> None:
            raise LedgerError("disk full")

        patched.setattr(request_totals, "count", full)
        with pytest.raises(LedgerError):
            await house.coordinator.requests.async_store()
    await house.coordinator.requests.async_store()
    assert (await house.ledger.async_read(totals))["requests"] == 1


async def test_contact_shows_and_only_wrong_credentials_ask_for_new_ones(
    running: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        type(running.entry),
        "async_start_reauth",
        lambda self, _hass: asked.append(self.entry_id),
    )
    running.contact.answered()
    await running.followed()
    assert at_present(running.coordinator.data.connected)
    running.contact.failed(CannotConnectError(None, "down", "path"))
    await running.followed()
    assert not running.coordinator.data.connected
    assert asked == []
    running.contact.failed(CredentialsError("64", "wrong", "path"))
    assert asked == [running.entry.entry_id]
