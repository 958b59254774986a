"""The simulated facility as a whole, and what can happen in it."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
import random
from typing import Any
import uuid

from .clock import Clock
from .conditions import Conditions
from .database import Database, Tables
from .event_log import Event, EventLog
from .faults import Faults
from .layout import build_database
from .model import Door, DoorState
from .push import PushService
from .switches import Switches
from .terminals import Terminals

MAX_RECENT_CALLS = 10_000


@dataclass(slots=True, kw_only=True)
class Call:
    """A call to the gateway: path without prefix, body, and the code it came to.

    `code` is empty for a call that was not carried out, and for one still under
    way.
    """

    path: str
    body: bytes
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorCommand:
    """A door was controlled through the gateway."""

    door: str
    state: DoorState
    at: datetime


@dataclass(slots=True, kw_only=True)
class Traffic:
    """What came to the gateway; `recent` holds the last calls in full."""

    per_path: Counter[str] = field(default_factory=Counter)
    recent: deque[Call] = field(
        default_factory=lambda: deque[Call](maxlen=MAX_RECENT_CALLS)
    )
    peak_rate: int = 0
    moments: deque[float] = field(default_factory=deque)

    def arrive(self, moment: float) -> int:
        """Count a call at this real second; return how many came within one."""
        while self.moments and self.moments[0] <= moment - 1:
            self.moments.popleft()
        self.moments.append(moment)
        self.peak_rate = max(self.peak_rate, len(self.moments))
        return len(self.moments)


class World:
    """All state of a simulator; gateway and control API both work on it.

    - `database`: what is configured; `terminals`: what is applied;
    - `log`: recorded events; `push`: subscriptions and their receivers;
    - `door_commands`: what doors were told through the gateway;
    - `conditions`: faults, switches, chance; `clock`; `traffic`;
    - `snapshots`: HikCentral's backups by name.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        layout: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> None:
        """Build the layout (`build_database`), applied to all terminals."""
        self.clock = clock or Clock()
        self._layout = layout
        self._seed = seed
        self.conditions = Conditions(chance=random.Random(seed))
        self.snapshots: dict[str, Tables] = {}
        self._hold = asyncio.Event()
        self._age = 0
        self._begin()
        self.push = PushService(self.clock, self.conditions, history=self.history)

    def _begin(self) -> None:
        self.database: Database = build_database(self._layout)
        self.terminals = Terminals(self.database, self.clock, self.conditions)
        self.database.on_change = self.terminals.refresh
        for person_id in self.database.tables.persons:
            self.terminals.refresh(person_id)
        self.terminals.store_wanted(self.database.tables.persons)
        self.log = EventLog()
        self.traffic = Traffic()
        self.nonces: dict[str, datetime] = {}
        self._held_back: dict[str, list[Event]] = {}
        self.door_commands: list[DoorCommand] = []

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self.conditions.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.conditions.faults = faults
        self.release()
        self.push.wake()

    @property
    def switches(self) -> Switches:
        """The switches in force."""
        return self.conditions.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self.conditions.switches = switches

    async def hold(self) -> None:
        """Wait for `release`; that is what a hanging call does."""
        await self._hold.wait()

    def release(self) -> None:
        """End all calls that hang."""
        self._hold.set()
        self._hold = asyncio.Event()

    def server_now(self) -> datetime:
        """Return the server's time, skew included, at the server's offset."""
        skew = timedelta(seconds=self.faults.clock_skew_s)
        return (self.clock.now() + skew).astimezone(self.switches.server_zone)

    def terminal_time(self, moment: datetime | None = None) -> datetime:
        """Return what a terminal's clock shows, in whole seconds."""
        offset = timedelta(seconds=self.switches.terminal_clock_offset_s)
        shown = (moment or self.clock.now()) + offset
        return shown.astimezone(self.switches.server_zone).replace(microsecond=0)

    def new_event_id(self) -> str:
        """Draw an id for an event."""
        return uuid.UUID(int=self.conditions.chance.getrandbits(128), version=4).hex

    def happen(self, event: Event) -> None:
        """Let a terminal report an event; an offline one reports it later."""
        door = self.database.tables.doors.get(event.door)
        device = self.database.tables.devices.get(door.device) if door else None
        if device is not None and not device.online:
            self._held_back.setdefault(device.index_code, []).append(event)
            return
        self._report(event)

    def set_online(self, device: str, *, online: bool) -> None:
        """Cut a terminal off, or bring it back with all it has to tell."""
        self.terminals.set_online(device, online=online)
        if online:
            for event in self._held_back.pop(device, []):
                self._report(event)

    def history(self) -> list[Event]:
        """Return all recorded events, oldest first."""
        return self.log.all()

    def command(self, door: Door, state: DoorState, open_s: float) -> None:
        """Control a door; a momentary opening ends by itself."""
        door.state = state
        command = DoorCommand(door=door.index_code, state=state, at=self.clock.now())
        self.door_commands.append(command)
        if state is DoorState.OPEN:
            self.clock.call_later(open_s, lambda: self._shut(door.index_code))

    def record(self, event: Event) -> None:
        """Put an event into the log and push it, now."""
        self.log.add(event)
        self.push.offer(event)

    def restart(self) -> None:
        """Lose what a restart of HikCentral loses, by the switches."""
        self.release()
        self.nonces.clear()
        lost = self.switches.subscriptions_lost_on_restart
        if lost:
            self.push.clear(subscriptions=True)
        if self.switches.jobs_lost_on_restart:
            self.terminals.forget_jobs()

    def reset(self) -> None:
        """Go back to the layout; the clock keeps its time.

        Nothing that was under way arrives any more.
        """
        self.release()
        self._age += 1
        self.terminals.forget_jobs()
        self.conditions.faults = Faults()
        self.conditions.switches = Switches()
        self.conditions.chance.seed(self._seed)
        self.snapshots.clear()
        self.push.clear(subscriptions=True)
        self._begin()

    def _late(self, event: Event, age: int) -> None:
        if age == self._age:
            self.record(event)

    def _shut(self, code: str) -> None:
        door = self.database.tables.doors.get(code)
        if door is not None and door.state is DoorState.OPEN:
            door.state = DoorState.CLOSED

    def _report(self, event: Event) -> None:
        events = [event]
        if self.faults.duplicate_events:
            echo = replace(
                event,
                event_id=self.new_event_id(),
                time=event.time + timedelta(seconds=1),
            )
            events.append(echo)
        for item in events:
            if late := self.faults.late_events_s:
                self.clock.call_later(late, partial(self._late, item, self._age))
            else:
                self.record(item)
