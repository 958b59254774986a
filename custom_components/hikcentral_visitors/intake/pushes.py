"""Pushed events, on their way from the webhook into the intake."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from ..hikcentral import DoorEvent, HikCentralClient, parse_push
from ..ledger import LedgerError
from .intake import Intake
from .watch import Watch

WAITING_MESSAGES = 200
"""What may wait: 50 events each. Beyond that the poll is quicker."""


@dataclass(slots=True, kw_only=True)
class PushCounts:
    """What came so far; `malformed` counts entries that could not be read.

    `dropped` counts events that found the queue full, or no storage. The poll brings
    them, as it does with those that could not be read.
    """

    messages: int = 0
    events: int = 0
    history: int = 0
    malformed: int = 0
    dropped: int = 0


class Pushes:
    """Takes messages at once, and their events into the intake afterwards.

    A push moves no cursor, so whatever is dropped here is found by a poll.
    """

    def __init__(
        self,
        client: HikCentralClient,
        intake: Intake,
        watch: Watch,
        door_ids: Collection[str],
        poll_soon: Callable[[], None],
    ) -> None:
        """Take events of these doors in; the server pushes those of all doors.

        `poll_soon` is called where a poll has to bring what this did not.
        """
        self._client = client
        self._intake = intake
        self._watch = watch
        self._door_ids = frozenset(door_ids)
        self._poll_soon = poll_soon
        self._queue: asyncio.Queue[tuple[DoorEvent, ...]] = asyncio.Queue(
            WAITING_MESSAGES
        )
        self.counts = PushCounts()
        self.last: datetime | None = None

    def take(self, body: object) -> None:
        """Take the JSON value of a message; raises HikCentralError if it is no push.

        Never waits. Whoever calls this has made sure who sent it.
        """
        push = parse_push(body, self._client.zone)
        now = self._client.clock.now()
        self.counts.messages += 1
        self.counts.events += len(push.events)
        self.counts.malformed += push.malformed
        if push.history:
            self.counts.history += len(push.events)
        if push.events:
            self.last = now
        self._watch.pushed(push.events, now)
        events = tuple(one for one in push.events if one.door_id in self._door_ids)
        if events:
            self._put(events)
        if push.malformed:
            self._poll_soon()

    def _put(self, events: tuple[DoorEvent, ...]) -> None:
        try:
            self._queue.put_nowait(events)
        except asyncio.QueueFull:
            self._dropped(len(events))

    def _dropped(self, number: int) -> None:
        self.counts.dropped += number
        self._poll_soon()

    async def async_run(self) -> None:
        """Bring in what comes until cancelled; what waits together goes together."""
        while True:
            events = list(await self._queue.get())
            while not self._queue.empty():
                events += self._queue.get_nowait()
            try:
                await self._intake.async_take(events)
            except LedgerError as error:
                self._intake.complaints.make("store passages", error)
                self._dropped(len(events))
