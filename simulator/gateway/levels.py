"""Access levels and their members (reference, 3.8)."""

from typing import Any

import voluptuous as vol

from ..model import Level, LevelType
from ..wire import person_id as write_person_id
from .answer import NO_PERMISSION, NOT_FOUND, UNSUPPORTED, RefusedError
from .endpoint import Endpoint, Request, page
from .fields import INDEX_CODE, PAGE, choice, schema

_TYPE = choice(1, 2)


def _write(request: Request, level: Level) -> dict[str, Any]:
    doors, regions = request.tables.doors, request.tables.regions
    elements = []
    for code in level.doors:
        door = doors[code]
        region = regions.get(door.region)
        elements.append(
            {
                "Element": {
                    "ID": code,
                    "BaseInfo": {
                        "Name": door.name,
                        "AreaName": region.name if region else "",
                    },
                }
            }
        )
    return {
        "privilegeGroupId": level.id,
        "privilegeGroupName": level.name,
        "description": level.description,
        "timeSchedule": {
            "indexCode": level.schedule.index_code,
            "name": level.schedule.name,
        },
        "ElementList": elements,
    }


def _levels(request: Request) -> Any:
    kind = LevelType(request.params["type"])
    levels = [level for level in request.tables.levels.values() if level.type == kind]
    return page(request, levels, lambda level: _write(request, level))


def _known(request: Request, level: Level) -> tuple[list[str], bool]:
    """Split a batch: the ids that exist, and whether some do not.

    Visitors are no part of this simulator, so nobody fits a visitor level.
    """
    ids = [item["id"] for item in request.params["list"]]
    fits = level.type is LevelType.PERSON
    known = [item for item in ids if fits and item in request.tables.persons]
    unknown = len(known) < len(ids)
    if unknown and request.switches.unknown_id_in_batch == "all":
        raise RefusedError(NOT_FOUND)
    return known, unknown and request.switches.unknown_id_in_batch == "some"


def _add(request: Request) -> Any:
    level = request.level()
    known, refused = _known(request, level)
    for person_id in known:
        request.database.add_member(level.id, person_id)
    if refused:
        raise RefusedError(NOT_FOUND)
    return ""


def _delete(request: Request) -> Any:
    level = request.level()
    known, refused = _known(request, level)
    for person_id in known:
        request.database.remove_member(level.id, person_id)
    if refused:
        raise RefusedError(NOT_FOUND)
    return ""


def _members(request: Request) -> Any:
    match request.switches.member_lists:
        case "forbidden":
            raise RefusedError(NO_PERMISSION)
        case "unsupported":
            raise RefusedError(UNSUPPORTED)
        case "available":
            pass
    members = list(request.level().members)
    return page(
        request, members, lambda item: {"id": write_person_id(item, request.switches)}
    )


_GROUP = {
    vol.Required("privilegeGroupId"): INDEX_CODE,
    vol.Required("type"): _TYPE,
}
_BATCH = schema(
    {
        **_GROUP,
        vol.Required("list"): vol.All(
            [schema({vol.Required("id"): INDEX_CODE})], vol.Length(min=1)
        ),
    }
)

ENDPOINTS = (
    Endpoint(
        "acs/v1/privilege/group",
        schema({**PAGE, vol.Required("type"): _TYPE}),
        _levels,
    ),
    Endpoint("acs/v1/privilege/group/single/addPersons", _BATCH, _add),
    Endpoint("acs/v1/privilege/group/single/deletePersons", _BATCH, _delete),
    Endpoint(
        "acs/v1/privilege/group/single/personList",
        schema({**PAGE, **_GROUP}),
        _members,
    ),
)
