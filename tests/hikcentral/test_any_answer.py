"""Whatever a gateway answers to whichever call, only our own errors come out."""

import asyncio
from collections.abc import Iterator
import inspect
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    HikCentralClient,
    Limiter,
    Pace,
)
from custom_components.hikcentral_visitors.hikcentral.envelope import Answer

from .calls import CALLS, NOW, Call, carry_out
from .strategies import JSON

MOST_PAGES = 1000
"""Requests in one call beyond which it would go on for ever."""

_PAGE = st.fixed_dictionaries(
    {"total": JSON, "list": JSON | st.lists(JSON, max_size=3)},
    optional={"pageNo": JSON, "pageSize": JSON},
)
_ENVELOPES = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["0", 0, "2", "64", "128", "131", "0x02401009"]) | JSON,
        "data": JSON | _PAGE,
    },
    optional={"msg": JSON},
)
BODIES = (
    _ENVELOPES.map(lambda value: json.dumps(value).encode())
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=40)
    | st.sampled_from(
        [
            b"",
            b"null",
            b"<html><body>502 Bad Gateway</body></html>",
            b'{"code":"0","data":' + b"9" * 5000 + b"}",
            b'{"code":"0","data":{"total":1e400,"list":[1e400]}}',
            b'{"code":"0","data":' + b"[" * 100_000,
            b'{"code":"0","data":"data:image/jpeg;base64,AAA"}',
            '{"code":"0","data":"не данные"}'.encode("cp1251"),
        ]
    )
)
ANSWERS = st.builds(
    Answer,
    status=st.sampled_from([200, 200, 200, 204, 302, 401, 404, 429, 500, 503]),
    body=BODIES,
    content_type=st.sampled_from(["application/json", "application/xml", ""]),
    skew=st.none() | st.timedeltas(),
    retry_after=st.none() | st.floats(min_value=0, max_value=1e-6),
)


def _answering(client: HikCentralClient, answers: list[Answer]) -> None:
    """Let each request get the next answer, and all later ones the last."""

    def each() -> Iterator[Answer]:
        yield from answers
        for _ in range(MOST_PAGES):
            yield answers[-1]
        pytest.fail("it would ask for ever")

    given_out = each()

    async def post(*_: object) -> Answer:
        return next(given_out)

    transport: Any = client._transport
    transport._post = post


async def _call(call: Call, answers: list[Answer]) -> None:
    limiter = Limiter(pace=Pace(slowest=1e6))
    session: Any = None  # nothing is sent
    client = HikCentralClient(
        session, "http://127.0.0.1", "key", "secret", limiter=limiter, now=lambda: NOW
    )
    _answering(client, answers)
    await carry_out(call, client)


def test_every_call_is_here() -> None:
    public = {
        name
        for name, value in inspect.getmembers(HikCentralClient, inspect.isfunction)
        if not name.startswith("_")
        and (inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value))
    }
    assert public == CALLS.keys()


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=60, deadline=None)
@given(answers=st.lists(ANSWERS, min_size=1, max_size=3))
def test_only_our_own_errors_come_out(name: str, answers: list[Answer]) -> None:
    """D2: no field is relied upon, no word is believed that was never said."""
    with asyncio.Runner() as runner:
        runner.run(_call(CALLS[name], answers))
