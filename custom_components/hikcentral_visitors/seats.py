"""Who holds which place now, and as it is stored: kept over restarts."""

from collections.abc import Iterable, Mapping, Sequence

from .ledger import Ledger
from .ledger.memory import held_places, hold_places
from .places import allocate


class Seats:
    """The places of one entry and the visits that hold them."""

    def __init__(self, ledger: Ledger, capacity: int) -> None:
        """Begin with free places, at most `capacity`."""
        self._ledger = ledger
        self.capacity = capacity
        self.held: Mapping[int, str] = {}
        self._place_of: dict[str, int] = {}
        self._stored: Mapping[int, str] = {}

    async def async_load(self) -> None:
        """Read who held which place; raises LedgerError."""
        self._stored = await self._ledger.async_read(held_places)
        self._hold(self._stored)

    def allocate(self, served: Sequence[str]) -> set[int]:
        """Give the places to these visits; returns the places that changed hands."""
        before = self.held
        self._hold(allocate(before, served, self.capacity))
        return {
            number
            for number in before.keys() | self.held.keys()
            if before.get(number) != self.held.get(number)
        }

    async def async_store(self) -> None:
        """Keep it, where it changed; raises LedgerError."""
        held = self.held
        if held != self._stored:
            await self._ledger.async_write(
                lambda transaction: hold_places(transaction, held)
            )
            self._stored = held

    def place_of(self, visit_id: str) -> int | None:
        """Return the place that a visit holds."""
        return self._place_of.get(visit_id)

    def places_of(self, visit_ids: Iterable[str]) -> set[int]:
        """Return the places that these visits hold."""
        return {self._place_of[one] for one in visit_ids if one in self._place_of}

    def _hold(self, held: Mapping[int, str]) -> None:
        self.held = held
        self._place_of = {visit_id: number for number, visit_id in held.items()}
