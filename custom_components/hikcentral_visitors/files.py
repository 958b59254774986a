"""Where the visits of a config entry are kept."""

from pathlib import Path

from homeassistant.core import HomeAssistant

from .const import DOMAIN


def ledger_path(hass: HomeAssistant, entry_id: str) -> Path:
    """Return where an entry's visits are kept."""
    return Path(hass.config.path(f"{DOMAIN}_{entry_id}.db"))
