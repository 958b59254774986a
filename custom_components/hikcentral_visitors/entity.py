"""What the entities of the server, of a door and of a visitor's place share."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, override

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from . import ids
from .coordinator import VisitorsCoordinator
from .devices import door_info, door_name, place_info, place_numbers, server_info
from .doors import Doors, DoorStatus
from .permission import async_authorize
from .runtime import HikCentralConfigEntry
from .visits.view import VisitView
from .visits.visit import Actor

PERSONAL: Final = frozenset(
    {"name", "company", "host", "purpose", "reason_text", "friendly_name"}
)
"""Attributes that the recorder does not keep: they tell who somebody was.

`friendly_name` is for places, whose devices are called after their visitors.
"""


class HikCentralEntity(Entity):
    """An entity of a config entry; changing anything asks for permission first."""

    _attr_has_entity_name = True
    entry: HikCentralConfigEntry

    async def async_authorize(self) -> Actor:
        """Return whoever called the entity, where he may change anything.

        To be called before anything else is awaited: the context is that of the last
        call. Raises Unauthorized.
        """
        settings = self.entry.runtime_data.settings
        return await async_authorize(self.hass, settings, self._context)


class ServerEntity(CoordinatorEntity[VisitorsCoordinator], HikCentralEntity):
    """An entity of the server: available while the entry is loaded.

    What was counted stays true when the server cannot be reached; that shows in the
    connectivity sensor.
    """

    def __init__(
        self, entry: HikCentralConfigEntry, description: EntityDescription
    ) -> None:
        """Make the entity that `description` describes."""
        super().__init__(entry.runtime_data.coordinator)
        self.entry = entry
        self.entity_description = description
        self._attr_unique_id = ids.of_server(entry.entry_id, description.key)
        self._attr_device_info = server_info(entry)

    @property
    @override
    def available(self) -> bool:
        return True


class DoorEntity(CoordinatorEntity[Doors], HikCentralEntity):
    """An entity that shows or commands a door: available while the server is."""

    def __init__(
        self,
        entry: HikCentralConfigEntry,
        door_id: str,
        description: EntityDescription,
    ) -> None:
        """Make the entity that `description` describes, for one door."""
        doors = entry.runtime_data.doors
        super().__init__(doors)
        self.entry = entry
        self.door_id = door_id
        self.entity_description = description
        self._attr_unique_id = ids.of_door(entry.entry_id, door_id, description.key)
        self._attr_device_info = door_info(doors.hass, entry, door_id)

    @property
    def status(self) -> DoorStatus:
        """What the server last said of the door."""
        return self.coordinator.data[self.door_id]

    @property
    @override
    def available(self) -> bool:
        return self.coordinator.reachable and self.door_id in self.coordinator.data


class PlaceEntity(HikCentralEntity):
    """An entity of a numbered place: it shows whichever visit holds the place.

    Its ids carry the number only, so a place outlives its visitors. While the place is
    free, it is unavailable.
    """

    _attr_should_poll = False
    _unrecorded_attributes = PERSONAL

    def __init__(
        self,
        entry: HikCentralConfigEntry,
        number: int,
        platform: Platform,
        description: EntityDescription,
    ) -> None:
        """Make the entity that `description` describes, for one place."""
        self.entry = entry
        self.number = number
        self.entity_description = description
        self.coordinator = entry.runtime_data.coordinator
        suffix = "" if description.name is None else f"_{description.key}"
        self.entity_id = f"{platform}.visitor_{number}{suffix}"
        self._attr_unique_id = ids.of_place(entry.entry_id, number, description.key)
        self._attr_device_info = place_info(self.coordinator.hass, entry, number)
        self._visit_id: str | None = None

    @property
    def visit_id(self) -> str | None:
        """The visit that holds the place, None while it is free."""
        return self._visit_id

    @property
    def view(self) -> VisitView | None:
        """That visit as it is seen now."""
        return None if self._visit_id is None else self.coordinator.view(self._visit_id)

    @property
    @override
    def available(self) -> bool:
        return self.view is not None

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_listen_place(self.number, self._async_place_changed)
        )
        self._visit_id = self.coordinator.holder(self.number)

    @callback
    def async_holder_changed(self) -> None:
        """Forget what belonged to the last holder, before the next one is shown."""

    @callback
    def _async_place_changed(self) -> None:
        holder = self.coordinator.holder(self.number)
        if holder != self._visit_id:
            self._visit_id = holder
            self.async_holder_changed()
        self.async_write_ha_state()


async def async_add_places(
    entry: HikCentralConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[int], Iterable[PlaceEntity]],
) -> None:
    """Add a platform's entities of a place when it is first used, until unloaded.

    Place by place, so that many of them do not hold the event loop.
    """
    runtime = entry.runtime_data
    coordinator = runtime.coordinator

    @callback
    def add(number: int) -> None:
        waiting.pop(number)()
        async_add_entities(make(number))

    waiting = {
        number: coordinator.async_listen_place(number, partial(add, number))
        for number in range(1, runtime.settings.visit_devices + 1)
    }

    @callback
    def stop_waiting() -> None:
        for stop in waiting.values():
            stop()

    entry.async_on_unload(stop_waiting)
    for number in place_numbers(coordinator.hass, entry):
        if number in waiting:
            add(number)
            await asyncio.sleep(0)


@callback
def async_add_doors(
    entry: HikCentralConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    make: Callable[[str], Entity],
) -> None:
    """Add a platform's entity of each chosen door.

    A door of which not even the name is known yet is added once the server tells: for
    ever after, the ids of its entities are those that its name makes.
    """
    runtime = entry.runtime_data
    waiting = set(runtime.settings.doors)

    @callback
    def add() -> None:
        if entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            return  # the entities of this load are on their way out
        named = [door_id for door_id in sorted(waiting) if door_name(entry, door_id)]
        if named:
            waiting.difference_update(named)
            async_add_entities(make(door_id) for door_id in named)

    add()
    entry.async_on_unload(runtime.doors.async_add_listener(add))
