"""The webhook: only HikCentral gets in, whatever is sent there.

Excludes D36 (an inbound path that trusts everybody) and D39 (a webhook that reads
another format than what is sent).
"""

import asyncio
import json
import logging
from typing import Any, cast

from aiohttp.test_utils import TestClient, make_mocked_request
from aiohttp.web import Request
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.aiohttp import MockStreamReader
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.hikcentral import parse_push
from custom_components.hikcentral_visitors.receiver import (
    LARGEST_BODY,
    Receiver,
    Refusal,
    async_keep_secrets,
)

WEBHOOK, TOKEN = "a" * 64, "b" * 64
PATH = f"/api/webhook/{WEBHOOK}"
MESSAGE: dict[str, Any] = {
    "method": "OnEventNotify",
    "params": {
        "ability": "event_acs",
        "events": [
            {
                "eventId": "1",
                "eventType": 196893,
                "happenTime": "2026-03-02T09:00:00+00:00",
                "srcIndex": "11",
                "data": {"personId": "1", "personName": "Ada Lovelace"},
            }
        ],
    },
    "isHistory": 0,
}


def make_entry() -> MockConfigEntry:
    return MockConfigEntry(
        domain=DOMAIN, data={"webhook_id": WEBHOOK, "push_token": TOKEN}
    )


class Taken(list[object]):
    """Takes what a receiver takes."""

    wrong_tokens = 0

    def take(self, body: object) -> None:
        parse_push(body)
        self.append(body)

    def mistaken(self) -> None:
        self.wrong_tokens += 1


def receiver_for(hass: HomeAssistant, taken: Taken) -> Receiver:
    return Receiver(hass, make_entry(), taken.take, taken.mistaken)


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
async def receiver(hass: HomeAssistant, socket_enabled: None, taken: Taken) -> Receiver:
    assert await async_setup_component(hass, "webhook", {})
    made = receiver_for(hass, taken)
    made.async_register(local_only=True)
    return made


@pytest.fixture
async def client(
    receiver: Receiver, hass_client_no_auth: ClientSessionGenerator
) -> TestClient[Any, Any]:
    return await hass_client_no_auth()


async def test_a_push_with_the_token_is_taken_and_answered_at_once(
    client: TestClient[Any, Any], taken: Taken
) -> None:
    answer = await client.post(PATH, json=MESSAGE, headers={"token": TOKEN})
    assert answer.status == 200
    assert await answer.json() == {"code": "0", "msg": "success"}
    assert taken == [MESSAGE]


@pytest.mark.parametrize("body", [b"", b"{}", b" \n"])
async def test_a_test_without_events_is_answered(
    client: TestClient[Any, Any], receiver: Receiver, body: bytes
) -> None:
    answer = await client.post(PATH, data=body, headers={"token": TOKEN})
    assert answer.status == 200
    assert not receiver.refused


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"token": ""},
        {"token": TOKEN[:-1]},
        {"token": TOKEN + "b"},
        {"token": TOKEN.upper()},
        {"token": "тайна"},
        {"Authorization": f"Bearer {TOKEN}"},
        {"x-token": TOKEN},
    ],
)
async def test_without_the_right_token_nothing_is_taken(
    client: TestClient[Any, Any],
    receiver: Receiver,
    taken: Taken,
    headers: dict[str, str],
) -> None:
    """D36: an inbound path without a secret trusted everyone."""
    answer = await client.post(PATH, json=MESSAGE, headers=headers)
    assert answer.status == 401
    assert taken == []
    assert taken.wrong_tokens == 1, "the subscription may have another"
    assert receiver.refused == {Refusal.TOKEN: 1}


async def test_a_token_in_the_address_is_none(
    client: TestClient[Any, Any], receiver: Receiver, taken: Taken
) -> None:
    answer = await client.post(f"{PATH}?token={TOKEN}", json=MESSAGE)
    assert answer.status == 401
    assert taken == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
async def test_only_post_is_taken(
    client: TestClient[Any, Any], taken: Taken, method: str
) -> None:
    answer = await client.request(
        method, PATH, data=json.dumps(MESSAGE), headers={"token": TOKEN}
    )
    assert answer.status == 405
    assert taken == []


async def test_a_body_that_is_too_large_is_refused_unread(
    client: TestClient[Any, Any], receiver: Receiver, taken: Taken
) -> None:
    padded = {**MESSAGE, "padding": "x" * LARGEST_BODY}
    answer = await client.post(PATH, json=padded, headers={"token": TOKEN})
    assert answer.status == 413
    assert taken == []
    assert receiver.refused == {Refusal.TOO_LARGE: 1}


async def test_the_largest_body_that_is_allowed_is_taken(
    client: TestClient[Any, Any], taken: Taken
) -> None:
    body = json.dumps(MESSAGE).encode()
    body += b" " * (LARGEST_BODY - len(body))
    answer = await client.post(PATH, data=body, headers={"token": TOKEN})
    assert answer.status == 200
    assert taken == [MESSAGE]
    answer = await client.post(PATH, data=body + b" ", headers={"token": TOKEN})
    assert answer.status == 413


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"no push",
        b"[]",
        b'"text"',
        b"null",
        b'{"some": "object"}',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"params":' * 50_000,
        b"9" * 5000,
    ],
)
async def test_what_is_no_push_is_refused(
    client: TestClient[Any, Any], receiver: Receiver, taken: Taken, body: bytes
) -> None:
    answer = await client.post(PATH, data=body, headers={"token": TOKEN})
    assert answer.status == 400
    assert taken == []
    assert receiver.refused == {Refusal.MALFORMED: 1}


async def test_a_body_that_is_packed_in_another_way_than_it_says_is_refused(
    client: TestClient[Any, Any], receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Home Assistant would log what is raised, with the secret address, and say yes."""
    answer = await client.post(
        PATH,
        data=b"no gzip at all",
        headers={"token": TOKEN, "Content-Encoding": "gzip"},
        compress=None,
    )
    assert answer.status == 400
    assert receiver.refused == {Refusal.MALFORMED: 1}
    told = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert not [one for one in told if WEBHOOK in one.getMessage()]


async def test_neither_secrets_nor_content_get_into_the_log(
    client: TestClient[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    text = json.dumps(MESSAGE)
    for method, body, token in (
        ("POST", text, TOKEN),
        ("POST", text, "wrong-token"),
        ("POST", text[:-1], TOKEN),
        ("GET", text, TOKEN),
        ("PUT", text, TOKEN),
        ("HEAD", None, TOKEN),
    ):
        await client.request(method, PATH, data=body, headers={"token": token})
    log = "\n".join(
        one.getMessage()
        for one in caplog.records
        if not one.name.startswith(("aiohttp.access", "asyncio"))
    )
    for secret in (WEBHOOK, TOKEN, "wrong-token", "Lovelace"):
        assert secret not in log


async def test_nothing_is_received_once_it_has_stopped(
    hass: HomeAssistant,
    socket_enabled: None,
    hass_client_no_auth: ClientSessionGenerator,
    taken: Taken,
) -> None:
    assert await async_setup_component(hass, "webhook", {})
    stop = receiver_for(hass, taken).async_register(local_only=True)
    stop()
    client = await hass_client_no_auth()
    await client.post(PATH, json=MESSAGE, headers={"token": TOKEN})
    assert taken == []
    stop = receiver_for(hass, taken).async_register(local_only=True)
    await client.post(PATH, json=MESSAGE, headers={"token": TOKEN})
    assert taken == [MESSAGE]


async def test_secrets_are_made_once_and_differ(hass: HomeAssistant) -> None:
    one, other = (MockConfigEntry(domain=DOMAIN, data={"kept": 1}) for _ in range(2))
    for entry in (one, other):
        entry.add_to_hass(hass)
        async_keep_secrets(hass, entry)
    made = dict(one.data)
    async_keep_secrets(hass, one)
    assert dict(one.data) == made
    assert made["kept"] == 1
    assert len(made["webhook_id"]) >= 32
    assert len(made["push_token"]) >= 32
    for key in ("webhook_id", "push_token"):
        assert made[key] != other.data[key]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("params", "events", "data", "eventType", "eventId", "sendTime"),
                    *("happenTime", "srcIndex", "personId", "method", "isHistory"),
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def request_with(body: bytes, method: str, token: str) -> Request:
    payload: Any = MockStreamReader(body)
    return make_mocked_request(method, PATH, headers={"token": token}, payload=payload)


@given(
    body=st.binary(max_size=200)
    | json_values.map(lambda one: json.dumps(one).encode()),
    method=st.sampled_from(["POST", "POST", "POST", "GET", "PUT"]),
    token=st.sampled_from([TOKEN, TOKEN, TOKEN, "", "x"]),
)
def test_whatever_comes_is_answered(body: bytes, method: str, token: str) -> None:
    taken = Taken()
    receiver = Receiver(
        cast(HomeAssistant, None), make_entry(), taken.take, taken.mistaken
    )

    async def answer() -> int:
        request = request_with(body, method, token)
        found = await receiver.async_handle(cast(HomeAssistant, None), "", request)
        return found.status

    status = asyncio.run(answer())
    assert status in {200, 400, 401, 405}
    assert len(taken) == (status == 200)
    assert receiver.refused.total() == (status != 200)
    if token != TOKEN or method != "POST":
        assert status in {401, 405}
