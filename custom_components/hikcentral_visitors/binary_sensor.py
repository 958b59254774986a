"""Binary sensors: is the server there, is anyone inside, does something need help."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import (
    DoorEntity,
    PlaceEntity,
    ServerEntity,
    async_add_doors,
    async_add_places,
)
from .overview import Overview
from .runtime import HikCentralConfigEntry

# Nothing is asked of the server here.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ServerBinarySensorDescription(BinarySensorEntityDescription):
    """Something about the server that is so or not."""

    is_on_fn: Callable[[Overview], bool]


SERVER_BINARY_SENSORS: Final = (
    ServerBinarySensorDescription(
        key="connected",
        translation_key="connected",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda overview: overview.connected,
    ),
    ServerBinarySensorDescription(
        key="anyone_inside",
        translation_key="anyone_inside",
        device_class=BinarySensorDeviceClass.OCCUPANCY,
        is_on_fn=lambda overview: overview.inside > 0,
    ),
    ServerBinarySensorDescription(
        key="access_problem",
        translation_key="access_problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda overview: overview.access_problem,
    ),
)

DOOR_PROBLEM: Final = BinarySensorEntityDescription(
    key="problem", device_class=BinarySensorDeviceClass.PROBLEM
)

INSIDE: Final = BinarySensorEntityDescription(key="inside", translation_key="inside")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of the server, the doors and the places."""
    async_add_entities(
        ServerBinarySensor(entry, description) for description in SERVER_BINARY_SENSORS
    )
    async_add_doors(
        entry,
        async_add_entities,
        lambda door_id: DoorProblem(entry, door_id, DOOR_PROBLEM),
    )
    await async_add_places(
        entry, async_add_entities, lambda number: [InsideBinarySensor(entry, number)]
    )


class ServerBinarySensor(ServerEntity, BinarySensorEntity):
    """Something about the server that is so or not."""

    entity_description: ServerBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool:
        return self.entity_description.is_on_fn(self.coordinator.data)


class DoorProblem(DoorEntity, BinarySensorEntity):
    """On while neither commands nor changed access reach the door."""

    @property
    @override
    def is_on(self) -> bool | None:
        return self.status.offline


class InsideBinarySensor(PlaceEntity, BinarySensorEntity):
    """Whether the visitor is inside; unknown where nobody can tell."""

    def __init__(self, entry: HikCentralConfigEntry, number: int) -> None:
        """Make the entity of a place."""
        super().__init__(entry, number, Platform.BINARY_SENSOR, INSIDE)

    @property
    @override
    def is_on(self) -> bool | None:
        return None if self.view is None else self.view.inside
