"""What is configured in HikCentral: the database behind gateway and operator."""

from collections.abc import Callable, Iterable
import copy
from dataclasses import dataclass, field, replace

from .model import (
    CustomField,
    Device,
    Door,
    Level,
    Organisation,
    Person,
    Region,
)


@dataclass(slots=True, kw_only=True)
class Tables:
    """Everything that HikCentral's own backup brings back, ids included."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    regions: dict[str, Region] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    doors: dict[str, Door] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    custom_fields: dict[str, CustomField] = field(default_factory=dict)
    users: set[str] = field(default_factory=set)
    next_id: dict[str, int] = field(default_factory=dict)


class Database:
    """The configured state, with the indices that make it quick to ask.

    It keeps itself whole (no member without a person, no card with two owners);
    who may do what, and how a refusal is answered, is the gateway's affair.
    `on_change` is called with each person whose rights may have become others.
    """

    def __init__(self, tables: Tables) -> None:
        """Open these tables."""
        self.tables = tables
        self.on_change: Callable[[str], None] = lambda _: None
        self.last_cards: dict[str, tuple[str, ...]] = {}
        self._by_code: dict[str, list[str]] = {}
        self._by_card: dict[str, str] = {}
        self._levels_of: dict[str, set[str]] = {}
        self._index()

    def new_id(self, kind: str, taken: Iterable[str], first: int = 1) -> str:
        """Draw the next free decimal id of its kind."""
        used = set(taken) if not isinstance(taken, dict) else taken
        number = self.tables.next_id.get(kind, first)
        while str(number) in used:
            number += 1
        self.tables.next_id[kind] = number + 1
        return str(number)

    def person_of_code(self, code: str) -> Person | None:
        """Find the (first) person with this personCode."""
        found = self._by_code.get(code)
        return self.tables.persons[found[0]] if found else None

    def owner_of_card(self, card_no: str) -> Person | None:
        """Find who has this card."""
        found = self._by_card.get(card_no)
        return self.tables.persons[found] if found else None

    def levels_of(self, person_id: str) -> list[Level]:
        """Return the levels that somebody is a member of, in order of their id."""
        found = self._levels_of.get(person_id, ())
        return [self.tables.levels[level] for level in sorted(found)]

    def save_person(self, person: Person) -> None:
        """Add or replace a person."""
        before = self.tables.persons.get(person.id)
        if before is not None:
            self._forget(before)
        self.tables.persons[person.id] = person
        self._remember(person)
        self.on_change(person.id)

    def delete_person(self, person_id: str) -> None:
        """Delete a person, with the memberships."""
        self._forget(self.tables.persons.pop(person_id))
        for level in self._levels_of.pop(person_id, ()):
            del self.tables.levels[level].members[person_id]
        self.on_change(person_id)

    def add_member(self, level_id: str, person_id: str) -> None:
        """Put a person into a level; harmless when already in it."""
        self.tables.levels[level_id].members[person_id] = None
        self._levels_of.setdefault(person_id, set()).add(level_id)
        self.on_change(person_id)

    def remove_member(self, level_id: str, person_id: str) -> None:
        """Take a person out of a level; harmless when not in it."""
        self.tables.levels[level_id].members.pop(person_id, None)
        self._levels_of.get(person_id, set()).discard(level_id)
        self.on_change(person_id)

    def save_level(self, level: Level) -> None:
        """Add or replace a level, members included."""
        before = self.tables.levels.get(level.id)
        touched = set(level.members) | set(before.members if before else ())
        self.tables.levels[level.id] = level
        for person_id in touched:
            held = self._levels_of.setdefault(person_id, set())
            (held.add if person_id in level.members else held.discard)(level.id)
            self.on_change(person_id)

    def delete_level(self, level_id: str) -> None:
        """Delete a level; its members lose what it gave."""
        level = self.tables.levels.pop(level_id)
        for person_id in level.members:
            self._levels_of[person_id].discard(level_id)
            self.on_change(person_id)

    def delete_door(self, door_index_code: str) -> None:
        """Delete a door, also from the levels."""
        del self.tables.doors[door_index_code]
        for level in list(self.tables.levels.values()):
            if door_index_code in level.doors:
                doors = [code for code in level.doors if code != door_index_code]
                self.save_level(replace(level, doors=doors))

    def snapshot(self) -> Tables:
        """Copy everything, as HikCentral's own backup does."""
        return copy.deepcopy(self.tables)

    def restore(self, tables: Tables) -> None:
        """Go back to a snapshot; ids given since will be given again.

        What doors and terminals are in at the moment is not in a backup.
        """
        touched = set(self.tables.persons)
        before, self.tables = self.tables, copy.deepcopy(tables)
        for code, device in before.devices.items():
            if code in self.tables.devices:
                self.tables.devices[code].online = device.online
        for code, door in before.doors.items():
            if code in self.tables.doors:
                self.tables.doors[code].state = door.state
        self._index()
        for person_id in touched | set(self.tables.persons):
            self.on_change(person_id)

    def _index(self) -> None:
        self._by_code.clear()
        self._by_card.clear()
        self._levels_of.clear()
        for person in self.tables.persons.values():
            self._remember(person)
        for level in self.tables.levels.values():
            for person_id in level.members:
                self._levels_of.setdefault(person_id, set()).add(level.id)

    def _remember(self, person: Person) -> None:
        if person.code:
            self._by_code.setdefault(person.code, []).append(person.id)
        for card_no in person.cards:
            self._by_card[card_no] = person.id
        if person.cards:
            self.last_cards[person.id] = person.cards

    def _forget(self, person: Person) -> None:
        if person.code:
            self._by_code[person.code].remove(person.id)
            if not self._by_code[person.code]:
                del self._by_code[person.code]
        for card_no in person.cards:
            if self._by_card.get(card_no) == person.id:
                del self._by_card[card_no]
