"""What somebody decides about stored visits that were lost, found or set back."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult

from .errors import translated_errors
from .ledger.found import decide, waiting_for_decision
from .ledger.recovery import (
    close_what_is_not_given,
    go_on,
    loss_seen,
    unread_persons,
)
from .recovery_issues import RecoveryCause
from .runtime import HikCentralConfigEntry
from .visits.commands import CommandRefusedError
from .visits.visit import Actor, ActorKind

_OPTIONS = {
    RecoveryCause.VISITS_LOST: ["seen"],
    RecoveryCause.PERSONS_FOUND: ["adopt", "leave_out"],
    RecoveryCause.BACKUP_RESTORED: ["grant_again", "close"],
}


class RecoveryFlow(RepairsFlow):
    """Offers what can be decided."""

    def __init__(self, entry: HikCentralConfigEntry, data: dict[str, Any]) -> None:
        """Know the cause, and the words it is told in."""
        self._entry = entry
        self._cause = RecoveryCause(data["cause"])
        self._words = {
            key: str(value)
            for key, value in data.items()
            if key not in {"entry_id", "cause"}
        }

    @property
    def _actor(self) -> Actor:
        user_id = self.context.get("user_id")
        return Actor(
            kind=ActorKind.USER, user_id=user_id if isinstance(user_id, str) else None
        )

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask what to do."""
        return self.async_show_menu(
            step_id="init",
            menu_options=_OPTIONS[self._cause],
            description_placeholders=self._words,
        )

    async def async_step_seen(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Somebody knows it; that is all there is to do."""
        with translated_errors():
            await self._entry.runtime_data.ledger.async_write(loss_seen)
        return self.async_create_entry(data={})

    async def async_step_adopt(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Give all of them back what they had."""
        runtime = self._entry.runtime_data
        moment = runtime.book.moment
        with translated_errors():
            found = await runtime.ledger.async_read(
                lambda connection: waiting_for_decision(connection, moment)
            )
            for one in found:
                try:
                    await runtime.book.restore(one.visit.id, self._actor)
                except CommandRefusedError:
                    continue  # over meanwhile, or decided by somebody else
            await runtime.ledger.async_write(decide)
        return self.async_create_entry(data={})

    async def async_step_leave_out(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Leave them without access."""
        with translated_errors():
            await self._entry.runtime_data.ledger.async_write(decide)
        return self.async_create_entry(data={})

    async def async_step_grant_again(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Go on with the visits as they were restored."""
        runtime = self._entry.runtime_data
        moment, actor = runtime.book.moment, self._actor
        with translated_errors():
            await runtime.ledger.async_write(
                lambda transaction: go_on(transaction, moment, actor)
            )
        return self._decided()

    async def async_step_close(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """End all visits whose access is not given now; first it must be known."""
        runtime = self._entry.runtime_data
        moment, actor = runtime.book.moment, self._actor
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
        self.hass.config_entries.async_schedule_reload(self._entry.entry_id)
        return self.async_create_entry(data={})
