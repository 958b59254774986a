"""What must be so, seen from the terminals and from the listeners."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from custom_components.hikcentral_visitors.ledger.queries import VisitQuery
from custom_components.hikcentral_visitors.visits.person_code import is_ours
from simulator.decision import decide, has_credential
from simulator.event_types import GRANTED
from simulator.model import Credential
from simulator.terminals import Record
from tests.reconciler.house import INSTALLATION

from .facility import Facility
from .promises import Guest, Span, doors_of, uncovered

CREDENTIALS = (Credential.FACE, Credential.CARD)
TICK = timedelta(seconds=1)
ECHO = timedelta(seconds=5)


class Checks:
    """Looks at one facility on behalf of those who were promised something."""

    def __init__(self, house: Facility) -> None:
        self.house = house
        self.guests: list[Guest] = []
        self.codes: dict[str, Guest] = {}
        """Whose a person code is; a code once issued stays his."""

    async def learn_codes(self) -> None:
        by_id = {guest.visitor_id: guest for guest in self.guests}
        for record in await self.house.records():
            guest = by_id.get(record.visitor.id)
            if guest is not None:
                self.codes[record.visitor.person_code] = guest

    def _records(self) -> Iterable[tuple[str, Record]]:
        """Yield what terminals hold of persons whom we brought there, by terminal."""
        for device, held in self.house.world.terminals.records.items():
            for person_id, record in held.items():
                if person_id not in self.house.staff:
                    yield device, record

    def opens(self, record: Record, at: datetime) -> set[str]:
        """Return the doors that a terminal opens for somebody at an instant."""
        doors = self.house.world.database.tables.doors
        moment = self.house.world.terminal_time(at)
        return {
            door
            for door in record.door_codes & doors.keys()
            for credential in CREDENTIALS
            if has_credential(record, credential)
            and decide(record, credential, door, doors[door].state, moment).granted
        }

    def levels_of_door(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for level in self.house.world.database.tables.levels.values():
            for door in level.doors:
                found.setdefault(door, set()).add(level.id)
        return found

    def exposed(
        self, allowed: Callable[[Guest, str], list[Span]], slack: timedelta
    ) -> list[str]:
        """Return where anybody could get in now or later who may not.

        As if nobody told the terminals anything any more.
        """
        now = self.house.now()
        levels = self.levels_of_door()
        found = []
        for device, record in self._records():
            guest = self.codes.get(record.code)
            assert guest is not None or is_ours(INSTALLATION, record.code), record
            if guest is not None and guest.meddled:
                continue
            span = (max(now, record.begin), record.end)
            if not span[0] < span[1] or not any(
                has_credential(record, one) for one in CREDENTIALS
            ):
                continue
            for door in record.door_codes:
                spans = [
                    span
                    for level in levels.get(door, ())
                    if guest is not None
                    for span in allowed(guest, level)
                ]
                if (rest := uncovered(span, spans, slack)) is not None:
                    who = "nobody" if guest is None else guest.visitor_id
                    found.append(f"{who} at {door} ({device}): {_text(rest)}")
        return found

    async def unlike(self) -> list[str]:
        """Return where configuration and terminals are not what was promised."""
        house, now = self.house, self.house.now()
        persons = house.ours()
        codes = Counter(person.code for person in persons)
        found = [f"{code} exists {n} times" for code, n in codes.items() if n > 1]
        lists = house.world.switches.member_lists == "available"
        for person in persons:
            if not lists and datetime.fromisoformat(person.end_time) <= now:
                continue  # he may be in any level, and opens no door
            levels = {level.id for level in house.world.database.levels_of(person.id)}
            guest = self.codes.get(person.code)
            due = set() if guest is None else self._levels_due(guest, now)
            if levels != due:
                found.append(f"{person.id} in {levels}, not {due}")
            found += [
                f"{person.id} at terminal {device} differs"
                for device in house.world.database.tables.devices
                if house.world.terminals.held(device, person.id)
                != house.world.terminals.wanted(device, person.id)
            ]
        for guest in self.guests:
            found += self._unlike(guest, now)
        return found

    def _levels_due(self, guest: Guest, now: datetime) -> set[str]:
        current = guest.now(now)
        if not current and (start := guest.next(now)) is not None:
            current = guest.now(start)
        return set(current)

    def _unlike(self, guest: Guest, now: datetime) -> list[str]:
        """Return the doors that do not open for him, now and as long as they should."""
        instants = [now]
        if guest.now(now):
            instants.append(guest.until(now) - TICK)
        elif (start := guest.next(now)) is not None:
            instants += [start - TICK, start]
        doors = {
            level.id: level.doors
            for level in self.house.world.database.tables.levels.values()
        }
        records = [
            record
            for _, record in self._records()
            if self.codes.get(record.code) is guest
        ]
        found = []
        for at in instants:
            opened = {door for record in records for door in self.opens(record, at)}
            due = doors_of(guest.now(now if guest.now(now) else at), doors)
            if opened != due:
                found.append(
                    f"{guest.visitor_id} at {at}: {sorted(opened)}, not {sorted(due)}"
                )
        return found

    def untold(self, expected: dict[str, Guest]) -> list[str]:
        """Return passages that were not announced once."""
        house = self.house
        found = [f"{event_id} again" for event_id in house.heard.again]
        last: dict[tuple[str, str, str, bool], tuple[datetime, list[str]]] = {}
        groups: list[tuple[Guest, list[str]]] = []
        for event in house.world.history():
            granted = event.event_type in GRANTED.values()
            key = (event.person_id, event.door, event.reader, granted)
            before = last.get(key)
            if before is not None and event.time - before[0] <= ECHO:
                before[1].append(event.event_id)
            elif (guest := expected.get(event.event_id)) and not guest.forgotten:
                last[key] = (event.time, ids := [event.event_id])
                groups.append((guest, ids))
        for guest, ids in groups:
            told = {one: house.heard.passages[one] for one in ids}
            times = sum(told.values())
            # Who is killed while he tells it tells it again, but never its echo.
            most = 1 if not house.crashes else max(told.values())
            if not 0 < times <= most:
                found.append(f"{ids} of {guest.visitor_id} told {times} times")
        return found

    async def misplaced(self) -> list[str]:
        """Return who is not shown where his last step took him."""
        now = self.house.now()
        found = []
        views, _ = await self.house.book.visits(VisitQuery(limit=500))
        shown = {
            view.visitor.id
            for view in views
            if view.visit.closed_at is None and view.inside
        }
        for guest in self.guests:
            if guest.forgotten:
                continue
            inside = guest.inside(now)
            if inside != (guest.visitor_id in shown):
                found.append(f"{guest.visitor_id}: {guest.moved}, {inside=}")
        return found


def _text(span: Span) -> str:
    start, end = (one.astimezone(UTC) for one in span)
    return f"{start:%d %H:%M:%S} to {end:%d %H:%M:%S}"
