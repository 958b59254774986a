"""How events are pushed into one life of the process: subscribed, received, taken in.

Whoever receives them is outside: he refuses what comes while ours is dead.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, override

from custom_components.hikcentral_visitors.hikcentral import (
    DoorEvent,
    HikCentralError,
)
from custom_components.hikcentral_visitors.intake import (
    Intake,
    Pushes,
    Subscriber,
    Watch,
)
from custom_components.hikcentral_visitors.intake.pushes import WAITING_MESSAGES
from tests.intake.inbox import TOKEN, WEBHOOK, Inbox
from tests.reconciler.house import House, asleep_or_ended

COMPARED_EVERY = timedelta(minutes=10)
TRIED_AGAIN_AFTER = timedelta(minutes=1)


class Queue(asyncio.Queue[tuple[DoorEvent, ...]]):
    """A queue that says whether whoever takes from it waits for more."""

    def __init__(self) -> None:
        super().__init__(WAITING_MESSAGES)
        self.waiting = asyncio.Event()

    @override
    def put_nowait(self, item: tuple[DoorEvent, ...]) -> None:
        self.waiting.clear()
        super().put_nowait(item)

    @override
    async def get(self) -> tuple[DoorEvent, ...]:
        if self.empty():
            self.waiting.set()
        return await super().get()


class Pushing:
    """The pushes of one life, if they are wanted."""

    def __init__(
        self, house: House, inbox: Inbox, intake: Intake, watch: Watch, *, wanted: bool
    ) -> None:
        self._house = house
        self._inbox = inbox
        self._wanted = wanted
        self.poll_soon = False
        self._pushes = Pushes(
            house.client, intake, watch, house.world.database.tables.doors, self._ask
        )
        self._queue: Any = Queue()
        self._pushes._queue = self._queue
        self.subscriber = Subscriber(
            house.client,
            house.contact,
            watch,
            wanted=wanted,
            address=inbox.url,
            webhook_id=WEBHOOK,
            token=TOKEN,
        )
        house.contact.async_listen(self.subscriber._contact_changed)
        self._compared_next: datetime | None = house.now()

    def begin(self) -> None:
        """Receive from now on."""
        self._task = asyncio.create_task(self._pushes.async_run())
        self._inbox.pushes = self._pushes if self._wanted else None
        self._inbox.status = HTTPStatus.OK

    def _ask(self) -> None:
        self.poll_soon = True

    async def end(self) -> None:
        """Receive no more."""
        self._inbox.status = HTTPStatus.SERVICE_UNAVAILABLE
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def settle(self) -> None:
        """Wait until all that can be pushed now was pushed, and taken in."""
        await self._house.world.push.settle()
        await asleep_or_ended(self._queue.waiting, self._task)

    @property
    def due(self) -> datetime | None:
        """When the subscription is looked at next."""
        if self.subscriber._wake.is_set():
            return self._house.now()
        return self._compared_next

    async def compare(self) -> None:
        """Look at the subscription, and mend it."""
        now = self._house.now()
        self.subscriber._wake.clear()
        self._compared_next = now + TRIED_AGAIN_AFTER
        with suppress(HikCentralError):
            await self.subscriber.async_check()
            self._compared_next = now + COMPARED_EVERY if self._wanted else None
