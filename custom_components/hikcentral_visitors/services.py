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
from homeassistant.util.json import JsonObjectType

from .actions import schemas as schema
from .actions.grants import async_grant_request
from .actions.lists import async_get_passages, async_get_visitors, async_get_visits
from .actions.responses import changed, granted, tried, updated
from .actions.schemas import (
    ATTR_BY,
    ATTR_DRY_RUN,
    ATTR_REASON,
    ATTR_VALID_UNTIL,
    ATTR_WAIT,
)
from .actions.targets import Target, async_server, async_visits
from .actions.updates import ONE_VISITORS, async_update_request
from .actions.upkeep import async_check_and_repair, async_forget_visitor, async_let_in
from .const import DOMAIN
from .errors import joined, refusal, translated_errors
from .runtime import Runtime
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
        ("update_visit", _async_update_visit, schema.UPDATE, _OPTIONAL),
        ("forget_visitor", async_forget_visitor, schema.FORGET, _OPTIONAL),
        ("let_in", async_let_in, schema.LET_IN, _OPTIONAL),
        (
            "check_and_repair",
            async_check_and_repair,
            schema.CHECK_AND_REPAIR,
            _OPTIONAL,
        ),
        ("get_visits", async_get_visits, schema.GET_VISITS, _ONLY),
        ("get_passages", async_get_passages, schema.GET_PASSAGES, _ONLY),
        ("get_visitors", async_get_visitors, schema.GET_VISITORS, _ONLY),
    ):
        hass.services.async_register(
            DOMAIN, name, handler, schema=takes, supports_response=response
        )


async def _async_grant_access(call: ServiceCall) -> ServiceResponse:
    server = await async_server(call)
    runtime = server.runtime
    request = await async_grant_request(call.hass, runtime, call.data)
    with translated_errors(runtime.level_names):
        if call.data[ATTR_DRY_RUN]:
            receipt, view = await runtime.book.try_grant(request, server.actor)
            return tried(call.hass, server.entry, request, receipt, view)
        receipt = await runtime.book.grant(request, server.actor)
        view = await _async_seen(runtime, receipt.visit_id, call.data[ATTR_WAIT])
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


async def _async_update_visit(call: ServiceCall) -> ServiceResponse:
    targets = await async_visits(call)
    if len(targets) > 1 and not ONE_VISITORS.isdisjoint(call.data):
        raise refusal("one_visitor_only")

    async def update(target: Target) -> None:
        runtime = target.server.runtime
        request = await async_update_request(call.hass, runtime, call.data)
        await runtime.book.update(target.visit_id, request, target.server.actor)

    return await _async_change(call, update, answer=updated)


async def _async_change(
    call: ServiceCall,
    change: Callable[[Target], Awaitable[None]],
    answer: Callable[[VisitView], JsonObjectType] = changed,
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
    return {"visits": [answer(view) for view in views]}


async def _async_error(
    change: Callable[[Target], Awaitable[None]], target: Target
) -> HomeAssistantError | None:
    """Change one visit; returns why that was not possible."""
    try:
        with translated_errors(target.server.runtime.level_names):
            await change(target)
    except HomeAssistantError as err:
        return err
    return None


async def _async_seen(runtime: Runtime, visit_id: str, wait: float) -> VisitView:
    """Return the visit once the doors have it, at the latest after `wait` seconds."""
    if wait > 0:
        return await runtime.coordinator.async_settled(visit_id, wait)
    return await runtime.book.visit(visit_id)
