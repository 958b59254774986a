"""What can be done about a problem, from its repair issue."""

from collections.abc import Awaitable, Callable

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.helpers import issue_registry as ir

from ..book import VisitBook
from ..const import DOMAIN
from ..permission import requester
from ..problems import Cause, problems
from ..visits.checks import CommandRefusedError
from ..visits.visit import Actor
from .choice_flow import ChoiceFlow

_OPTIONS = {
    Cause.ACCESS_NOT_GIVEN: ["retry", "end", "ignore"],
    Cause.PERSON_OR_LEVEL_GONE: ["retry", "end", "ignore"],
    Cause.ACCESS_NOT_TAKEN: ["retry"],
    Cause.FACE_REFUSED: ["retry", "ignore"],
    Cause.FACE_GONE: ["ignore"],
    Cause.PRESENCE_UNKNOWN: ["close", "ignore"],
    Cause.UNJUSTIFIED_PASSAGE: ["seen"],
    Cause.NOT_ERASED: ["retry"],
    Cause.PUSH_ELSEWHERE: ["take_over", "ignore"],
}

type _Command = Callable[[str, Actor], Awaitable[None]]


class ProblemFlow(ChoiceFlow[Cause]):
    """Offers what helps against one cause."""

    options = _OPTIONS

    async def async_step_retry(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Look at everything and try again, now; whether it works shows later."""
        with self.working() as runtime:
            await runtime.auditor.async_check_and_repair()
        return self.async_abort(reason="tried_again")

    async def async_step_close(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Note that those of whom nobody knows have left."""
        await self._for_each(lambda book: book.check_out)
        return self.async_create_entry(data={})

    async def async_step_end(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """End the visits, since nothing comes of them."""
        await self._for_each(lambda book: book.revoke)
        return self.async_create_entry(data={})

    async def _for_each(self, command: Callable[[VisitBook], _Command]) -> None:
        """Give this command for each visit that has the problem now."""
        with self.working() as runtime:
            book, concerns = runtime.book, runtime.coordinator.concerns()
            concerned = [
                seen.visit.id
                for problem in problems(concerns)
                if problem.cause is self.cause
                for seen in problem.visits
            ]
            for visit_id in concerned:
                try:
                    await command(book)(visit_id, requester())
                except CommandRefusedError:
                    continue  # over meanwhile, or done by somebody else

    async def async_step_take_over(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Have pushed to us what goes elsewhere; whoever had it may lose it."""
        with self.working() as runtime:
            await runtime.push.async_take_over()
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
