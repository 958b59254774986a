"""What the registries know our things by: ids that carry numbers, and nobody's name."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN

STATUS_KEY = "status"
"""The key of the main entity of a place."""


def of_server(entry_id: str, key: str) -> str:
    """Return the unique id of an entity of the server."""
    return f"{entry_id}_{key}"


def of_door(entry_id: str, door_id: str, key: str) -> str:
    """Return the unique id of an entity of a door."""
    return f"{door_identifier(entry_id, door_id)}_{key}"


def door_identifier(entry_id: str, door_id: str) -> str:
    """Return the identifier of a door's device."""
    return f"{entry_id}_door_{door_id}"


def of_place(entry_id: str, number: int, key: str) -> str:
    """Return the unique id of an entity of a place."""
    return f"{place_identifier(entry_id, number)}_{key}"


def door_of(entry_id: str, identifier: str) -> str | None:
    """Return the id of the door that a device's identifier is of, if any."""
    prefix = door_identifier(entry_id, "")
    return identifier.removeprefix(prefix) if identifier.startswith(prefix) else None


def place_identifier(entry_id: str, number: int) -> str:
    """Return the identifier of a place's device."""
    return f"{entry_id}_place_{number}"


def place_number(entry_id: str, identifier: str) -> int | None:
    """Return the place that a unique id or a device's identifier is of, if any."""
    prefix = f"{entry_id}_place_"
    if not identifier.startswith(prefix):
        return None
    return int(identifier.removeprefix(prefix).partition("_")[0])


@callback
def async_status_entity(
    hass: HomeAssistant, entry_id: str, place: int | None
) -> str | None:
    """Return the entity that stands for whoever holds a place, by whatever name."""
    if place is None:
        return None
    return er.async_get(hass).async_get_entity_id(
        Platform.SENSOR, DOMAIN, of_place(entry_id, place, STATUS_KEY)
    )
