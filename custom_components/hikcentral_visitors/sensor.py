"""Sensors: the numbers of the server, and each visitor's status."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .entity import PlaceEntity, ServerEntity, async_add_places
from .ids import STATUS_KEY
from .local_time import iso
from .overview import Overview
from .push import PushStatus
from .runtime import HikCentralConfigEntry
from .visits.status import Status
from .visits.view import VisitView

# Nothing is asked of the server here.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class ServerSensorDescription(SensorEntityDescription):
    """A number of the server, and what else belongs to it."""

    value_fn: Callable[[Overview], StateType | datetime]
    attributes_fn: Callable[[Overview], dict[str, Any] | None] = lambda _: None


def _now(
    key: str, value_fn: Callable[[Overview], StateType]
) -> ServerSensorDescription:
    """Describe how many there are at this moment."""
    return ServerSensorDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=value_fn,
    )


def _total(key: str, *, diagnostic: bool = False) -> ServerSensorDescription:
    """Describe how many there have ever been: kept over restarts."""
    return ServerSensorDescription(
        key=key,
        translation_key=key,
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC if diagnostic else None,
        entity_registry_enabled_default=not diagnostic,
        value_fn=lambda overview: overview.counters.get(key, 0),
    )


def _next_visitor(overview: Overview) -> dict[str, Any] | None:
    view = overview.next_visit
    if view is None:
        return None
    return {
        "visit_id": view.visit.id,
        "name": view.visitor.name,
        "host": view.visit.host,
        "visitor_type": view.visit.visitor_type.value,
    }


SERVER_SENSORS: Final = (
    _now("visitors_inside", lambda overview: overview.inside),
    _now("at_reception", lambda overview: overview.arrived),
    _now("expected_today", lambda overview: overview.expected_today),
    _now("overstaying", lambda overview: overview.overstaying),
    _now("denied_today", lambda overview: overview.denied_today),
    ServerSensorDescription(
        key="next_visitor",
        translation_key="next_visitor",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda overview: (
            overview.next_visit.visit.valid_from if overview.next_visit else None
        ),
        attributes_fn=_next_visitor,
    ),
    ServerSensorDescription(
        key="last_passage",
        translation_key="last_passage",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda overview: overview.last_passage,
    ),
    ServerSensorDescription(
        key="pending_changes",
        translation_key="pending_changes",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda overview: overview.pending_changes,
    ),
    ServerSensorDescription(
        key="oldest_pending_change",
        translation_key="oldest_pending_change",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda overview: overview.oldest_pending,
    ),
    ServerSensorDescription(
        key="version",
        translation_key="version",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda overview: overview.version,
    ),
    _total("entries"),
    _total("exits"),
    _total("denials"),
    _total("grants"),
    _total("grants_failed"),
    _total("revocations"),
    _total("revocations_failed"),
    _total("requests", diagnostic=True),
    _total("request_errors", diagnostic=True),
)

STATUS: Final = SensorEntityDescription(
    key=STATUS_KEY,
    translation_key="status",
    name=None,
    device_class=SensorDeviceClass.ENUM,
    options=[status.value for status in Status],
)


PUSH: Final = SensorEntityDescription(
    key="push",
    translation_key="push",
    device_class=SensorDeviceClass.ENUM,
    entity_category=EntityCategory.DIAGNOSTIC,
    options=[status.value for status in PushStatus],
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the server's sensors, and the status of each place."""
    async_add_entities(
        ServerSensor(entry, description) for description in SERVER_SENSORS
    )
    async_add_entities([PushSensor(entry, PUSH)])
    await async_add_places(
        entry, async_add_entities, lambda number: [StatusSensor(entry, number)]
    )


class ServerSensor(ServerEntity, SensorEntity):
    """A number of the server."""

    entity_description: ServerSensorDescription
    _unrecorded_attributes = frozenset({"name", "host"})

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_fn(self.coordinator.data)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        attributes = self.entity_description.attributes_fn(self.coordinator.data)
        return None if attributes is None else _host_by_name(self.hass, attributes)


class PushSensor(ServerEntity, SensorEntity):
    """How pushing of events is, and what hinders it; unknown while nobody knows."""

    @property
    @override
    def native_value(self) -> str | None:
        return self.entry.runtime_data.push.status

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        push = self.entry.runtime_data.push
        self.async_on_remove(push.async_listen(self.async_write_ha_state))


class StatusSensor(PlaceEntity, SensorEntity):
    """Where the visitor is, and what the doors hold for him."""

    def __init__(self, entry: HikCentralConfigEntry, number: int) -> None:
        """Make the main entity of a place."""
        super().__init__(entry, number, Platform.SENSOR, STATUS)

    @property
    @override
    def native_value(self) -> str | None:
        return None if self.view is None else self.view.status.value

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        if self.view is None:
            return None
        return _host_by_name(self.hass, _attributes(self.view))


def _host_by_name(hass: HomeAssistant, attributes: dict[str, Any]) -> dict[str, Any]:
    """Show a host who is a person of Home Assistant by name; a text stays as it is."""
    person = hass.states.get(attributes.get("host") or "")
    return attributes if person is None else attributes | {"host": person.name}


def _attributes(view: VisitView) -> dict[str, Any]:
    """Return what is shown of a visit: no phone, no e-mail, no credential."""
    visit, access = view.visit, view.access
    return {
        "visit_id": visit.id,
        "visitor_type": visit.visitor_type.value,
        "host": visit.host,
        "company": view.visitor.company,
        "purpose": visit.purpose,
        "valid_from": iso(visit.valid_from),
        "valid_until": iso(visit.valid_until),
        "overstaying": view.overstaying,
        "access": access.state.value,
        "doors_ready": access.doors_ready,
        "doors_total": access.doors_total,
        "reason": access.reason,
        "next_attempt": iso(access.next_attempt),
    }
