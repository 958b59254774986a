"""Retiring a server: no new access, and what becomes of what was given.

The options keep that it is retired. All that follows from it happens whenever the entry
is loaded; the steps here only watch, and say what came of it.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .const import CONF_RETIREMENT, DOMAIN
from .leaving import PATIENCE_S
from .ledger import LedgerError
from .leftovers import Leftovers, words
from .permission import requester
from .runtime import HikCentralConfigEntry, Runtime
from .settings import Retirement
from .wording import NOTHING, shown

_RETIRE = vol.Schema(
    {
        vol.Required(CONF_RETIREMENT): SelectSelector(
            SelectSelectorConfig(
                # The first is chosen if nobody chooses.
                options=[Retirement.RUN_OUT, Retirement.REVOKE],
                mode=SelectSelectorMode.LIST,
                translation_key="retirement",
            )
        )
    }
)
_NOTHING_TO_ENTER = vol.Schema({})


class RetirementSteps(OptionsFlow):
    """Retire a server, with progress while access is taken away, or undo that."""

    _options: dict[str, Any]
    _waiting: asyncio.Task[bool] | None = None
    _leftovers: Leftovers | None = None
    _deadline: float

    @property
    def _runtime(self) -> Runtime | None:
        """The entry's parts, while it is loaded."""
        entry: HikCentralConfigEntry = self.config_entry
        loaded = entry.state is ConfigEntryState.LOADED
        return entry.runtime_data if loaded else None

    async def async_step_retire(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what becomes of the access that there is."""
        if self._runtime is None:
            return self.async_abort(reason="not_loaded")
        if user_input is None:
            return self._ask("retire", _RETIRE)
        self._options[CONF_RETIREMENT] = user_input[CONF_RETIREMENT]
        return await self.async_step_retiring()

    async def async_step_retiring(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show of how many something is open, until of nobody or patience is over."""
        if self._waiting is None:
            self._waiting = self._start(self._async_retire())
        elif self._waiting.done():
            if self._waiting.result() or self._leftovers is None:
                return self.async_show_progress_done(next_step_id="retired")
            self._waiting = self._start(self._async_watch(self._leftovers))
        open_ = NOTHING if self._leftovers is None else str(len(self._leftovers.left))
        return self.async_show_progress(
            step_id="retiring",
            progress_action="retiring",
            description_placeholders={"count": open_},
            progress_task=self._waiting,
        )

    def _start(self, work: Coroutine[Any, Any, bool]) -> asyncio.Task[bool]:
        """Start what is waited for; Home Assistant stops without it."""
        return self.hass.async_create_background_task(work, f"{DOMAIN} retirement")

    async def _async_retire(self) -> bool:
        """Keep it, and load the entry with it; returns whether that is all."""
        entry: HikCentralConfigEntry = self.config_entry
        self.hass.config_entries.async_update_entry(entry, options=self._options)
        # Whoever closes the dialog now must not leave the entry half loaded.
        await asyncio.shield(self.hass.async_create_task(self._async_enforce(entry)))
        runtime = self._runtime
        if runtime is None or runtime.settings.retirement is Retirement.RUN_OUT:
            return True
        self._deadline = self.hass.loop.time() + PATIENCE_S
        self._leftovers = Leftovers(runtime.ledger, runtime.moment)
        try:
            return not await self._leftovers.async_read()
        except LedgerError:  # unloaded again meanwhile
            return True

    async def _async_enforce(self, entry: HikCentralConfigEntry) -> None:
        """Take back what is to be taken back, and load the entry anew.

        Loading would take it back too, but could not say who asked for it.
        """
        revoke = self._options[CONF_RETIREMENT] == Retirement.REVOKE
        if revoke and (runtime := self._runtime) is not None:
            with suppress(LedgerError):
                await runtime.book.withdraw_all(requester())
        await self.hass.config_entries.async_reload(entry.entry_id)

    async def _async_watch(self, leftovers: Leftovers) -> bool:
        """Wait for a change; returns whether nothing is open, or patience is over."""
        try:
            async with asyncio.timeout_at(self._deadline):
                return not await leftovers.async_changed()
        except TimeoutError, LedgerError:
            return True

    async def async_step_retired(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say what is done, and what is not."""
        runtime = self._runtime
        if runtime is None:
            return self.async_abort(reason="retired_not_loaded")
        now = runtime.moment().now
        live = [
            seen.visit.valid_until
            async for seen in runtime.coordinator.async_open_views()
            if seen.visit.live(now)
        ]
        if live:
            until = shown(max(live))
            found = {"count": str(len(live)), "until": until}
            return self._ask("retired_running_out", placeholders=found)
        leftovers = Leftovers(runtime.ledger, runtime.moment)
        try:
            left = await leftovers.async_read()
        except LedgerError:
            return self.async_abort(reason="retired_not_loaded")
        finally:
            leftovers.close()
        if left:
            found = words(left, runtime.directory)
            return self._ask("retired_still_open", placeholders=found)
        return self._ask("retired_nothing_open")

    async def _async_noted(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        return self.async_create_entry(data=self._options)

    async_step_retired_nothing_open = _async_noted
    async_step_retired_running_out = _async_noted
    async_step_retired_still_open = _async_noted

    async def async_step_reinstate(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take new visits again; access that was taken away stays so."""
        if user_input is None:
            return self._ask("reinstate")
        self._options.pop(CONF_RETIREMENT, None)
        return self.async_create_entry(data=self._options)

    def _ask(
        self,
        step_id: str,
        schema: vol.Schema = _NOTHING_TO_ENTER,
        placeholders: Mapping[str, str] | None = None,
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=schema,
            errors={},
            description_placeholders={
                "server": self.config_entry.title,
                **(placeholders or {}),
            },
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Stop watching; what was asked goes on."""
        if self._leftovers is not None:
            self._leftovers.close()
