"""The gateway's web application: checks in order, then the endpoint.

The order is AppKey, signature, path (8), parameters (2), permission (17),
existence (128); see 2.2 of the reference.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime
import fnmatch
import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
import voluptuous as vol

from ..faults import CallFault
from ..world import Call, World
from . import (
    applications,
    devices,
    doors,
    levels,
    organisations,
    person_queries,
    persons,
    subscriptions,
)
from .answer import (
    ABSENT,
    NO_PERMISSION,
    OK,
    QUOTA_REACHED,
    SIGNATURE_FAILED,
    UNSUPPORTED,
    Raw,
    RefusedError,
    bad_parameter,
    envelope,
)
from .endpoint import Endpoint, Request
from .signature import FORM, Partner, SignedRequest, check

PREFIX = "/artemis/api/"
LARGEST_BODY = 32 * 1024 * 1024

ENDPOINTS: Mapping[str, Endpoint] = {
    endpoint.path: endpoint
    for module in (
        applications,
        devices,
        doors,
        levels,
        organisations,
        person_queries,
        persons,
        subscriptions,
    )
    for endpoint in module.ENDPOINTS
}


class Gateway:
    """Answers the calls of one partner."""

    def __init__(self, world: World, partner: Partner) -> None:
        """Serve this world to this partner."""
        self._world = world
        self._partner = partner

    def app(self) -> web.Application:
        """Make the web application."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        world = self._world
        world.clock.run_due()
        if not request.path.startswith(PREFIX):
            return web.Response(status=404, text="<html><body>404</body></html>")
        response = await self._take(request, request.path.removeprefix(PREFIX))
        if response is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        now = world.server_now().astimezone(UTC)
        response.headers["Date"] = format_datetime(now, usegmt=True)
        return response

    async def _take(self, request: web.Request, path: str) -> web.Response | None:
        """Take a call, with the fault that meets it; `None` cuts the connection."""
        world = self._world
        body = await request.read()
        rate = world.traffic.arrive(asyncio.get_running_loop().time())
        world.traffic.per_path[path] += 1
        call = Call(path=path, body=body, code="", at=world.clock.now())
        world.traffic.recent.append(call)
        fault = self._fault(path, body)
        await self._wait(world)
        if fault is not None and fault.cut == "hang":
            await world.hold()
            return None
        if fault is not None and fault.cut == "drop_before":
            return None
        if fault is not None and fault.cut is None and not fault.after:
            return self._failure(fault)
        response, call.code = self._answer(request, path, body, rate)
        if fault is None:
            return response
        return None if fault.cut == "drop_after" else self._failure(fault)

    def _fault(self, path: str, body: bytes) -> CallFault | None:
        chance = self._world.conditions.chance
        faults = self._world.faults.fail
        return next((f for f in faults if f.strikes(path, body, chance)), None)

    async def _wait(self, world: World) -> None:
        faults = world.faults
        if faults.latency_ms or faults.jitter_ms:
            jitter = world.conditions.chance.uniform(-1, 1) * faults.jitter_ms
            await asyncio.sleep(max(0.0, faults.latency_ms + jitter) / 1000)
            world.clock.run_due()

    def _failure(self, fault: CallFault) -> web.Response:
        if fault.http is not None:
            return web.Response(status=fault.http, text=f"<html>{fault.http}</html>")
        refused = RefusedError(fault.code or "")
        return envelope(refused.code, refused.message, "", self._world.switches)

    def _answer(
        self, request: web.Request, path: str, body: bytes, rate: int
    ) -> tuple[web.Response, str]:
        world = self._world
        endpoint = ENDPOINTS.get(path)
        try:
            limit = world.faults.rate_limit
            if limit is not None and rate > limit:
                raise RefusedError(QUOTA_REACHED)
            form = _form(request, body)
            check(
                SignedRequest(
                    method=request.method,
                    path=request.rel_url.raw_path,
                    headers=request.headers,
                    parameters=[*request.rel_url.query.items(), *form],
                    body=body,
                ),
                self._partner,
                world,
            )
            data = _call(world, endpoint, request.method, path, body, form)
        except RefusedError as refused:
            code = refused.code
            bare = code.startswith("0x") or (endpoint and endpoint.bare_errors)
            response = envelope(
                code, refused.message, ABSENT if bare else "", world.switches
            )
        else:
            code = OK
            if isinstance(data, Raw):
                response = web.Response(text=data.text, content_type=data.content_type)
            else:
                response = envelope(OK, "Success", data, world.switches)
        return response, code


def _call(
    world: World,
    endpoint: Endpoint | None,
    method: str,
    path: str,
    body: bytes,
    form: list[tuple[str, str]],
) -> Any:
    if endpoint is None or method not in ("GET", "POST"):
        raise RefusedError(UNSUPPORTED)
    if method == "GET" and not endpoint.reads_by_get:
        raise RefusedError(SIGNATURE_FAILED)
    sent: dict[str, Any] = dict(form) if form else _json(body)
    nulls = frozenset(key for key, value in sent.items() if value is None)
    if world.switches.nulls != "refused":
        sent = {key: value for key, value in sent.items() if key not in nulls}
    params = _checked(endpoint, sent)
    if any(
        fnmatch.fnmatchcase(path, pattern) for pattern in world.switches.forbidden_apis
    ):
        raise RefusedError(NO_PERMISSION)
    return endpoint.handler(Request(world=world, params=params, nulls=nulls))


def _checked(endpoint: Endpoint, sent: dict[str, Any]) -> dict[str, Any]:
    """Check parameters; of several wrong ones, the schema's first is named."""
    try:
        checked: dict[str, Any] = endpoint.schema(sent)
    except vol.Invalid as error:
        errors = error.errors if isinstance(error, vol.MultipleInvalid) else [error]
        wrong = [str(item.path[0]) for item in errors if item.path]
        known = [str(key) for key in endpoint.schema.schema]
        first = next((name for name in (*known, *wrong) if name in wrong), "body")
        raise bad_parameter(first) from None
    return checked


def _form(request: web.Request, body: bytes) -> list[tuple[str, str]]:
    if request.content_type != FORM:
        return []
    return parse_qsl(body.decode(errors="replace"), keep_blank_values=True)


def _json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise bad_parameter("body")
    return content
