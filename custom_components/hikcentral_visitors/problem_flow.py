"""What can be done about a problem, from its repair issue."""

from collections.abc import Awaitable, Callable

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.helpers import issue_registry as ir

from .choice_flow import ChoiceFlow
from .const import DOMAIN
from .errors import translated_errors
from .permission import requester
from .problems import Cause, problems
from .visits.visit import Actor

_OPTIONS = {
    Cause.ACCESS_NOT_GIVEN: ["retry", "end", "ignore"],
    Cause.PERSON_OR_LEVEL_GONE: ["retry", "end", "ignore"],
    Cause.ACCESS_NOT_TAKEN: ["retry"],
    Cause.FACE_REFUSED: ["retry", "ignore"],
    Cause.PRESENCE_UNKNOWN: ["close", "ignore"],
    Cause.UNJUSTIFIED_PASSAGE: ["seen"],
    Cause.PUSH_ELSEWHERE: ["take_over", "ignore"],
}


class ProblemFlow(ChoiceFlow[Cause]):
    """Offers what helps against one cause."""

    options = _OPTIONS

    async def async_step_retry(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Look at everything and try again, now; whether it works shows later."""
        with translated_errors():
            await self.entry.runtime_data.auditor.async_check_and_repair()
        return self.async_abort(reason="tried_again")

    async def async_step_close(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Note that those of whom nobody knows have left."""
        await self._for_each(self.entry.runtime_data.book.check_out)
        return self.async_create_entry(data={})

    async def async_step_end(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """End the visits, since nothing comes of them."""
        await self._for_each(self.entry.runtime_data.book.revoke)
        return self.async_create_entry(data={})

    async def _for_each(self, command: Callable[[str, Actor], Awaitable[None]]) -> None:
        """Give this command for each visit that has the problem now."""
        coordinator = self.entry.runtime_data.coordinator
        for problem in problems(coordinator.concerns()):
            if problem.cause is self.cause:
                for seen in problem.visits:
                    with translated_errors():
                        await command(seen.visit.id, requester())

    async def async_step_take_over(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Have pushed to us what goes elsewhere; whoever had it may lose it."""
        with translated_errors():
            await self.entry.runtime_data.push.async_take_over()
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
