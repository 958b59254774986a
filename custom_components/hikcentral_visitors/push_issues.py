"""What hinders pushes, as repair issues that vanish when it is mended."""

from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .issues import issue_id
from .problems import Cause
from .push import Push, PushStatus
from .runtime import HikCentralConfigEntry

_CAUSES = {
    PushStatus.LOST: Cause.PUSH_LOST,
    PushStatus.ELSEWHERE: Cause.PUSH_ELSEWHERE,
    PushStatus.REFUSED: Cause.PUSH_REFUSED,
    PushStatus.NO_ADDRESS: Cause.PUSH_NO_ADDRESS,
}
_ALL = (*_CAUSES.values(), Cause.PUSH_CERTIFICATE, Cause.PUSH_SHARED)


def hindrance(push: Push) -> Cause | None:
    """Return what hinders pushes, None where nothing does, or nobody knows yet."""
    status = push.status
    if status is None or status is PushStatus.ARRIVING:
        return None
    if status is PushStatus.OFF:
        return Cause.PUSH_SHARED if push.subscriber.shared else None
    if push.certificate_refused and status in {PushStatus.WAITING, PushStatus.LOST}:
        return Cause.PUSH_CERTIFICATE
    return _CAUSES.get(status)


class PushIssues:
    """Keeps the issue about pushes of one entry as it is."""

    def __init__(self, hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
        """Look after `entry`, whose runtime is there."""
        self._hass = hass
        self._entry = entry
        self._push = entry.runtime_data.push

    @callback
    def async_start(self) -> None:
        """Follow the pushes until the entry is unloaded."""
        self._entry.async_on_unload(self._push.async_listen(self._look))
        self._look()

    @callback
    def _look(self) -> None:
        """Nothing is said about what is not known: an issue stays until it is."""
        if self._push.status is None:
            return
        cause = hindrance(self._push)
        for one in _ALL:
            if one is not cause:
                ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry, one))
        if cause is not None:
            self._create(cause)

    @callback
    def _create(self, cause: Cause) -> None:
        words: dict[str, Any] = {
            "server": self._entry.title,
            "address": self._push.address or "-",
            "reason": self._push.subscriber.reason or "-",
        }
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry, cause),
            is_fixable=cause is Cause.PUSH_ELSEWHERE,
            severity=ir.IssueSeverity.WARNING,
            translation_key=cause,
            translation_placeholders=words,
            data={"entry_id": self._entry.entry_id, "cause": cause.value, **words},
        )
