"""Who may start a request now: the limiter's decisions, without a clock or a loop."""

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
import heapq
from itertools import count


class Priority(IntEnum):
    """What a request is for; the lower value goes first."""

    NARROWING = 0
    """Takes access away."""
    INTERACTIVE = 1
    """Somebody waits in front of a screen or a door."""
    WIDENING = 2
    """Gives access."""
    POLL = 3
    """Asks for new passages."""
    SWEEP = 4
    """Looks for forgotten passages and drift."""

    @property
    def background(self) -> bool:
        """Whether it shares the half that is left to asking."""
        return self >= Priority.POLL


@dataclass(slots=True)
class Pace:
    """Slots, a queue by priority, and a rate that the server's refusals teach.

    Of more requests than `concurrency` only those run that take access away: for them
    `reserved` further slots are kept, since all others may hang until they time out.

    All times are seconds of any one monotonic clock. There is no cap on the rate until
    the server refuses for it: then the rate of the last `window` seconds is halved (at
    most once per `cooldown`), and each success raises it a little, `recovery` requests
    per second and second, until it no longer matters (`uncapped`).
    """

    concurrency: int = 4
    reserved: int = 1
    window: float = 5.0
    cooldown: float = 1.0
    recovery: float = 0.5
    slowest: float = 0.2
    uncapped: float = 100.0
    longest_pause: float = 300.0

    rate: float | None = None
    _waiting: list[tuple[Priority, int]] = field(default_factory=list)
    _running: dict[int, Priority] = field(default_factory=dict)
    _tickets: count[int] = field(default_factory=count)
    _starts: deque[float] = field(default_factory=deque)
    _paused_until: float = float("-inf")
    _next: float = float("-inf")
    _next_background: float = float("-inf")
    _halved_at: float = float("-inf")

    def __post_init__(self) -> None:
        """Refuse a limiter that would never let anything through."""
        if self.concurrency < 1:
            msg = "at least one request at a time"
            raise ValueError(msg)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many run."""
        return len(self._running)

    def enter(self, priority: Priority) -> int:
        """Queue a request and return its ticket."""
        ticket = next(self._tickets)
        heapq.heappush(self._waiting, (priority, ticket))
        return ticket

    def leave(self, ticket: int) -> None:
        """Take a request out, whether it runs, waits or is long gone."""
        if self._running.pop(ticket, None) is not None:
            return
        self._waiting = [entry for entry in self._waiting if entry[1] != ticket]
        heapq.heapify(self._waiting)

    def start(self, now: float) -> list[int]:
        """Return the tickets that start now, the most urgent first."""
        started: list[int] = []
        # The most urgent waits for itself only: what may not start behind it is, if
        # anything, held back more.
        while self._waiting and self._free() and self._due() <= now:
            priority, ticket = heapq.heappop(self._waiting)
            self._running[ticket] = priority
            self._pass(priority, now)
            started.append(ticket)
        return started

    def wake(self) -> float | None:
        """Return when to ask again; None if only a leaving request changes anything."""
        return self._due() if self._waiting and self._free() else None

    def refused(self, now: float, retry_after: float | None = None) -> None:
        """Slow down: the server refused for the number of requests."""
        if retry_after is not None:
            pause = min(max(retry_after, 0.0), self.longest_pause)
            self._paused_until = max(self._paused_until, now + pause)
        if now - self._halved_at < self.cooldown:
            return
        self._forget(now)
        span = now - self._starts[0] if self._starts else self.window
        # A few requests say little about what the server bears: no rash slowing down.
        seen = max(len(self._starts) / min(max(span, 1.0), self.window), 2.0)
        rate = seen if self.rate is None else min(self.rate, seen)
        self.rate = max(rate / 2, self.slowest)
        self._halved_at = now
        self._next = max(self._next, now + 1 / self.rate)

    def succeeded(self) -> None:
        """Speed up a little, if slowed down."""
        if self.rate is not None:
            self.rate += self.recovery / self.rate
            if self.rate >= self.uncapped:
                self.rate = None

    def _free(self) -> bool:
        priority, _ = self._waiting[0]
        narrowing = priority is Priority.NARROWING
        slots = self.concurrency + self.reserved * narrowing
        if len(self._running) >= slots:
            return False
        if not priority.background:
            return True
        background = sum(priority.background for priority in self._running.values())
        return background < max(1, self.concurrency // 2)

    def _due(self) -> float:
        due = self._paused_until
        if self.rate is not None:
            due = max(due, self._next)
            if self._waiting[0][0].background:
                due = max(due, self._next_background)
        return due

    def _pass(self, priority: Priority, now: float) -> None:
        self._starts.append(now)
        self._forget(now)
        if self.rate is None:
            return
        self._next = now + 1 / self.rate
        if priority.background:
            self._next_background = now + 2 / self.rate

    def _forget(self, now: float) -> None:
        while self._starts and self._starts[0] <= now - self.window:
            self._starts.popleft()
