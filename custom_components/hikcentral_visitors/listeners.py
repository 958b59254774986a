"""Those who want to be told of something, told one by one whatever happens to one."""

import asyncio
from collections.abc import Callable, Iterable

from homeassistant.core import CALLBACK_TYPE

from .const import LOGGER

_PAUSE_S = 0.002
"""A real pause: threads that read and write want their turn too, and Python lets them
wait 5 ms for each while the event loop is busy."""


class Listeners[**P]:
    """Callbacks with these arguments, in the order in which they came."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._listeners: list[Callable[P, None]] = []

    def __len__(self) -> int:
        """How many there are."""
        return len(self._listeners)

    def add(self, listener: Callable[P, None]) -> CALLBACK_TYPE:
        """Tell `listener` from now on; returns how to stop that."""
        self._listeners.append(listener)

        def remove() -> None:
            self._listeners.remove(listener)

        return remove

    def tell(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Call everybody."""
        call_all(self._listeners, *args, **kwargs)


def call_all[**P](
    listeners: Iterable[Callable[P, None]], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Call all of these, also where one of them fails."""
    for listener in list(listeners):
        _call(listener, *args, **kwargs)


def _call[**P](listener: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    try:
        listener(*args, **kwargs)
    except Exception:  # noqa: BLE001 - a defect of one entity is not the others'
        LOGGER.exception("An entity could not be told")


class Followers[K]:
    """Callbacks that follow one thing each; many things are told of one by one.

    All who follow the same thing are told in one turn of the event loop, so that they
    never disagree for others to see; then others have theirs, threads among them.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._of: dict[K, Listeners[[]]] = {}

    def add(self, thing: K, follower: Callable[[], None]) -> CALLBACK_TYPE:
        """Tell `follower` of this thing from now on; returns how to stop that."""
        followers = self._of.setdefault(thing, Listeners())
        stop = followers.add(follower)

        def remove() -> None:
            stop()
            if not followers and self._of.get(thing) is followers:
                del self._of[thing]

        return remove

    async def async_tell(self, things: Iterable[K]) -> None:
        """Call all who follow any of these things."""
        for thing in things:
            if (followers := self._of.get(thing)) is not None:
                followers.tell()
                await asyncio.sleep(_PAUSE_S)
