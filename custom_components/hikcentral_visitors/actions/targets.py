"""Which server an action is for, and which visits: by id, or by who holds a place."""

from collections.abc import Callable, Iterable
from contextlib import suppress
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
from ..errors import refusal, translated_errors
from ..ids import place_number
from ..permission import async_authorize
from ..runtime import HikCentralConfigEntry, Runtime
from ..visits.checks import CommandRefusedError
from ..visits.visit import Actor
from .schemas import ATTR_CONFIG_ENTRY_ID, ATTR_VISIT_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that the caller may use, and as whom."""

    entry: HikCentralConfigEntry
    actor: Actor

    @property
    def runtime(self) -> Runtime:
        """What the config entry runs on."""
        return self.entry.runtime_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One visit that an action is for."""

    server: Server
    visit_id: str


async def async_server(call: ServiceCall) -> Server:
    """Return the server that the call names, or the only one there is.

    Raises ServiceValidationError where that is none or several, Unauthorized for a
    caller who may not.
    """
    hass = call.hass
    entry_id: str | None = call.data.get(ATTR_CONFIG_ENTRY_ID)
    loaded: list[HikCentralConfigEntry] = hass.config_entries.async_loaded_entries(
        DOMAIN
    )
    entry: HikCentralConfigEntry = (
        loaded[0]
        if entry_id is None and len(loaded) == 1
        else service.async_get_config_entry(hass, DOMAIN, entry_id)
    )
    actor = await async_authorize(hass, entry.runtime_data.settings, call.context)
    return Server(entry=entry, actor=actor)


async def async_visits(call: ServiceCall) -> list[Target]:
    """Return the visits that the call names, each once, in a stable order.

    Raises ServiceValidationError where nothing is named, where something else than a
    visitor is, and where nobody holds the places; Unauthorized for a caller who may
    not.
    """
    servers = await async_permitted_servers(call)
    visit_ids: list[str] = call.data.get(ATTR_VISIT_ID, [])
    selection = target.TargetSelection(call.data)
    if not visit_ids and not selection.has_any_target:
        raise refusal("no_visit_named")
    places = _places(call.hass, selection)
    found: dict[str, Target] = {}
    entries = [server.entry for server in servers.values()]
    for visit_id in visit_ids:
        with translated_errors():
            entry = await async_entry_of(visit_id, entries)
        found[visit_id] = Target(server=servers[entry.entry_id], visit_id=visit_id)
    for entry_id, place in sorted(places):
        if entry_id not in servers:
            # Raises where the server is not loaded, which is what is wrong then.
            service.async_get_config_entry(call.hass, DOMAIN, entry_id)
            raise Unauthorized(context=call.context)
        server = servers[entry_id]
        holder = server.runtime.coordinator.holder(place)
        if holder is not None:
            found[holder] = Target(server=server, visit_id=holder)
    if not found:
        raise refusal("nobody_there")
    return list(found.values())


async def async_permitted_servers(call: ServiceCall) -> dict[str, Server]:
    """Return the servers that the caller may use, by config entry.

    Raises ServiceValidationError where none is loaded, Unauthorized for a caller who
    may use none.
    """
    hass = call.hass
    loaded: list[HikCentralConfigEntry] = hass.config_entries.async_loaded_entries(
        DOMAIN
    )
    if not loaded:
        # Raises, saying whether there is none or it is not running.
        service.async_get_config_entry(hass, DOMAIN, None)
    servers = {}
    for entry in loaded:
        with suppress(Unauthorized):
            actor = await async_authorize(
                hass, entry.runtime_data.settings, call.context
            )
            servers[entry.entry_id] = Server(entry=entry, actor=actor)
    if not servers:
        raise Unauthorized(context=call.context)
    return servers


async def async_entry_of(
    visit_id: str, entries: Iterable[HikCentralConfigEntry]
) -> HikCentralConfigEntry:
    """Return the entry that has the visit; any where none has, which then says so.

    Raises LedgerError.
    """
    first, *others = entries
    for entry in (first, *others):
        if entry.runtime_data.coordinator.view(visit_id) is not None:
            return entry
    for entry in others:
        with suppress(CommandRefusedError):
            await entry.runtime_data.book.visit(visit_id)
            return entry
    return first


@callback
def _places(
    hass: HomeAssistant, selection: target.TargetSelection
) -> set[tuple[str, int]]:
    """Return the places, as config entry and number, that a target stands for."""

    def of_entity(entity: er.RegistryEntry) -> tuple[str, int] | None:
        entry_id = entity.config_entry_id
        if entity.platform != DOMAIN or entry_id is None:
            return None
        number = place_number(entry_id, entity.unique_id)
        return None if number is None else (entry_id, number)

    return async_chosen(
        hass,
        selection,
        of_entity,
        partial(of_device, read=place_number),
        "not_a_visitor",
    )


@callback
def async_chosen[T](
    hass: HomeAssistant,
    selection: target.TargetSelection,
    of_entity: Callable[[er.RegistryEntry], T | None],
    of_device: Callable[[dr.AnyDeviceEntry], T | None],
    refused: str,
) -> set[T]:
    """Return the things of ours that a target stands for.

    What is named itself has to be one of them: `refused` is why it is not. Of what lies
    in an area or bears a label, only they are meant.
    """
    entities, devices = er.async_get(hass), dr.async_get(hass)
    selected = target.async_extract_referenced_entity_ids(hass, selection)
    found = set[T]()
    for entity_id in selected.referenced | selected.indirectly_referenced:
        entity = entities.async_get(entity_id)
        one = None if entity is None else of_entity(entity)
        if one is not None:
            found.add(one)
        elif entity_id in selected.referenced:
            raise refusal(refused, target=entity_id)
    for device_id in selected.referenced_devices | selection.device_ids:
        device = devices.async_get(device_id)
        one = None if device is None else of_device(device)
        if one is not None:
            found.add(one)
        elif device_id in selection.device_ids:
            name = device_id if device is None else device.name_by_user or device.name
            raise refusal(refused, target=name or device_id)
    return found


def of_device[T](
    device: dr.AnyDeviceEntry, read: Callable[[str, str], T | None]
) -> tuple[str, T] | None:
    """Return a device's config entry, and what `read` makes of its identifier."""
    entry_id = device.config_entry_id
    for domain, identifier in device.identifiers:
        one = read(entry_id, identifier) if domain == DOMAIN else None
        if one is not None:
            return entry_id, one
    return None
