"""Home Assistant's backup: its hooks make copies that were made while writing whole."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
import shutil
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors import backup
from custom_components.hikcentral_visitors.files import ledger_path
from custom_components.hikcentral_visitors.ledger import Ledger, LedgerError
from custom_components.hikcentral_visitors.ledger.memory import recall
from custom_components.hikcentral_visitors.opening import COPIED
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

    assert await _both(copies / path.name) == (DURING[-1], DURING[-1])


async def _both(path: Path) -> tuple[object, object]:
    """Open a copy, and return two things that were always written together."""
    restored = Ledger(path)
    await restored.async_open()
    both = await restored.async_read(
        lambda one: (recall(one, "first"), recall(one, "second"))
    )
    await restored.async_close()
    return both


async def test_a_backup_during_which_the_entry_is_loaded_anew_holds_all(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    """Somebody changes an option: the file is closed and opened between the copies."""
    path = ledger_path(hass, entry.entry_id)
    log = path.with_name(f"{path.name}-wal")
    copies = tmp_path / "restored"
    await asyncio.to_thread(copies.mkdir)
    await write(entry.runtime_data.ledger, BEFORE)
    await backup.async_pre_backup(hass)
    await asyncio.to_thread(shutil.copy, path, copies / path.name)
    held = await asyncio.to_thread(path.read_bytes)
    await write(entry.runtime_data.ledger, DURING[:100])
    assert await hass.config_entries.async_reload(entry.entry_id)
    await write(entry.runtime_data.ledger, DURING[100:])
    assert await asyncio.to_thread(path.read_bytes) == held
    await asyncio.to_thread(shutil.copy, log, copies / log.name)
    await backup.async_post_backup(hass)
    await write(entry.runtime_data.ledger, AFTER)
    assert await asyncio.to_thread(path.read_bytes) != held, "the log flows back"
    assert await _both(copies / path.name) == (DURING[-1], DURING[-1])


@pytest.mark.parametrize("begins", [True, False], ids=["begins", "ends"])
async def test_a_backup_that_begins_or_ends_while_the_visits_are_opened(
    hass: HomeAssistant, entry: MockConfigEntry, begins: bool
) -> None:
    path = ledger_path(hass, entry.entry_id)
    await hass.config_entries.async_unload(entry.entry_id)
    ledger_open = Ledger.async_open
    if not begins:
        await backup.async_pre_backup(hass)

    async def opened(ledger: Ledger) -> None:
        await ledger_open(ledger)
        await (backup.async_pre_backup if begins else backup.async_post_backup)(hass)

    with patch.object(Ledger, "async_open", opened):
        assert await hass.config_entries.async_setup(entry.entry_id)
    before = await asyncio.to_thread(path.read_bytes)
    await write(entry.runtime_data.ledger, DURING)
    after = await asyncio.to_thread(path.read_bytes)
    assert (before == after) is begins
    if begins:
        await backup.async_post_backup(hass)
        assert await asyncio.to_thread(path.read_bytes) != after


async def test_a_backup_that_cannot_begin_holds_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    ledger = entry.runtime_data.ledger
    with (
        patch.object(ledger, "async_hold_checkpoints", side_effect=LedgerError("full")),
        pytest.raises(HomeAssistantError),
    ):
        await backup.async_pre_backup(hass)
    assert COPIED not in hass.data
