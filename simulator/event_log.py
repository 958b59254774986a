"""The log of door events: recorded once, asked by type, door and time."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
import itertools
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A record of the log.

    `time` is the terminal's time of the passage, in whole seconds. `person_id` is
    empty where nobody was recognised. `raw` is a record as it was put in from
    outside, answered word for word.
    """

    event_id: str
    event_type: int
    time: datetime
    door: str
    door_name: str = ""
    reader: str = ""
    reader_name: str = ""
    person_id: str = ""
    person_code: str = ""
    given_name: str = ""
    family_name: str = ""
    card_no: str = ""
    check_in_and_out: int = 0
    picture: str = ""
    raw: Mapping[str, Any] | None = None

    @property
    def person_name(self) -> str:
        """The person's name as recorded."""
        if self.raw is not None:
            return str(self.raw.get("personName") or "")
        return f"{self.given_name} {self.family_name}".strip()


type _Row = tuple[float, int, Event]


class EventLog:
    """All events, indexed by type and door, each index in order of time."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: dict[tuple[int, str], list[_Row]] = {}
        self._pictures: dict[str, Event] = {}
        self._order = itertools.count()
        self._size = 0

    def __len__(self) -> int:
        """Return the number of records."""
        return self._size

    def add(self, event: Event) -> None:
        """Record an event, wherever in time it belongs."""
        rows = self._rows.setdefault((event.event_type, event.door), [])
        insort(rows, (event.time.timestamp(), next(self._order), event))
        if event.picture:
            self._pictures[event.picture] = event
        self._size += 1

    def search(
        self,
        event_type: int | None,
        doors: Iterable[str],
        start: datetime,
        end: datetime,
        name: str | None = None,
    ) -> list[Event]:
        """Return the events from `start` to `end`, both included, oldest first.

        `name` is looked for in the person's name, whatever its case.
        """
        wanted = set(doors)
        low, high = (start.timestamp(), -1), (end.timestamp(), float("inf"))
        found: list[_Row] = []
        for (kind, door), rows in self._rows.items():
            if door in wanted and event_type in (None, kind):
                found += rows[bisect_left(rows, low) : bisect_right(rows, high)]
        found.sort()
        if name is None:
            return [event for _, _, event in found]
        part = name.casefold()
        return [event for _, _, event in found if part in event.person_name.casefold()]

    def all(self) -> list[Event]:
        """Return every event, oldest first."""
        rows = sorted(row for rows in self._rows.values() for row in rows)
        return [event for _, _, event in rows]

    def with_picture(self, uri: str) -> Event | None:
        """Return the event that this picture belongs to."""
        return self._pictures.get(uri)
