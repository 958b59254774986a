"""What must be so at the doors, seen from the terminals."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from custom_components.hikcentral_visitors.visits.person_code import is_ours
from simulator.decision import decide, has_credential
from simulator.model import Credential, Person
from simulator.terminals import Record
from tests.reconciler.house import INSTALLATION

from .facility import Facility
from .promises import Guest, Span, doors_of, uncovered

CREDENTIALS = (Credential.FACE, Credential.CARD)
TICK = timedelta(seconds=1)

type Allowed = Callable[[Guest, str, datetime], list[Span]]
"""When somebody may be in a level."""


class Checks:
    """Looks at one facility's doors on behalf of those who were promised something."""

    def __init__(self, house: Facility, guests: list[Guest]) -> None:
        self.house = house
        self.guests = guests
        self.codes: dict[str, Guest] = {}
        """Whose a person code is; a code once issued stays his."""
        self._ever: dict[str, set[str]] = {}

    async def learn_codes(self) -> None:
        by_id = {guest.visitor_id: guest for guest in self.guests}
        for record in await self.house.records():
            guest = by_id.get(record.visitor.id)
            if guest is not None:
                self.codes[record.visitor.person_code] = guest

    def held(self) -> Iterable[tuple[str, Record]]:
        """Yield what terminals hold of persons whom we brought there, by terminal."""
        for device, held in self.house.world.terminals.records.items():
            for person_id, record in held.items():
                if person_id not in self.house.staff:
                    yield device, record

    def opens(self, record: Record, at: datetime) -> set[str]:
        """Return the doors that a terminal opens for somebody when it shows this time.

        Whatever it is that he can show there.
        """
        doors = self.house.world.database.tables.doors
        moment = at.astimezone(self.house.world.switches.server_zone)
        return {
            door
            for door in record.door_codes & doors.keys()
            if decide(record, Credential.CARD, door, doors[door].state, moment).granted
        }

    # Nobody gets in who may not.

    def exposed(self) -> list[str]:
        """Return where anybody could get in now or later who may not."""
        return self._exposed(Guest.spans, self._levels_of_doors(), TICK)

    def exposed_ever(self, slack: timedelta) -> list[str]:
        """Return where anybody could get in now or later who was never allowed to.

        A door that was ever in a level may still open by it: nobody has looked yet.
        """
        for door, levels in self._levels_of_doors().items():
            self._ever.setdefault(door, set()).update(levels)
        return self._exposed(Guest.ever, self._ever, slack)

    def _exposed(
        self, allowed: Allowed, levels: Mapping[str, set[str]], slack: timedelta
    ) -> list[str]:
        """As if nobody told the terminals anything any more."""
        now = self.house.now()
        found = []
        for device, record in self.held():
            if self._nobody_knows(device, record):
                continue
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
                    for span in allowed(guest, level, now)
                ]
                if (rest := uncovered(span, spans, slack)) is not None:
                    who = "nobody" if guest is None else guest.visitor_id
                    found.append(f"{who} at {door} ({device}): {_text(rest)}")
        return found

    def _nobody_knows(self, device: str, record: Record) -> bool:
        """Whether HikCentral, which could tell of the failure, knows him no more."""
        world = self.house.world
        gone = record.person_id not in world.database.tables.persons
        return gone and (device, record.person_id) in world.terminals.failures

    def _levels_of_doors(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for level in self.house.world.database.tables.levels.values():
            for door in level.doors:
                found.setdefault(door, set()).add(level.id)
        return found

    # Everybody gets in who may.

    def unlike(self) -> list[str]:
        """Return where configuration and terminals are not what was promised."""
        house, now = self.house, self.house.now()
        persons = house.ours()
        codes = Counter(person.code for person in persons)
        found = [f"{code} exists {n} times" for code, n in codes.items() if n > 1]
        for person in persons:
            found += self._misconfigured(person, now)
        present = {id(self.codes.get(person.code)) for person in persons}
        for guest in self.guests:
            # Who was forgotten is not made again only to leave.
            if not guest.forgotten or id(guest) in present:
                found += self._unlike(guest, now)
        return found

    def _misconfigured(self, person: Person, now: datetime) -> list[str]:
        world = self.house.world
        lists = world.switches.member_lists == "available"
        if not lists and datetime.fromisoformat(person.end_time) <= now:
            return []  # he may be in any level, and opens no door
        levels = {level.id for level in world.database.levels_of(person.id)}
        guest = self.codes.get(person.code)
        asked = set() if guest is None else _levels_due(guest, now)
        due = asked & world.database.tables.levels.keys()
        found = [] if levels == due else [f"{person.id} in {levels}, not {due}"]
        found += [
            f"{person.id} at terminal {device} differs"
            for device in world.database.tables.devices
            if world.terminals.held(device, person.id)
            != world.terminals.wanted(device, person.id)
        ]
        if guest is not None and due and not guest.forgotten:
            found += _unlike_himself(person, guest)
        return found

    def _unlike(self, guest: Guest, now: datetime) -> list[str]:
        """Return the doors that do not open for him, now and as long as they should."""
        held_now = guest.levels(now, now)
        instants = [now]
        if held_now:
            instants.append(guest.until(now) - TICK)
        elif (start := guest.next(now)) is not None:
            instants += [start - TICK, start]
        doors = {
            level.id: level.doors
            for level in self.house.world.database.tables.levels.values()
        }
        records = [
            record
            for device, record in self.held()
            if self.codes.get(record.code) is guest
            and not self._nobody_knows(device, record)
        ]
        found = []
        for at in instants:
            opened = {door for record in records for door in self.opens(record, at)}
            due = doors_of(held_now or guest.levels(at, now), doors)
            if opened != due:
                found.append(
                    f"{guest.visitor_id} at {at}: {sorted(opened)}, not {sorted(due)}"
                )
        return found


def _levels_due(guest: Guest, now: datetime) -> set[str]:
    current = guest.levels(now, now)
    if not current and (start := guest.next(now)) is not None:
        current = guest.levels(start, now)
    return current


def _unlike_himself(person: Person, guest: Guest) -> list[str]:
    """Return what he is called, or can show, that is not as was said last."""
    found = []
    if person.given_name != guest.name:
        found.append(f"{guest.visitor_id} is called {person.given_name}")
    if person.cards != ((guest.card,) if guest.card else ()):
        found.append(f"{guest.visitor_id} has {person.cards}, not {guest.card}")
    if not guest.face_lost and person.face != guest.face:
        found.append(f"{guest.visitor_id} has another face")
    guest.face_seen = True
    return found


def _text(span: Span) -> str:
    start, end = (one.astimezone(UTC) for one in span)
    return f"{start:%d %H:%M:%S} to {end:%d %H:%M:%S}"
