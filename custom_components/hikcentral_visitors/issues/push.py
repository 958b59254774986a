"""What hinders pushes, as repair issues that vanish when it is mended."""

from homeassistant.core import HomeAssistant, callback

from ..problems import Cause
from ..push import Push, PushStatus
from ..reasons import push_text
from ..runtime import HikCentralConfigEntry
from ..wording import NOTHING
from .cards import async_set_issue

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
        words = {
            "address": self._push.address or NOTHING,
            "reason": push_text(self._hass, self._push.subscriber.reason) or NOTHING,
            "receiver": ", ".join(sorted(self._push.subscriber.receivers)) or NOTHING,
        }
        for one in _ALL:
            async_set_issue(
                self._hass,
                self._entry,
                one,
                words if one is cause else None,
                fixable=one is Cause.PUSH_ELSEWHERE,
            )
