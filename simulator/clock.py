"""Virtual time: everything that happens later in the simulator happens on it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import heapq
import itertools
from typing import Self

type Work = Callable[[], None]


def real_time() -> datetime:
    """Return the real time, aware and in UTC."""
    return datetime.now(UTC)


class Timer:
    """A piece of work that waits for its time; `cancel` takes it back."""

    __slots__ = ("cancelled", "when", "work")

    def __init__(self, when: datetime, work: Work) -> None:
        self.when = when
        self.work = work
        self.cancelled = False

    def cancel(self) -> None:
        """Forget the work; harmless when it was done already."""
        self.cancelled = True


class Clock:
    """A clock that can be set, and the work that waits for it.

    It starts at `start` (now, if left out). A running clock follows real time at
    a constant distance; one that does not run moves by `advance` and `move_to`
    only, which makes a test independent of the machine's speed. Work that falls
    due on the way is done in order of its time, each piece seeing its own time.

    Work is plain functions: none of it can wait, so a jump is over when the call
    returns. While the clock is attached to an event loop, due work also happens
    by itself.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        running: bool = True,
        source: Callable[[], datetime] = real_time,
    ) -> None:
        """Set the clock; `source` is what a running clock follows."""
        if start is not None and start.tzinfo is None:
            msg = "a clock starts at an aware time"
            raise ValueError(msg)
        self._source = source
        self._running = running
        begin = source()
        self._offset = timedelta() if start is None else start - begin
        self._fixed: datetime | None = None if running else start or begin
        self._queue: list[tuple[datetime, int, Timer]] = []
        self._order = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.TimerHandle | None = None
        self._working = False

    def now(self) -> datetime:
        """Return the virtual time, aware and in UTC."""
        if self._fixed is not None:
            return self._fixed
        return self._source() + self._offset

    def call_at(self, when: datetime, work: Work) -> Timer:
        """Do `work` at `when`; at once if that is past and the clock is moved."""
        timer = Timer(when, work)
        heapq.heappush(self._queue, (when, next(self._order), timer))
        self._arm()
        return timer

    def call_later(self, seconds: float, work: Work) -> Timer:
        """Do `work` in so many virtual seconds."""
        return self.call_at(self.now() + timedelta(seconds=seconds), work)

    async def sleep(self, seconds: float) -> None:
        """Wait until so many virtual seconds have passed."""
        done = asyncio.get_running_loop().create_future()
        timer = self.call_later(
            seconds, lambda: None if done.done() else done.set_result(None)
        )
        try:
            await done
        finally:
            timer.cancel()

    def advance(self, seconds: float) -> None:
        """Move forward, doing what falls due on the way."""
        self.move_to(self.now() + timedelta(seconds=seconds))

    def move_to(self, target: datetime) -> None:
        """Jump to `target`; backwards does no work and leaves what waits."""
        if target.tzinfo is None:
            msg = "the clock is moved to an aware time"
            raise ValueError(msg)
        self._work_until(target)
        if self._running:
            self._offset = target - self._source()
        else:
            self._fixed = target
        self._arm()

    def run_due(self) -> None:
        """Do what is due by now; needed where the loop could not wake up yet."""
        if self._queue and self._queue[0][0] <= (now := self.now()):
            self._work_until(now)
        self._arm()

    def attach(self) -> Self:
        """Do due work by itself from now on, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._arm()
        return self

    def detach(self) -> None:
        """Leave the event loop; what waits stays."""
        if self._wake is not None:
            self._wake.cancel()
        self._loop = self._wake = None

    def _work_until(self, target: datetime) -> None:
        if self._working:
            msg = "the clock cannot be moved by work that it does"
            raise RuntimeError(msg)
        self._working = True
        before = self._fixed
        try:
            while self._queue and self._queue[0][0] <= target:
                when, _, timer = heapq.heappop(self._queue)
                if timer.cancelled:
                    continue
                if self._fixed is None or when > self._fixed:
                    self._fixed = when
                timer.work()
        finally:
            self._fixed = before
            self._working = False

    def _arm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None
        while self._queue and self._queue[0][2].cancelled:
            heapq.heappop(self._queue)
        if self._loop is None or not self._running or self._working:
            return
        if self._queue:
            delay = (self._queue[0][0] - self.now()).total_seconds()
            self._wake = self._loop.call_later(max(0.0, delay), self.run_due)
