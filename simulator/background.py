"""Staff in the background, who share levels and doors with visitors."""

from .clock import Timer
from .layout import LATEST_END, STAFF_BEGIN
from .model import Credential, LevelType, Person
from .passages import Presentation, present
from .pictures import PORTRAIT
from .world import World

_GIVEN = ("Aisha", "Bram", "Chen", "Dara", "Elif", "Farid", "Gulnara", "Hugo")
_FAMILY = ("Abay", "Berg", "Costa", "Dimov", "Eriksen", "Fischer", "Garcia", "Hoang")


class Background:
    """People who come and go at random moments of virtual time."""

    def __init__(self, world: World) -> None:
        """Start with nobody."""
        self._world = world
        self._staff: list[str] = []
        self._per_minute = 0.0
        self._next: Timer | None = None

    def seed(self, persons: int, events_per_minute: float) -> list[str]:
        """Add staff, applied at once, and set how often somebody passes.

        They join the levels that the layout's persons are in, or every level for
        persons if there are none. Returns the new ids.
        """
        world = self._world
        levels = {
            level.id
            for person_id in world.database.tables.persons
            for level in world.database.levels_of(person_id)
        } or {
            level.id
            for level in world.database.tables.levels.values()
            if level.type is LevelType.PERSON
        }
        added = [self._add(sorted(levels)) for _ in range(persons)]
        world.terminals.store_wanted(added)
        self._staff += added
        self._per_minute = events_per_minute
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._plan()
        return added

    def forget(self) -> None:
        """End the traffic; the persons are the world's."""
        if self._next is not None:
            self._next.cancel()
        self._next = None
        self._staff.clear()
        self._per_minute = 0.0

    def _add(self, levels: list[str]) -> str:
        database, chance = self._world.database, self._world.conditions.chance
        person_id = database.new_id("person", database.tables.persons)
        database.save_person(
            Person(
                id=person_id,
                code=f"BG{person_id.zfill(8)}",
                given_name=chance.choice(_GIVEN),
                family_name=chance.choice(_FAMILY),
                organisation=next(iter(database.tables.organisations)),
                begin_time=STAFF_BEGIN,
                end_time=LATEST_END,
                face=PORTRAIT,
                face_version=1,
                cards=(f"8{person_id.zfill(9)}",),
            )
        )
        for level in levels:
            database.add_member(level, person_id)
        return person_id

    def _plan(self) -> None:
        if self._per_minute > 0 and self._staff:
            chance = self._world.conditions.chance
            pause = chance.expovariate(self._per_minute / 60)
            self._next = self._world.clock.call_later(pause, self._pass)

    def _pass(self) -> None:
        world, chance = self._world, self._world.conditions.chance
        person_id = chance.choice(self._staff)
        levels = world.database.levels_of(person_id)
        doors = sorted({code for level in levels for code in level.doors})
        if doors:
            door = world.database.tables.doors[chance.choice(doors)]
            reader = chance.choice(door.readers).index_code if door.readers else None
            present(
                world,
                Presentation(
                    credential=chance.choice((Credential.FACE, Credential.CARD)),
                    door=door.index_code,
                    person_id=person_id,
                    reader=reader,
                ),
            )
        self._plan()
