"""Event entities: passages and what becomes of visits, as they are announced.

Each notice is one event and one state write. Event entities stay available through an
outage of the server: Home Assistant's triggers overlook an event that brings an entity
back from being unavailable.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.event import (
    EventEntity,
    EventEntityDescription,
    EventExtraStoredData,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .devices import door_info
from .entity import (
    PERSONAL,
    HikCentralEntity,
    PlaceEntity,
    ServerEntity,
    async_add_doors,
    async_add_places,
)
from .hikcentral import ALARM_TYPES
from .ids import of_door
from .notices import DoorNotice, PassageNotice, VisitNotice
from .runtime import HikCentralConfigEntry
from .visits.events import VisitEventType
from .visits.passage import Direction, PassageOutcome

# Nothing is asked of the server here.
PARALLEL_UPDATES = 0

DENIED: Final = "denied"
PASSAGE_TYPES: Final = [*(direction.value for direction in Direction), DENIED]
ALARMS: Final = sorted(set(ALARM_TYPES.values()))
DOOR_TYPES: Final = [*PASSAGE_TYPES, "face_not_recognised", *ALARMS]

SHOWN: Final = frozenset(
    {
        "visit_id",
        "visitor_id",
        "name",
        "visitor_type",
        "company",
        "host",
        "direction",
        "outcome",
        "reason",
        "reason_text",
        "credential",
        "door",
        "door_id",
        "occurred_at",
        "first",
        "first_today",
        "count",
        "delayed",
        "status",
        "valid_from",
        "valid_until",
        "expected_now",
    }
)
"""What is shown of a notice; the phones to be told are in the bus event only."""

VISITOR_PASSAGE: Final = EventEntityDescription(
    key="visitor_passage", translation_key="visitor_passage", event_types=PASSAGE_TYPES
)
VISIT: Final = EventEntityDescription(
    key="visit",
    translation_key="visit",
    event_types=[kind.value for kind in VisitEventType],
)
DOOR_PASSAGE: Final = EventEntityDescription(
    key="passage", translation_key="door_passage", event_types=DOOR_TYPES
)
PLACE_PASSAGE: Final = EventEntityDescription(
    key="passage", translation_key="passage", event_types=PASSAGE_TYPES
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of the server, the doors and the places."""
    async_add_entities(
        [VisitorPassageEvent(entry, VISITOR_PASSAGE), VisitEvent(entry, VISIT)]
    )
    async_add_doors(
        entry,
        async_add_entities,
        lambda door_id: DoorPassageEvent(hass, entry, door_id),
    )
    await async_add_places(
        entry, async_add_entities, lambda number: [PlacePassageEvent(entry, number)]
    )


class NoticeEvent(HikCentralEntity, EventEntity):
    """An event entity that is told of notices, and shows nobody who was forgotten."""

    _unrecorded_attributes = PERSONAL - {"friendly_name"}
    # Home Assistant keeps the last event under these names and has no way to drop it.
    _EventEntity__last_event_triggered: datetime | None
    _EventEntity__last_event_type: str | None
    _EventEntity__last_event_attributes: dict[str, Any] | None

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        coordinator = self.entry.runtime_data.coordinator
        self.async_on_remove(coordinator.async_listen_forgetting(self._async_forget))

    @override
    async def async_get_last_event_data(self) -> EventExtraStoredData | None:
        """Return the last event before the restart, if its visitor is not forgotten."""
        last = await super().async_get_last_event_data()
        attributes = None if last is None else last.last_event_attributes
        visitor_id = None if attributes is None else attributes.get("visitor_id")
        if visitor_id is None:
            return last
        visitor = await self.entry.runtime_data.book.visitor(visitor_id)
        if visitor is None or visitor.forgotten_at is not None:
            return None
        return last

    @callback
    def _async_forget(self, visitor_ids: frozenset[str]) -> None:
        attributes = self._EventEntity__last_event_attributes or {}
        if attributes.get("visitor_id") in visitor_ids:
            self._async_drop_event()
            self.async_write_ha_state()

    @callback
    def _async_drop_event(self) -> None:
        self._EventEntity__last_event_triggered = None
        self._EventEntity__last_event_type = None
        self._EventEntity__last_event_attributes = None

    @callback
    def _async_tell(self, event_type: str, data: Mapping[str, Any]) -> None:
        self._trigger_event(
            event_type, {key: data[key] for key in data if key in SHOWN}
        )
        self.async_write_ha_state()

    @callback
    def _async_tell_passage(self, notice: PassageNotice) -> None:
        passage = notice.passage
        denied = passage.outcome is PassageOutcome.DENIED
        self._async_tell(DENIED if denied else passage.direction.value, notice.data)


class VisitorPassageEvent(ServerEntity, NoticeEvent):
    """A visitor at any door."""

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_listen_passages(self._async_tell_passage)
        )


class VisitEvent(ServerEntity, NoticeEvent):
    """What becomes of any visit."""

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_listen_visit_events(self._async_visit)
        )

    @callback
    def _async_visit(self, notice: VisitNotice) -> None:
        self._async_tell(notice.type.value, notice.data)


class DoorPassageEvent(NoticeEvent):
    """A visitor, an unknown face or an alarm at one door."""

    _attr_should_poll = False

    def __init__(
        self, hass: HomeAssistant, entry: HikCentralConfigEntry, door_id: str
    ) -> None:
        """Make the entity of a door."""
        self.entry = entry
        self.door_id = door_id
        self.entity_description = DOOR_PASSAGE
        self._attr_unique_id = of_door(entry.entry_id, door_id, DOOR_PASSAGE.key)
        self._attr_device_info = door_info(hass, entry, door_id)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        coordinator = self.entry.runtime_data.coordinator
        self.async_on_remove(coordinator.async_listen_passages(self._async_passage))
        self.async_on_remove(coordinator.async_listen_doors(self._async_door))

    @callback
    def _async_passage(self, notice: PassageNotice) -> None:
        if notice.passage.door_id == self.door_id:
            self._async_tell_passage(notice)

    @callback
    def _async_door(self, notice: DoorNotice) -> None:
        if notice.door_id == self.door_id:
            self._async_tell(notice.type, notice.data)


class PlacePassageEvent(PlaceEntity, NoticeEvent):
    """A passage of the visitor who holds the place."""

    _unrecorded_attributes = PERSONAL

    def __init__(self, entry: HikCentralConfigEntry, number: int) -> None:
        """Make the entity of a place."""
        super().__init__(entry, number, Platform.EVENT, PLACE_PASSAGE)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.async_listen_passages(self._async_passage)
        )

    @override
    async def async_get_last_event_data(self) -> EventExtraStoredData | None:
        """Return the last event before the restart, if it was this visit's."""
        last = await super().async_get_last_event_data()
        attributes = None if last is None else last.last_event_attributes
        holder = self.coordinator.holder(self.number)
        if attributes is None or attributes.get("visit_id") != holder:
            return None
        return last

    @callback
    @override
    def async_holder_changed(self) -> None:
        # A place must not show its next holder as having done what the last one did.
        self._async_drop_event()

    @callback
    def _async_passage(self, notice: PassageNotice) -> None:
        visit_id = notice.passage.visit_id
        if visit_id is not None and visit_id == self.visit_id:
            self._async_tell_passage(notice)
