"""What was promised: a model of what people asked for, and nothing else.

It knows no plan, no call and no ledger. Times are those of the terminals' clocks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

AHEAD = timedelta(days=7)
GRACE = timedelta(hours=1)
STAYS = timedelta(hours=16)

type Span = tuple[datetime, datetime]
"""From the first instant to the first one after it."""


@dataclass(slots=True, kw_only=True)
class Stay:
    """A visit as it was accepted: `start` is when the doors may open first."""

    id: str
    levels: frozenset[str]
    start: datetime
    until: datetime
    revoked: bool = False
    over: bool = False
    """Cancelled, or left for good."""

    @property
    def counts(self) -> bool:
        return not self.revoked and not self.over

    def holds(self, at: datetime) -> bool:
        return self.counts and self.start <= at < self.until


@dataclass(slots=True, kw_only=True)
class Guest:
    """Somebody whom we let in, with all that he was ever promised."""

    visitor_id: str
    card: str
    stays: list[Stay] = field(default_factory=list)
    promised: list[tuple[frozenset[str], Span]] = field(default_factory=list)
    moved: list[tuple[datetime, str]] = field(default_factory=list)
    """When he went in or out: by a door, or by what the reception noted."""
    forgotten: bool = False
    meddled: bool = False
    """Somebody changed him in HikCentral's own client, and nobody has looked since."""

    def promise(self, stay: Stay) -> None:
        if not any(stay is one for one in self.stays):
            self.stays.append(stay)
        self.promised.append((stay.levels, (stay.start, stay.until)))

    def now(self, at: datetime) -> frozenset[str]:
        """Return the levels that his visits justify at this instant."""
        if self.forgotten:
            return frozenset()
        return frozenset().union(*(s.levels for s in self.stays if s.holds(at)))

    def spans(self, level: str) -> list[Span]:
        """Return when he may be in a level, by what counts now."""
        if self.forgotten:
            return []
        return [
            (stay.start, stay.until)
            for stay in self.stays
            if stay.counts and level in stay.levels
        ]

    def ever(self, level: str) -> list[Span]:
        """Return when he was ever said to be allowed into a level."""
        return [span for levels, span in self.promised if level in levels]

    def next(self, now: datetime) -> datetime | None:
        """Return when the doors should open next, if that is to be prepared now."""
        return min(
            (
                stay.start
                for stay in self.stays
                if stay.counts
                and not self.forgotten
                and now < stay.start <= now + AHEAD
            ),
            default=None,
        )

    def inside(self, now: datetime) -> bool:
        """Tell whether his steps took him in, and not out again.

        A reception that did not know yet that he went in does not take him out.
        """
        entered: datetime | None = None
        for when, what in sorted(self.moved):
            if what == "entry":
                entered = when
            elif what != "check_in" or (entered and when - entered >= STAYS):
                entered = None
        return entered is not None and now - entered < STAYS

    def until(self, now: datetime) -> datetime:
        """Return until when nothing that he holds now ends, if nobody asks again."""
        end = datetime.max.replace(tzinfo=now.tzinfo)
        for level in self.now(now):
            reach = now
            for start, until in sorted(self.spans(level)):
                if start <= reach and start - AHEAD <= now:
                    reach = max(reach, until)
            end = min(end, reach)
        return end


def uncovered(span: Span, allowed: Iterable[Span], slack: timedelta) -> Span | None:
    """Return a part of a span that none of the allowed ones covers."""
    start, end = span
    for first, last in sorted(allowed):
        if first - slack <= start < last + slack:
            start = last + slack
    return (start, end) if start < end else None


def doors_of(levels: Iterable[str], doors: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the doors that some levels open, by level."""
    return {door for level in levels for door in doors.get(level, ())}
