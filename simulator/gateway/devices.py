"""Version, devices, doors, readers and regions (reference, 3.1, 3.4, 3.5)."""

from typing import Any

import voluptuous as vol

from ..model import Device, Door, DoorState, Reader, Region
from .answer import NOT_FOUND, RefusedError
from .endpoint import Endpoint, Request, found, page
from .fields import DIGITS, INDEX_CODE, PAGE, schema, text

_ONLINE, _OFFLINE = 1, 2


def _version(request: Request) -> Any:
    return {
        "produceName": "HikCentral Professional",
        "softVersion": request.switches.version,
    }


def _write_device(device: Device) -> dict[str, Any]:
    return {
        "acsDevIndexCode": device.index_code,
        "acsDevName": device.name,
        "acsDevIp": device.ip,
        "acsDevPort": device.port,
        "acsDevCode": device.code,
        "status": _ONLINE if device.online else _OFFLINE,
    }


def _write_door(request: Request, door: Door) -> dict[str, Any]:
    online = request.tables.devices[door.device].online
    return {
        "doorIndexCode": door.index_code,
        "doorName": door.name,
        "doorNo": door.number,
        "acsDevIndexCode": door.device,
        "regionIndexCode": door.region,
        "doorState": int(door.state if online else DoorState.OFFLINE),
    }


def _write_reader(door: Door, reader: Reader) -> dict[str, Any]:
    return {
        "readerIndexCode": reader.index_code,
        "readerName": reader.name,
        "doorIndexCode": door.index_code,
    }


def _write_region(region: Region) -> dict[str, Any]:
    return {
        "indexCode": region.index_code,
        "name": region.name,
        "parentIndexCode": region.parent,
    }


def _devices(request: Request) -> Any:
    part = request.params.get("acsDevName", "").casefold()
    devices = request.tables.devices.values()
    hits = [device for device in devices if part in device.name.casefold()]
    return page(request, hits, _write_device)


def _device(request: Request) -> Any:
    return _write_device(
        found(request.tables.devices, request.params["acsDevIndexCode"])
    )


def _list_doors(request: Request, *, echo_when_empty: bool) -> Any:
    params = request.params
    part = params.get("doorName", "").casefold()
    hits = [
        door
        for door in request.tables.doors.values()
        if part in door.name.casefold()
        and params.get("acsDevIndexCode") in (None, "", door.device)
        and params.get("regionIndexCode") in (None, "", door.region)
    ]
    return page(
        request,
        hits,
        lambda door: _write_door(request, door),
        echo_when_empty=echo_when_empty,
    )


def _doors(request: Request) -> Any:
    return _list_doors(request, echo_when_empty=False)


def _doors_of_region(request: Request) -> Any:
    return _list_doors(request, echo_when_empty=True)


def _door(request: Request) -> Any:
    door = found(request.tables.doors, request.params["doorIndexCode"])
    return _write_door(request, door)


def _readers(request: Request) -> Any:
    params = request.params
    readers = [
        _write_reader(door, reader)
        for door in request.tables.doors.values()
        for reader in door.readers
        if params.get("doorIndexCode") in (None, "", door.index_code)
        and params.get("readerIndexCode") in (None, "", reader.index_code)
    ]
    if not readers:
        raise RefusedError(NOT_FOUND)
    return {"total": len(readers), "list": readers}


def _regions(request: Request) -> Any:
    return page(request, list(request.tables.regions.values()), _write_region)


_FILTER = text(64)

ENDPOINTS = (
    Endpoint("common/v1/version", schema(), _version),
    Endpoint("resource/v1/acsDevice/acsDeviceList", schema(PAGE), _devices),
    Endpoint(
        "resource/v1/acsDevice/advance/acsDeviceList",
        schema({**PAGE, "acsDevName": text(255)}),
        _devices,
    ),
    Endpoint(
        "resource/v1/acsDevice/indexCode/acsDeviceInfo",
        schema({vol.Required("acsDevIndexCode"): DIGITS}),
        _device,
    ),
    Endpoint("resource/v1/acsDoor/acsDoorList", schema(PAGE), _doors),
    Endpoint(
        "resource/v1/acsDoor/advance/acsDoorList",
        schema(
            {
                **PAGE,
                "doorName": text(255),
                "acsDevIndexCode": _FILTER,
                "regionIndexCode": _FILTER,
            }
        ),
        _doors,
    ),
    Endpoint(
        "resource/v1/acsDoor/region/acsDoorList",
        schema({**PAGE, vol.Required("regionIndexCode"): INDEX_CODE}),
        _doors_of_region,
    ),
    Endpoint(
        "resource/v1/acsDoor/indexCode/acsDoorInfo",
        schema({vol.Required("doorIndexCode"): DIGITS}),
        _door,
    ),
    Endpoint(
        "resource/v1/reader/search",
        schema({"doorIndexCode": _FILTER, "readerIndexCode": _FILTER}),
        _readers,
    ),
    Endpoint("resource/v1/regions", schema(PAGE), _regions),
)
