"""Visitors who are forgotten here and cannot be deleted from HikCentral: an issue."""

from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN
from ..ledger import LedgerError
from ..ledger.retention import not_erased
from ..problems import Cause
from ..reasons import async_access_text
from ..runtime import HikCentralConfigEntry
from ..wording import shown
from .cards import async_set_issue, noticed

_LOOK_EVERY = timedelta(minutes=1)


class ErasureIssues:
    """Says how many they are, and why, until HikCentral has deleted them."""

    def __init__(self, hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
        """Look after `entry`, whose runtime is there."""
        self._hass = hass
        self._entry = entry

    @callback
    def async_start(self) -> None:
        """Look from time to time until the entry is unloaded."""
        self._entry.async_on_unload(
            async_track_time_interval(
                self._hass, self._tick, _LOOK_EVERY, cancel_on_shutdown=True
            )
        )

    @callback
    def _tick(self, _now: datetime) -> None:
        self._entry.async_create_task(
            self._hass, self.async_look(), f"{DOMAIN} persons not deleted"
        )

    async def async_look(self) -> None:
        """Create, change or remove the issue so that it is what is so now."""
        ledger = self._entry.runtime_data.ledger
        try:
            reasons = await ledger.async_read(not_erased)
        except LedgerError as error:
            ledger.complaints.make("read who is forgotten", error)
            return
        words = None
        if reasons:
            texts = [
                await async_access_text(self._hass, reason)
                for reason in dict.fromkeys(reasons)
            ]
            words = {
                "count": str(len(reasons)),
                "reason": "; ".join(texts),
                "since": shown(noticed(self._hass, self._entry, Cause.NOT_ERASED)),
            }
        async_set_issue(self._hass, self._entry, Cause.NOT_ERASED, words, fixable=True)
