"""Addresses, clients and what is said when there is no connection."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest

from custom_components.hikcentral_visitors.connection import (
    AddressError,
    Problem,
    create_client,
    normalised_url,
    problem_of,
)
from custom_components.hikcentral_visitors.const import (
    CONF_APP_KEY,
    CONF_APP_SECRET,
    CONF_CERTIFICATE,
    CONF_URL,
)
from custom_components.hikcentral_visitors.hikcentral import (
    AmbiguousError,
    CannotConnectError,
    CertificateError,
    ClockSkewError,
    CredentialsError,
    HikCentralError,
    Limiter,
    NotExposedError,
    NotPermittedError,
    RefusedError,
    TransientError,
    UnreadableAnswer,
    UnsupportedError,
)

from .flows import serving_apart

DATA = {
    CONF_URL: "https://hikcentral.example.org",
    CONF_APP_KEY: "12345678",
    CONF_APP_SECRET: "secret",
}


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("hikcentral.example.org", "https://hikcentral.example.org"),
        (" HikCentral.Example.ORG ", "https://hikcentral.example.org"),
        ("192.0.2.10:444", "https://192.0.2.10:444"),
        ("server_1:8443", "https://server_1:8443"),
        ("hcp", "https://hcp"),
        ("https://192.0.2.10", "https://192.0.2.10"),
        ("HTTPS://192.0.2.10:443/", "https://192.0.2.10"),
        ("https://192.0.2.10/artemis/", "https://192.0.2.10"),
        ("https://192.0.2.10/portal/?x=1#/login", "https://192.0.2.10"),
        ("https://[2001:DB8::1]:444", "https://[2001:db8::1]:444"),
        ("пример.рф:444", "https://xn--e1afmkfd.xn--p1ai:444"),
        ("http://127.0.0.1:9016", "http://127.0.0.1:9016"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:9016", "http://[::1]:9016"),
    ],
)
def test_address_is_normalised(address: str, url: str) -> None:
    assert normalised_url(address) == url
    assert normalised_url(url) == url


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://",
        "two words",
        "host:port",
        "host:99999",
        "::1",
        "ftp://host",
        "https://user:password@host",
        "https://<host>",
        "host..example",
        "-host",
    ],
)
def test_address_that_is_none(address: str) -> None:
    with pytest.raises(AddressError) as caught:
        normalised_url(address)
    assert caught.value.key == "invalid_url"


@pytest.mark.parametrize("host", ["192.0.2.10", "hikcentral.example.org", "[2001::1]"])
def test_without_tls_only_this_machine(host: str) -> None:
    with pytest.raises(AddressError) as caught:
        normalised_url(f"http://{host}:9016")
    assert caught.value.key == "insecure_url"


def ssl_of(hass: HomeAssistant, data: dict[str, str]) -> Any:
    """Return what a client is told about certificates, and how it was made."""
    with patch(
        "custom_components.hikcentral_visitors.connection.HikCentralClient"
    ) as made:
        create_client(hass, data)
    return made.call_args


async def test_client_verifies_the_certificate(hass: HomeAssistant) -> None:
    made = ssl_of(hass, DATA)
    assert made.args == (async_get_clientsession(hass), *DATA.values())
    # With aiohttp, True is the session's own context, here Home Assistant's.
    assert made.kwargs["ssl"] is True


async def test_client_insists_on_the_pinned_certificate(hass: HomeAssistant) -> None:
    made = ssl_of(hass, {**DATA, CONF_CERTIFICATE: "ab" * 32})
    assert isinstance(made.kwargs["ssl"], aiohttp.Fingerprint)
    assert made.kwargs["ssl"].fingerprint == bytes.fromhex("ab" * 32)


@pytest.mark.parametrize("pin", ["", "no hex", "abcd"])
async def test_client_refuses_a_pin_that_is_none(hass: HomeAssistant, pin: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        create_client(hass, {**DATA, CONF_CERTIFICATE: pin})


async def test_client_takes_a_limiter(hass: HomeAssistant) -> None:
    limiter = Limiter()
    with patch(
        "custom_components.hikcentral_visitors.connection.HikCentralClient"
    ) as made:
        create_client(hass, DATA, limiter=limiter)
    assert made.call_args.kwargs["limiter"] is limiter


@pytest.mark.usefixtures("socket_enabled")
async def test_self_signed_certificate_is_never_accepted_by_itself(
    hass: HomeAssistant,
) -> None:
    async with serving_apart() as server:
        data = {**DATA, CONF_URL: server.url}
        with pytest.raises(CertificateError):
            await create_client(hass, data).version()
        with pytest.raises(CertificateError):
            await create_client(hass, {**data, CONF_CERTIFICATE: "ab" * 32}).version()
        assert await server.calls() == 0


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (CredentialsError("68", "signature"), Problem("invalid_auth")),
        (CannotConnectError(None, "refused"), Problem("cannot_connect")),
        (CertificateError(None, "other"), Problem("certificate_changed")),
        (NotExposedError("404", "nothing"), Problem("not_exposed")),
        (
            NotPermittedError("17", "no", "a/b"),
            Problem("not_permitted", {"api": "a/b"}),
        ),
        (UnsupportedError("8", "no", "a/b"), Problem("unsupported", {"api": "a/b"})),
        (UnreadableAnswer(None, "?", "a/b"), Problem("unknown_answer", {"api": "a/b"})),
        (
            TransientError("6", "busy", "a/b"),
            Problem("no_answer", {"api": "a/b", "reason": "busy"}),
        ),
        (
            RefusedError("1", "odd", "a/b"),
            Problem("refused", {"api": "a/b", "code": "1", "reason": "odd"}),
        ),
        (
            AmbiguousError(None, "", "a/b"),
            Problem("refused", {"api": "a/b", "code": "-", "reason": "-"}),
        ),
    ],
)
def test_problem_is_told(error: HikCentralError, problem: Problem) -> None:
    assert problem_of(error) == problem


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(61, "+0:01:01"), (-7325, "-2:02:05"), (100 * 3600, "+100:00:00")],
)
def test_clock_skew_is_told_in_hours(seconds: int, text: str) -> None:
    error = ClockSkewError("68", "signature", skew=timedelta(seconds=seconds))
    assert problem_of(error) == Problem("clock_skew", {"skew": text})
