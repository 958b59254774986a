"""What can be done about a problem, from its repair issue."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .errors import translated_errors
from .problems import Cause, problems
from .recovery_flow import RecoveryFlow
from .recovery_issues import RecoveryCause
from .runtime import HikCentralConfigEntry
from .visits.visit import Actor, ActorKind

_OPTIONS = {
    Cause.ACCESS_NOT_GIVEN: ["retry", "end", "ignore"],
    Cause.PERSON_OR_LEVEL_GONE: ["retry", "end", "ignore"],
    Cause.ACCESS_NOT_TAKEN: ["retry"],
    Cause.FACE_REFUSED: ["retry", "ignore"],
    Cause.PRESENCE_UNKNOWN: ["close", "ignore"],
    Cause.UNJUSTIFIED_PASSAGE: ["seen"],
    Cause.PUSH_ELSEWHERE: ["take_over", "ignore"],
}


class ProblemFlow(RepairsFlow):
    """Offers what helps against one cause."""

    def __init__(self, entry: HikCentralConfigEntry, data: dict[str, Any]) -> None:
        """Know the cause, and the words it is told in."""
        self._entry = entry
        self._cause = Cause(data["cause"])
        self._words = {
            key: str(value)
            for key, value in data.items()
            if key not in {"entry_id", "cause"}
        }

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask what to do."""
        return self.async_show_menu(
            step_id="init",
            menu_options=_OPTIONS[self._cause],
            description_placeholders=self._words,
        )

    async def async_step_retry(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Look at everything and try again, now."""
        with translated_errors():
            await self._entry.runtime_data.auditor.async_check_and_repair()
        return self.async_create_entry(data={})

    async def async_step_close(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Note that those of whom nobody knows have left."""
        await self._for_each(self._entry.runtime_data.book.check_out)
        return self.async_create_entry(data={})

    async def async_step_end(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """End the visits, since nothing comes of them."""
        await self._for_each(self._entry.runtime_data.book.revoke)
        return self.async_create_entry(data={})

    async def _for_each(self, command: Callable[[str, Actor], Awaitable[None]]) -> None:
        """Give this command for each visit that has the problem now."""
        actor = Actor(kind=ActorKind.USER, user_id=_user_of(self.context))
        coordinator = self._entry.runtime_data.coordinator
        for problem in problems(list(coordinator.problematic_views())):
            if problem.cause is self._cause:
                for seen in problem.visits:
                    with translated_errors():
                        await command(seen.visit.id, actor)

    async def async_step_take_over(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Have pushed to us what goes elsewhere; whoever had it may lose it."""
        with translated_errors():
            await self._entry.runtime_data.push.async_take_over()
        return self.async_create_entry(data={})

    async def async_step_ignore(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Do not show this again as long as it lasts."""
        ir.async_ignore_issue(self.hass, DOMAIN, self.issue_id, ignore=True)
        return self.async_abort(reason="ignored")

    async def async_step_seen(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Somebody has seen it; that is all there is to do."""
        return self.async_create_entry(data={})


def _user_of(context: Mapping[str, Any]) -> str | None:
    """Whoever works on the issue, as far as Home Assistant tells."""
    user_id = context.get("user_id")
    return user_id if isinstance(user_id, str) else None


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Return the flow for an issue of ours; its entry is loaded, or it is not shown.

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
    if found.get("cause") in set(RecoveryCause):
        return RecoveryFlow(entry, found)
    return ProblemFlow(entry, found)
