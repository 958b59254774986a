"""Taps on the buttons of a push, handled here since only here the tapper is known.

A button's action is `HIKCENTRAL_VISITORS_<ACTION>_<visit_id>`.
"""

from collections.abc import Awaitable, Callable, Mapping
import re
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized

from .const import DOMAIN, LOGGER
from .ledger import LedgerError
from .permission import async_authorize
from .runtime import HikCentralConfigEntry, Runtime
from .visits.checks import CommandRefusedError
from .visits.visit import Actor

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
def async_setup_taps(
    hass: HomeAssistant, entry: HikCentralConfigEntry
) -> CALLBACK_TYPE:
    """Carry out taps that concern visits of this entry; returns how to stop that."""

    @callback
    def tapped(event: Event[dict[str, Any]]) -> None:
        match = _TAP.fullmatch(event.data["action"])
        if match is not None and not _elsewhere(hass, entry, match[2]):
            entry.async_create_task(
                hass,
                _async_carry_out(hass, entry, match[1], match[2], event),
                f"{DOMAIN} tap",
            )

    @callback
    def ours(data: Mapping[str, Any]) -> bool:
        return _TAP.fullmatch(str(data.get("action"))) is not None

    return hass.bus.async_listen(EVENT_TAP, tapped, event_filter=ours)


@callback
def _elsewhere(
    hass: HomeAssistant, entry: HikCentralConfigEntry, visit_id: str
) -> bool:
    """Tell whether the visit is known to be another server's."""
    others: list[HikCentralConfigEntry] = hass.config_entries.async_loaded_entries(
        DOMAIN
    )
    return any(
        other.entry_id != entry.entry_id
        and other.runtime_data.coordinator.view(visit_id) is not None
        for other in others
    )


async def _async_carry_out(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    action: str,
    visit_id: str,
    event: Event[dict[str, Any]],
) -> None:
    """Do what a button says, if whoever tapped it may."""
    runtime = entry.runtime_data
    user_id = event.context.user_id
    try:
        if user_id is None:
            raise Unauthorized(context=event.context)
        actor = await async_authorize(hass, runtime.settings, event.context)
    except Unauthorized:
        LOGGER.warning(
            "A tap on %s of visit %s by user %s was refused: not permitted",
            action,
            visit_id,
            user_id,
        )
        return
    try:
        await _COMMANDS[action](runtime, visit_id, actor)
    except CommandRefusedError as err:
        LOGGER.info(
            "A tap on %s of visit %s did nothing: %s", action, visit_id, err.key
        )
    except LedgerError:
        LOGGER.exception("A tap on %s of visit %s was not saved", action, visit_id)
