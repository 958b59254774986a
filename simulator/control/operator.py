"""What somebody does in HikCentral's own client, for `POST /operator`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import voluptuous as vol

from ..model import Device, Door, Level, LevelType, Person, Reader, Schedule
from ..world import World

_ID = vol.All(str, vol.Length(min=1))


def _aware(value: Any) -> str:
    if not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is None:
        msg = "expected ISO 8601 with offset"
        raise vol.Invalid(msg)
    return value


def _get[T](table: Mapping[str, T], key: str, kind: str) -> T:
    if key not in table:
        msg = f"no {kind} {key}"
        raise ValueError(msg)
    return table[key]


def _person(world: World, key: str) -> Person:
    return _get(world.database.tables.persons, key, "person")


def _delete_person(world: World, person_id: str) -> Any:
    world.database.delete_person(_person(world, person_id).id)
    return None


def _set_window(world: World, order: Mapping[str, Any]) -> Any:
    person = _person(world, order["personId"])
    world.database.save_person(
        replace(
            person,
            begin_time=order.get("beginTime", person.begin_time),
            end_time=order.get("endTime", person.end_time),
        )
    )
    return None


def _add_member(world: World, order: Mapping[str, Any]) -> Any:
    level = _get(world.database.tables.levels, order["privilegeGroupId"], "level")
    world.database.add_member(level.id, _person(world, order["personId"]).id)
    return None


def _remove_member(world: World, order: Mapping[str, Any]) -> Any:
    level = _get(world.database.tables.levels, order["privilegeGroupId"], "level")
    world.database.remove_member(level.id, _person(world, order["personId"]).id)
    return None


def _add_level(world: World, order: Mapping[str, Any]) -> Any:
    tables = world.database.tables
    for door in order["doors"]:
        _get(tables.doors, door, "door")
    level = Level(
        id=world.database.new_id("level", tables.levels),
        name=order["privilegeGroupName"],
        type=LevelType(order["type"]),
        description="",
        schedule=Schedule(),
        doors=order["doors"],
    )
    world.database.save_level(level)
    return level.id


def _delete_level(world: World, level_id: str) -> Any:
    _get(world.database.tables.levels, level_id, "level")
    world.database.delete_level(level_id)
    return None


def _add_door(world: World, order: Mapping[str, Any]) -> Any:
    """Add a door with a reader, on a terminal of its own unless one is named."""
    tables, new_id = world.database.tables, world.database.new_id
    levels = [_get(tables.levels, key, "level") for key in order["levels"]]
    device = order.get("acsDevIndexCode")
    if device is None:
        device = new_id("device", tables.devices)
        tables.devices[device] = Device(
            index_code=device, name=f"Terminal {order['doorName']}"
        )
    else:
        _get(tables.devices, device, "device")
    readers = {reader.index_code for d in tables.doors.values() for reader in d.readers}
    code = order.get("doorIndexCode") or new_id("door", tables.doors, 11)
    if code in tables.doors:
        msg = f"door {code} exists"
        raise ValueError(msg)
    tables.doors[code] = Door(
        index_code=code,
        name=order["doorName"],
        number="1",
        device=device,
        region=next(iter(tables.regions), ""),
        readers=(
            Reader(
                index_code=new_id("reader", readers, 21),
                name=f"{order['doorName']} Reader",
            ),
        ),
    )
    for level in levels:
        world.database.save_level(replace(level, doors=[*level.doors, code]))
    return code


def _delete_door(world: World, door: str) -> Any:
    _get(world.database.tables.doors, door, "door")
    world.database.delete_door(door)
    return None


def _terminal_offline(world: World, order: Mapping[str, Any]) -> Any:
    tables = world.database.tables
    if "doorIndexCode" in order:
        device = _get(tables.doors, order["doorIndexCode"], "door").device
    elif "acsDevIndexCode" in order:
        device = _get(tables.devices, order["acsDevIndexCode"], "device").index_code
    else:
        msg = "terminal_offline names doorIndexCode or acsDevIndexCode"
        raise ValueError(msg)
    world.set_online(device, online=not order["offline"])
    return device


def _apply(world: World, order: Mapping[str, Any]) -> Any:
    persons = order.get("personIds")
    world.terminals.start_job(None if persons is None else set(persons), None)
    return None


def _snapshot(world: World, name: str) -> Any:
    world.snapshots[name] = world.database.snapshot()
    return name


def _restore(world: World, name: str) -> Any:
    world.database.restore(_get(world.snapshots, name, "snapshot"))
    return name


@dataclass(frozen=True, slots=True)
class _Order:
    check: Callable[[Any], Any]
    carry_out: Callable[[World, Any], Any]


_MEMBER = vol.Schema(
    {vol.Required("privilegeGroupId"): _ID, vol.Required("personId"): _ID}
)
_NAME = vol.Any(vol.All(True, lambda _: "default"), _ID)

_ORDERS: dict[str, _Order] = {
    "delete_person": _Order(vol.Schema(_ID), _delete_person),
    "set_window": _Order(
        vol.Schema(
            {vol.Required("personId"): _ID, "beginTime": _aware, "endTime": _aware}
        ),
        _set_window,
    ),
    "add_member": _Order(_MEMBER, _add_member),
    "remove_member": _Order(_MEMBER, _remove_member),
    "add_level": _Order(
        vol.Schema(
            {
                vol.Required("privilegeGroupName"): _ID,
                vol.Optional("type", default=1): vol.In((1, 2)),
                vol.Optional("doors", default=list): [_ID],
            }
        ),
        _add_level,
    ),
    "delete_level": _Order(vol.Schema(_ID), _delete_level),
    "add_door": _Order(
        vol.Schema(
            {
                vol.Required("doorName"): _ID,
                "doorIndexCode": _ID,
                "acsDevIndexCode": _ID,
                vol.Optional("levels", default=list): [_ID],
            }
        ),
        _add_door,
    ),
    "delete_door": _Order(vol.Schema(_ID), _delete_door),
    "terminal_offline": _Order(
        vol.Schema(
            {
                "doorIndexCode": _ID,
                "acsDevIndexCode": _ID,
                vol.Optional("offline", default=True): bool,
            }
        ),
        _terminal_offline,
    ),
    "apply": _Order(vol.Schema({"personIds": [_ID]}), _apply),
    "snapshot": _Order(vol.Schema(_NAME), _snapshot),
    "restore": _Order(vol.Schema(_NAME), _restore),
}


def operate(world: World, body: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out orders in the order given; return what each one made.

    - `delete_person`: personId
    - `set_window`: `{personId, beginTime?, endTime?}`
    - `add_member`, `remove_member`: `{privilegeGroupId, personId}`
    - `add_level`: `{privilegeGroupName, type?, doors?}` → id
    - `delete_level`: privilegeGroupId
    - `add_door`: `{doorName, doorIndexCode?, acsDevIndexCode?, levels?}` → id
    - `delete_door`: doorIndexCode
    - `terminal_offline`: `{doorIndexCode or acsDevIndexCode, offline?: true}`
    - `apply`: `{personIds?}`; edits reach no terminal before
    - `snapshot`, `restore`: a name, or `true`. What is restored is HikCentral's
      configuration with its ids; terminals, log and subscriptions stay.

    All orders are checked before the first is carried out. Raises `vol.Invalid`
    or `ValueError`.
    """
    if unknown := body.keys() - _ORDERS.keys():
        msg = f"no order {', '.join(sorted(unknown))}; there are: {', '.join(_ORDERS)}"
        raise ValueError(msg)
    checked = {name: _ORDERS[name].check(order) for name, order in body.items()}
    return {
        name: _ORDERS[name].carry_out(world, order) for name, order in checked.items()
    }
