"""Names of the server's doors and levels, kept for when it is out of reach."""

import asyncio
from datetime import timedelta
from typing import Any

from .hikcentral import HikCentralClient, HikCentralError
from .ledger import Ledger, LedgerError
from .ledger.memory import recall, remember

_KEY = "directory"
_INTERVAL = timedelta(hours=6)
_RETRY = timedelta(minutes=1)


class Directory:
    """What things are called, and which version of HikCentral it is."""

    def __init__(self, ledger: Ledger, client: HikCentralClient) -> None:
        """Begin empty; `async_load` brings what was known the last time."""
        self._ledger = ledger
        self._client = client
        self.door_names: dict[str, str] = {}
        self.level_names: dict[str, str] = {}
        self.version: str | None = None

    async def async_load(self) -> None:
        """Recall what was known the last time; raises LedgerError."""
        known = await self._ledger.async_read(
            lambda connection: recall(connection, _KEY)
        )
        if not isinstance(known, dict):
            return
        self.door_names.update(_names(known.get("doors")))
        self.level_names.update(_names(known.get("levels")))
        version = known.get("version")
        self.version = version if isinstance(version, str) else None

    async def async_run(self) -> None:
        """Keep it up to date until cancelled."""
        while True:
            wait = _INTERVAL
            try:
                await self.async_refresh()
            except HikCentralError:
                wait = _RETRY
            except LedgerError as error:
                self._ledger.complaints.make("store names of doors", error)
            await asyncio.sleep(wait.total_seconds())

    async def async_refresh(self) -> None:
        """Ask the server; raises HikCentralError, LedgerError."""
        self.version = await self._client.version()
        self.level_names.update(
            {level.id: level.name async for level in self._client.access_levels()}
        )
        self.door_names.update(
            {door.id: door.name async for door in self._client.doors()}
        )
        content: dict[str, Any] = {
            "doors": self.door_names,
            "levels": self.level_names,
            "version": self.version,
        }
        await self._ledger.async_write(
            lambda transaction: remember(transaction, _KEY, content)
        )


def _names(stored: Any) -> dict[str, str]:
    """Return names by id, of whatever was stored."""
    if not isinstance(stored, dict):
        return {}
    return {key: name for key, name in stored.items() if isinstance(name, str)}
