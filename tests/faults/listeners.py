"""What must be so for those who listen, and for those who look at who is inside."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from custom_components.hikcentral_visitors.ledger.visit_queries import VisitQuery
from custom_components.hikcentral_visitors.visits.passage import (
    Direction,
    Passage,
    PassageOutcome,
)
from simulator.event_types import GRANTED

from .facility import Facility
from .promises import Guest, Step

ECHO = timedelta(seconds=5)


class Listeners:
    """Hear what one facility tells, and know who went through its doors."""

    def __init__(self, house: Facility, guests: list[Guest]) -> None:
        self.house = house
        self.guests = guests
        self.expected: dict[str, Guest] = {}
        """Who stood at a door, by the event that was made of it."""
        self._heard = 0
        self._known: set[str] = set()

    def listen(self) -> None:
        """Hear what was told since the last time, and what follows from time alone."""
        stays = {stay.id: guest for guest in self.guests for stay in guest.stays}
        news = self.house.heard.news[self._heard :]
        self._heard += len(news)
        for when, passage in news:
            if passage.visit_id is None:
                continue  # of somebody who has no visit any more
            guest = stays.get(passage.visit_id)
            assert guest is not None, f"a passage on nobody's visit: {passage}"
            if passage.event_id not in self._known and (step := _step(passage)):
                guest.hear(step, when)
            self._known.add(passage.event_id)
        for guest in self.guests:
            guest.settle(self.house.now())

    def untold(self) -> list[str]:
        """Return passages that were not announced once."""
        found = [f"{event_id} again" for event_id in self.house.heard.again]
        for guest, ids in self._passages():
            told = {one: self.house.heard.passages[one] for one in ids}
            times = sum(told.values())
            # Who is killed while he tells it tells it again, but never its echo.
            most = 1 if not self.house.crashes else max(told.values())
            if not 0 < times <= most:
                found.append(f"{ids} of {guest.visitor_id} told {times} times")
        return found

    def _passages(self) -> list[tuple[Guest, list[str]]]:
        """Return each passage once, with the ids of all events that report it."""
        last: dict[tuple[str, str, str, bool], tuple[datetime, list[str]]] = {}
        found: list[tuple[Guest, list[str]]] = []
        for event in self.house.world.history():
            granted = event.event_type in GRANTED.values()
            key = (event.person_id, event.door, event.reader, granted)
            # Pushed, it may bear another id than in the log.
            ids = [event.event_id, f"push-{event.event_id}"]
            before = last.get(key)
            if before is not None and event.time - before[0] <= ECHO:
                before[1].extend(ids)
            elif guest := self.expected.get(event.event_id):
                last[key] = (event.time, ids)
                if not guest.forgotten:
                    found.append((guest, ids))
        return found

    async def misplaced(self) -> list[str]:
        """Return who is not shown where his last step took him."""
        now = self.house.now()
        views, _ = await self.house.book.visits(VisitQuery(limit=500))
        shown = {
            view.visitor.id
            for view in views
            if view.visit.closed_at is None and view.inside
        }
        return [
            f"{guest.visitor_id} is not where he went: {guest.moved}"
            for guest in self.guests
            if not guest.forgotten and guest.inside(now) != (guest.visitor_id in shown)
        ]


_KINDS: Mapping[Direction, str] = {Direction.ENTRY: "entry", Direction.EXIT: "exit"}


def _step(passage: Passage) -> Step | None:
    kind = _KINDS.get(passage.direction)
    if kind is None or passage.outcome is not PassageOutcome.GRANTED:
        return None
    return Step(passage.occurred_at, kind, passage.visit_id or "")
