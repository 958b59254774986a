"""An event loop whose time jumps to the next timer whenever nobody is at work.

Sockets on loopback and threads are real. Hours of waiting take no time, and what is
measured in this time does not depend on the machine.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
import selectors
from typing import override

_TRANSIT_S = 0.0005
"""Real time that a packet on loopback may take."""


class _Selector(selectors.DefaultSelector):
    """Waits for sockets and threads; where neither is at work, moves the time."""

    loop: VirtualLoop

    @override
    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self.loop.threads or timeout is None:
            return super().select(None)
        if found := super().select(_TRANSIT_S):
            return found
        self.loop.seconds += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; `seconds` is its time, `threads` how much work is in threads."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.seconds = 0.0
        self.threads = 0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    @override
    def time(self) -> float:
        return self.seconds

    @override
    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for its threads in real time, whose work is not counted here."""
        await super().shutdown_default_executor(None)

    @override
    def run_in_executor[*Ts, T](
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        self.threads += 1

        def done(_: asyncio.Future[T]) -> None:
            self.threads -= 1

        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(done)
        return future
