"""Calls without any of our code but the signature: the floor of what calls can cost."""

import asyncio
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
import json
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from aiohttp import (
    ClientSession,
    TraceConfig,
    TraceRequestChunkSentParams,
    TraceRequestStartParams,
)

from custom_components.hikcentral_visitors.hikcentral.signing import (
    Credentials,
    signed_headers,
)

from .previous import Call
from .server import KEY, SECRET, Server

PREFIX = "/artemis/api/"
CONCURRENCY = 4
"""As many at once as our client makes."""

CHECK = "visitor/v1/person/ID/elementDownloadDetail"
FIRST_CHECK_S = 2.0
"""What everybody waits before asking whether terminals have taken something over."""

_STAGES = (
    "resource/v1/person/single/add",
    "resource/v1/person/single/update",
    "acs/v1/privilege/group/single/deletePersons",
    "acs/v1/privilege/group/single/personList",
    "acs/v1/privilege/group/single/addPersons",
    "visitor/v1/auth/reapplication",
    CHECK,
)
"""Calls that need each other's outcome, in order; the others can be made any time."""


@dataclass(slots=True)
class Recording:
    """The calls that somebody made, as they went over the wire."""

    calls: list[Call] = field(default_factory=list)


@contextmanager
def recorded(session: ClientSession, path: str = PREFIX) -> Generator[Recording]:
    """Record what is posted by this session while in the context."""
    recording = Recording()
    trace = TraceConfig()

    async def started(
        _session: ClientSession, context: SimpleNamespace, sent: TraceRequestStartParams
    ) -> None:
        context.call = sent.url.path.partition(path)[2]

    async def sent(
        _session: ClientSession,
        context: SimpleNamespace,
        part: TraceRequestChunkSentParams,
    ) -> None:
        if context.call and part.chunk:
            recording.calls.append(Call(context.call, json.loads(part.chunk)))

    trace.on_request_start.append(started)
    trace.on_request_chunk_sent.append(sent)
    trace.freeze()
    session.trace_configs.append(trace)
    try:
        yield recording
    finally:
        session.trace_configs.remove(trace)


async def call(server: Server, one: Call) -> dict[str, Any]:
    """Make one call, signed; returns the answer."""
    path = PREFIX + one.path
    body = json.dumps(one.body, separators=(",", ":")).encode("ascii")
    headers = signed_headers(
        Credentials(app_key=KEY, app_secret=SECRET),
        path,
        body,
        nonce=str(uuid4()),
        timestamp=datetime.now(UTC),
    )
    async with server.session.post(
        server.url + path, data=body, headers=headers
    ) as answer:
        found: dict[str, Any] = await answer.json(content_type=None)
        return found


async def replay(server: Server, calls: Iterable[Call]) -> int:
    """Make these calls as fast as they can be made; returns how many were refused.

    Stage by stage, since a person must be there before he can be in a level, and with
    the same wait before terminals are asked.
    """
    stages: dict[int, list[Call]] = {}
    for one in calls:
        stage = _STAGES.index(one.path) if one.path in _STAGES else -1
        stages.setdefault(stage, []).append(one)
    slots, refused = asyncio.Semaphore(CONCURRENCY), 0

    async def make(one: Call) -> None:
        nonlocal refused
        async with slots:
            refused += (await call(server, one)).get("code") != "0"

    for stage in sorted(stages):
        if stage == _STAGES.index(CHECK):
            await asyncio.sleep(FIRST_CHECK_S)
        await asyncio.gather(*map(make, stages[stage]))
    return refused
