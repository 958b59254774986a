"""Taps on the buttons of a push, handled here since only here the tapper is known.

A button's action is `HIKCENTRAL_VISITORS_<ACTION>_<visit_id>`.
"""

from collections.abc import Awaitable, Callable, Mapping
import re
from typing import Any, Final

from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized

from ..const import DOMAIN, LOGGER
from ..ledger import LedgerError
from ..permission import async_authorize
from ..runtime import HikCentralConfigEntry, Runtime
from ..visits.checks import CommandRefusedError
from ..visits.visit import Actor
from .targets import async_entry_of

EVENT_TAP: Final = "mobile_app_notification_action"

type _Command = Callable[[Runtime, str, Actor], Awaitable[None]]

_COMMANDS: Mapping[str, _Command] = {
    "EXTEND": lambda runtime, visit_id, actor: runtime.book.extend(
        visit_id, actor, by=runtime.settings.extend_step
    ),
    "REVOKE": lambda runtime, visit_id, actor: runtime.book.revoke(visit_id, actor),
    "RESTORE": lambda runtime, visit_id, actor: runtime.book.restore(visit_id, actor),
    "CHECK_OUT": lambda runtime, visit_id, actor: runtime.book.check_out(
        visit_id, actor
    ),
}
_TAP = re.compile(rf"{DOMAIN.upper()}_({'|'.join(_COMMANDS)})_([\w-]+)")


@callback
def async_setup_taps(hass: HomeAssistant) -> None:
    """Carry out taps on the visits of all servers."""

    @callback
    def ours(data: Mapping[str, Any]) -> bool:
        return _TAP.fullmatch(str(data.get("action"))) is not None

    async def async_tapped(event: Event[dict[str, Any]]) -> None:
        match = _TAP.fullmatch(event.data["action"])
        if match is not None:
            await _async_carry_out(hass, match[1], match[2], event.context)

    hass.bus.async_listen(EVENT_TAP, async_tapped, event_filter=ours)


async def _async_carry_out(
    hass: HomeAssistant, action: str, visit_id: str, context: Context
) -> None:
    """Do what a button says, if whoever tapped it may."""
    loaded: list[HikCentralConfigEntry] = hass.config_entries.async_loaded_entries(
        DOMAIN
    )
    if not loaded:
        LOGGER.warning(
            "A tap on %s of visit %s did nothing: no server is loaded", action, visit_id
        )
        return
    try:
        runtime = (await async_entry_of(visit_id, loaded)).runtime_data
        if context.user_id is None:
            raise Unauthorized(context=context)
        actor = await async_authorize(hass, runtime.settings, context)
        await _COMMANDS[action](runtime, visit_id, actor)
    except Unauthorized:
        LOGGER.warning(
            "A tap on %s of visit %s by user %s was refused: not permitted",
            action,
            visit_id,
            context.user_id,
        )
    except CommandRefusedError as err:
        LOGGER.info(
            "A tap on %s of visit %s did nothing: %s", action, visit_id, err.key
        )
    except LedgerError:
        LOGGER.exception("A tap on %s of visit %s was not saved", action, visit_id)
