"""A write under way, what it hands on, and what of it is kept at hand."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ..visits.record import VisitorRecord

_MOST_AT_HAND = 1000
"""Records kept in memory, some kilobytes each."""


@dataclass(slots=True)
class Transaction:
    """A write under way: its connection, and what listeners are told on commit."""

    connection: Connection
    at_hand: Mapping[str, VisitorRecord | None] = field(default_factory=dict)
    """Records of before as they would be read; None, or left out, is to be read."""
    touched: dict[str, VisitorRecord | None] = field(default_factory=dict)
    """Visitors whose record changed, and to what where that is known."""
    announces: bool = False
    """Whether something was put into the outbox."""
    forgotten: set[str] = field(default_factory=set)
    """Visitors whose data was wiped."""

    def record(self, visitor_id: str) -> VisitorRecord | None:
        """Return a visitor's record as it is by now, None where it is to be read."""
        if visitor_id in self.touched:
            return self.touched[visitor_id]
        return self.at_hand.get(visitor_id)


@dataclass(frozen=True, slots=True)
class Committed:
    """What became durable: the visitors that changed, and whether to announce.

    With the record of a visitor, as he would be read; None where he is to be read. Of
    the `forgotten` nobody may show anything any more. Where nothing was `written`, the
    disk was not asked.
    """

    touched: Mapping[str, VisitorRecord | None]
    announces: bool
    forgotten: frozenset[str] = frozenset()
    written: bool = False


class Latest:
    """The records that were written last: mostly they are changed once more, soon.

    Of nobody who moved: such a record grows old when his old visits are deleted.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.records: MutableMapping[str, VisitorRecord | None] = {}

    def keep(self, touched: Mapping[str, VisitorRecord | None]) -> None:
        """Take over what was committed."""
        for visitor_id, record in touched.items():
            self.records.pop(visitor_id, None)
            if record is not None and record.visits and not record.movements:
                self.records[visitor_id] = record
        for visitor_id in tuple(self.records)[:-_MOST_AT_HAND]:
            del self.records[visitor_id]
