"""Repair issues of one server, one for each cause."""

from datetime import datetime
from enum import StrEnum

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import DOMAIN


def issue_id(entry: ConfigEntry, cause: StrEnum) -> str:
    """Return the id of an entry's issue of this cause."""
    return f"{entry.entry_id}_{cause}"


@callback
def noticed(hass: HomeAssistant, entry: ConfigEntry, cause: StrEnum) -> datetime:
    """Return when the issue of this cause appeared; now, where there is none yet."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id(entry, cause))
    return dt_util.utcnow() if issue is None or not issue.active else issue.created


@callback
def async_set_issue(
    hass: HomeAssistant,
    entry: ConfigEntry,
    cause: StrEnum,
    words: dict[str, str] | None,
    *,
    fixable: bool = False,
    severe: bool = False,
) -> None:
    """Show the issue of this cause in these words; None: it is healed.

    The texts have the cause for a key, and may name the server.
    """
    if words is None:
        ir.async_delete_issue(hass, DOMAIN, issue_id(entry, cause))
        return
    words = {"server": entry.title, **words}
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id(entry, cause),
        is_fixable=fixable,
        severity=ir.IssueSeverity.ERROR if severe else ir.IssueSeverity.WARNING,
        translation_key=cause,
        translation_placeholders=words,
        data={"entry_id": entry.entry_id, "cause": cause.value, **words},
    )
