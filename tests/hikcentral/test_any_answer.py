"""Whatever a gateway answers to whichever call, only our own errors come out."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
import inspect
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    HikCentralClient,
    HikCentralError,
    Limiter,
    Pace,
    PersonDraft,
    Priority,
)
from custom_components.hikcentral_visitors.hikcentral.doors import DoorCommand
from custom_components.hikcentral_visitors.hikcentral.envelope import Answer

from .strategies import JSON

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = Priority.INTERACTIVE
DRAFT = PersonDraft(given_name="Ada", organisation_id="2", begin=NOW, end=NOW + DAY)
MOST_PAGES = 1000
"""Requests in one call beyond which it would go on for ever."""

type Call = Callable[[HikCentralClient], Any]

CALLS: dict[str, Call] = {
    "version": lambda client: client.version(),
    "organisations": lambda client: client.organisations(),
    "root_organisation": lambda client: client.root_organisation(),
    "add_person": lambda client: client.add_person(DRAFT),
    "update_person": lambda client: client.update_person("1", DRAFT, priority=FIRST),
    "delete_person": lambda client: client.delete_person("1", priority=FIRST),
    "update_face": lambda client: client.update_face(
        "1", b"\xff\xd8\xff", priority=FIRST
    ),
    "person_by_id": lambda client: client.person_by_id("1", priority=FIRST),
    "person_by_code": lambda client: client.person_by_code("1", priority=FIRST),
    "persons": lambda client: client.persons(priority=FIRST),
    "person_picture": lambda client: client.person_picture("1", "uri"),
    "access_levels": lambda client: client.access_levels(),
    "members": lambda client: client.members("7", priority=FIRST),
    "add_members": lambda client: client.add_members("7", ["1"], priority=FIRST),
    "remove_members": lambda client: client.remove_members("7", ["1"], priority=FIRST),
    "reapply": lambda client: client.reapply(["1"], priority=FIRST),
    "application_detail": lambda client: client.application_detail("1", priority=FIRST),
    "application_errors": lambda client: client.application_errors(),
    "devices": lambda client: client.devices(),
    "doors": lambda client: client.doors(),
    "readers": lambda client: client.readers("11"),
    "control_doors": lambda client: client.control_doors(
        ["11", "12"], DoorCommand.OPEN, priority=FIRST
    ),
    "door_events": lambda client: client.door_events(
        196893, ["11"], NOW - DAY, NOW, priority=FIRST
    ),
    "all_door_events": lambda client: client.all_door_events(
        196893, ["11"], NOW - DAY, NOW, priority=FIRST
    ),
    "event_picture": lambda client: client.event_picture("uri"),
    "subscribe": lambda client: client.subscribe(
        [196893], "http://127.0.0.1/", "token", pass_back=True
    ),
    "unsubscribe": lambda client: client.unsubscribe([196893]),
    "subscriptions": lambda client: client.subscriptions(),
}

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
    try:
        made = call(client)
        if isinstance(made, AsyncIterator):
            async for _ in made:
                pass
        else:
            await made
    except HikCentralError:
        return


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
    """D2, D3: no field is relied upon, no word is believed that was never said."""
    with asyncio.Runner() as runner:
        runner.run(_call(CALLS[name], answers))
