"""What the actions take. Times come out as instants, texts without stray blanks."""

from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import valid_entity_id
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..local_time import instant
from ..visits.status import Status
from ..visits.visit import EntryMode, VisitorType

ATTR_ACCESS_LEVELS: Final = "access_levels"
ATTR_BY: Final = "by"
ATTR_CARD_NO: Final = "card_no"
ATTR_COMPANY: Final = "company"
ATTR_CONFIG_ENTRY_ID: Final = "config_entry_id"
ATTR_DOOR_ID: Final = "door_id"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_DURATION: Final = "duration"
ATTR_EARLY_ARRIVAL: Final = "early_arrival"
ATTR_EMAIL: Final = "email"
ATTR_ENTRY_MODE: Final = "entry_mode"
ATTR_FAMILY_NAME: Final = "family_name"
ATTR_GIVEN_NAME: Final = "given_name"
ATTR_HOST: Final = "host"
ATTR_LIMIT: Final = "limit"
ATTR_NAME: Final = "name"
ATTR_NOTE: Final = "note"
ATTR_NOTIFY: Final = "notify"
ATTR_PAGE: Final = "page"
ATTR_PHONE: Final = "phone"
ATTR_PHOTO: Final = "photo"
ATTR_PURPOSE: Final = "purpose"
ATTR_REASON: Final = "reason"
ATTR_REFERENCE: Final = "reference"
ATTR_SINCE: Final = "since"
ATTR_STATUS: Final = "status"
ATTR_UNTIL: Final = "until"
ATTR_VALID_FROM: Final = "valid_from"
ATTR_VALID_UNTIL: Final = "valid_until"
ATTR_VEHICLE_PLATE: Final = "vehicle_plate"
ATTR_VISITOR_ID: Final = "visitor_id"
ATTR_VISITOR_TYPE: Final = "visitor_type"
ATTR_VISIT_ID: Final = "visit_id"
ATTR_WAIT: Final = "wait"

LONGEST_SPAN: Final = timedelta(days=3660)
"""Longer than any stay that the server takes; keeps sums of times computable."""


def _one_line(value: Any) -> str:
    return " ".join(cv.string(value).split())


def _number(kind: type[int | float], least: int, most: int) -> vol.All:
    """Take a number; `vol.Coerce` lets pass the error of one that is too large."""

    def number(value: Any) -> float:
        try:
            return kind(value)
        except (OverflowError, TypeError, ValueError) as error:
            raise vol.Invalid("expected a number") from error

    return vol.All(number, vol.Range(min=least, max=most))


def _span(value: Any) -> timedelta:
    try:
        span: timedelta = cv.time_period(value)
    except (OverflowError, TypeError) as error:
        raise vol.Invalid("no time that can be computed") from error
    if abs(span) > LONGEST_SPAN:
        raise vol.Invalid("too long a time")
    return span


def _instant(written: datetime) -> datetime:
    try:
        return instant(written)
    except OverflowError as error:
        raise vol.Invalid("no time that can be computed") from error


def _positive_span(value: Any) -> timedelta:
    span: timedelta = cv.positive_timedelta(_span(value))
    return span


def _photo(value: Any) -> str:
    """Take what a media selector gives, or its id alone, or an entity's id."""
    if isinstance(value, dict):
        value = value.get("media_content_id")
    source: str = cv.string(value)
    is_entity = valid_entity_id(source) and source.startswith(("camera.", "image."))
    if not is_entity and not source.startswith("media-source://"):
        raise vol.Invalid("expected a picture from the media or a camera")
    return source


def _notify_target(value: Any) -> str:
    target: str = cv.service(value)
    if not target.startswith("notify."):
        raise vol.Invalid("expected a notify action or entity")
    return target


def _without_blanks(data: Any) -> Any:
    """Leave out what a form was left without."""
    if not isinstance(data, dict):
        return data
    return {key: value for key, value in data.items() if value not in (None, "", [])}


_EMPTIED: Final[dict[str, Any]] = {
    ATTR_ACCESS_LEVELS: [],
    ATTR_CARD_NO: "",
    ATTR_COMPANY: "",
    ATTR_EMAIL: "",
    ATTR_FAMILY_NAME: "",
    ATTR_HOST: "",
    ATTR_NOTE: "",
    ATTR_NOTIFY: [],
    ATTR_PHONE: "",
    ATTR_PHOTO: "",
    ATTR_PURPOSE: "",
    ATTR_VEHICLE_PLATE: "",
}
"""What can be taken away, and what stands for that."""


def _emptied(data: Any) -> Any:
    """Keep empty what can be emptied; leave out what else a form was left without."""
    if not isinstance(data, dict):
        return data
    return _without_blanks(data) | {
        key: empty
        for key, empty in _EMPTIED.items()
        if key in data and data[key] in (None, "", [])
    }


def _text(longest: int) -> vol.All:
    return vol.All(_one_line, vol.Length(max=longest))


_INSTANT = vol.All(cv.datetime, _instant)
_WAIT = _number(float, 0, 120)
_NAME = _text(256)
_CONTACT = _text(64)
_NOTE = vol.All(cv.string, vol.Length(max=1024))

GRANT: Final = vol.All(
    _without_blanks,
    vol.Schema(
        {
            vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
            vol.Optional(ATTR_VISITOR_ID): cv.string,
            vol.Optional(ATTR_GIVEN_NAME, default=""): _NAME,
            vol.Optional(ATTR_FAMILY_NAME, default=""): _NAME,
            vol.Optional(ATTR_VALID_FROM): _INSTANT,
            vol.Optional(ATTR_VALID_UNTIL): _INSTANT,
            vol.Optional(ATTR_DURATION): _positive_span,
            vol.Optional(ATTR_EARLY_ARRIVAL): _positive_span,
            vol.Optional(ATTR_ENTRY_MODE, default=EntryMode.MULTIPLE): vol.Coerce(
                EntryMode
            ),
            vol.Optional(ATTR_ACCESS_LEVELS): vol.All(cv.ensure_list, [_NAME]),
            vol.Optional(ATTR_VISITOR_TYPE, default=VisitorType.GUEST): vol.Coerce(
                VisitorType
            ),
            vol.Optional(ATTR_HOST): _NAME,
            vol.Optional(ATTR_NOTIFY, default=list): vol.All(
                cv.ensure_list, [_notify_target]
            ),
            vol.Optional(ATTR_COMPANY): _NAME,
            vol.Optional(ATTR_PHONE): _CONTACT,
            vol.Optional(ATTR_EMAIL): _CONTACT,
            vol.Optional(ATTR_PURPOSE): _NAME,
            vol.Optional(ATTR_VEHICLE_PLATE): _CONTACT,
            vol.Optional(ATTR_PHOTO): _photo,
            vol.Optional(ATTR_CARD_NO): _CONTACT,
            vol.Optional(ATTR_NOTE): _NOTE,
            vol.Optional(ATTR_REFERENCE): vol.All(cv.string, vol.Length(max=256)),
            vol.Optional(ATTR_WAIT, default=10): _WAIT,
            vol.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
        }
    ),
)

_TARGET = {
    **cv.TARGET_FIELDS,
    # Several entities in one text, as everywhere; but never "all" of them.
    vol.Optional(ATTR_ENTITY_ID): cv.entity_ids,
}
_IDS = vol.All(cv.ensure_list, [cv.string])
_VISITS = {**_TARGET, vol.Optional(ATTR_VISIT_ID): _IDS}
VISITS: Final = vol.Schema(_VISITS)
FORGET: Final = vol.Schema({**_VISITS, vol.Optional(ATTR_VISITOR_ID): _IDS})
LET_IN: Final = vol.Schema(
    {
        **_TARGET,
        vol.Optional(ATTR_DOOR_ID): cv.string,
        vol.Optional(ATTR_VISIT_ID): cv.string,
    }
)
CHECK_AND_REPAIR: Final = vol.Schema({vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string})
UPDATE: Final = vol.All(
    _emptied,
    vol.Schema(
        {
            **_VISITS,
            vol.Optional(ATTR_GIVEN_NAME): _NAME,
            vol.Optional(ATTR_FAMILY_NAME): _NAME,
            vol.Optional(ATTR_VALID_FROM): _INSTANT,
            vol.Optional(ATTR_VALID_UNTIL): _INSTANT,
            vol.Optional(ATTR_EARLY_ARRIVAL): _positive_span,
            vol.Optional(ATTR_ENTRY_MODE): vol.Coerce(EntryMode),
            vol.Optional(ATTR_ACCESS_LEVELS): vol.All(cv.ensure_list, [_NAME]),
            vol.Optional(ATTR_VISITOR_TYPE): vol.Coerce(VisitorType),
            vol.Optional(ATTR_HOST): _NAME,
            vol.Optional(ATTR_NOTIFY): vol.All(cv.ensure_list, [_notify_target]),
            vol.Optional(ATTR_COMPANY): _NAME,
            vol.Optional(ATTR_PHONE): _CONTACT,
            vol.Optional(ATTR_EMAIL): _CONTACT,
            vol.Optional(ATTR_PURPOSE): _NAME,
            vol.Optional(ATTR_VEHICLE_PLATE): _CONTACT,
            vol.Optional(ATTR_PHOTO): vol.Any("", _photo),
            vol.Optional(ATTR_CARD_NO): _CONTACT,
            vol.Optional(ATTR_NOTE): _NOTE,
            vol.Optional(ATTR_WAIT, default=10): _WAIT,
        }
    ),
)
EXTEND: Final = vol.Schema(
    {
        **_VISITS,
        vol.Optional(ATTR_VALID_UNTIL): _INSTANT,
        vol.Optional(ATTR_BY): _span,
        vol.Optional(ATTR_WAIT, default=10): _WAIT,
    }
)
REVOKE: Final = vol.Schema(
    {
        **_VISITS,
        vol.Optional(ATTR_REASON): _NAME,
        vol.Optional(ATTR_WAIT, default=10): _WAIT,
    }
)

_PAGED = {
    vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    vol.Optional(ATTR_NAME): _NAME,
    vol.Optional(ATTR_LIMIT, default=100): _number(int, 1, 500),
    vol.Optional(ATTR_PAGE, default=1): _number(int, 1, 100_000),
}
_DATED = {
    **_PAGED,
    vol.Optional(ATTR_HOST): _NAME,
    vol.Optional(ATTR_SINCE): _INSTANT,
    vol.Optional(ATTR_UNTIL): _INSTANT,
    vol.Optional(ATTR_VISIT_ID): cv.string,
}
GET_VISITS: Final = vol.Schema(
    {
        **_DATED,
        vol.Optional(ATTR_STATUS): vol.All(cv.ensure_list, [vol.Coerce(Status)]),
    }
)
GET_PASSAGES: Final = vol.Schema(_DATED)
GET_VISITORS: Final = vol.Schema(_PAGED)
