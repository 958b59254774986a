"""Spans of time, half-open: a window holds its start and not its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """[start, end), both aware; raises ValueError for naive, reversed or empty ones."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window needs aware times")
        if self.start >= self.end:
            raise ValueError("a window ends after it starts")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def covers(self, other: Window) -> bool:
        """Tell whether all of the other window lies in this one."""
        return self.start <= other.start and other.end <= self.end

    def touches(self, other: Window) -> bool:
        """Tell whether the two overlap or one begins where the other ends."""
        return self.start <= other.end and other.start <= self.end

    def union(self, other: Window) -> Self:
        """Return the span from the earlier start to the later end."""
        return type(self)(min(self.start, other.start), max(self.end, other.end))


def intersection(windows: Iterable[Window]) -> Window | None:
    """Return what all windows share, or None where they share nothing."""
    spans = list(windows)
    if not spans:
        return None
    start = max(span.start for span in spans)
    end = min(span.end for span in spans)
    return Window(start, end) if start < end else None


def runs(windows: Iterable[Window]) -> list[Window]:
    """Join touching and overlapping windows; the result is ordered and disjoint."""
    joined: list[Window] = []
    for span in sorted(windows):
        if joined and joined[-1].touches(span):
            joined[-1] = joined[-1].union(span)
        else:
            joined.append(span)
    return joined


def round_up(instant: datetime) -> datetime:
    """Return the next whole second in UTC: nobody gets in before a start."""
    floor = round_down(instant)
    return floor if floor == instant else floor + _SECOND


def round_down(instant: datetime) -> datetime:
    """Return the last whole second in UTC: nobody gets in after an end."""
    return instant.astimezone(UTC).replace(microsecond=0)
