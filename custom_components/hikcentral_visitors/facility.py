"""What a server has to choose from when the integration is set up."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from .hikcentral import (
    FAST_TYPES,
    MOST_DOORS,
    AccessLevel,
    Door,
    HikCentralClient,
    NotPermittedError,
    Organisation,
    Priority,
    Reader,
    UnsupportedError,
)

_FOR_VISITORS = ("visitor", "guest", "посетит", "гост")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """Access levels, organisations and doors, in the server's order."""

    levels: tuple[AccessLevel, ...]
    organisations: tuple[Organisation, ...]
    doors: tuple[Door, ...]

    @property
    def lack(self) -> str | None:
        """Return the key of what is missing without which nothing can be set up."""
        if not self.levels:
            return "no_access_levels"
        if not self.organisations:
            return "no_organisations"
        return None if self.doors else "no_doors"

    def doors_of(self, level_ids: Collection[str]) -> list[str]:
        """Return the ids of the doors that any of the levels opens."""
        opened = {
            door.id
            for level in self.levels
            if level.id in level_ids
            for door in level.doors
        }
        return [door.id for door in self.doors if door.id in opened]

    def likely_levels(self) -> list[str]:
        """Return the ids of the levels that seem to be meant for visitors."""
        if len(self.levels) == 1:
            return [self.levels[0].id]
        return [level.id for level in self.levels if _for_visitors(level.name)]

    def likely_organisation(self) -> str:
        """Return the id of where visitors seem to belong, else of the topmost one."""
        known = {one.index_code for one in self.organisations}
        named = (one for one in self.organisations if _for_visitors(one.name))
        topmost = (one for one in self.organisations if one.parent not in known)
        found = next(named, None) or next(topmost, self.organisations[0])
        return found.index_code

    def organisation_paths(self) -> dict[str, str]:
        """Return the name of each organisation behind those above it, by id."""
        by_id = {one.index_code: one for one in self.organisations}

        def path(one: Organisation) -> str:
            names: list[str] = []
            passed: set[str] = set()
            above: Organisation | None = one
            while above is not None and above.index_code not in passed:
                passed.add(above.index_code)
                names.append(above.name or above.index_code)
                above = by_id.get(above.parent)
            return " / ".join(reversed(names))

        return {key: path(one) for key, one in by_id.items()}


def _for_visitors(name: str) -> bool:
    lower = name.casefold()
    return any(word in lower for word in _FOR_VISITORS)


async def async_read_facility(client: HikCentralClient) -> Facility:
    """Prove that the server can be used, and return what it has to choose from.

    Makes each kind of call that reading needs. Raises HikCentralError; permissions
    that are missing are all named in the path of one NotPermittedError, so that
    whoever grants them has to go there once.
    """
    await client.version()
    missing: list[str] = []
    organisations = await _permitted(client.organisations(), missing)
    levels = await _permitted(client.access_levels(), missing)
    doors = await _permitted(client.doors(), missing)
    if doors:
        now = client.clock.now()
        try:
            await client.door_events(
                FAST_TYPES[0],
                [door.id for door in doors[:MOST_DOORS]],
                now - timedelta(minutes=1),
                now,
                page_size=1,
                priority=Priority.INTERACTIVE,
            )
        except NotPermittedError as error:
            missing.append(error.path)
    if missing:
        raise NotPermittedError(None, "not permitted", ", ".join(missing))
    return Facility(
        levels=tuple(levels), organisations=tuple(organisations), doors=tuple(doors)
    )


async def _permitted[T](found: AsyncIterator[T], missing: list[str]) -> list[T]:
    try:
        return [one async for one in found]
    except NotPermittedError as error:
        missing.append(error.path)
        return []


async def async_read_readers(
    client: HikCentralClient, door_ids: Iterable[str]
) -> list[Reader]:
    """Return the readers of all doors that have more than one.

    A door's only reader tells no more than the door. Raises HikCentralError.
    """

    async def of(door_id: str) -> list[Reader]:
        try:
            return [reader async for reader in client.readers(door_id)]
        except UnsupportedError:  # this server knows no readers: the doors must do
            return []

    found = await asyncio.gather(*(of(door_id) for door_id in door_ids))
    return [reader for readers in found if len(readers) > 1 for reader in readers]
