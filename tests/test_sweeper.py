"""A terminal that was out of reach is asked for what it has to tell when it is back."""

from collections.abc import AsyncGenerator
from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator

from .facility import ENTRANCE, config_entry, control, person_of
from .live import Told, call

TERMINAL = "1"
PIN_GRANTED = 263433


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """A loaded entry with Ada expected."""
    made = config_entry(simulator)
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    await call(hass, "grant_access", given_name="Ada", card_no="4711", wait=20)
    yield made
    if made.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(made.entry_id)


async def test_what_happened_meanwhile_is_told_when_the_terminal_is_back(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    told, runtime = Told(hass), entry.runtime_data
    await runtime.poller.async_poll()
    await runtime.doors.async_refresh()
    simulator.world.set_online(TERMINAL, online=False)
    await runtime.doors.async_refresh()
    assert runtime.doors.data[ENTRANCE].offline
    # Of a type, and at a time, that no poll asks for.
    at = dt_util.utcnow() - timedelta(seconds=1)
    event = {
        "eventType": PIN_GRANTED,
        "doorIndexCode": ENTRANCE,
        "personId": person_of(simulator, "Ada"),
        "eventTime": at.isoformat(timespec="seconds"),
    }
    await control(simulator, "events", {"events": [event]})
    simulator.world.set_online(TERMINAL, online=True)
    await runtime.doors.async_refresh()
    assert runtime.doors.data[ENTRANCE].offline is False
    passage = await told.passage()
    assert (passage["name"], passage["credential"]) == ("Ada", "pin")
