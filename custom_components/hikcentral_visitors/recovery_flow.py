"""What somebody decides about stored visits that were lost, found or set back."""

from homeassistant.components.repairs import RepairsFlowResult

from .choice_flow import ChoiceFlow
from .errors import translated_errors
from .ledger import Transaction, journal
from .ledger.found import decide, waiting_for_decision
from .ledger.recovery import (
    close_unreadable,
    close_what_is_not_given,
    go_on,
    loss_seen,
    unread_persons,
)
from .permission import requester
from .recovery_issues import RecoveryCause
from .visits.checks import CommandRefusedError

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
        with translated_errors():
            await self.entry.runtime_data.ledger.async_write(loss_seen)
        return self.async_create_entry(data={})

    async def async_step_close_unreadable(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Close the visits that nobody can read, once somebody knows of them."""
        runtime = self.entry.runtime_data
        moment, actor = runtime.book.moment, requester()

        def work(transaction: Transaction) -> None:
            close_unreadable(transaction, moment)
            journal.write(transaction, moment.now, actor, "close_unreadable")

        with translated_errors():
            await runtime.ledger.async_write(work)
        return self.async_create_entry(data={})

    async def async_step_adopt(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Give all of them back what they had."""
        runtime = self.entry.runtime_data
        moment = runtime.book.moment
        with translated_errors():
            found = await runtime.ledger.async_read(
                lambda connection: waiting_for_decision(connection, moment)
            )
            for one in found:
                try:
                    await runtime.book.restore(one.visit.id, requester())
                except CommandRefusedError:
                    continue  # over meanwhile, or decided by somebody else
            await runtime.ledger.async_write(decide)
        return self.async_create_entry(data={})

    async def async_step_leave_out(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave them without access."""
        with translated_errors():
            await self.entry.runtime_data.ledger.async_write(decide)
        return self.async_create_entry(data={})

    async def async_step_grant_again(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on with the visits as they were restored."""
        runtime = self.entry.runtime_data
        moment, actor = runtime.book.moment, requester()
        with translated_errors():
            await runtime.ledger.async_write(
                lambda transaction: go_on(transaction, moment, actor)
            )
        return self._decided()

    async def async_step_close(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """End all visits whose access is not given now; first it must be known."""
        runtime = self.entry.runtime_data
        moment, actor = runtime.book.moment, requester()
        with translated_errors():
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
