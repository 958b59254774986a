"""The fix flows of our repair issues."""

from typing import Any

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow
from homeassistant.core import HomeAssistant

from .issues.problem_flow import ProblemFlow
from .issues.recovery import RecoveryCause
from .issues.recovery_flow import RecoveryFlow
from .problems import Cause
from .runtime import HikCentralConfigEntry


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Return the flow for an issue of ours.

    Only what a removed entry left has none. There is nothing to do but to take note:
    Home Assistant's own flow, which it also shows while nothing of ours is loaded.
    """
    found = data or {}
    if "left_by" in found:
        return ConfirmRepairFlow()
    entry: HikCentralConfigEntry | None = hass.config_entries.async_get_entry(
        str(found.get("entry_id"))
    )
    if entry is None:
        raise ValueError("no such entry")
    cause = found["cause"]
    if cause in set(RecoveryCause):
        return RecoveryFlow(entry, RecoveryCause(cause), found)
    return ProblemFlow(entry, Cause(cause), found)
