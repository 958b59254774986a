"""What is still open that should not be: followed while it becomes less, and named."""

import asyncio
from collections.abc import Callable

from .directory import Directory
from .ledger import Committed, Ledger
from .ledger.leftovers import Look, find_leftovers
from .ledger.records import Moment
from .visits.leftover import Leftover, unjustified
from .wording import NOTHING, first_names, shown


class Leftovers:
    """Reads what is left open, and reads it again as it changes."""

    def __init__(
        self,
        ledger: Ledger,
        moment: Callable[[], Moment],
        look: Look = unjustified,
    ) -> None:
        """Follow `ledger` until closed; `look` says what counts."""
        self._ledger = ledger
        self._look = look
        self._moment = moment
        self._touched: set[str] = set()
        self._news = asyncio.Event()
        self._left: dict[str, Leftover] = {}
        self.close = ledger.async_listen(self._committed)

    def _committed(self, committed: Committed) -> None:
        self._touched.update(committed.touched)
        self._news.set()

    async def async_read(self) -> tuple[Leftover, ...]:
        """Return what is left of everybody; raises LedgerError."""
        self._left = await self._find(None)
        return self.left

    @property
    def left(self) -> tuple[Leftover, ...]:
        """What was left when it was read last."""
        return tuple(self._left.values())

    async def async_changed(self) -> tuple[Leftover, ...]:
        """Wait until it is left of fewer people, or of more; raises LedgerError."""
        before = len(self._left)
        while len(self._left) == before:
            await self._news.wait()
            self._news.clear()
            await self._async_look_again()
        return self.left

    async def _async_look_again(self) -> None:
        touched, self._touched = self._touched, set()
        found = await self._find(touched)
        kept = {key: left for key, left in self._left.items() if key not in touched}
        self._left = kept | found

    async def _find(self, visitor_ids: set[str] | None) -> dict[str, Leftover]:
        moment, look = self._moment(), self._look
        return await self._ledger.async_read(
            lambda connection: find_leftovers(connection, moment, look, visitor_ids)
        )


def words(left: tuple[Leftover, ...], directory: Directory) -> dict[str, str]:
    """Return what is left open in words: who, how many, which doors, until when.

    Doors that are known to hold it still are named, else the access levels.
    """
    doors = {directory.door_names.get(door, door) for one in left for door in one.doors}
    levels = {
        directory.level_names.get(level, level) for one in left for level in one.levels
    }
    names = [one.visitor.name for one in left if one.visitor.name]
    ends = [one.until for one in left]
    known = [end for end in ends if end is not None]
    return {
        "names": first_names(names),
        "count": str(len(left)),
        "doors": ", ".join(sorted(doors or levels)) or NOTHING,
        "until": shown(max(known) if len(known) == len(ends) > 0 else None),
    }
