"""The whole state of the world as JSON, for `GET /state`."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from ..model import Person
from ..terminals import Record
from ..wire import instant
from ..world import World


def _person(world: World, person: Person) -> dict[str, Any]:
    return {
        "personId": person.id,
        "personCode": person.code,
        "personName": person.name,
        "orgIndexCode": person.organisation,
        "beginTime": person.begin_time,
        "endTime": person.end_time,
        "cards": list(person.cards),
        "face": person.face is not None,
        "fingerprints": len(person.fingerprints),
        "levels": [level.id for level in world.database.levels_of(person.id)],
    }


def _persons(world: World) -> Any:
    persons = world.database.tables.persons
    return {key: _person(world, person) for key, person in persons.items()}


def _levels(world: World) -> Any:
    return {
        level.id: {
            "privilegeGroupName": level.name,
            "type": int(level.type),
            "doors": list(level.doors),
            "members": list(level.members),
        }
        for level in world.database.tables.levels.values()
    }


def _record(world: World, record: Record) -> dict[str, Any]:
    zone = world.switches.server_zone
    return {
        "beginTime": instant(record.begin, zone),
        "endTime": instant(record.end, zone),
        "cards": list(record.cards),
        "face": record.face > 0,
        "fingerprints": record.fingerprints,
    }


def _applied(world: World) -> Any:
    """What opens each door: the persons whom its terminal holds for it."""
    return {
        door.index_code: {
            record.person_id: _record(world, record)
            for record in world.terminals.records.get(door.device, {}).values()
            if door.index_code in record.door_codes
        }
        for door in world.database.tables.doors.values()
    }


def _application(world: World) -> Any:
    terminals = world.terminals
    return {
        "pending": [
            {"acsDevIndexCode": device, "personId": person_id}
            for device, person_id in sorted(terminals.pending)
        ],
        "failed": [
            {"acsDevIndexCode": pair[0], "personId": pair[1], "status": failure.status}
            for pair, failure in sorted(terminals.failures.items())
        ],
        "jobs": terminals.jobs,
    }


def _doors(world: World) -> Any:
    devices = world.database.tables.devices
    return {
        door.index_code: {
            "doorName": door.name,
            "acsDevIndexCode": door.device,
            "doorState": int(door.state),
            "online": devices[door.device].online,
            "readers": [reader.index_code for reader in door.readers],
        }
        for door in world.database.tables.doors.values()
    }


def _subscriptions(world: World) -> Any:
    return [
        {
            "eventType": item.event_type,
            "eventDest": item.destination,
            "passBack": int(item.pass_back),
        }
        for item in world.push.subscriptions
    ]


_PARTS: dict[str, Callable[[World], Any]] = {
    "now": lambda world: instant(world.clock.now(), world.switches.server_zone),
    "persons": _persons,
    "levels": _levels,
    "applied": _applied,
    "application": _application,
    "doors": _doors,
    "subscriptions": _subscriptions,
    "push": lambda world: {**asdict(world.push.counts), "waiting": world.push.waiting},
    "log": lambda world: {"events": len(world.log)},
    "calls": lambda world: dict(world.traffic.per_path),
    "peak_rate": lambda world: world.traffic.peak_rate,
    "door_commands": lambda world: [
        {
            "doorIndexCode": command.door,
            "controlType": int(command.state),
            "at": command.at.isoformat(),
        }
        for command in world.door_commands
    ],
    "faults": lambda world: asdict(world.faults),
    "switches": lambda world: asdict(world.switches),
}


def describe(world: World, parts: Iterable[str] = ()) -> dict[str, Any]:
    """Describe the world, or only some parts of it.

    Raises `ValueError` for a part that does not exist.
    """
    wanted = list(parts) or list(_PARTS)
    if unknown := set(wanted) - _PARTS.keys():
        msg = f"no part {', '.join(sorted(unknown))}; there are: {', '.join(_PARTS)}"
        raise ValueError(msg)
    return {part: _PARTS[part](world) for part in wanted}
