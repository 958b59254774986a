"""The devices that entities belong to: the server, its doors, the visitors' places."""

import asyncio
from collections.abc import Iterable
from functools import partial

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import (
    ChildDeviceInfo,
    DeviceEntry,
    DeviceEntryType,
    DeviceInfo,
)

from .const import CONF_URL, DOMAIN
from .ids import door_identifier, place_identifier
from .runtime import HikCentralConfigEntry


def server_info(entry: HikCentralConfigEntry) -> DeviceInfo:
    """Describe the server: a service, the parent of all other devices."""
    return DeviceInfo(
        identifiers={(DOMAIN, entry.entry_id)},
        entry_type=DeviceEntryType.SERVICE,
        name=entry.title,
        manufacturer="Hikvision",
        model="HikCentral Professional",
        sw_version=entry.runtime_data.coordinator.data.version,
        configuration_url=entry.data[CONF_URL],
    )


def server_device(hass: HomeAssistant, entry: HikCentralConfigEntry) -> DeviceEntry:
    """Return the server's device; made or brought up to date by this."""
    return dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, **server_info(entry)
    )


def door_info(
    hass: HomeAssistant, entry: HikCentralConfigEntry, door_id: str
) -> ChildDeviceInfo:
    """Describe a door: a part of the server's device, named as in HikCentral."""
    return ChildDeviceInfo(
        identifiers={(DOMAIN, door_identifier(entry.entry_id, door_id))},
        name=door_name(entry, door_id),
        parent_device_id=server_device(hass, entry).id,
    )


def door_name(entry: HikCentralConfigEntry, door_id: str) -> str | None:
    """Return what the server calls a door, None as long as it has never told."""
    runtime = entry.runtime_data
    status = runtime.doors.data.get(door_id)
    now = None if status is None else status.name
    return now or runtime.door_names.get(door_id)


def place_info(
    hass: HomeAssistant, entry: HikCentralConfigEntry, number: int
) -> DeviceInfo:
    """Describe a place: named after whoever holds it, else by its number."""
    info = DeviceInfo(
        identifiers={(DOMAIN, place_identifier(entry.entry_id, number))},
        via_device_id=server_device(hass, entry).id,
    )
    if name := _holder_name(entry, number):
        info["name"] = name
    else:
        info["translation_key"] = "place"
        info["translation_placeholders"] = {"number": str(number)}
    return info


def place_numbers(hass: HomeAssistant, entry: HikCentralConfigEntry) -> Iterable[int]:
    """Return the places that are or once were in use, as far as the options go.

    Those of earlier runs have their devices and entities in the registries, and are
    waiting there for their next visitor.
    """
    runtime = entry.runtime_data
    capacity = runtime.settings.visit_devices
    devices = dr.async_get(hass)
    return sorted(
        number
        for number in range(1, capacity + 1)
        if number in runtime.coordinator.places
        or devices.async_get_device_by_identifier(
            (DOMAIN, place_identifier(entry.entry_id, number)), entry.entry_id
        )
    )


async def async_keep_devices(hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
    """Keep names and the server's version in the registry right, while loaded."""
    runtime = entry.runtime_data
    coordinator, doors = runtime.coordinator, runtime.doors
    devices = dr.async_get(hass)
    holders: dict[int, str | None] = {}
    door_names: dict[str, str] = {}
    version: str | None = None

    @callback
    def keep_place(number: int) -> None:
        name = _holder_name(entry, number)
        if holders.get(number, "") != name:
            holders[number] = name
            devices.async_get_or_create(
                config_entry_id=entry.entry_id, **place_info(hass, entry, number)
            )

    @callback
    def keep_doors() -> None:
        for door_id in runtime.settings.doors:
            name = door_name(entry, door_id)
            if name and door_names.get(door_id) != name:
                door_names[door_id] = name
                devices.async_get_or_create_child(
                    config_entry_id=entry.entry_id, **door_info(hass, entry, door_id)
                )

    @callback
    def keep_version() -> None:
        nonlocal version
        if coordinator.data.version != version:
            version = coordinator.data.version
            server_device(hass, entry)

    server_device(hass, entry)
    for number in place_numbers(hass, entry):
        keep_place(number)
        await asyncio.sleep(0)
    keep_doors()
    for unsubscribe in (
        *(
            coordinator.async_listen_place(number, partial(keep_place, number))
            for number in range(1, runtime.settings.visit_devices + 1)
        ),
        coordinator.async_add_listener(keep_version),
        doors.async_add_listener(keep_doors),
    ):
        entry.async_on_unload(unsubscribe)


def _holder_name(entry: HikCentralConfigEntry, number: int) -> str | None:
    coordinator = entry.runtime_data.coordinator
    visit_id = coordinator.holder(number)
    view = None if visit_id is None else coordinator.view(visit_id)
    return None if view is None else view.visitor.name
