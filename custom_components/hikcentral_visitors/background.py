"""Work that goes on as long as an entry is loaded, and is never lost silently."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .const import DOMAIN, LOGGER

_PAUSE_S = 10

type Work = Callable[[], Coroutine[Any, Any, None]]


class Background:
    """Runs each kind of work until stopped; what fails unforeseen begins again."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._tasks: list[asyncio.Task[None]] = []

    def start(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], works: Mapping[str, Work]
    ) -> None:
        """Start these works, by name."""
        self._tasks += [
            entry.async_create_background_task(
                hass, _for_ever(name, work), f"{DOMAIN} {name}"
            )
            for name, work in works.items()
        ]

    async def async_stop(self) -> None:
        """Stop all of it and wait until it has."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def _for_ever(name: str, work: Work) -> None:
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - a defect of ours; doors need care anyhow
            LOGGER.exception("Unforeseen: %s begins again", name)
        await asyncio.sleep(_PAUSE_S)
