"""Reasons, which are stable keys, in the words of Home Assistant's language."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import (
    async_get_cached_translations,
    async_get_translations,
)

from .const import DOMAIN


async def async_reason_text(hass: HomeAssistant, reason: str | None) -> str | None:
    """Return why a door stayed shut.

    A key without a text, of an event type that nobody knew, is shown as it is.
    """
    return reason and await _async_words(hass, "denial_reason", reason)


async def async_access_text(hass: HomeAssistant, reason: str) -> str:
    """Return why access could not be given or taken away."""
    return await _async_words(hass, "access_reason", reason)


async def async_storage_text(hass: HomeAssistant, trouble: str) -> str:
    """Return what keeps the visits from being stored."""
    return await _async_words(hass, "storage_trouble", trouble)


async def async_attempt_text(hass: HomeAssistant, when: str) -> str:
    """Return when something is tried again, where that is not a time."""
    return await _async_words(hass, "next_attempt", when)


async def async_trace_text(hass: HomeAssistant, place: str) -> str:
    """Return where something of somebody remains who was forgotten."""
    return await _async_words(hass, "remaining_trace", place)


@callback
def access_text(hass: HomeAssistant, reason: str) -> str:
    """Return the same as `async_access_text`, once the texts were loaded."""
    return _words(hass, "access_reason", reason)


@callback
def push_text(hass: HomeAssistant, reason: str) -> str:
    """Return why HikCentral pushes nothing: what we found, or what it said itself.

    What it said has no text of ours, and is shown as it is.
    """
    return _words(hass, "push_refusal", reason)


@callback
def _words(hass: HomeAssistant, selector: str, key: str) -> str:
    texts = async_get_cached_translations(
        hass, hass.config.language, "selector", DOMAIN
    )
    return texts.get(_path(selector, key), key)


async def _async_words(hass: HomeAssistant, selector: str, key: str) -> str:
    texts = await async_get_translations(
        hass, hass.config.language, "selector", [DOMAIN]
    )
    return texts.get(_path(selector, key), key.replace("_", " "))


def _path(selector: str, key: str) -> str:
    return f"component.{DOMAIN}.selector.{selector}.options.{key}"
