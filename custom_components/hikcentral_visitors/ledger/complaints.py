"""What could not be done for want of the file: in the log once, until it can again."""

import logging

from .errors import LedgerError

_LOGGER = logging.getLogger(__package__)


class Complaints:
    """Work that is tried again all the time says why it fails the first time only."""

    def __init__(self) -> None:
        """Begin with a file of which nobody has complained."""
        self._made: set[str] = set()

    def make(self, what: str, error: LedgerError) -> None:
        """Log that `what` was not possible, such as "store passages"."""
        level = logging.DEBUG if what in self._made else logging.ERROR
        self._made.add(what)
        _LOGGER.log(level, "Cannot %s: %s", what, error)

    def withdraw(self) -> None:
        """Log that the file is written again, where there were complaints."""
        if self._made:
            self._made.clear()
            _LOGGER.info("The visits can be written again")
