"""What the terminals hold, as opposed to what is configured.

A terminal knows a person as a `Record` once an application has brought it there,
and keeps it until another application takes it away. Only records open doors.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
import itertools

from .clock import Clock, Timer
from .conditions import Conditions
from .database import Database
from .model import Schedule

type Pair = tuple[str, str]
"""A terminal and a person: (acsDevIndexCode, personId)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A person as one terminal knows him; `doors` with their schedules."""

    person_id: str
    code: str
    given_name: str
    family_name: str
    begin: datetime
    end: datetime
    face: int
    cards: tuple[str, ...]
    fingerprints: int
    doors: tuple[tuple[str, tuple[Schedule, ...]], ...]

    def schedules(self, door: str) -> tuple[Schedule, ...]:
        """Return the schedules for a door, none if it may not be opened."""
        return dict(self.doors).get(door, ())

    @property
    def door_codes(self) -> frozenset[str]:
        """The doors of this terminal that the person may open."""
        return frozenset(code for code, _ in self.doors)


@dataclass(frozen=True, slots=True)
class Failure:
    """How the last application of a person to a terminal failed."""

    status: int
    error_code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DoorApplication:
    """State of one person's application at one door.

    `status` is elementStatus: 0 applied, 1 pending, 2 and 3 failed (3.9).
    """

    door: str
    device: str
    status: int
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What an application carries to a terminal; the younger has more `order`."""

    record: Record | None
    order: int


@dataclass(slots=True, eq=False)
class _Job:
    """An application under way."""

    load: dict[Pair, _Parcel]
    timer: Timer | None = None


@dataclass(slots=True)
class Terminals:
    """All terminals, and the applications under way to them.

    - `records`: what each terminal holds, by person.
    - `pending`: terminal and person where that differs from the configuration.
    - `failures`: last applications that failed; each stays until the next ends.
    - `waiting`: applications that reached a terminal which was offline.
    """

    database: Database
    clock: Clock
    conditions: Conditions
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    pending: set[Pair] = field(default_factory=set)
    failures: dict[Pair, Failure] = field(default_factory=dict)
    waiting: dict[Pair, _Parcel] = field(default_factory=dict)
    _orders: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _ended: dict[Pair, int] = field(default_factory=dict)
    _jobs: list[_Job] = field(default_factory=list)
    _tried: set[Pair] = field(default_factory=set)
    _cards: dict[tuple[str, str], str] = field(default_factory=dict)

    def held(self, device: str, person_id: str) -> Record | None:
        """Return what a terminal knows of a person."""
        return self.records.get(device, {}).get(person_id)

    def holder_of_card(self, device: str, card_no: str) -> Record | None:
        """Return whom a terminal knows by this card."""
        person_id = self._cards.get((device, card_no))
        return None if person_id is None else self.held(device, person_id)

    def wanted(self, device: str, person_id: str) -> Record | None:
        """Return what a terminal should know of a person by the configuration."""
        person = self.database.tables.persons.get(person_id)
        if person is None:
            return None
        doors: dict[str, tuple[Schedule, ...]] = {}
        for level in self.database.levels_of(person_id):
            for code in level.doors:
                door = self.database.tables.doors.get(code)
                if door is not None and door.device == device:
                    doors[code] = (*doors.get(code, ()), level.schedule)
        if not doors:
            return None
        return Record(
            person_id=person_id,
            code=person.code,
            given_name=person.given_name,
            family_name=person.family_name,
            begin=datetime.fromisoformat(person.begin_time),
            end=datetime.fromisoformat(person.end_time),
            face=person.face_version if person.face else 0,
            cards=person.cards,
            fingerprints=len(person.fingerprints),
            doors=tuple(sorted(doors.items(), key=lambda item: item[0])),
        )

    def refresh(self, person_id: str) -> None:
        """Note where a person's records differ from the configuration now."""
        for device in self.database.tables.devices.keys() | self.records.keys():
            pair = (device, person_id)
            if self.wanted(*pair) == self.held(*pair):
                self.pending.discard(pair)
            else:
                self.pending.add(pair)

    def store_wanted(self, person_ids: Iterable[str]) -> None:
        """Bring persons to all terminals at once, as if applied long ago."""
        wanted = set(person_ids)
        for device, person_id in sorted(p for p in self.pending if p[1] in wanted):
            self._store(device, person_id, self.wanted(device, person_id))

    def start_job(
        self,
        persons: set[str] | None,
        doors: set[str] | None,
        *,
        retry_failed: bool = True,
    ) -> None:
        """Begin an application; `None` means everybody, or all doors.

        It carries what is configured now, and ends after the delay in force.
        """
        devices = None
        if doors is not None:
            known = self.database.tables.doors
            devices = {known[code].device for code in doors if code in known}
        order = next(self._orders)
        load = {
            pair: _Parcel(self.wanted(*pair), order)
            for pair in sorted(self._unsettled())
            if (devices is None or pair[0] in devices)
            and (persons is None or pair[1] in persons)
            and (retry_failed or pair not in self.failures)
        }
        self._send(load)

    @property
    def jobs(self) -> int:
        """Number of applications under way."""
        return len(self._jobs)

    def forget_jobs(self) -> None:
        """Lose the applications under way; what they carried stays pending."""
        for job in self._jobs:
            if job.timer is not None:
                job.timer.cancel()
        self._jobs.clear()
        self.waiting.clear()

    def set_online(self, device: str, *, online: bool) -> None:
        """Cut off a terminal, or bring it back; then what waited arrives."""
        self.database.tables.devices[device].online = online
        if not online:
            return
        load = {pair: item for pair, item in self.waiting.items() if pair[0] == device}
        for pair in load:
            del self.waiting[pair]
        self._send(load)

    def _unsettled(self) -> set[Pair]:
        """Return what differs, failed, or is on its way (and may be outdated)."""
        flying = (job.load.keys() for job in self._jobs)
        return self.pending.union(self.failures, self.waiting, *flying)

    def _flying(self, pair: Pair) -> Iterator[Record | None]:
        """Yield what is on its way to a terminal."""
        for load in (self.waiting, *(job.load for job in self._jobs)):
            if pair in load and load[pair].order >= self._ended.get(pair, 0):
                yield load[pair].record

    def application(self, person_id: str) -> Iterator[DoorApplication]:
        """Yield the state at each door that the person has or should have."""
        for device in sorted(self.database.tables.devices):
            pair = (device, person_id)
            wanted, held = self.wanted(*pair), self.held(*pair)
            states = {held, *self._flying(pair)}
            codes = {
                code
                for record in states | {wanted}
                if record is not None
                for code in record.door_codes
            }
            failure = self.failures.get(pair)
            for code in sorted(codes & self.database.tables.doors.keys()):
                if failure is not None:
                    yield DoorApplication(
                        code, device, failure.status, failure.error_code
                    )
                else:
                    yield DoorApplication(code, device, int(states != {wanted}))

    def _send(self, load: dict[Pair, _Parcel]) -> None:
        if load:
            job = _Job(load)
            self._jobs.append(job)
            delay = self.conditions.faults.apply_delay_s
            job.timer = self.clock.call_later(delay, lambda: self._end(job))

    def _end(self, job: _Job) -> None:
        self._jobs.remove(job)
        devices = self.database.tables.devices
        for pair, parcel in job.load.items():
            waiting = self.waiting.get(pair)
            if parcel.order < self._ended.get(pair, 0) or (
                waiting is not None and parcel.order < waiting.order
            ):
                continue  # overtaken by a younger application
            device = devices.get(pair[0])
            if device is None or not device.online:
                self.waiting[pair] = parcel
                continue
            self._ended[pair] = parcel.order
            if failure := self._failure(pair, parcel.record):
                self.failures[pair] = failure
            else:
                self._store(*pair, parcel.record)

    def _failure(self, pair: Pair, record: Record | None) -> Failure | None:
        first = pair not in self._tried
        self._tried.add(pair)
        if first and self.conditions.switches.first_apply_fails:
            return Failure(2, "15", self.clock.now())
        known = record or self.held(*pair)
        doors = known.door_codes if known else frozenset()
        for fault in self.conditions.faults.apply_fail:
            if fault.strikes(pair[0], doors, pair[1]):
                return Failure(fault.status, "194", self.clock.now())
        return None

    def _store(self, device: str, person_id: str, record: Record | None) -> None:
        self.failures.pop((device, person_id), None)
        held = self.records.setdefault(device, {})
        before = held.get(person_id)
        for card_no in before.cards if before else ():
            if self._cards.get((device, card_no)) == person_id:
                del self._cards[device, card_no]
        for card_no in record.cards if record else ():
            self._cards[device, card_no] = person_id
        if record is None:
            held.pop(person_id, None)
        else:
            held[person_id] = record
        if self.wanted(device, person_id) == record:
            self.pending.discard((device, person_id))
        else:
            self.pending.add((device, person_id))
