"""What is wrong with a server itself, as repair issues until it is mended."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from ..connection import clock_text, fingerprint_text
from ..hikcentral import CertificateError, CredentialsError
from ..problems import Cause
from ..reasons import access_text
from ..reconciler.failures import failure_of
from ..runtime import HikCentralConfigEntry
from ..wording import NOTHING, first_names, shown
from .cards import async_set_issue

UNREACHABLE_AFTER = timedelta(minutes=10)
SKEW_TOLERATED = timedelta(seconds=60)

_LOOK_EVERY = timedelta(minutes=1)
_NOTHING_TAKEN_AWAY = {Cause.SERVER_UNREACHABLE, Cause.CERTIFICATE_CHANGED}
"""While these last, no access can be taken away."""


class ServerIssues:
    """Keeps the issues about one server as it is."""

    def __init__(self, hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
        """Look after `entry`, whose runtime is there."""
        self._hass = hass
        self._entry = entry

    @callback
    def async_start(self) -> None:
        """Follow connection and time until the entry is unloaded."""
        contact = self._entry.runtime_data.contact
        self._entry.async_on_unload(contact.async_listen(self.look))
        self._entry.async_on_unload(
            async_track_time_interval(
                self._hass, self._tick, _LOOK_EVERY, cancel_on_shutdown=True
            )
        )
        self.look()

    @callback
    def _tick(self, _now: datetime) -> None:
        self.look()

    @callback
    def look(self) -> None:
        """Create, change and remove issues so that they are what is wrong now."""
        self._set(Cause.SERVER_UNREACHABLE, self._unreachable())
        self._set(Cause.CERTIFICATE_CHANGED, self._certificate())
        self._set(Cause.CLOCK_SKEW, self._skew())
        runtime = self._entry.runtime_data
        levels = runtime.auditor.levels
        self._set(Cause.LEVEL_GONE, _named(levels.gone, runtime.level_names))
        unknown = levels.added.keys() - runtime.settings.doors.keys()
        self._set(Cause.DOOR_ADDED, _named(unknown, levels.added))

    @callback
    def _set(self, cause: Cause, words: dict[str, str] | None) -> None:
        severe = cause in _NOTHING_TAKEN_AWAY
        async_set_issue(self._hass, self._entry, cause, words, severe=severe)

    def _unreachable(self) -> dict[str, str] | None:
        """What has an issue or a flow of its own is not told twice."""
        contact, now = self._entry.runtime_data.contact, dt_util.utcnow()
        if contact.connected or contact.since is None:
            return None
        if isinstance(contact.error, (CredentialsError, CertificateError)):
            return None
        if now - contact.since < UNREACHABLE_AFTER:
            return None
        why = "unreachable"
        if contact.error is not None:
            why = failure_of(contact.error).reason
        return {"since": shown(contact.since), "reason": access_text(self._hass, why)}

    def _certificate(self) -> dict[str, str] | None:
        error = self._entry.runtime_data.contact.error
        if not isinstance(error, CertificateError):
            return None
        text = fingerprint_text(error.fingerprint or NOTHING)
        # Two words, since the dialog of an issue does not break a long one.
        middle = len(text) // 2 + 1
        return {"fingerprint": f"{text[:middle]} {text[middle:]}".strip()}

    def _skew(self) -> dict[str, str] | None:
        skew = self._entry.runtime_data.client.clock.skew
        if skew is None or abs(skew) <= SKEW_TOLERATED:
            return None
        return {"skew": clock_text(skew)}


def _named(ids: Iterable[str], names: Mapping[str, str]) -> dict[str, str] | None:
    found = sorted(names.get(one, one) for one in ids)
    return {"names": first_names(found), "count": str(len(found))} if found else None
