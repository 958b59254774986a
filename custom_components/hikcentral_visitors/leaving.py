"""Leaving: an entry is removed or disabled, and what it has given is not forgotten."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, LOGGER
from .directory import Directory
from .engine import Engine, create_engine
from .files import ledger_path
from .hikcentral import HikCentralClient, HikCentralError
from .intake import async_unsubscribe
from .ledger import Ledger, LedgerError
from .ledger.files import remove
from .leftovers import Leftovers, words
from .permission import requester
from .problems import Cause
from .runtime import HikCentralConfigEntry
from .visits.leftover import Leftover, anything

PATIENCE_S = 60
"""So long somebody waits until access is taken away; then it is said what is left."""

_PATIENCE_WITH_PUSHES_S = 10

LEFT_OPEN, LEFT_UNKNOWN, DISABLED_OPEN = "left_open", "left_unknown", "disabled_open"
"""What lasts after an entry; the keys of the texts."""


async def async_leave(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Take away what an entry that is being removed has given, as far as possible now.

    If all of it is confirmed gone, the visits are deleted. Otherwise they are kept, for
    the server to be added again, and an issue says what is left open.
    """
    _forget_issues(hass, entry.entry_id)
    path = ledger_path(hass, entry.entry_id)
    if not await hass.async_add_executor_job(path.exists):
        return
    try:
        left = await _async_take_away(hass, entry)
        if left is None:
            await hass.async_add_executor_job(remove, path)
            return
        key = LEFT_OPEN
    except (LedgerError, ValueError) as error:
        LOGGER.error("Cannot tell what is left open: %s", error)
        key, left = LEFT_UNKNOWN, {"file": path.name}
    _tell(hass, entry, key, left, fixable=True)


async def _async_take_away(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> dict[str, str] | None:
    """Return what is left open, in words; None if nothing is.

    Raises LedgerError, and ValueError for an entry that no flow made.
    """
    ledger = Ledger(ledger_path(hass, entry.entry_id))
    try:
        await ledger.async_open()
        engine = create_engine(hass, entry, ledger)
        await engine.book.withdraw_all(requester())
        left = await _async_drive(engine)
        await async_end_pushes(engine.client, entry)
        directory = Directory(ledger, engine.client)
        await directory.async_load()
        return words(left, directory) if left else None
    finally:
        await ledger.async_close()


async def _async_drive(engine: Engine) -> tuple[Leftover, ...]:
    """Let the server be told until nothing is left, or patience is over."""
    leftovers = Leftovers(engine.ledger, engine.moment, anything)
    driving = asyncio.create_task(engine.reconciler.async_run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            left = await leftovers.async_read()
            while left:
                left = await leftovers.async_changed()
    except TimeoutError:
        LOGGER.debug("Not everything could be taken away in %s s", PATIENCE_S)
    finally:
        driving.cancel()
        await asyncio.gather(driving, return_exceptions=True)
        leftovers.close()
    return await leftovers.async_read()


async def async_end_pushes(client: HikCentralClient, entry: ConfigEntry[Any]) -> None:
    """Have a server that is left send no more events to the webhook, if it can.

    Nothing depends on it but a later entry, whose pushes the old ones would be in the
    way of.
    """
    webhook_id = entry.data.get(CONF_WEBHOOK_ID)
    if webhook_id is None:
        return
    try:
        async with asyncio.timeout(_PATIENCE_WITH_PUSHES_S):
            await async_unsubscribe(client, webhook_id)
    except (HikCentralError, TimeoutError) as error:
        LOGGER.warning("HikCentral may go on sending events: %s", error)


async def async_tell_disabled(
    hass: HomeAssistant, entry: HikCentralConfigEntry
) -> None:
    """Say what stays open as long as an entry that was just disabled is not loaded."""
    runtime = entry.runtime_data
    _forget_issues(hass, entry.entry_id, but=Cause.UNJUSTIFIED_PASSAGE)
    leftovers = Leftovers(runtime.ledger, runtime.moment)
    try:
        left = await leftovers.async_read()
    except LedgerError as error:
        LOGGER.error("Cannot tell what is left open: %s", error)
        return
    finally:
        leftovers.close()
    if left:
        _tell(hass, entry, DISABLED_OPEN, words(left, runtime.directory))


@callback
def _tell(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    key: str,
    left: dict[str, str],
    *,
    fixable: bool = False,
) -> None:
    """Create an issue that outlasts the entry, and restarts."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{entry.entry_id}_{key}",
        is_fixable=fixable,
        is_persistent=True,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
        translation_placeholders={"server": entry.title, **left},
        data={"left_by": entry.entry_id},
    )


@callback
def _forget_issues(
    hass: HomeAssistant, entry_id: str, *, but: Cause | None = None
) -> None:
    """Delete an entry's issues, since nobody looks after them; `but` can wait."""
    kept = f"{entry_id}_{but}"
    for domain, issue_id in list(ir.async_get(hass).issues):
        ours = domain == DOMAIN and issue_id.startswith(f"{entry_id}_")
        if ours and issue_id != kept:
            ir.async_delete_issue(hass, domain, issue_id)


async def async_returned(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Delete what was said when this entry was disabled, or one before it removed.

    What was left open by an entry that is gone is looked after again as soon as its
    visits have been taken up: then they are no longer where they were kept.
    """
    for issue in list(ir.async_get(hass).issues.values()):
        if issue.domain != DOMAIN or "left_by" not in (issue.data or {}):
            continue
        left_by = str((issue.data or {})["left_by"])
        path = ledger_path(hass, left_by)
        if left_by == entry.entry_id or not await hass.async_add_executor_job(
            path.exists
        ):
            ir.async_delete_issue(hass, DOMAIN, issue.issue_id)
