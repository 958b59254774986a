"""What subjects are measured on: a simulator, and a Home Assistant with an entry."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import tempfile

from homeassistant.core import HomeAssistant

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.runtime import HikCentralConfigEntry
from demo.configuration import prepare
from demo.language import LANGUAGES
from demo.process import free_port

from .assistant import async_load, open_assistant
from .server import Server, open_server

_QUIET_S = 1
"""A server that is asked nothing for so long has been told what it should know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """All of it; the entry is not set up yet unless said otherwise."""

    server: Server
    hass: HomeAssistant
    entry: HikCentralConfigEntry

    async def load(self) -> None:
        """Set the entry up, for the first time or again."""
        await async_load(self.hass, self.entry)

    async def load_and_settle(self) -> None:
        """Set the entry up, and wait until it has asked what it asks at first.

        The look back at a month of passages, some thousand calls, is left out.
        """
        await self.load()
        for task in asyncio.all_tasks():
            if task.get_name() == f"{DOMAIN} sweeps":
                task.cancel()
        before = -1
        while (calls := (await self.server.calls()).total()) != before:
            before = calls
            await asyncio.sleep(_QUIET_S)


@asynccontextmanager
async def open_stage() -> AsyncGenerator[Stage]:
    """Set all of it up in a folder of its own until the context is left."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        configuration = folder / "configuration"
        prepare(configuration, free_port(), LANGUAGES["en"])
        async with (
            open_server(folder) as server,
            open_assistant(configuration, server.url) as (hass, entry),
        ):
            await server.reset()
            yield Stage(server=server, hass=hass, entry=entry)
