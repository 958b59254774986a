"""One call over a real socket: signature, time, cuts, limits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import logging
import socket
import ssl
from typing import Any

import aiohttp
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    AmbiguousError,
    CannotConnectError,
    CertificateError,
    ClockSkewError,
    CredentialsError,
    ErrorKind,
    HikCentralClient,
    HikCentralError,
    Limiter,
    NoAnswerError,
    NotExposedError,
    NotFoundError,
    Pace,
    Priority,
    TransientError,
    UnreadableAnswer,
)
from custom_components.hikcentral_visitors.hikcentral.signing import (
    content_md5,
    signature,
    string_to_sign,
)
from custom_components.hikcentral_visitors.hikcentral.transport import (
    LARGEST_ANSWER,
    base_address,
)

from .wire import KEY, SECRET, Answering, Request, Wire, http, serve, success

pytestmark = pytest.mark.usefixtures("socket_enabled")

URGENT = Priority.NARROWING
VERSION = success({"produceName": "HikCentral", "softVersion": "V3.1.1.0"})


@asynccontextmanager
async def _client(
    answering: Answering, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[tuple[HikCentralClient, Wire]]:
    async with serve(answering, tls) as wire, aiohttp.ClientSession() as session:
        yield HikCentralClient(session, wire.url, KEY, SECRET, **options), wire


async def _errors(
    answering: Answering, **options: Any
) -> tuple[HikCentralError, HikCentralError]:
    """Return what a read and what a write meet."""
    async with _client(answering, **options) as (client, _):
        with pytest.raises(HikCentralError) as reading:
            await client.version()
        with pytest.raises(HikCentralError) as writing:
            await client.delete_person("42", priority=URGENT)
    return reading.value, writing.value


def _signature(request: Request) -> str:
    signed = request.headers["x-ca-signature-headers"].split(",")
    text = string_to_sign(
        request.path,
        accept=request.headers["accept"],
        md5=request.headers["content-md5"],
        content_type=request.headers["content-type"],
        signed={name: request.headers[name] for name in signed},
    )
    return signature(text, SECRET)


async def test_each_attempt_is_signed_afresh() -> None:
    """D43: no nonce or time stamp is used twice."""
    async with _client(lambda _: VERSION) as (client, wire):
        assert await client.version() == "V3.1.1.0"
        await client.version()
    first, second = wire.requests
    for request in (first, second):
        assert request.path == "/artemis/api/common/v1/version"
        assert request.body == b"{}"
        assert request.headers["content-md5"] == content_md5(b"{}")
        assert request.headers["content-type"] == "application/json"
        assert request.headers["x-ca-key"] == KEY
        assert request.headers["x-ca-signature"] == _signature(request)
    assert first.headers["x-ca-nonce"] != second.headers["x-ca-nonce"]


async def test_requests_are_stamped_in_server_time() -> None:
    local = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
    server = local + timedelta(hours=5)
    date = {"Date": format_datetime(server, usegmt=True)}
    async with _client(lambda _: success({}, headers=date), now=lambda: local) as (
        client,
        wire,
    ):
        unknown = client.clock.skew
        await client.version()
        skew = client.clock.skew
        await client.version()
    assert unknown is None
    assert skew is not None
    assert abs(skew - timedelta(hours=5)) < timedelta(seconds=30)
    stamps = [
        datetime.fromtimestamp(int(request.headers["x-ca-timestamp"]) / 1000, UTC)
        for request in wire.requests
    ]
    assert stamps[0] == local
    assert abs(stamps[1] - server) < timedelta(seconds=30)


@pytest.mark.parametrize("code", ["0x02401003", "68"])
async def test_a_wrong_clock_is_not_taken_for_a_wrong_secret(code: str) -> None:
    server = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
    headers = {"Date": format_datetime(server, usegmt=True)}

    def answering(request: Request) -> bytes:
        stamp = int(request.headers["x-ca-timestamp"]) / 1000
        if abs(stamp - server.timestamp()) > 900:
            message = f"Invalid Signature! {KEY}"
            return http({"code": code, "msg": message}, headers=headers)
        return success({}, headers=headers)

    async with _client(answering, now=lambda: server - timedelta(hours=1)) as (
        client,
        _,
    ):
        with pytest.raises(ClockSkewError) as caught:
            await client.version()
        assert KEY not in str(caught.value)
        await client.version()


async def test_a_wrong_secret_is_one_even_where_the_clock_is_wrong_too() -> None:
    server = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
    headers = {"Date": format_datetime(server, usegmt=True)}
    answer = http({"code": "0x02401003", "msg": KEY}, headers=headers)
    async with _client(lambda _: answer, now=lambda: server + timedelta(days=1)) as (
        client,
        _,
    ):
        with pytest.raises(ClockSkewError):
            await client.version()
        with pytest.raises(CredentialsError):
            await client.version()


async def test_nobody_there() -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with aiohttp.ClientSession() as session:
            client = HikCentralClient(session, url, KEY, SECRET)
            with pytest.raises(CannotConnectError):
                await client.version()
            with pytest.raises(CannotConnectError):
                await client.delete_person("42", priority=URGENT)


async def test_closed_before_an_answer() -> None:
    reading, writing = await _errors(lambda _: None)
    assert type(reading) is NoAnswerError
    assert type(writing) is AmbiguousError


async def test_cut_within_the_answer() -> None:
    reading, writing = await _errors(lambda _: http(b'{"code"', length=100))
    assert type(reading) is NoAnswerError
    assert type(writing) is AmbiguousError


async def test_kept_alive_connection_that_ends_with_the_second_request() -> None:
    answers = [VERSION, None]
    async with _client(lambda _: answers.pop(0)) as (client, wire):
        await client.version()
        with pytest.raises(AmbiguousError):
            await client.delete_person("42", priority=URGENT)
    assert len(wire.requests) == 2  # sent once, not again behind our back


async def test_garbage_instead_of_http() -> None:
    reading, writing = await _errors(lambda _: b"SSH-2.0-OpenSSH\r\n\r\n")
    assert reading.kind is ErrorKind.TRANSIENT
    assert writing.kind is ErrorKind.AMBIGUOUS


async def test_no_answer_in_time() -> None:
    reading, writing = await _errors(
        lambda _: b"", timeout=aiohttp.ClientTimeout(total=0.1)
    )
    assert type(reading) is NoAnswerError
    assert type(writing) is AmbiguousError


async def test_no_connection_in_time() -> None:
    async with (
        serve(lambda _: b"") as wire,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session,
    ):
        client = HikCentralClient(
            session,
            wire.url,
            KEY,
            SECRET,
            timeout=aiohttp.ClientTimeout(total=20, connect=0.05),
        )
        hanging = asyncio.create_task(client.version())
        await wire.arrived.wait()  # the only connection is taken
        with pytest.raises(CannotConnectError):
            await client.delete_person("42", priority=URGENT)
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
    assert len(wire.requests) == 1


async def test_closed_session() -> None:
    async with aiohttp.ClientSession() as session:
        client = HikCentralClient(session, "http://127.0.0.1:1", KEY, SECRET)
    with pytest.raises(CannotConnectError):
        await client.delete_person("42", priority=URGENT)


async def test_redirects_are_not_followed() -> None:
    moved = http(b"", status=307, headers={"Location": "/elsewhere"})
    async with _client(lambda _: moved) as (client, wire):
        with pytest.raises(NotExposedError):
            await client.version()
    assert len(wire.requests) == 1


async def test_an_answer_that_never_ends_is_cut() -> None:
    answer = http(b"x" * (LARGEST_ANSWER + 1))
    async with _client(lambda _: answer) as (client, _):
        with pytest.raises(UnreadableAnswer):
            await client.version()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Thu, 15 Jan 2026 08:00:30 GMT", 30.0),
        ("soon", None),
        ("nan", None),
    ],
)
async def test_retry_after(header: str, expected: float | None) -> None:
    """D43: in seconds, as a date, with a fraction, and as nonsense."""
    now = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
    pace = Pace()
    limiter = Limiter(pace=pace, monotonic=lambda: 0)
    refusal = http(b"", status=429, headers={"Retry-After": header})
    async with _client(lambda _: refusal, limiter=limiter, now=lambda: now) as (
        client,
        _,
    ):
        with pytest.raises(TransientError) as caught:
            await client.version()
    assert caught.value.retry_after == expected
    assert limiter.rate is not None
    pace.enter(Priority.NARROWING)
    assert not pace.start(0)
    assert pace.wake() == pytest.approx(max(expected or 0, 1 / limiter.rate))


@pytest.mark.parametrize("code", ["6", "0x02401009", "0x00052101"])
async def test_refusals_for_the_rate_slow_us_down(code: str) -> None:
    limiter = Limiter(pace=Pace(slowest=50))
    async with _client(lambda _: http({"code": code}), limiter=limiter) as (client, _):
        with pytest.raises(TransientError):
            await client.version()
    slow = limiter.rate
    assert slow is not None
    async with _client(lambda _: VERSION, limiter=limiter) as (client, _):
        await client.version()
    assert limiter.rate is not None
    assert limiter.rate > slow


async def test_never_more_requests_than_slots() -> None:
    together = most = 0

    async def handler(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal together, most
        await reader.readuntil(b"{}")
        together += 1
        most = max(most, together)
        await asyncio.sleep(0)
        together -= 1
        writer.write(success({}, headers={"Connection": "close"}))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, aiohttp.ClientSession() as session:
        client = HikCentralClient(
            session, f"http://127.0.0.1:{port}", KEY, SECRET, limiter=Limiter(3)
        )
        await asyncio.gather(*(client.version() for _ in range(30)))
    assert 1 < most <= 3


async def test_cancelling_a_call_gives_its_slot_back() -> None:
    limiter = Limiter(1)
    async with _client(lambda _: b"", limiter=limiter) as (client, wire):
        call = asyncio.create_task(client.version())
        await wire.arrived.wait()
        assert limiter.running == 1
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert limiter.running == 0
        assert client.statistics.total == 0


async def test_statistics() -> None:
    now = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
    answers = [
        VERSION,
        http({"code": "128"}),
        http({"code": "128", "msg": "gone"}),
        None,
        http({"code": "68"}),
        http({"code": "5", "msg": "Database Exception"}),
    ]
    async with _client(lambda _: answers.pop(0), now=lambda: now) as (client, _):
        statistics = client.statistics
        assert (statistics.total, statistics.last_success) == (0, None)
        await client.version()
        # That there is none is an answer to a question, and a failure of a change.
        assert await client.person_by_id("1", priority=URGENT) is None
        with pytest.raises(NotFoundError):
            await client.delete_person("42", priority=URGENT)
        for _ in range(2):
            with pytest.raises(HikCentralError):
                await client.delete_person("42", priority=URGENT)
        with pytest.raises(TransientError):
            await client.version()
    assert statistics.counts == {
        "ok": 2,
        "transient": 1,
        "credentials": 1,
        "refused": 1,
        "ambiguous": 1,
    }
    assert statistics.total == 6
    assert statistics.last_success == now
    assert statistics.last_error is not None
    assert statistics.last_error.code == "5"
    assert statistics.last_error.path == "common/v1/version"


async def test_secrets_are_neither_shown_nor_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """D37: at no level of logging."""
    caplog.set_level(logging.DEBUG)
    message = f"Invalid Signature! {KEY} {SECRET}"
    answers = [
        VERSION,
        http({"code": "0x02401003", "msg": message}),
        http({"code": "2", "msg": f"{message} [x]"}),
    ]
    async with _client(lambda _: answers.pop(0)) as (client, _):
        await client.version()
        for _ in range(2):
            with pytest.raises(HikCentralError) as caught:
                await client.version()
            assert KEY not in repr(caught.value)
            assert SECRET not in repr(caught.value)
        shown = repr(client)
    assert "127.0.0.1" in shown
    for text in (shown, caplog.text, repr(client.statistics.last_error)):
        assert KEY not in text
        assert SECRET not in text


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://hcp", "https://hcp"),
        (" https://hcp:444/ ", "https://hcp:444"),
        ("https://hcp/artemis", "https://hcp"),
        ("https://hcp/artemis/", "https://hcp"),
        ("https://proxy/hik/artemis?x#y", "https://proxy/hik"),
        ("https://user:password@hcp", "https://hcp"),
        ("http://[::1]:9016", "http://[::1]:9016"),
    ],
)
def test_addresses(given: str, base: str) -> None:
    assert str(base_address(given)) == base


@pytest.mark.parametrize("given", ["", "hcp", "ftp://hcp", "https://", "/artemis"])
def test_no_addresses(given: str) -> None:
    with pytest.raises(ValueError, match="address"):
        base_address(given)


async def test_a_path_in_front_is_not_signed() -> None:
    async with serve(lambda _: VERSION) as wire, aiohttp.ClientSession() as session:
        await HikCentralClient(session, wire.url + "/hik", KEY, SECRET).version()
    (request,) = wire.requests
    assert request.path == "/hik/artemis/api/common/v1/version"
    inner = Request(request.path.removeprefix("/hik"), request.headers, request.body)
    assert request.headers["x-ca-signature"] == _signature(inner)


async def test_plain_http_where_tls_is_expected() -> None:
    async with serve(lambda _: VERSION) as wire, aiohttp.ClientSession() as session:
        url = wire.url.replace("http:", "https:")
        client = HikCentralClient(session, url, KEY, SECRET)
        with pytest.raises(CannotConnectError) as caught:
            await client.delete_person("42", priority=URGENT)
    assert not isinstance(caught.value, CertificateError)
    assert not wire.requests
