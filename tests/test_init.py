"""Loading and unloading: the visits are there whether or not the server is."""

from collections.abc import AsyncGenerator
from datetime import timedelta
import logging
import sqlite3
import threading

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors.files import ledger_path
from custom_components.hikcentral_visitors.ledger import Ledger, engines
from custom_components.hikcentral_visitors.ledger.memory import remember
from simulator import Simulator, create_app

from .facility import ENTRANCE, LEVEL, config_entry, control, person_of, present
from .live import Told, call
from .states import state_of

CARD = "4711"


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """An entry that was not loaded yet, and is unloaded at the end."""
    made = config_entry(simulator)
    made.add_to_hass(hass)
    yield made
    if made.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(made.entry_id)


async def test_it_loads_without_the_server_and_grants_when_it_is_back(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    told = Told(hass)
    await control(simulator, "faults", {"fail": [{"path": "*", "drop_before": True}]})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=0)
    assert visit["access"] == "granting"
    connection = state_of(hass, "binary_sensor.hikcentral_connection")
    assert connection.state == "off"

    await control(simulator, "faults", {"apply_delay_s": 0})
    await told.visit("granted")
    assert (
        person_of(simulator, "Ada")
        in simulator.world.database.tables.levels[LEVEL].members
    )


async def test_what_was_asked_before_an_unload_is_done_after_it(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    assert visit["access"] == "active"
    await control(simulator, "faults", {"fail": [{"path": "*", "drop_before": True}]})
    await call(hass, "revoke_access", visit_id=visit["visit_id"], wait=0)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert LEVEL in simulator.world.database.tables.levels

    await control(simulator, "faults", {"apply_delay_s": 0})
    told = Told(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await told.visit("revoked")
    event = await present(simulator, ENTRANCE, card=CARD)
    assert event["granted"] is False


async def test_passages_while_unloaded_are_told_after_loading(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    await entry.runtime_data.poller.async_poll()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is True

    told = Told(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    passage = await told.passage()
    assert (passage["direction"], passage["status"]) == ("entry", "inside")
    await hass.async_block_till_done()
    inside = state_of(hass, "sensor.hikcentral_visitors_inside")
    assert inside.state == "1"


async def test_totals_survive_a_restart(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """D40: totals are stored with what they count."""
    told = Told(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    await present(simulator, ENTRANCE, card=CARD)
    await entry.runtime_data.poller.async_poll()
    await told.passage()
    assert await hass.config_entries.async_reload(entry.entry_id)
    counters = entry.runtime_data.coordinator.data.counters
    assert (counters["entries"], counters["grants"]) == (1, 1)
    assert counters["requests"] > 0


async def test_wrong_credentials_ask_for_new_ones_and_stay_loaded(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "app_secret": "wrong"}
    )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await entry.runtime_data.poller.async_poll()
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_a_ledger_of_a_newer_release_is_not_touched(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    path = ledger_path(hass, entry.entry_id)
    newer = Ledger(path)
    await newer.async_open()
    await newer.async_write(lambda one: remember(one, "schema_version", 999))
    await newer.async_close()
    before = path.read_bytes()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "written_by_newer_release"
    assert path.read_bytes() == before


async def test_a_storage_that_cannot_be_used_is_said_and_tried_again(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock of another process is no damage: nothing is set aside."""
    monkeypatch.setattr(engines, "_BUSY_SECONDS", 0.1)
    path = ledger_path(hass, entry.entry_id)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE theirs (one)")
    other.execute("BEGIN EXCLUSIVE")
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "storage_unusable"
    other.execute("ROLLBACK")
    other.close()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert not list(path.parent.glob("*.corrupt.*"))


async def test_an_unload_leaves_nothing_running(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """The test harness fails for tasks, timers and threads that are left."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=0)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED


async def test_home_assistant_stops_with_work_under_way_in_order(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    await control(simulator, "faults", {"fail": [{"path": "*", "hang": True}]})
    for name in ("Bea", "Cyd", "Dot"):
        await call(hass, "grant_access", given_name=name, card_no=name, wait=0)
    await call(hass, "revoke_access", visit_id=visit["visit_id"], wait=0)
    path = ledger_path(hass, entry.entry_id)
    caplog.clear()
    await hass.async_stop(force=True)
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []
    assert not [one for one in threading.enumerate() if path.stem in one.name]
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("SELECT count(*) FROM visits").fetchone() == (4,)
        (requests,) = file.execute(
            "SELECT value FROM counters WHERE key = 'requests'"
        ).fetchone()
    file.close()
    assert requests > 0
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_setup_that_fails_leaves_no_file_open(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "installation_key": "no key"}
    )
    assert not await hass.config_entries.async_setup(entry.entry_id)
    stem = ledger_path(hass, entry.entry_id).stem
    assert not [one for one in threading.enumerate() if stem in one.name]


async def test_options_that_change_while_work_is_under_way_lose_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=0)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "extend_step": 90}
    )
    told = Told(hass)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await told.until(
        lambda: (
            any(one["type"] == "granted" for one in told.visits)
            or _access(entry, visit["visit_id"]) == "active"
        )
    )
    assert entry.runtime_data.settings.extend_step == timedelta(minutes=90)
    names = [
        person.given_name for person in simulator.world.database.tables.persons.values()
    ]
    assert names.count("Ada") == 1


def _access(entry: MockConfigEntry, visit_id: str) -> str | None:
    seen = entry.runtime_data.coordinator.view(visit_id)
    return None if seen is None else str(seen.access.state)


async def test_two_servers_do_not_mix(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    async with create_app(seed=2) as other_simulator:
        await control(other_simulator, "faults", {"apply_delay_s": 0})
        other = config_entry(other_simulator)
        hass.config_entries.async_update_entry(entry, title="North")
        other.add_to_hass(hass)
        hass.config_entries.async_update_entry(other, title="South")
        for one in (entry, other):
            if one.state is ConfigEntryState.NOT_LOADED:
                assert await hass.config_entries.async_setup(one.entry_id)
        with pytest.raises(ServiceValidationError):
            await call(hass, "grant_access", given_name="Ada", card_no=CARD)
        north, south = [
            await call(
                hass,
                "grant_access",
                config_entry_id=one.entry_id,
                given_name=name,
                card_no=CARD,
                wait=20,
            )
            for one, name in ((entry, "Ada"), (other, "Eve"))
        ]
        assert (north["access"], south["access"]) == ("active", "active")
        assert north["entity_id"] != south["entity_id"]
        with pytest.raises(ValueError, match="not enough values"):
            person_of(simulator, "Eve")

        told = Told(hass)
        await other.runtime_data.poller.async_poll()
        await present(other_simulator, ENTRANCE, card=CARD)
        await other.runtime_data.poller.async_poll()
        passage = await told.passage()
        assert (passage["name"], passage["config_entry_id"]) == ("Eve", other.entry_id)
        assert passage["entity_id"] == south["entity_id"]
        await call(hass, "revoke_access", visit_id=south["visit_id"], wait=0)
        await told.visit("revoked")
        assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is True
        assert await hass.config_entries.async_unload(other.entry_id)
        assert entry.state is ConfigEntryState.LOADED
