"""What the visits of one visitor justify: the wish that HikCentral is driven to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .record import VisitorRecord
from .visit import Visit
from .window import Window, intersection, runs


class Wish(StrEnum):
    """Whether the visitor should be a person on the server."""

    REQUIRED = "required"
    TOLERATED = "tolerated"
    """No access, but kept until retention takes him away."""
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """The person, the levels he is in, and his window (None: no access at any time)."""

    person: Wish = Wish.TOLERATED
    levels: frozenset[str] = frozenset()
    window: Window | None = None

    @property
    def digest(self) -> str:
        """A name for this wish, so that a refusal of it is not mistaken for another."""
        window = f"{self.window.start}/{self.window.end}" if self.window else "-"
        return f"{self.person}|{','.join(sorted(self.levels))}|{window}"


def desired(
    record: VisitorRecord, now: datetime, provision_ahead: timedelta
) -> Desired:
    """Return what the visitor's live visits justify at `now`.

    Each level has its run, the chain of touching or overlapping visits that ask for it.
    Held are the levels whose run contains `now`, else those of the earliest next run.
    The window is the intersection of the held runs, so that a server which is never
    told anything again opens nothing unjustified. Windows of visits begin with the
    early arrival; a visit counts from `provision_ahead` before that.
    """
    if record.visitor.forgotten_at is not None:
        return Desired(person=Wish.FORBIDDEN)
    live = [
        visit
        for visit in record.visits
        if visit.live(now) and visit.window.start - provision_ahead <= now
    ]
    held = _held(_runs_by_level(live, now), now)
    window = intersection(held.values())
    if window is None:
        return Desired()
    return Desired(person=Wish.REQUIRED, levels=frozenset(held), window=window)


def _runs_by_level(visits: Iterable[Visit], now: datetime) -> dict[str, Window]:
    """Return the current or next run of each level."""
    spans: dict[str, list[Window]] = {}
    for visit in visits:
        for level in visit.levels:
            spans.setdefault(level, []).append(visit.window)
    return {
        level: next(run for run in runs(windows) if now < run.end)
        for level, windows in spans.items()
    }


def _held(by_level: Mapping[str, Window], now: datetime) -> dict[str, Window]:
    current = {level: run for level, run in by_level.items() if now in run}
    if current or not by_level:
        return current
    earliest = min(run.start for run in by_level.values())
    return {level: run for level, run in by_level.items() if run.start == earliest}
