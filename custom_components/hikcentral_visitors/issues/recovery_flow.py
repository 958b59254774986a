"""What somebody decides about stored visits that were lost, found or set back."""

from homeassistant.components.repairs import RepairsFlowResult

from ..errors import refusal
from ..ledger import Transaction, journal
from ..ledger.found import decide, waiting_for_decision
from ..ledger.recovery import (
    close_unreadable,
    close_what_is_not_given,
    go_on,
    loss_seen,
    unread_persons,
)
from ..permission import requester
from ..visits.checks import OF_LEVELS, CommandRefusedError
from ..wording import first_names
from .choice_flow import ChoiceFlow
from .recovery import RecoveryCause

_OPTIONS = {
    RecoveryCause.VISITS_LOST: ["seen"],
    RecoveryCause.VISITS_UNREADABLE: ["close_unreadable"],
    RecoveryCause.PERSONS_FOUND: ["adopt", "leave_out"],
    RecoveryCause.BACKUP_RESTORED: ["grant_again", "close"],
}


class RecoveryFlow(ChoiceFlow[RecoveryCause]):
    """Offers what can be decided."""

    options = _OPTIONS

    async def async_step_seen(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Somebody knows it; that is all there is to do."""
        with self.working() as runtime:
            await runtime.ledger.async_write(loss_seen)
        return self.async_create_entry(data={})

    async def async_step_close_unreadable(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Close the visits that nobody can read, once somebody knows of them."""
        actor = requester()
        with self.working() as runtime:
            moment = runtime.book.moment

            def work(transaction: Transaction) -> None:
                close_unreadable(transaction, moment)
                journal.write(transaction, moment.now, actor, "close_unreadable")

            await runtime.ledger.async_write(work)
        return self.async_create_entry(data={})

    async def async_step_adopt(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Give all of them back what they had; who cannot have it is named."""
        without: list[str] = []
        with self.working() as runtime:
            moment = runtime.book.moment
            found = await runtime.ledger.async_read(
                lambda connection: waiting_for_decision(connection, moment)
            )
            for one in found:
                try:
                    await runtime.book.restore(one.visit.id, requester())
                except CommandRefusedError as error:
                    # Others are over meanwhile, or somebody else decided.
                    if error.key in OF_LEVELS:
                        without.append(one.visitor.name)
            await runtime.ledger.async_write(decide)
            if without:
                raise refusal("not_given_back", names=first_names(without))
        return self.async_create_entry(data={})

    async def async_step_leave_out(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave them without access."""
        with self.working() as runtime:
            await runtime.ledger.async_write(decide)
        return self.async_create_entry(data={})

    async def async_step_grant_again(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on with the visits as they were restored."""
        actor = requester()
        with self.working() as runtime:
            moment = runtime.book.moment
            await runtime.ledger.async_write(
                lambda transaction: go_on(transaction, moment, actor)
            )
        return self._decided()

    async def async_step_close(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """End all visits whose access is not given now; first it must be known."""
        actor = requester()
        with self.working() as runtime:
            moment = runtime.book.moment
            unread = await runtime.ledger.async_read(
                lambda connection: unread_persons(connection, moment)
            )
            if unread:
                return self.async_abort(reason="not_read_yet")
            await runtime.ledger.async_write(
                lambda transaction: close_what_is_not_given(transaction, moment, actor)
            )
        return self._decided()

    def _decided(self) -> RepairsFlowResult:
        """Load anew: from now on access is given too."""
        self.hass.config_entries.async_schedule_reload(self.entry.entry_id)
        return self.async_create_entry(data={})
