"""The actions: what people and automations may ask for, and what they are answered."""

import asyncio
from collections.abc import Awaitable, Callable

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError

from . import service_schemas as schema
from .const import DOMAIN
from .errors import joined, refusal, translated_errors
from .grants import async_grant_request, preview
from .ledger.queries import PassageQuery, VisitorQuery, VisitQuery
from .responses import async_passage_row, changed, granted, visit_row, visitor_row
from .runtime import Runtime
from .service_schemas import (
    ATTR_BY,
    ATTR_DRY_RUN,
    ATTR_HOST,
    ATTR_LIMIT,
    ATTR_NAME,
    ATTR_PAGE,
    ATTR_REASON,
    ATTR_SINCE,
    ATTR_STATUS,
    ATTR_UNTIL,
    ATTR_VALID_UNTIL,
    ATTR_VISIT_ID,
    ATTR_WAIT,
)
from .targets import Target, async_server, async_visits
from .visits.view import VisitView

_OPTIONAL, _ONLY = SupportsResponse.OPTIONAL, SupportsResponse.ONLY


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, once for all config entries."""
    for name, handler, takes, response in (
        ("grant_access", _async_grant_access, schema.GRANT, _OPTIONAL),
        ("extend_access", _async_extend_access, schema.EXTEND, _OPTIONAL),
        ("revoke_access", _async_revoke_access, schema.REVOKE, _OPTIONAL),
        ("restore_access", _async_restore_access, schema.VISITS, _OPTIONAL),
        ("check_in", _async_check_in, schema.VISITS, _OPTIONAL),
        ("check_out", _async_check_out, schema.VISITS, _OPTIONAL),
        ("cancel_visit", _async_cancel_visit, schema.VISITS, _OPTIONAL),
        ("get_visits", _async_get_visits, schema.GET_VISITS, _ONLY),
        ("get_passages", _async_get_passages, schema.GET_PASSAGES, _ONLY),
        ("get_visitors", _async_get_visitors, schema.GET_VISITORS, _ONLY),
    ):
        hass.services.async_register(
            DOMAIN, name, handler, schema=takes, supports_response=response
        )


async def _async_grant_access(call: ServiceCall) -> ServiceResponse:
    server = await async_server(call)
    runtime = server.runtime
    dry_run = call.data[ATTR_DRY_RUN]
    request = await async_grant_request(call.hass, runtime, call.data)
    with translated_errors():
        receipt = await runtime.book.grant(request, server.actor, dry_run=dry_run)
        if dry_run and receipt.created:
            return preview(request, receipt, runtime.settings)
        wait = 0 if dry_run else call.data[ATTR_WAIT]
        view = await _async_seen(runtime, receipt.visit_id, wait)
    return granted(call.hass, server.entry, receipt, view)


async def _async_extend_access(call: ServiceCall) -> ServiceResponse:
    until, by = call.data.get(ATTR_VALID_UNTIL), call.data.get(ATTR_BY)
    if until is not None and by is not None:
        raise refusal("until_or_by")

    async def extend(target: Target) -> None:
        runtime = target.server.runtime
        await runtime.book.extend(
            target.visit_id,
            target.server.actor,
            until=until,
            by=runtime.settings.extend_step if until is None and by is None else by,
        )

    return await _async_change(call, extend)


async def _async_revoke_access(call: ServiceCall) -> ServiceResponse:
    reason = call.data.get(ATTR_REASON) or None
    return await _async_change(
        call,
        lambda target: target.server.runtime.book.revoke(
            target.visit_id, target.server.actor, reason=reason
        ),
    )


async def _async_restore_access(call: ServiceCall) -> ServiceResponse:
    return await _async_change(
        call,
        lambda target: target.server.runtime.book.restore(
            target.visit_id, target.server.actor
        ),
    )


async def _async_check_in(call: ServiceCall) -> ServiceResponse:
    return await _async_change(
        call,
        lambda target: target.server.runtime.book.check_in(
            target.visit_id, target.server.actor
        ),
    )


async def _async_check_out(call: ServiceCall) -> ServiceResponse:
    return await _async_change(
        call,
        lambda target: target.server.runtime.book.check_out(
            target.visit_id, target.server.actor
        ),
    )


async def _async_cancel_visit(call: ServiceCall) -> ServiceResponse:
    return await _async_change(
        call,
        lambda target: target.server.runtime.book.cancel(
            target.visit_id, target.server.actor
        ),
    )


async def _async_change(
    call: ServiceCall, change: Callable[[Target], Awaitable[None]]
) -> ServiceResponse:
    """Change every visit that is named, then wait for all of them together.

    All are tried whatever happens to one. Raises one error where any failed, which
    says how many and why; the others are changed all the same.
    """
    targets = await async_visits(call)
    # Together, since the ledger commits together what waits together.
    errors = await asyncio.gather(*(_async_error(change, one) for one in targets))
    failures = {
        target.visit_id: error
        for target, error in zip(targets, errors, strict=True)
        if error is not None
    }
    if failures:
        raise joined(call.hass, failures, len(targets))
    wait = call.data.get(ATTR_WAIT, 0)
    with translated_errors():
        views = await asyncio.gather(
            *(
                _async_seen(target.server.runtime, target.visit_id, wait)
                for target in targets
            )
        )
    return {"visits": [changed(view) for view in views]}


async def _async_error(
    change: Callable[[Target], Awaitable[None]], target: Target
) -> HomeAssistantError | None:
    """Change one visit; returns why that was not possible."""
    try:
        with translated_errors():
            await change(target)
    except HomeAssistantError as err:
        return err
    return None


async def _async_seen(runtime: Runtime, visit_id: str, wait: float) -> VisitView:
    """Return the visit once the doors have it, at the latest after `wait` seconds."""
    if wait > 0:
        return await runtime.coordinator.async_settled(visit_id, wait)
    return await runtime.book.visit(visit_id)


async def _async_get_visits(call: ServiceCall) -> ServiceResponse:
    server = await async_server(call)
    data = call.data
    status = data.get(ATTR_STATUS)
    query = VisitQuery(
        status=frozenset(status) if status else None,
        host=data.get(ATTR_HOST),
        since=data.get(ATTR_SINCE),
        until=data.get(ATTR_UNTIL),
        visit_id=data.get(ATTR_VISIT_ID),
        name=data.get(ATTR_NAME),
        limit=data[ATTR_LIMIT],
        page=data[ATTR_PAGE],
    )
    with translated_errors():
        views, total = await server.runtime.book.visits(query)
    return {
        "visits": [visit_row(call.hass, server.entry, view) for view in views],
        "total": total,
    }


async def _async_get_passages(call: ServiceCall) -> ServiceResponse:
    server = await async_server(call)
    data = call.data
    query = PassageQuery(
        visit_id=data.get(ATTR_VISIT_ID),
        since=data.get(ATTR_SINCE),
        until=data.get(ATTR_UNTIL),
        name=data.get(ATTR_NAME),
        host=data.get(ATTR_HOST),
        limit=data[ATTR_LIMIT],
        page=data[ATTR_PAGE],
    )
    with translated_errors():
        rows, total = await server.runtime.book.passages(query)
    return {
        "passages": [
            await async_passage_row(call.hass, server.entry, row) for row in rows
        ],
        "total": total,
    }


async def _async_get_visitors(call: ServiceCall) -> ServiceResponse:
    server = await async_server(call)
    query = VisitorQuery(
        name=call.data.get(ATTR_NAME),
        limit=call.data[ATTR_LIMIT],
        page=call.data[ATTR_PAGE],
    )
    with translated_errors():
        rows, total = await server.runtime.book.visitors(query)
    return {"visitors": [visitor_row(row) for row in rows], "total": total}
