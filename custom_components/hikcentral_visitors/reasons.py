"""Why a door stayed shut, in words."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN


async def async_reason_text(hass: HomeAssistant, reason: str | None) -> str | None:
    """Return a denial's stable key in the language of Home Assistant.

    A key without a text, of an event type that nobody knew, is shown as it is.
    """
    if reason is None:
        return None
    texts = await async_get_translations(
        hass, hass.config.language, "selector", [DOMAIN]
    )
    key = f"component.{DOMAIN}.selector.denial_reason.options.{reason}"
    return texts.get(key, reason.replace("_", " "))
