"""Announcements: in order, entities first, marked when late, told at least once."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors import announce, coordinator
from custom_components.hikcentral_visitors.const import EVENT_PASSAGE
from custom_components.hikcentral_visitors.ledger import LedgerError, outbox
from custom_components.hikcentral_visitors.reasons import async_reason_text
from simulator import Simulator

from .facility import ENTRANCE, EXIT, config_entry, control, person_of, present
from .live import Told, call
from .states import state_of

CARD = "4711"
FACE_GRANTED = 196893


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """A loaded entry with Ada expected."""
    made = config_entry(simulator)
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    await call(
        hass,
        "grant_access",
        given_name="Ada",
        family_name="Lovelace",
        card_no=CARD,
        host="Charles",
        notify=["notify.mobile_app_charles"],
        wait=20,
    )
    await made.runtime_data.poller.async_poll()
    yield made
    if made.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(made.entry_id)


async def test_a_passage_is_told_with_all_that_a_push_needs(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    told = Told(hass)
    await present(simulator, ENTRANCE, card=CARD)
    await entry.runtime_data.poller.async_poll()
    data = await told.passage()
    assert data["name"] == "Ada Lovelace"
    assert data["notify"] == ["notify.mobile_app_charles"]
    assert (data["direction"], data["outcome"], data["credential"]) == (
        "entry",
        "granted",
        "card",
    )
    assert (data["first"], data["first_today"], data["count"]) == (True, True, 1)
    assert (data["delayed"], data["status"]) == (False, "inside")
    assert (data["door"], data["entity_id"]) == ("Turnstile In", "sensor.visitor_1")
    assert CARD not in str(data)


async def test_entities_are_told_before_the_bus(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await hass.async_block_till_done()
    seen: list[tuple[str, str]] = []

    @callback
    def look(_event: Event[Any]) -> None:
        inside = state_of(hass, "binary_sensor.visitor_1_inside")
        passage = state_of(hass, "event.visitor_1_passage")
        seen.append((inside.state, passage.attributes["event_type"]))

    hass.bus.async_listen(EVENT_PASSAGE, look)
    told = Told(hass)
    await present(simulator, ENTRANCE, card=CARD)
    await entry.runtime_data.poller.async_poll()
    await told.passage()
    assert seen == [("on", "entry")]


async def test_late_passages_are_marked_and_old_ones_only_go_to_the_bus(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    told = Told(hass)
    notices: list[str] = []
    entry.runtime_data.coordinator.async_listen_passages(
        lambda notice: notices.append(notice.passage.event_id)
    )
    now = dt_util.utcnow()
    person = person_of(simulator, "Ada")
    events = [
        {
            "eventId": f"{minutes} minutes old",
            "eventType": FACE_GRANTED,
            "doorIndexCode": EXIT,
            "personId": person,
            "eventTime": (now - timedelta(minutes=minutes)).isoformat(
                timespec="seconds"
            ),
        }
        for minutes in (1, 30, 90)
    ]
    await control(simulator, "events", {"events": events})
    await entry.runtime_data.sweeper.async_recent()
    await told.passage(3)
    # News is not kept waiting by history.
    assert [one["delayed"] for one in told.passages] == [True, False, True]
    assert notices == ["30 minutes old", "1 minutes old"]


async def test_nothing_is_told_before_home_assistant_has_started(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    await present(simulator, ENTRANCE, card=CARD)
    told = Told(hass)
    hass.set_state(CoreState.starting)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await entry.runtime_data.poller.async_poll()
    await hass.async_block_till_done()
    assert told.passages == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    assert (await told.passage())["direction"] == "entry"


async def test_a_crash_after_telling_tells_again_rather_than_never(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D41: told means told, not meant to be told."""
    told = Told(hass)

    def lost(*_args: object) -> None:
        raise ZeroDivisionError("the power fails")

    with monkeypatch.context() as patched:
        patched.setattr("custom_components.hikcentral_visitors.announce.told", lost)
        await present(simulator, ENTRANCE, card=CARD)
        await entry.runtime_data.poller.async_poll()
        await told.passage()
        await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await told.passage(2)
    assert told.passages[0]["visit_id"] == told.passages[1]["visit_id"]
    assert entry.runtime_data.coordinator.data.counters["entries"] == 1


async def pass_by(
    simulator: Simulator, *names: str, age: timedelta = timedelta()
) -> None:
    """Let Ada pass the exit, some time ago, as events of these ids."""
    at = dt_util.utcnow() - age
    events = [
        {
            "eventId": name,
            "eventType": FACE_GRANTED,
            "doorIndexCode": EXIT,
            "personId": person_of(simulator, "Ada"),
            "eventTime": (at - timedelta(seconds=10 * number)).isoformat(
                timespec="seconds"
            ),
        }
        for number, name in enumerate(names)
    ]
    await control(simulator, "events", {"events": events})


async def test_what_cannot_be_told_stops_nothing_else(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = Told(hass)
    runtime = entry.runtime_data

    def fail(_notice: object) -> None:
        raise ZeroDivisionError("an entity")

    runtime.coordinator.async_listen_passages(fail)
    words, fails = async_reason_text, ["once"]

    async def lost(*args: Any) -> str | None:
        if fails:
            raise ZeroDivisionError(fails.pop())
        return await words(*args)

    monkeypatch.setattr(announce, "async_reason_text", lost)
    await pass_by(simulator, "first", "second")
    await runtime.poller.async_poll()
    await told.passage(1)
    await present(simulator, ENTRANCE, card=CARD)
    await runtime.poller.async_poll()
    await told.passage(2)
    await hass.async_block_till_done()
    assert [one["direction"] for one in told.passages] == ["exit", "entry"]
    assert "could not be made" in caplog.text
    assert "An entity could not be told" in caplog.text
    assert "Lovelace" not in caplog.text


async def test_nothing_is_told_twice_while_the_disk_is_full(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D42: one fact, one announcement."""
    told = Told(hass)
    monkeypatch.setattr(coordinator, "_STORAGE_RETRY", timedelta(milliseconds=1))
    take_out, fails = outbox.told, [LedgerError("disk full")] * 3

    def full(*args: Any) -> None:
        if fails:
            raise fails.pop()
        take_out(*args)

    monkeypatch.setattr(announce, "told", full)
    await pass_by(simulator, "first", age=timedelta(minutes=1))
    await entry.runtime_data.poller.async_poll()
    await told.passage(1)
    await pass_by(simulator, "second")
    await entry.runtime_data.poller.async_poll()
    await told.passage(2)
    assert [one["count"] for one in told.passages] == [1, 2]


async def test_news_overtakes_a_long_history(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(announce, "HISTORY_AT_ONCE", 2)
    told = Told(hass)
    old = [f"old {number}" for number in range(40)]
    await pass_by(simulator, *old, age=timedelta(hours=2))
    await entry.runtime_data.sweeper.async_recent()
    await told.passage(2)
    await present(simulator, ENTRANCE, card=CARD)
    await entry.runtime_data.poller.async_poll()
    await told.passage(41)
    news = [one["delayed"] for one in told.passages].index(False)
    assert news < 40
    answer = await call(hass, "get_visits", name="ada")
    assert answer["visits"][0]["presence"] == "inside"
