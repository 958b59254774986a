"""Opening the visits of an entry, whatever has happened to their file.

A damaged file is set aside and new visits are begun: those who are on the server are
found there by their codes. An old copy that was put back is noticed by its epoch.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN, LOGGER
from .epoch import Epoch, EpochFiles
from .ledger import DamagedError, Ledger, LedgerError, Transaction, Trouble
from .ledger.health import set_aside
from .ledger.memory import recall, remember
from .ledger.records import Moment
from .ledger.recovery import mark_lost, mark_restored

INTERVAL = timedelta(hours=1)

_KEY = "epoch"


COPIED: HassKey[list[Ledger]] = HassKey(f"{DOMAIN}_copied")
"""The ledgers whose files are being copied, as long as they are (`backup.py`)."""


async def async_open_ledger(hass: HomeAssistant, path: Path, now: datetime) -> Ledger:
    """Open the visits, or set a damaged file aside and begin new ones.

    Raises LedgerError, NewerSchemaError among them; then nothing is left open.
    """
    held = COPIED in hass.data
    ledger = await _async_open_or_begin(hass, path, now, held=held)
    copied = hass.data.get(COPIED)
    if copied is not None:
        copied.append(ledger)
    try:
        # The copying may have begun or ended while it was opened.
        if held and copied is None:
            await ledger.async_release_checkpoints()
        elif copied is not None and not held:
            await ledger.async_hold_checkpoints()
    except LedgerError:
        await ledger.async_close()
        raise
    return ledger


async def _async_open_or_begin(
    hass: HomeAssistant, path: Path, now: datetime, *, held: bool
) -> Ledger:
    try:
        return await _async_open(path, held=held)
    except DamagedError as error:
        LOGGER.error("The file of the visits is damaged (%s) and is set aside", error)
    try:
        aside = await hass.async_add_executor_job(set_aside, path, now)
    except OSError as error:
        raise LedgerError("cannot set the file aside", Trouble.READ_ONLY) from error
    ledger = await _async_open(path, held=held)
    try:
        await ledger.async_write(
            lambda transaction: mark_lost(transaction, now, aside.name)
        )
    except LedgerError:
        await ledger.async_close()
        raise
    return ledger


async def _async_open(path: Path, *, held: bool) -> Ledger:
    ledger = Ledger(path, held=held)
    try:
        await ledger.async_open()
    except LedgerError:
        await ledger.async_close()
        raise
    return ledger


class Epochs:
    """Keeps the number of the visits and that of the file beside them in step."""

    def __init__(self, hass: HomeAssistant, ledger: Ledger, entry_id: str) -> None:
        """Keep the file in the configuration folder."""
        self._hass = hass
        self._ledger = ledger
        self._entry_id = entry_id
        self._files = EpochFiles(Path(hass.config.config_dir))
        self._epoch = Epoch.begin()

    async def async_begin(self, moment: Moment) -> None:
        """Look whether the visits are an old copy, or gone; keep what is found.

        Raises LedgerError.
        """
        stored = Epoch.from_json(await self._ledger.async_read(_stored))
        epoch = stored or self._epoch
        beside = await self._run(partial(self._files.read, epoch.lineage))
        others = await self._run(
            partial(self._files.others, self._entry_id, epoch.lineage)
        )
        is_lost = self._ledger.is_new and bool(others)
        is_old = stored is not None and stored.is_old(beside)
        following = epoch.following(beside)

        def work(transaction: Transaction) -> None:
            remember(transaction, _KEY, following.to_json())
            if is_old:
                mark_restored(transaction, moment)
            if is_lost:
                _mark_lost_once(transaction, moment.now)

        await self._ledger.async_write(work)
        if is_old:
            LOGGER.warning("The visits were set back to an old copy: nothing is given")
        self._epoch = following
        await self._keep()
        if is_lost:
            for path in others:
                await self._run(partial(path.unlink, missing_ok=True))

    async def async_run(self) -> None:
        """Advance every hour until cancelled, for copies that nobody told us of."""
        while True:
            await asyncio.sleep(INTERVAL.total_seconds())
            try:
                await self.async_advance()
            except LedgerError as error:
                self._ledger.complaints.make("note how far the visits have come", error)

    async def async_advance(self) -> None:
        """From now on a copy that was made before is old; raises LedgerError."""
        following = self._epoch.following(None)
        await self._ledger.async_write(
            lambda transaction: remember(transaction, _KEY, following.to_json())
        )
        self._epoch = following
        await self._keep()

    async def _keep(self) -> None:
        """Write the file; where that fails it lags, which is no old copy's sign."""
        epoch = self._epoch
        try:
            await self._run(partial(self._files.write, epoch, self._entry_id))
        except (HomeAssistantError, OSError) as error:
            LOGGER.warning("Cannot note how far the visits have come: %s", error)
            return
        if not epoch.kept:
            self._epoch = Epoch(lineage=epoch.lineage, number=epoch.number, kept=True)
            kept = self._epoch.to_json()
            await self._ledger.async_write(
                lambda transaction: remember(transaction, _KEY, kept)
            )

    async def _run(self, work: Any) -> Any:
        return await self._hass.async_add_executor_job(work)


def _stored(connection: Any) -> Any:
    return recall(connection, _KEY)


def _mark_lost_once(transaction: Transaction, now: datetime) -> None:
    if recall(transaction.connection, "visits_lost") is None:
        mark_lost(transaction, now, None)
