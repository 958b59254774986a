"""Waiting for something to become true, with words for when it does not."""

import asyncio
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds after which something is taken not to happen, on a slow machine too."""


class StoryError(Exception):
    """Something did not happen as it should; the message says what, to people."""


class Board:
    """Wakes whoever waits whenever something about it changed."""

    def __init__(self) -> None:
        """Begin with nobody waiting."""
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Let everybody who waits look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until[T](
        self,
        what: str,
        test: Callable[[], T | None],
        *,
        patience: float = PATIENCE,
        found: Callable[[], object] | None = None,
    ) -> T:
        """Return what `test` finds as soon as that is true.

        `found` tells, for the message, what there is instead. Raises `StoryError`
        after `patience` seconds.
        """
        try:
            async with asyncio.timeout(patience):
                while not (result := test()):
                    await self._changed.wait()
        except TimeoutError:
            instead = "" if found is None else f"; found: {found()}"
            msg = f"{what}: did not happen within {patience:g} s{instead}"
            raise StoryError(msg) from None
        return result
