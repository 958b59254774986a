"""Whether HikCentral can be reached, as the calls that are made anyway tell."""

from collections.abc import Callable
from datetime import datetime, timedelta
import logging

from .const import LOGGER
from .hikcentral import ErrorKind, HikCentralError, TransientError

LONG_GAP = timedelta(minutes=1)
"""Out of sight for so long, a server may have been set back to a backup."""

HICCUP = timedelta(seconds=30)
"""A server that answers with troubles of its own for longer is as good as away."""


class Contact:
    """The state of the connection, as the client hears it with every call.

    Only what says that the server is out of reach, or does not take us, counts as lost
    contact: a refusal is an answer, and so is that there are too many calls. Troubles
    of the server itself count once nothing else came from it for a while. `gap` is
    the end of the last long loss of contact, as far as it is known; what was learnt
    before may not hold any more.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Begin without having heard anything."""
        self._now = now
        self._listeners: list[Callable[[], None]] = []
        self.connected = False
        self.since: datetime | None = None
        self.error: HikCentralError | None = None
        self._gap = now()
        self._lost: datetime | None = None

    @property
    def gap(self) -> datetime:
        """When the last long loss of contact ended; now, while one lasts."""
        now = self._now()
        if self._long_lost():
            return now
        # A clock that was set back would let nothing be newer for as long.
        self._gap = min(self._gap, now)
        return self._gap

    def _long_lost(self) -> bool:
        """Nobody knows how long it was where the clock was set meanwhile."""
        return self._lost is not None and abs(self._now() - self._lost) >= LONG_GAP

    def async_listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when contact is lost, found, or lost for another reason."""
        self._listeners.append(listener)

        def remove() -> None:
            self._listeners.remove(listener)

        return remove

    def answered(self) -> None:
        """The server answered."""
        if self._long_lost():
            self._gap = self._now()
        self._lost = None
        if self.connected:
            return
        if self.since is not None:
            LOGGER.info("HikCentral answers again")
        self._set(connected=True, error=None)

    def failed(self, error: HikCentralError) -> None:
        """A call did not get through, or was answered by a refusal."""
        too_many = isinstance(error, TransientError) and error.rate_limited
        if error.kind is ErrorKind.REFUSED or too_many:
            self.answered()
            return
        self._lost = self._lost or self._now()
        own_trouble = error.code is not None and error.kind is not ErrorKind.CREDENTIALS
        if self.connected and own_trouble and self._now() - self._lost < HICCUP:
            return
        same = self.error is not None and type(self.error) is type(error)
        if not self.connected and same:
            return
        lost_already = self.since is not None and not self.connected
        level = logging.DEBUG if lost_already else logging.WARNING
        LOGGER.log(level, "No contact with HikCentral: %s", error)
        self._set(connected=False, error=error)

    def _set(self, *, connected: bool, error: HikCentralError | None) -> None:
        if connected is not self.connected or self.since is None:
            self.since = self._now()
        self.connected = connected
        self.error = error
        for listener in list(self._listeners):
            listener()
