"""The facility that a simulator starts with, from JSON or by default.

A layout file is a JSON object; every key may be left out, the default's value
then holds. Ids are texts; what is marked `?` may be missing.

- `organisations`: `[{orgIndexCode, orgName, parentOrgIndexCode}]`
- `regions`: `[{indexCode, name, parentIndexCode?}]`
- `devices`: `[{acsDevIndexCode, acsDevName, acsDevIp?, acsDevPort?, acsDevCode?}]`
- `doors`: `[{doorIndexCode, doorName, doorNo?, acsDevIndexCode, regionIndexCode?,
  readers: [{readerIndexCode, readerName}]}]`
- `levels`: `[{privilegeGroupId, privilegeGroupName, type?, description?,
  doors: [doorIndexCode], timeSchedule?: {indexCode, name, start?, end?}}]`, with
  `start` and `end` as `HH:MM` of the terminals' day
- `persons`: `[{personCode?, personGivenName, personFamilyName, orgIndexCode?,
  cards?: [cardNo], face?: bool, beginTime?, endTime?, levels?: [privilegeGroupId]}]`,
  applied to the terminals from the start
- `customFields`: `[{id, customFiledName, customFieldType?}]`
- `users`: names of platform users, for the header `userId`
"""

from collections.abc import Mapping
from datetime import time
import json
from pathlib import Path
from typing import Any

import voluptuous as vol

from .database import Database, Tables
from .model import (
    CustomField,
    Device,
    Door,
    Level,
    LevelType,
    Organisation,
    Person,
    Reader,
    Region,
    Schedule,
)
from .pictures import PORTRAIT

STAFF_BEGIN = "2020-01-01T00:00:00+00:00"
LATEST_END = "2037-12-31T23:59:59+00:00"

_TEXT = vol.All(str, vol.Length(min=1))

_LAYOUT = vol.Schema(
    {
        "organisations": [
            {
                vol.Required("orgIndexCode"): _TEXT,
                vol.Required("orgName"): _TEXT,
                vol.Required("parentOrgIndexCode"): _TEXT,
            }
        ],
        "regions": [
            {
                vol.Required("indexCode"): _TEXT,
                vol.Required("name"): _TEXT,
                vol.Optional("parentIndexCode", default="0"): str,
            }
        ],
        "devices": [
            {
                vol.Required("acsDevIndexCode"): _TEXT,
                vol.Required("acsDevName"): _TEXT,
                vol.Optional("acsDevIp", default="192.0.2.1"): _TEXT,
                vol.Optional("acsDevPort", default="8000"): _TEXT,
                vol.Optional("acsDevCode", default=""): str,
            }
        ],
        "doors": [
            {
                vol.Required("doorIndexCode"): _TEXT,
                vol.Required("doorName"): _TEXT,
                vol.Optional("doorNo", default="1"): _TEXT,
                vol.Required("acsDevIndexCode"): _TEXT,
                vol.Optional("regionIndexCode", default="1"): _TEXT,
                vol.Required("readers"): [
                    {
                        vol.Required("readerIndexCode"): _TEXT,
                        vol.Required("readerName"): _TEXT,
                    }
                ],
            }
        ],
        "levels": [
            {
                vol.Required("privilegeGroupId"): _TEXT,
                vol.Required("privilegeGroupName"): _TEXT,
                vol.Optional("type", default=1): vol.In((1, 2)),
                vol.Optional("description", default=""): str,
                vol.Required("doors"): [_TEXT],
                vol.Optional("timeSchedule", default={}): {
                    "indexCode": _TEXT,
                    "name": _TEXT,
                    "start": time.fromisoformat,
                    "end": time.fromisoformat,
                },
            }
        ],
        "persons": [
            {
                vol.Optional("personCode", default=""): vol.All(
                    str, vol.Length(max=16)
                ),
                vol.Required("personGivenName"): _TEXT,
                vol.Required("personFamilyName"): _TEXT,
                vol.Optional("orgIndexCode", default="1"): _TEXT,
                vol.Optional("cards", default=list): [_TEXT],
                vol.Optional("face", default=True): bool,
                vol.Optional("beginTime", default=STAFF_BEGIN): _TEXT,
                vol.Optional("endTime", default=LATEST_END): _TEXT,
                vol.Optional("levels", default=list): [_TEXT],
            }
        ],
        "customFields": [
            {
                vol.Required("id"): _TEXT,
                vol.Required("customFiledName"): _TEXT,
                vol.Optional("customFieldType", default=0): vol.In((0, 1, 2, 3)),
            }
        ],
        "users": [_TEXT],
    }
)

_TURNSTILES_AND_PARKING = ["11", "12", "13", "14"]
_NAMES = ["Turnstile In", "Turnstile Out", "Parking In", "Parking Out"]

DEFAULT_LAYOUT: Mapping[str, Any] = {
    "organisations": [
        {
            "orgIndexCode": "1",
            "orgName": "All Departments",
            "parentOrgIndexCode": "0",
        },
        {"orgIndexCode": "2", "orgName": "Visitors", "parentOrgIndexCode": "1"},
        {"orgIndexCode": "3", "orgName": "Staff", "parentOrgIndexCode": "1"},
    ],
    "regions": [
        {"indexCode": "1", "name": "Campus"},
        {"indexCode": "2", "name": "Main Entrance", "parentIndexCode": "1"},
        {"indexCode": "3", "name": "Parking", "parentIndexCode": "1"},
    ],
    "devices": [
        {
            "acsDevIndexCode": str(number),
            "acsDevName": f"Terminal {name}",
            "acsDevIp": f"192.0.2.{number}",
        }
        for number, name in enumerate([*_NAMES, "Meeting Room"], start=1)
    ],
    "doors": [
        *(
            {
                "doorIndexCode": code,
                "doorName": name,
                "acsDevIndexCode": str(number),
                "regionIndexCode": "2" if number < 3 else "3",
                "readers": [
                    {"readerIndexCode": f"2{number}", "readerName": f"{name} Reader"}
                ],
            }
            for number, (code, name) in enumerate(
                zip(_TURNSTILES_AND_PARKING, _NAMES, strict=True), start=1
            )
        ),
        {
            "doorIndexCode": "15",
            "doorName": "Meeting Room",
            "acsDevIndexCode": "5",
            "regionIndexCode": "1",
            "readers": [
                {"readerIndexCode": "25", "readerName": "Meeting Room Reader In"},
                {"readerIndexCode": "26", "readerName": "Meeting Room Reader Out"},
            ],
        },
    ],
    "levels": [
        {
            "privilegeGroupId": "7",
            "privilegeGroupName": "Visitors",
            "doors": _TURNSTILES_AND_PARKING,
        },
        {
            "privilegeGroupId": "8",
            "privilegeGroupName": "Visitors VIP",
            "doors": [*_TURNSTILES_AND_PARKING, "15"],
        },
        {
            "privilegeGroupId": "9",
            "privilegeGroupName": "Staff",
            "doors": [*_TURNSTILES_AND_PARKING, "15"],
        },
    ],
    "persons": [
        {
            "personCode": f"STAFF{number:04}",
            "personGivenName": given,
            "personFamilyName": family,
            "orgIndexCode": "3",
            "cards": [f"900000{number:04}"],
            "levels": ["7", "9"],
        }
        for number, (given, family) in enumerate(
            [("Noor", "Haddad"), ("Timur", "Akhmetov"), ("Greta", "Lind")], start=1
        )
    ],
    "customFields": [{"id": "1", "customFiledName": "Badge"}],
    "users": ["admin"],
}


def read_layout(file: Path) -> Mapping[str, Any]:
    """Read a layout file; raises `ValueError` if it is not a JSON object."""
    content = json.loads(file.read_text(encoding="utf-8"))
    if isinstance(content, dict):
        return content
    msg = f"a layout is a JSON object: {file}"
    raise ValueError(msg)


def build_database(layout: Mapping[str, Any] | None = None) -> Database:
    """Make the database of a layout; what is left out is as by default.

    Raises `vol.Invalid` for a key or value that the layout does not know, and
    `ValueError` where one object names another that does not exist.
    """
    plan: dict[str, Any] = _LAYOUT({**DEFAULT_LAYOUT, **(layout or {})})
    tables = Tables(
        organisations={
            org["orgIndexCode"]: Organisation(
                index_code=org["orgIndexCode"],
                name=org["orgName"],
                parent=org["parentOrgIndexCode"],
            )
            for org in plan["organisations"]
        },
        regions={
            region["indexCode"]: Region(
                index_code=region["indexCode"],
                name=region["name"],
                parent=region["parentIndexCode"],
            )
            for region in plan["regions"]
        },
        devices={
            device["acsDevIndexCode"]: Device(
                index_code=device["acsDevIndexCode"],
                name=device["acsDevName"],
                ip=device["acsDevIp"],
                port=device["acsDevPort"],
                code=device["acsDevCode"],
            )
            for device in plan["devices"]
        },
        doors={door["doorIndexCode"]: _door(door) for door in plan["doors"]},
        levels={level["privilegeGroupId"]: _level(level) for level in plan["levels"]},
        custom_fields={
            item["id"]: CustomField(
                id=item["id"],
                name=item["customFiledName"],
                type=item["customFieldType"],
            )
            for item in plan["customFields"]
        },
        users=set(plan["users"]),
    )
    _check(tables)
    database = Database(tables)
    for person in plan["persons"]:
        _add_person(database, person)
    return database


def _door(door: Mapping[str, Any]) -> Door:
    return Door(
        index_code=door["doorIndexCode"],
        name=door["doorName"],
        number=door["doorNo"],
        device=door["acsDevIndexCode"],
        region=door["regionIndexCode"],
        readers=tuple(
            Reader(index_code=reader["readerIndexCode"], name=reader["readerName"])
            for reader in door["readers"]
        ),
    )


def _level(level: Mapping[str, Any]) -> Level:
    schedule: Mapping[str, Any] = level["timeSchedule"]
    plain = Schedule()
    return Level(
        id=level["privilegeGroupId"],
        name=level["privilegeGroupName"],
        type=LevelType(level["type"]),
        description=level["description"],
        schedule=Schedule(
            index_code=schedule.get("indexCode", plain.index_code),
            name=schedule.get("name", plain.name),
            start=schedule.get("start"),
            end=schedule.get("end"),
        ),
        doors=list(level["doors"]),
    )


def _check(tables: Tables) -> None:
    for door in tables.doors.values():
        if door.device not in tables.devices:
            msg = f"door {door.index_code}: no device {door.device}"
            raise ValueError(msg)
    for level in tables.levels.values():
        if unknown := set(level.doors) - set(tables.doors):
            msg = f"level {level.id}: no door {', '.join(sorted(unknown))}"
            raise ValueError(msg)


def _add_person(database: Database, person: Mapping[str, Any]) -> None:
    person_id = database.new_id("person", database.tables.persons)
    if unknown := set(person["levels"]) - set(database.tables.levels):
        msg = f"person {person['personCode']}: no level {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    database.save_person(
        Person(
            id=person_id,
            code=person["personCode"],
            given_name=person["personGivenName"],
            family_name=person["personFamilyName"],
            organisation=person["orgIndexCode"],
            begin_time=person["beginTime"],
            end_time=person["endTime"],
            face=PORTRAIT if person["face"] else None,
            face_version=int(person["face"]),
            cards=tuple(person["cards"]),
        )
    )
    for level in person["levels"]:
        database.add_member(level, person_id)
