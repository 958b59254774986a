"""Home Assistant's backup: its hooks make copies that were made while writing whole."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
import shutil

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors import backup
from custom_components.hikcentral_visitors.files import ledger_path
from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.memory import recall
from simulator import Simulator

from .facility import config_entry
from .ledger.test_backup import write
from .live import call

BEFORE, DURING, AFTER = range(50), range(50, 300), range(300, 500)


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """A loaded entry, with a visit."""
    made = config_entry(simulator)
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    await call(hass, "grant_access", given_name="Ada", card_no="4711", wait=20)
    yield made
    await hass.config_entries.async_unload(made.entry_id)


async def test_a_backup_made_while_writing_holds_all_that_was_committed(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    """The file is copied first, its log when much more has been written."""
    ledger, path = entry.runtime_data.ledger, ledger_path(hass, entry.entry_id)
    log = path.with_name(f"{path.name}-wal")
    copies = tmp_path / "restored"
    await asyncio.to_thread(copies.mkdir)
    await write(ledger, BEFORE)
    await backup.async_pre_backup(hass)
    await asyncio.to_thread(shutil.copy, path, copies / path.name)
    held = await asyncio.to_thread(path.read_bytes)
    await write(ledger, DURING)
    assert await asyncio.to_thread(path.read_bytes) == held
    await asyncio.to_thread(shutil.copy, log, copies / log.name)
    await backup.async_post_backup(hass)

    await write(ledger, AFTER)
    assert await asyncio.to_thread(path.read_bytes) != held, "the log flows back"

    restored = Ledger(copies / path.name)
    await restored.async_open()
    first = await restored.async_read(lambda one: recall(one, "first"))
    second = await restored.async_read(lambda one: recall(one, "second"))
    await restored.async_close()
    assert first == second == DURING[-1]
