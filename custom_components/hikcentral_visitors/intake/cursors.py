"""How far the log of door events was read, for each type and group of doors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from ..hikcentral import LONGEST_SEARCH, MOST_DOORS

OVERLAP = timedelta(minutes=2)
"""How much is read again each time: records appear late (reference 6, 9)."""

SLICE = timedelta(days=1)
"""How much is read at once after an outage: what fails costs no more than that."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """All events of a type at these doors (ids, comma between) until then are in."""

    event_type: int
    doors: str
    until: datetime

    @property
    def door_ids(self) -> tuple[str, ...]:
        """The doors that one question is about."""
        return tuple(self.doors.split(","))

    def start(self, now: datetime, overlap: timedelta = OVERLAP) -> datetime:
        """Return from when on to ask, as far back as the server can be asked.

        Never later than now: the server's clock may have been set back.
        """
        return max(min(self.until, now) - overlap, now - LONGEST_SEARCH + OVERLAP)


def slices(start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield until when to read, slice after slice, the last one until the end."""
    until = start + SLICE
    while until < end:
        yield until
        until += SLICE
    yield end


def groups(door_ids: Iterable[str]) -> list[str]:
    """Return the doors in groups that one question may be about."""
    return [
        ",".join(part) for part in batched(sorted(door_ids), MOST_DOORS, strict=False)
    ]
