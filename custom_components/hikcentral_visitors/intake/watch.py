"""Whether pushes arrive, by what polls find that no push brought: pure.

A push is fast and may fail without a word; a poll is slow and sees everything. While
pushes arrive the poll may be slow; what it then finds alone says that a push was lost.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from ..hikcentral import DoorEvent

GRACE = timedelta(seconds=30)
"""A push may come so much later than a poll that found the same."""

PROBATION = timedelta(minutes=2)
"""So long pushes have to bring all that polls find, to be trusted again."""

CLOCKS = timedelta(minutes=1)
"""How far terminals' clocks may be from the server's."""

_KEPT = timedelta(minutes=30)
_MOST = 50_000

type _Mark = tuple[int, str, int]
"""Type, door and second of an event: the same in push and poll, unlike its id."""


class PushState(StrEnum):
    """What is known of the pushes."""

    IDLE = "idle"
    """Nothing is expected: there is no subscription that is known to be whole."""
    WAITING = "waiting"
    """Expected, and none came yet."""
    ARRIVING = "arriving"
    """They bring what happens."""
    LOST = "lost"
    """Something happened of which no push came."""


class Watch:
    """Follows pushes and polls; all times are the server's, but those of events.

    Events of everybody count, staff's as well: what happens at doors says whether
    pushes arrive, whoever it is. Memory is bounded, and holds no person.
    """

    def __init__(self) -> None:
        """Expect nothing yet."""
        self._state = PushState.IDLE
        self._expected_from: datetime | None = None
        self._brought: dict[_Mark, datetime] = {}
        self._forgotten: datetime | None = None
        self._missing: dict[_Mark, datetime] = {}
        self._again: datetime | None = None
        self._listeners: list[Callable[[], None]] = []

    def async_listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the state is another one."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def state(self) -> PushState:
        """What is known of the pushes."""
        return self._state

    def _set(self, state: PushState) -> None:
        if state is self._state:
            return
        self._state = state
        for listener in list(self._listeners):
            listener()

    @property
    def trusted(self) -> bool:
        """Whether pushes bring all that happens, as far as anybody can tell."""
        return self._state is PushState.ARRIVING and not self._missing

    def expect(self, now: datetime) -> None:
        """Pushes are due from now on: what happens before is no sign of anything.

        Does nothing while they are due already.
        """
        if self._state is PushState.IDLE:
            self._begin(PushState.WAITING, now)

    def begin_anew(self, now: datetime) -> None:
        """Forget what was concluded; what happens from now on decides."""
        if self._state is not PushState.IDLE:
            self._begin(PushState.WAITING, now)

    def expect_nothing(self) -> None:
        """No push is due: contact or subscription is not known to be whole."""
        self._begin(PushState.IDLE, None)

    def pushed(self, events: Sequence[DoorEvent], now: datetime) -> None:
        """Take in what a push brought; nothing is no sign of anything."""
        if not events:
            return
        for event in events:
            for mark in _around(event):
                self._missing.pop(mark, None)
            mark = _mark(event)
            self._brought.pop(mark, None)
            self._brought[mark] = now
        self._forget(now)
        if self._state is PushState.WAITING:
            self._set(PushState.ARRIVING)
        elif self._state is PushState.LOST and self._again is None:
            self._again = now
        self.look(now)

    def polled(self, events: Iterable[DoorEvent], now: datetime) -> None:
        """Take in what a poll found."""
        if self._expected_from is None:
            return
        since = max(self._expected_from + CLOCKS, now - _KEPT + CLOCKS)
        if self._forgotten is not None:
            since = max(since, self._forgotten + CLOCKS)
        for event in events:
            if event.time < since:
                continue
            if not any(mark in self._brought for mark in _around(event)):
                self._missing.setdefault(_mark(event), now)
        self.look(now)

    def look(self, now: datetime) -> None:
        """Conclude what time alone allows to conclude."""
        late = [
            mark for mark, found in self._missing.items() if abs(now - found) >= GRACE
        ]
        for mark in late:
            del self._missing[mark]
            # Once concluded from, it is no sign a second time.
            self._brought[mark] = now
        if late:
            self._again = None
            self._set(PushState.LOST)
        elif (
            self._state is PushState.LOST
            and self._again is not None
            and not self._missing
            and abs(now - self._again) >= PROBATION
        ):
            self._set(PushState.ARRIVING)

    def _begin(self, state: PushState, expected_from: datetime | None) -> None:
        self._expected_from = expected_from
        self._missing.clear()
        self._again = None
        self._set(state)

    def _forget(self, now: datetime) -> None:
        while self._brought:
            mark, at = next(iter(self._brought.items()))
            if abs(now - at) < _KEPT and len(self._brought) <= _MOST:
                return
            del self._brought[mark]
            self._forgotten = at


def _mark(event: DoorEvent) -> _Mark:
    return event.type, event.door_id, int(event.time.timestamp())


def _around(event: DoorEvent) -> tuple[_Mark, ...]:
    """The marks that the same event may have: times are rounded here and there."""
    kind, door, second = _mark(event)
    return ((kind, door, second - 1), (kind, door, second), (kind, door, second + 1))
