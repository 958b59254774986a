"""Everything that decisions about one visitor are made from, as one value."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from .events import VisitEvent, VisitEventType
from .known import NOTHING, Known
from .presence import Movement, in_order
from .visit import Visit, Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorRecord:
    """A visitor, his visits that are not closed, how he moved, what the server holds.

    `visits` are ordered by start. A command that concerns a closed visit is given a
    record that holds that visit too. `movements` are ordered by time.
    """

    visitor: Visitor
    visits: tuple[Visit, ...] = ()
    movements: tuple[Movement, ...] = ()
    known: Known = NOTHING

    def visit(self, visit_id: str) -> Visit:
        """Return one visit; raises KeyError where the record does not hold it."""
        for visit in self.visits:
            if visit.id == visit_id:
                return visit
        raise KeyError(visit_id)

    def with_visit(self, changed: Visit) -> Self:
        """Return the record with one visit replaced, or added where it is new."""
        others = [visit for visit in self.visits if visit.id != changed.id]
        return replace(
            self,
            visits=tuple(
                sorted([*others, changed], key=lambda visit: (visit.window, visit.id))
            ),
        )

    def showing(self, visit_id: str) -> Self:
        """Return the record with its open visits and this one, and no other.

        All movements stay: he may have left on any visit.
        """
        shown = tuple(
            visit
            for visit in self.visits
            if visit.closed_at is None or visit.id == visit_id
        )
        return self if shown == self.visits else replace(self, visits=shown)

    def with_movement(self, movement: Movement) -> Self:
        """Return the record with one more movement in its place."""
        return replace(self, movements=in_order([*self.movements, movement]))


@dataclass(frozen=True, slots=True)
class Change:
    """What a decision makes of a record, and what is to be told."""

    record: VisitorRecord
    events: tuple[VisitEvent, ...] = ()

    def then(self, step: Callable[[VisitorRecord], Change]) -> Change:
        """Return this change followed by another."""
        following = step(self.record)
        return Change(following.record, self.events + following.events)


def unchanged(record: VisitorRecord) -> Change:
    """Return a change that changes nothing."""
    return Change(record)


def tell(
    record: VisitorRecord,
    visit: Visit,
    types: Iterable[VisitEventType],
    at: datetime,
    reason: str | None = None,
) -> Change:
    """Return the record with the visit as given, and the events of these types."""
    return Change(
        record.with_visit(visit),
        tuple(
            VisitEvent(visit_id=visit.id, type=kind, occurred_at=at, reason=reason)
            for kind in types
        ),
    )
