"""Home Assistant's own core in this process, with a config entry that can be loaded.

It starts as Home Assistant itself starts, but for the integrations that only people
need: the registries are read and written, entities and events are real.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from homeassistant import bootstrap, loader
from homeassistant.config_entries import ConfigEntries, ConfigEntry, ConfigEntryState
from homeassistant.core import DOMAIN as CORE, HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.setup import async_setup_component

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.files import ledger_path
from custom_components.hikcentral_visitors.runtime import HikCentralConfigEntry
from custom_components.hikcentral_visitors.visits.person_code import Installation

from .server import DOORS, KEY, LEVEL, ORGANISATION, SECRET

INSTALLATION = Installation("BEN", b"a key of the benchmarks, 32 bytes")

_SELDOM_S = 3600
"""Polls that would come into the way of what is measured."""


@asynccontextmanager
async def open_assistant(
    folder: Path, url: str = "http://127.0.0.1:9"
) -> AsyncGenerator[tuple[HomeAssistant, HikCentralConfigEntry]]:
    """Run a Home Assistant in `folder` with an entry that is not set up yet.

    `url` is the server's; nobody answers at the default.
    """
    hass = HomeAssistant(str(folder))
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    await async_process_ha_core_config(hass, {})
    for domain in (*sorted(bootstrap.CORE_INTEGRATIONS), "network"):
        await async_setup_component(hass, domain, {CORE: {}})
    await hass.async_start()
    entry: HikCentralConfigEntry = ConfigEntry(
        domain=DOMAIN,
        title="HikCentral",
        data={
            "url": url,
            "app_key": KEY,
            "app_secret": SECRET,
            "installation_mark": INSTALLATION.mark,
            "installation_key": INSTALLATION.key.hex(),
        },
        options={
            "access_levels": [LEVEL],
            "organisation": ORGANISATION,
            "doors": DOORS,
            "poll_interval": _SELDOM_S,
            "early_arrival": 0,
        },
        source="user",
        unique_id=url,
        version=1,
        minor_version=1,
        discovery_keys=MappingProxyType({}),
        subentries_data=None,
    )
    try:
        yield hass, entry
    finally:
        await hass.async_stop(force=True)


async def async_load(hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
    """Set the entry up, for the first time or again; raises RuntimeError."""
    if hass.config_entries.async_get_entry(entry.entry_id) is None:
        await hass.config_entries.async_add(entry)
    else:
        await hass.config_entries.async_setup(entry.entry_id)
    if entry.state is not ConfigEntryState.LOADED:
        msg = f"the entry is {entry.state}: {entry.reason}"
        raise RuntimeError(msg)


def path_of_visits(hass: HomeAssistant, entry: HikCentralConfigEntry) -> Path:
    """Return where the entry keeps its visits."""
    return ledger_path(hass, entry.entry_id)
