"""From what somebody entered to a grant: times, levels, host and picture."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant

from ..book import GrantRequest
from ..errors import refusal
from ..runtime import Runtime
from .photo import async_load_photo
from .schemas import (
    ATTR_ACCESS_LEVELS,
    ATTR_CARD_NO,
    ATTR_COMPANY,
    ATTR_DURATION,
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
    ATTR_REFERENCE,
    ATTR_VALID_FROM,
    ATTR_VALID_UNTIL,
    ATTR_VEHICLE_PLATE,
    ATTR_VISITOR_ID,
    ATTR_VISITOR_TYPE,
)


async def async_grant_request(
    hass: HomeAssistant, runtime: Runtime, data: Mapping[str, Any]
) -> GrantRequest:
    """Return the grant that was asked for, complete with the options' defaults.

    Raises ServiceValidationError for what contradicts itself or does not exist.
    """
    settings = runtime.settings
    valid_until, duration = data.get(ATTR_VALID_UNTIL), data.get(ATTR_DURATION)
    if valid_until is not None and duration is not None:
        raise refusal("until_or_duration")
    if valid_until is None and duration is None:
        duration = settings.default_duration
    levels = settings.default_levels
    if ATTR_ACCESS_LEVELS in data:
        levels = managed_levels(
            data[ATTR_ACCESS_LEVELS], settings.access_levels, runtime.level_names
        )
    photo = data.get(ATTR_PHOTO)
    return GrantRequest(
        visitor_id=data.get(ATTR_VISITOR_ID),
        given_name=data[ATTR_GIVEN_NAME],
        family_name=data[ATTR_FAMILY_NAME],
        company=data.get(ATTR_COMPANY),
        phone=data.get(ATTR_PHONE),
        email=data.get(ATTR_EMAIL),
        card_no=data.get(ATTR_CARD_NO),
        valid_from=data.get(ATTR_VALID_FROM),
        valid_until=valid_until,
        duration=duration,
        early_arrival=data.get(ATTR_EARLY_ARRIVAL, settings.early_arrival),
        entry_mode=data[ATTR_ENTRY_MODE],
        levels=frozenset(levels),
        visitor_type=data[ATTR_VISITOR_TYPE],
        host=checked_host(hass, data.get(ATTR_HOST)),
        notify=tuple(data[ATTR_NOTIFY]),
        purpose=data.get(ATTR_PURPOSE),
        vehicle_plate=data.get(ATTR_VEHICLE_PLATE),
        note=data.get(ATTR_NOTE),
        reference=data.get(ATTR_REFERENCE),
        photo=None if photo is None else await async_load_photo(hass, photo),
    )


def checked_host(hass: HomeAssistant, host: str | None) -> str | None:
    """Return the host, who is a person of Home Assistant or any text.

    Raises ServiceValidationError for a person whom there is not.
    """
    if host is not None and host.startswith("person.") and not hass.states.get(host):
        raise refusal("host_not_found", host=host)
    return host


def managed_levels(
    wanted: list[str], managed: tuple[str, ...], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the ids of access levels that were given by name or id.

    Only levels that are managed here count; names are compared without regard to case.
    Raises ServiceValidationError for an unknown one, and for one that could be two.
    """
    ids: list[str] = []
    for text in wanted:
        meant = [
            level
            for level in managed
            if text in {level, names.get(level)}
            or text.casefold() == names.get(level, "").casefold()
        ]
        if len(meant) != 1:
            raise refusal(
                "access_level_ambiguous" if meant else "access_level_unknown",
                level=text,
                levels=", ".join(
                    f"{names.get(level, level)} ({level})" for level in managed
                ),
            )
        ids += meant
    return tuple(ids)
