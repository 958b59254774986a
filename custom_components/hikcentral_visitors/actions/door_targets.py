"""Which door an action is for: by its device or an entity of it, or by id."""

from dataclasses import dataclass
from functools import partial

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
from .targets import Server, async_chosen, async_permitted_servers, of_device


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
    """Return the doors, as config entry and id, that a target stands for."""
    devices = dr.async_get(hass)
    of_door = partial(of_device, read=door_of)

    def of_entity(entity: er.RegistryEntry) -> tuple[str, str] | None:
        device = devices.async_get(entity.device_id) if entity.device_id else None
        return None if device is None else of_door(device)

    return async_chosen(hass, selection, of_entity, of_door, "not_a_door")
