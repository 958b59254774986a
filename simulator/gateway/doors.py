"""Door control and door events (reference, 3.6, 3.7)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import voluptuous as vol

from ..event_log import Event
from ..event_types import KNOWN
from ..model import DoorState
from ..pictures import PORTRAIT, data_uri
from ..wire import polled_event, pushed_event
from .answer import NOT_FOUND, OFFLINE, Raw, RefusedError, bad_parameter
from .endpoint import Endpoint, Request, found, page
from .fields import (
    DOOR_CODES,
    INDEX_CODE,
    MAX_INT,
    PAGE,
    choice,
    instant,
    number,
    schema,
    text,
)

LONGEST_SEARCH = timedelta(days=31)
OPEN_S = 5.0
"""Virtual seconds that a door stays open after a momentary opening."""

_CONTROLS = {
    0: DoorState.REMAIN_OPEN,
    1: DoorState.CLOSED,
    2: DoorState.OPEN,
    3: DoorState.REMAIN_CLOSED,
}


def _control(request: Request) -> Any:
    codes: list[str] = request.params["doorIndexCodes"]
    doors = [found(request.tables.doors, code) for code in codes]
    state = _CONTROLS[request.params["controlType"]]
    answer = []
    for door in doors:
        if request.tables.devices[door.device].online:
            request.world.command(door, state, OPEN_S)
            result, text_ = 0, "Success"
        else:
            result, text_ = int(OFFLINE), "Device offline"
        answer.append(
            {
                "doorIndexCode": door.index_code,
                "controlResultCode": result,
                "controlResultDesc": text_,
            }
        )
    return answer


def _period(params: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start = datetime.fromisoformat(params["startTime"])
    end = datetime.fromisoformat(params["endTime"])
    if end < start:
        raise bad_parameter("endTime")
    if end - start > LONGEST_SEARCH:
        raise bad_parameter("startTime")
    return start, end


def _events(request: Request) -> Any:
    params = request.params
    if "eventType" not in params and "personName" not in params:
        raise bad_parameter("eventType")
    start, end = _period(params)
    for code in params["doorIndexCodes"]:
        found(request.tables.doors, code)
    hits = request.world.log.search(
        params.get("eventType"),
        params["doorIndexCodes"],
        start,
        end,
        params.get("personName"),
    )
    if params.get("orderType", 1) == 1:
        hits.reverse()
    body = page(request, hits, lambda event: polled_event(event, request.switches))
    if request.world.faults.shuffle_events and "list" in body:
        request.world.conditions.chance.shuffle(body["list"])
    return body


def _picture(request: Request) -> Any:
    event = request.world.log.with_picture(request.params["picUri"])
    if event is None:
        raise RefusedError(NOT_FOUND)
    person = request.tables.persons.get(event.person_id)
    face = person.face if person is not None else None
    return Raw(data_uri(face or PORTRAIT), "image/jpeg")


def _types(value: Any) -> frozenset[int]:
    """Take comma text; unknown types are skipped, but one must be known."""
    parts = value.split(",") if isinstance(value, str) else ()
    known = KNOWN & {int(part) for part in parts if part.strip().isdecimal()}
    if not known:
        msg = "no known event type"
        raise vol.Invalid(msg)
    return known


def _records(request: Request) -> Any:
    """List records of any source; only doors are sources here."""
    params = request.params
    if ("srcType" in params) != ("srcIndexs" in params):
        raise bad_parameter("srcIndexs")
    start, end = _period(params)
    doors = set(request.tables.doors)
    if "srcIndexs" in params:
        doors &= set(params["srcIndexs"].split(","))
    if params.get("srcType", "door") != "door":
        doors = set()
    hits: list[Event] = []
    for kind in params["eventTypes"]:
        hits += request.world.log.search(kind, doors, start, end)
    hits.sort(key=lambda event: event.time, reverse=True)
    return page(request, hits, lambda event: pushed_event(event, request.switches))


_PICTURE = schema({vol.Required("picUri"): text(1024, 1)})

ENDPOINTS = (
    Endpoint(
        "acs/v1/door/doControl",
        schema(
            {
                vol.Required("doorIndexCodes"): DOOR_CODES,
                vol.Required("controlType"): choice(0, 1, 2, 3),
                "controlDirection": choice(0, 1),
            }
        ),
        _control,
    ),
    Endpoint(
        "acs/v1/door/events",
        schema(
            {
                **PAGE,
                "eventType": number(1, MAX_INT),
                "personName": text(32, 1),
                vol.Required("doorIndexCodes"): DOOR_CODES,
                vol.Required("startTime"): instant,
                vol.Required("endTime"): instant,
                "temperatureStatus": number(-1, 2),
                "wearMaskStatus": number(-1, 2),
                "maskStatus": number(-1, 2),
                "sortField": vol.In(("SwipeTime",)),
                "orderType": number(0, 1),
            }
        ),
        _events,
    ),
    Endpoint("acs/v1/event/pictures", _PICTURE, _picture),
    Endpoint("eventService/v1/image_data", _PICTURE, _picture),
    Endpoint(
        "eventService/v1/eventRecords/page",
        schema(
            {
                **PAGE,
                vol.Required("eventTypes"): _types,
                "srcType": INDEX_CODE,
                "srcIndexs": text(1024, 1),
                vol.Required("startTime"): instant,
                vol.Required("endTime"): instant,
            }
        ),
        _records,
    ),
)
