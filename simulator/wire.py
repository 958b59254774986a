"""Values as HikCentral writes them, by the switches in force."""

from datetime import datetime, tzinfo
from typing import Any

from .event_log import Event
from .switches import Switches


def instant(moment: datetime, zone: tzinfo) -> str:
    """Write a time with its offset, in whole seconds (2.3)."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def event_time(moment: datetime, switches: Switches) -> str:
    """Write the time of an event, in the format in force."""
    local = moment.astimezone(switches.server_zone)
    match switches.event_time_format:
        case "offset":
            return local.isoformat(timespec="seconds")
        case "millis":
            return local.isoformat(timespec="milliseconds")
        case "plain":
            return local.strftime("%Y-%m-%d %H:%M:%S")


def person_id(value: str, switches: Switches) -> str | int:
    """Write a person's id, as text or number."""
    if switches.person_id_as_number and value.isdecimal():
        return int(value)
    return value


def one_or_many(items: list[Any], switches: Switches) -> Any:
    """Write a list, which in some versions is a bare object when it has one."""
    if switches.single_item_as_object and len(items) == 1:
        return items[0]
    return items


def polled_event(event: Event, switches: Switches) -> dict[str, Any]:
    """Write an event as `acs/v1/door/events` lists it (3.7)."""
    if event.raw is not None:
        return dict(event.raw)
    when = event_time(event.time, switches)
    return {
        "eventId": event.event_id,
        "eventType": event.event_type,
        "eventTime": when,
        "deviceTime": when,
        "personId": person_id(event.person_id, switches),
        "personName": event.person_name,
        "personFamilyName": event.family_name,
        "personGivenName": event.given_name,
        "doorName": event.door_name,
        "doorIndexCode": event.door,
        "readerIndexCode": event.reader,
        "readerName": event.reader_name,
        "cardNo": event.card_no,
        "checkInAndOutType": event.check_in_and_out,
        "picUri": event.picture,
        "temperatureData": "",
        "temperatureStatus": 0,
        "wearMaskStatus": 0,
    }


def pushed_event(event: Event, switches: Switches) -> dict[str, Any]:
    """Write an event as a push carries it (3.11)."""
    when = event_time(event.time, switches)
    prefix = "" if switches.event_id_equal else "push-"
    data: dict[str, Any] = {
        "personId": person_id(event.person_id, switches),
        "personName": event.person_name,
        "cardNo": event.card_no,
        "checkInAndOutType": event.check_in_and_out,
        "picUri": event.picture,
        "readerIndexCode": event.reader,
        "readerName": event.reader_name,
        "temperatureData": "",
        "temperatureStatus": 0,
        "wearMaskStatus": 0,
    }
    if switches.push_person_code:
        data["personCode"] = event.person_code
    body: dict[str, Any] = {
        "eventId": prefix + event.event_id,
        "eventType": event.event_type,
        "happenTime": when,
        "srcIndex": event.door,
        "srcName": event.door_name,
        "srcType": "door",
        "status": 0,
        "data": data,
    }
    if event.raw is not None:
        known = {"eventId", "eventType", "eventTime", "doorIndexCode", "doorName"}
        data.update({key: item for key, item in event.raw.items() if key not in known})
    return body
