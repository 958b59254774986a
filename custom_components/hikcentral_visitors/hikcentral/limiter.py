"""Holding requests back until they may go, without ever blocking the loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
import time

from .pace import Pace, Priority


class Limiter:
    """Slots for requests, given by priority, then first come, first served.

    One limiter belongs to one server and one event loop. `pace` decides, this only
    waits.
    """

    def __init__(
        self,
        concurrency: int = 4,
        *,
        pace: Pace | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin without a cap on the rate."""
        self._pace = pace if pace is not None else Pace(concurrency)
        self._monotonic = monotonic
        self._futures: dict[int, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many requests wait for a slot."""
        return self._pace.waiting

    @property
    def running(self) -> int:
        """How many requests hold a slot."""
        return self._pace.running

    @property
    def rate(self) -> float | None:
        """Requests per second that the server is believed to bear; None: no cap."""
        return self._pace.rate

    @asynccontextmanager
    async def slot(self, priority: Priority) -> AsyncIterator[None]:
        """Wait for a slot and hold it; leaving or being cancelled gives it back."""
        ticket = self._pace.enter(priority)
        future = asyncio.get_running_loop().create_future()
        self._futures[ticket] = future
        try:
            self._serve()
            await future
            yield
        finally:
            self._futures.pop(ticket, None)
            self._pace.leave(ticket)
            self._serve()

    def refused(self, retry_after: float | None = None) -> None:
        """Tell that the server refused for the number of requests."""
        self._pace.refused(self._monotonic(), retry_after)

    def succeeded(self) -> None:
        """Tell that the server answered."""
        self._pace.succeeded()

    def _serve(self) -> None:
        now = self._monotonic()
        for ticket in self._pace.start(now):
            future = self._futures.pop(ticket)
            if not future.done():
                future.set_result(None)
        # A timer lives only while somebody waits for it.
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self._pace.wake()) is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(due - now, 0), self._serve)
