"""A loaded entry, with Home Assistant's own dialogs for repair issues."""

from collections.abc import AsyncGenerator

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator
from tests.facility import config_entry


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """A loaded entry."""
    assert await async_setup_component(hass, REPAIRS, {})
    made = config_entry(simulator)
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    yield made
    if made.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(made.entry_id)
