"""Event subscriptions and the pushes to their receivers (reference, 3.11)."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
import logging
from typing import Any

import aiohttp

from .clock import Clock, Timer
from .conditions import Conditions
from .event_log import Event
from .wire import instant, pushed_event

MAX_EVENTS_PER_MESSAGE = 50
MAX_KEPT_EVENTS = 500
MAX_KEPT_AGE = timedelta(days=1)
RECEIVER_TIMEOUT_S = 5.0
"""Real seconds a receiver has for its answer."""
OUT_OF_ORDER_WAIT_S = 2.0
"""Virtual seconds that a push waits for a younger one to overtake it."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One event type sent to one address."""

    event_type: int
    destination: str
    token: str | None
    pass_back: bool


@dataclass(slots=True)
class _Parcel:
    """An event on its way; `kept` once a delivery failed."""

    event: Event
    since: datetime
    kept: bool = False


@dataclass(slots=True)
class _Receiver:
    """An address with what is on its way there."""

    url: str
    token: str | None
    queue: deque[_Parcel] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    task: asyncio.Task[None] | None = None
    retry: Timer | None = None


@dataclass(slots=True, kw_only=True)
class PushCounts:
    """What became of pushes: messages, and events."""

    messages: int = 0
    delivered: int = 0
    failed: int = 0
    lost: int = 0


class PushService:
    """Sends subscribed events by HTTP, and keeps them for the unreachable.

    Sending is real HTTP in real time; ages and repetitions run on the clock. An
    https receiver needs a certificate that the machine trusts.
    """

    def __init__(
        self,
        clock: Clock,
        conditions: Conditions,
        history: Callable[[], Iterable[Event]],
    ) -> None:
        """Make a service; `history` gives all recorded events, oldest first."""
        self._clock = clock
        self._conditions = conditions
        self._history = history
        self._receivers: dict[tuple[str, str | None], _Receiver] = {}
        self._session: aiohttp.ClientSession | None = None
        self.subscriptions: list[Subscription] = []
        self.counts = PushCounts()

    @property
    def waiting(self) -> int:
        """Number of events not delivered yet."""
        return sum(len(receiver.queue) for receiver in self._receivers.values())

    async def start(self) -> None:
        """Begin to send."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=RECEIVER_TIMEOUT_S)
        )
        self.wake()

    async def stop(self) -> None:
        """Stop sending."""
        tasks = [r.task for r in self._receivers.values() if r.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def settle(self) -> None:
        """Wait until every push that can be tried now has been tried."""
        while tasks := [
            receiver.task
            for receiver in self._receivers.values()
            if receiver.task is not None and not receiver.task.done()
        ]:
            await asyncio.wait(tasks)

    def subscribe(
        self,
        types: Iterable[int],
        destination: str,
        token: str | None,
        *,
        passing: bool,
    ) -> None:
        """Subscribe an address; `passing` is passBack."""
        wanted = set(types)
        adds = self._conditions.switches.second_subscription == "adds"
        self.subscriptions = [
            old
            for old in self.subscriptions
            if old.event_type not in wanted or (adds and old.destination != destination)
        ]
        self.subscriptions += [
            Subscription(
                event_type=kind,
                destination=destination,
                token=token,
                pass_back=passing,
            )
            for kind in sorted(wanted)
        ]
        if passing and self._conditions.switches.pass_back_replays:
            self._replay(wanted, self._receiver(destination, token))

    def unsubscribe(self, types: Iterable[int]) -> None:
        """End the subscriptions of these types, wherever they go."""
        gone = set(types)
        self.subscriptions = [
            old for old in self.subscriptions if old.event_type not in gone
        ]

    def clear(self, *, subscriptions: bool) -> None:
        """Lose what waits, and the subscriptions as well if asked."""
        for receiver in self._receivers.values():
            self.counts.lost += len(receiver.queue)
            receiver.queue.clear()
            if receiver.retry is not None:
                receiver.retry.cancel()
                receiver.retry = None
        if subscriptions:
            self.subscriptions.clear()

    def offer(self, event: Event) -> None:
        """Send an event to whoever subscribed its type."""
        for subscription in self.subscriptions:
            if subscription.event_type != event.event_type:
                continue
            if self._conditions.faults.loses_push(self._conditions.chance):
                self.counts.lost += 1
                continue
            receiver = self._receiver(subscription.destination, subscription.token)
            receiver.queue.append(_Parcel(event, self._clock.now()))
            if self._conditions.switches.out_of_order_push:
                self._clock.call_later(
                    OUT_OF_ORDER_WAIT_S, partial(self._start, receiver)
                )
            else:
                self._start(receiver)

    def wake(self) -> None:
        """Try every receiver again, as after a fault has gone."""
        for receiver in self._receivers.values():
            self._start(receiver)

    def _receiver(self, url: str, token: str | None) -> _Receiver:
        return self._receivers.setdefault((url, token), _Receiver(url, token))

    def _replay(self, types: set[int], receiver: _Receiver) -> None:
        now = self._clock.now()
        queued = {parcel.event.event_id for parcel in receiver.queue}
        missed = [
            event
            for event in self._history()
            if event.event_type in types
            and event.event_id not in receiver.seen | queued
            and now - event.time <= MAX_KEPT_AGE
        ]
        receiver.queue.extend(
            _Parcel(event, now, kept=True) for event in missed[-MAX_KEPT_EVENTS:]
        )
        self._start(receiver)

    def _start(self, receiver: _Receiver) -> None:
        if self._session is None or not receiver.queue:
            return
        if receiver.task is None or receiver.task.done():
            receiver.task = asyncio.get_running_loop().create_task(
                self._deliver(receiver)
            )

    async def _deliver(self, receiver: _Receiver) -> None:
        if receiver.retry is not None:
            receiver.retry.cancel()
            receiver.retry = None
        self._forget_old(receiver)
        while receiver.queue:
            parcels = self._next_message(receiver)
            keep = await self._send(receiver, parcels)
            if keep is None:
                self.counts.messages += 1
                self.counts.delivered += len(parcels)
                if self._conditions.switches.pass_back_replays:
                    receiver.seen.update(item.event.event_id for item in parcels)
                continue
            self.counts.failed += 1
            if not keep:
                self.counts.lost += len(parcels)
                continue
            self._keep(receiver, parcels)
            return

    def _next_message(self, receiver: _Receiver) -> list[_Parcel]:
        kept = receiver.queue[0].kept
        parcels: list[_Parcel] = []
        youngest_first = self._conditions.switches.out_of_order_push
        size = 1 if youngest_first else MAX_EVENTS_PER_MESSAGE
        while receiver.queue and len(parcels) < size:
            end = receiver.queue[-1 if youngest_first else 0]
            if not youngest_first and end.kept != kept:
                break
            parcels.append(end)
            if youngest_first:
                receiver.queue.pop()
            else:
                receiver.queue.popleft()
        if self._conditions.faults.shuffle_events:
            self._conditions.chance.shuffle(parcels)
        return parcels

    async def _send(self, receiver: _Receiver, parcels: list[_Parcel]) -> bool | None:
        """Send a message: `None` = taken, else whether to keep its events."""
        if self._session is None or self._conditions.faults.push == "held":
            return True
        message = self._message(parcels)
        headers = {} if receiver.token is None else {"token": receiver.token}
        copies = 2 if self._conditions.switches.duplicate_push else 1
        try:
            for _ in range(copies):
                async with self._session.post(
                    receiver.url, json=message, headers=headers
                ) as answer:
                    if answer.status != 200:
                        return self._conditions.switches.push_retry
        except TimeoutError:
            return self._conditions.switches.push_retry
        except aiohttp.ClientError as error:
            _LOGGER.debug("push not delivered: %s", error)
            return not self._may_not_keep(parcels)
        return None

    def _may_not_keep(self, parcels: list[_Parcel]) -> bool:
        if not self._conditions.switches.pass_back_replays:
            return False
        kinds = {parcel.event.event_type for parcel in parcels}
        return not any(
            item.pass_back for item in self.subscriptions if item.event_type in kinds
        )

    def _message(self, parcels: list[_Parcel]) -> dict[str, Any]:
        switches = self._conditions.switches
        skew = timedelta(seconds=self._conditions.faults.clock_skew_s)
        return {
            "method": "OnEventNotify",
            "params": {
                "sendTime": instant(self._clock.now() + skew, switches.server_zone),
                "ability": "event_acs",
                "events": [pushed_event(item.event, switches) for item in parcels],
            },
            "isHistory": int(parcels[0].kept),
        }

    def _keep(self, receiver: _Receiver, parcels: list[_Parcel]) -> None:
        receiver.queue.extendleft(reversed(parcels))
        for parcel in receiver.queue:
            parcel.kept = True
        self._forget_old(receiver)
        while len(receiver.queue) > MAX_KEPT_EVENTS:
            receiver.queue.popleft()
            self.counts.lost += 1
        receiver.retry = self._clock.call_later(
            self._conditions.switches.push_retry_s, partial(self._start, receiver)
        )

    def _forget_old(self, receiver: _Receiver) -> None:
        oldest = self._clock.now() - MAX_KEPT_AGE
        fresh = [
            parcel
            for parcel in receiver.queue
            if not parcel.kept or parcel.since >= oldest
        ]
        self.counts.lost += len(receiver.queue) - len(fresh)
        receiver.queue = deque(fresh)
