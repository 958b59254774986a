"""What somebody must look at, as repair issues, and the dialogs that help."""

from homeassistant.core import HomeAssistant, callback

from ..runtime import HikCentralConfigEntry
from .erasure import ErasureIssues
from .passages import PassageIssues
from .push import PushIssues
from .recovery import RecoveryIssues
from .server import ServerIssues
from .visits import VisitIssues

__all__ = ["async_keep_issues"]


@callback
def async_keep_issues(hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
    """Raise issues of an entry, and take back what healed, until it is unloaded."""
    for keeper in (
        VisitIssues,
        PassageIssues,
        ErasureIssues,
        ServerIssues,
        PushIssues,
        RecoveryIssues,
    ):
        keeper(hass, entry).async_start()
