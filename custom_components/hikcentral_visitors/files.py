"""Where the visits of config entries are kept, also of those that are gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant

from .const import CONF_KEY, CONF_MARK, CONF_URL, DOMAIN
from .ledger.files import move, recalled
from .ledger.health import any_aside

INSTALLATION = "installation"
"""Under this key a ledger remembers which server it is about, and whose persons."""

_RECOGNISED_BY = (CONF_URL, CONF_MARK, CONF_KEY)

_PREFIX, _SUFFIX = f"{DOMAIN}_", ".db"


def ledger_path(hass: HomeAssistant, entry_id: str) -> Path:
    """Return where an entry's visits are kept."""
    return Path(hass.config.path(f"{_PREFIX}{entry_id}{_SUFFIX}"))


def identity(entry: ConfigEntry[Any]) -> dict[str, str]:
    """Return what a ledger remembers of its entry, to be recognised by later.

    HikCentral recognises it too, by the webhook that it may go on sending to.
    """
    known = (*_RECOGNISED_BY, CONF_WEBHOOK_ID)
    return {key: entry.data[key] for key in known if key in entry.data}


@dataclass(frozen=True, slots=True)
class _Kept:
    path: Path
    of: Mapping[str, str]


async def async_kept_identity(
    hass: HomeAssistant, url: str
) -> Mapping[str, str] | None:
    """Return by what a server that was removed is recognised, as data of its entry.

    None where no visits of it were kept, or an entry has taken them up already.
    """
    taken = {entry.data.get(CONF_KEY) for entry in _entries(hass)}
    for kept in await _async_kept(hass):
        if kept.of[CONF_URL] == url and kept.of[CONF_KEY] not in taken:
            return kept.of
    return None


async def async_take_up(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Give an entry that has no visits yet those that were kept for it, if any.

    Raises LedgerError, also while they are still in use.
    """
    path = ledger_path(hass, entry.entry_id)
    if await hass.async_add_executor_job(path.exists):
        return
    for kept in await _async_kept(hass):
        if all(kept.of[key] == entry.data[key] for key in _RECOGNISED_BY):
            await hass.async_add_executor_job(move, kept.path, path)
            return


async def _async_kept(hass: HomeAssistant) -> list[_Kept]:
    """Return the ledgers whose entry is gone, the one used last first."""
    owned = {ledger_path(hass, entry.entry_id) for entry in _entries(hass)}
    return await hass.async_add_executor_job(_kept, Path(hass.config.config_dir), owned)


async def async_any_set_aside(hass: HomeAssistant) -> bool:
    """Whether a damaged file of visits lies in the configuration folder."""
    folder = Path(hass.config.config_dir)
    return await hass.async_add_executor_job(any_aside, folder, _PREFIX)


def _kept(folder: Path, owned: set[Path]) -> list[_Kept]:
    found = [path for path in folder.glob(f"{_PREFIX}*{_SUFFIX}") if path not in owned]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return [
        _Kept(path, of)
        for path in found
        if isinstance(of := recalled(path, INSTALLATION), dict)
        and of.keys() >= {*_RECOGNISED_BY}
    ]


def _entries(hass: HomeAssistant) -> list[ConfigEntry[Any]]:
    return hass.config_entries.async_entries(DOMAIN)
