"""Those who want to be told of something, told one by one whatever happens to one."""

from collections.abc import Callable, Iterable

from homeassistant.core import CALLBACK_TYPE

from .const import LOGGER


class Listeners[**P]:
    """Callbacks with these arguments, in the order in which they came."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._listeners: list[Callable[P, None]] = []

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
        try:
            listener(*args, **kwargs)
        except Exception:  # noqa: BLE001 - a defect of one entity is not the others'
            LOGGER.exception("An entity could not be told")
