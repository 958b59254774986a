"""A loaded entry on a simulated facility, and waiting for what it tells."""

import asyncio
from collections.abc import Callable
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback

from custom_components.hikcentral_visitors.const import (
    DOMAIN,
    EVENT_PASSAGE,
    EVENT_VISIT,
)

PATIENCE_S = 20


class Told:
    """Every bus event of ours, and waiting for one."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen from now on."""
        self.passages: list[dict[str, Any]] = []
        self.visits: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        hass.bus.async_listen(EVENT_PASSAGE, self._passage)
        hass.bus.async_listen(EVENT_VISIT, self._visit)

    @callback
    def _passage(self, event: Event[dict[str, Any]]) -> None:
        self.passages.append(event.data)
        self._news.set()

    @callback
    def _visit(self, event: Event[dict[str, Any]]) -> None:
        self.visits.append(event.data)
        self._news.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; it is asked again after each event."""
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def passage(self, number: int = 1) -> dict[str, Any]:
        """Wait for so many passages, and return the last."""
        await self.until(lambda: len(self.passages) >= number)
        return self.passages[number - 1]

    async def visit(self, kind: str) -> dict[str, Any]:
        """Wait until something of this type is told of a visit."""
        await self.until(lambda: any(one["type"] == kind for one in self.visits))
        return next(one for one in self.visits if one["type"] == kind)


async def call(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    """Call an action of ours as an automation would, and return its answer."""
    answer: Any = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    found: dict[str, Any] = answer
    return found
