"""The server's time, learnt from the Date header of its answers."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
import time

from .times import utcnow

_KEPT = 8

_FOLLOWED = timedelta(minutes=15)
"""A clock that is off by more is wrong for all: no terminal is set by it."""


def parse_http_date(text: str | None) -> datetime | None:
    """Return the time in a Date or Retry-After header, None if there is none."""
    try:
        parsed = parsedate_to_datetime(text or "")
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except ValueError, OverflowError:
        return None


class ServerClock:
    """Server time, carried on by the monotonic clock between answers.

    A Date header has whole seconds: the server's time lay in [Date, Date + 1 s) at
    some instant between sending and receiving. Each answer so gives a range for
    "server time minus monotonic clock"; the last few ranges together narrow it to a
    fraction of a second. Where they contradict each other (the server's clock was
    set, or this machine slept), only the newer ones count.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = utcnow,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the local clock."""
        self._now = now
        self._monotonic = monotonic
        self._ranges: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self._offset: float | None = None

    def monotonic(self) -> float:
        """Return the clock that `observe` is given readings of, in seconds."""
        return self._monotonic()

    def observe(self, date: datetime, *, sent: float, received: float) -> None:
        """Take in an answer's Date and the monotonic readings around the call."""
        stamp = date.timestamp()
        self._ranges.appendleft((stamp - received, stamp + 1 - sent))
        low, high = self._ranges[0]
        for older_low, older_high in self._ranges:
            if max(low, older_low) >= min(high, older_high):
                break
            low, high = max(low, older_low), min(high, older_high)
        self._offset = (low + high) / 2

    def now(self) -> datetime:
        """Return the server's time in UTC; the local clock's until it is known."""
        if self._offset is None:
            return self._now()
        return datetime.fromtimestamp(self._monotonic() + self._offset, UTC)

    @property
    def skew(self) -> timedelta | None:
        """Server time minus local time, None until the server has answered."""
        return None if self._offset is None else self.now() - self._now()

    @property
    def terminals_skew(self) -> timedelta:
        """How far terminals' clocks may be from ours: they may go by the server's."""
        skew = self.skew or timedelta()
        return skew if abs(skew) <= _FOLLOWED else timedelta()
