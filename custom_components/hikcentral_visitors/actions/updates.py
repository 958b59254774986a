"""From what somebody entered to what shall be different about a visit."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..book import UpdateRequest
from ..runtime import Runtime
from ..visits.profile import photo_digest
from ..visits.update import VisitChanges, VisitorChanges
from .grants import checked_host, managed_levels
from .photo import async_load_photo
from .schemas import (
    ATTR_ACCESS_LEVELS,
    ATTR_CARD_NO,
    ATTR_COMPANY,
    ATTR_EARLY_ARRIVAL,
    ATTR_EMAIL,
    ATTR_ENTRY_MODE,
    ATTR_FAMILY_NAME,
    ATTR_GIVEN_NAME,
    ATTR_HOST,
    ATTR_NOTE,
    ATTR_NOTIFY,
    ATTR_PHONE,
    ATTR_PHOTO,
    ATTR_PURPOSE,
    ATTR_VALID_FROM,
    ATTR_VALID_UNTIL,
    ATTR_VEHICLE_PLATE,
    ATTR_VISITOR_TYPE,
)

ONE_VISITORS: Final = frozenset(
    {
        ATTR_GIVEN_NAME,
        ATTR_FAMILY_NAME,
        ATTR_PHONE,
        ATTR_EMAIL,
        ATTR_CARD_NO,
        ATTR_PHOTO,
    }
)
"""What no two visitors have in common."""


async def async_update_request(
    hass: HomeAssistant, runtime: Runtime, data: Mapping[str, Any]
) -> UpdateRequest:
    """Return what shall be different; what is given empty is taken away.

    Without access levels, those of the options are meant. Raises
    ServiceValidationError for what does not exist.
    """
    photo = None
    if source := data.get(ATTR_PHOTO):
        photo = await async_load_photo(hass, source)
    return UpdateRequest(
        visit=_about_visit(hass, runtime, data),
        visitor=_about_visitor(data, photo),
        photo=photo,
    )


def _about_visit(
    hass: HomeAssistant, runtime: Runtime, data: Mapping[str, Any]
) -> VisitChanges:
    changes = VisitChanges()
    if ATTR_VALID_FROM in data:
        changes["valid_from"] = data[ATTR_VALID_FROM]
    if ATTR_VALID_UNTIL in data:
        changes["valid_until"] = data[ATTR_VALID_UNTIL]
    if ATTR_EARLY_ARRIVAL in data:
        changes["early_arrival"] = data[ATTR_EARLY_ARRIVAL]
    if ATTR_ENTRY_MODE in data:
        changes["entry_mode"] = data[ATTR_ENTRY_MODE]
    if ATTR_VISITOR_TYPE in data:
        changes["visitor_type"] = data[ATTR_VISITOR_TYPE]
    if ATTR_ACCESS_LEVELS in data:
        settings = runtime.settings
        levels = managed_levels(
            data[ATTR_ACCESS_LEVELS], settings.access_levels, runtime.level_names
        )
        changes["levels"] = frozenset(levels or settings.default_levels)
    if ATTR_NOTIFY in data:
        changes["notify"] = tuple(data[ATTR_NOTIFY])
    if ATTR_HOST in data:
        changes["host"] = checked_host(hass, data[ATTR_HOST] or None)
    if ATTR_PURPOSE in data:
        changes["purpose"] = data[ATTR_PURPOSE] or None
    if ATTR_VEHICLE_PLATE in data:
        changes["vehicle_plate"] = data[ATTR_VEHICLE_PLATE] or None
    if ATTR_NOTE in data:
        changes["note"] = data[ATTR_NOTE] or None
    return changes


def _about_visitor(data: Mapping[str, Any], photo: bytes | None) -> VisitorChanges:
    changes = VisitorChanges()
    if ATTR_GIVEN_NAME in data:
        changes["given_name"] = data[ATTR_GIVEN_NAME]
    if ATTR_FAMILY_NAME in data:
        changes["family_name"] = data[ATTR_FAMILY_NAME]
    if ATTR_COMPANY in data:
        changes["company"] = data[ATTR_COMPANY] or None
    if ATTR_PHONE in data:
        changes["phone"] = data[ATTR_PHONE]
    if ATTR_EMAIL in data:
        changes["email"] = data[ATTR_EMAIL]
    if ATTR_CARD_NO in data:
        changes["card_no"] = data[ATTR_CARD_NO]
    if ATTR_PHOTO in data:
        changes["photo"] = None if photo is None else photo_digest(photo)
    return changes
