"""Home Assistant's backups: the visits can be copied while they are written.

Home Assistant copies files one after the other. A write-ahead log that flows into the
main file between the two copies makes a broken pair, so it is kept from doing that,
also where an entry is loaded anew meanwhile.
"""

from contextlib import suppress

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .ledger import LedgerError
from .opening import COPIED
from .runtime import HikCentralConfigEntry, Runtime


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Make the files of all entries fit to be copied; raises HomeAssistantError."""
    copied = hass.data[COPIED] = [runtime.ledger for runtime in _runtimes(hass)]
    try:
        for ledger in tuple(copied):
            await ledger.async_hold_checkpoints()
    except LedgerError as error:
        with suppress(LedgerError):
            await _release(hass)
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="storage_unusable"
        ) from error


async def async_post_backup(hass: HomeAssistant) -> None:
    """Go on as usual: what was copied is old from now on; raises HomeAssistantError."""
    try:
        await _release(hass)
        for runtime in _runtimes(hass):
            await runtime.epochs.async_advance()
    except LedgerError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="storage_unusable"
        ) from error


async def _release(hass: HomeAssistant) -> None:
    for ledger in hass.data.pop(COPIED, ()):
        if not ledger.is_closed:
            await ledger.async_release_checkpoints()


def _runtimes(hass: HomeAssistant) -> list[Runtime]:
    entries: list[HikCentralConfigEntry] = hass.config_entries.async_loaded_entries(
        DOMAIN
    )
    return [entry.runtime_data for entry in entries]
