"""Which door an action is for: by its device or an entity of it, or by id."""

from dataclasses import dataclass

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    service,
    target,
)

from ..const import DOMAIN
from ..errors import refusal
from ..ids import door_of
from .schemas import ATTR_DOOR_ID
from .targets import Server, async_permitted_servers


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorTarget:
    """The door that an action is for."""

    server: Server
    door_id: str


async def async_door(call: ServiceCall) -> DoorTarget:
    """Return the one door that the call names.

    Raises ServiceValidationError where none or several are named, or something else
    than a door, Unauthorized for a caller who may not.
    """
    servers = await async_permitted_servers(call)
    doors = _doors(call.hass, target.TargetSelection(call.data))
    if (door_id := call.data.get(ATTR_DOOR_ID)) is not None:
        of_id = {
            (entry_id, door_id)
            for entry_id, server in servers.items()
            if door_id in server.runtime.settings.doors
        }
        if not of_id:
            raise refusal("door_not_chosen")
        doors |= of_id
    if not doors:
        raise refusal("no_door_named")
    if len(doors) > 1:
        raise refusal("one_door_only")
    ((entry_id, door_id),) = doors
    if entry_id not in servers:
        # Raises where the server is not loaded, which is what is wrong then.
        service.async_get_config_entry(call.hass, DOMAIN, entry_id)
        raise Unauthorized(context=call.context)
    return DoorTarget(server=servers[entry_id], door_id=door_id)


@callback
def _doors(
    hass: HomeAssistant, selection: target.TargetSelection
) -> set[tuple[str, str]]:
    """Return the doors, as config entry and id, that a target stands for.

    What is named itself has to be a door. Of what lies in an area or bears a label,
    only doors are meant.
    """
    entities, devices = er.async_get(hass), dr.async_get(hass)
    selected = target.async_extract_referenced_entity_ids(hass, selection)
    doors = set()
    for entity_id in selected.referenced | selected.indirectly_referenced:
        entity = entities.async_get(entity_id)
        device_id = None if entity is None else entity.device_id
        door = _door(devices.async_get(device_id) if device_id else None)
        if door is not None:
            doors.add(door)
        elif entity_id in selected.referenced:
            raise refusal("not_a_door", target=entity_id)
    for device_id in selected.referenced_devices | selection.device_ids:
        device = devices.async_get(device_id)
        door = _door(device)
        if door is not None:
            doors.add(door)
        elif device_id in selection.device_ids:
            name = device_id if device is None else device.name_by_user or device.name
            raise refusal("not_a_door", target=name or device_id)
    return doors


def _door(device: dr.AnyDeviceEntry | None) -> tuple[str, str] | None:
    if device is None:
        return None
    entry_id = device.config_entry_id
    for domain, identifier in device.identifiers:
        door_id = door_of(entry_id, identifier) if domain == DOMAIN else None
        if door_id is not None:
            return entry_id, door_id
    return None
