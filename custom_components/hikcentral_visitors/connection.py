"""Reaching the server of a config entry, and saying in one word why it cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
import re
from typing import Any

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
from yarl import URL

from .const import CONF_APP_KEY, CONF_APP_SECRET, CONF_CERTIFICATE, CONF_URL
from .hikcentral import (
    CannotConnectError,
    CertificateError,
    ClockSkewError,
    CredentialsError,
    HikCentralClient,
    HikCentralError,
    Limiter,
    NotExposedError,
    NotPermittedError,
    Observer,
    TransientError,
    UnreadableAnswer,
    UnsupportedError,
)

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


class AddressError(ValueError):
    """An address that cannot be used; `key` says why, for the texts of the flows."""

    def __init__(self, key: str) -> None:
        """Keep the reason: invalid_url or insecure_url."""
        super().__init__(key)
        self.key = key


def normalised_url(address: str) -> str:
    """Return the address of a server in the one form that is kept and compared.

    Takes a host, host:port or a URL as it stands in the browser's address line; what
    comes behind the host is left out, since the gateway is at a fixed place there.
    Without TLS only this very machine is allowed (reference 1.1: the plain listener is
    for loopback). Raises AddressError.
    """
    address = address.strip()
    if "://" not in address:
        address = f"https://{address}"
    try:
        url = URL(address)
    except ValueError as error:
        raise AddressError("invalid_url") from error
    host = url.raw_host or ""
    if url.scheme not in {"http", "https"} or url.raw_user or not _is_host(host):
        raise AddressError("invalid_url")
    if url.scheme == "http" and not _is_loopback(host):
        raise AddressError("insecure_url")
    return str(url.origin())


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _HOST.fullmatch(host) is not None and ".." not in host
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def create_client(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    *,
    limiter: Limiter | None = None,
    observer: Observer | None = None,
) -> HikCentralClient:
    """Return the client for a config entry's data; nothing is sent.

    The certificate is the pinned one, or verified by Home Assistant's own rules:
    there is no third way. Raises ValueError for a pin that is no fingerprint.
    """
    pin = data.get(CONF_CERTIFICATE)
    return HikCentralClient(
        async_get_clientsession(hass),
        data[CONF_URL],
        data[CONF_APP_KEY],
        data[CONF_APP_SECRET],
        ssl=True if pin is None else aiohttp.Fingerprint(bytes.fromhex(pin)),
        limiter=limiter,
        observer=observer,
        zone=dt_util.get_default_time_zone(),
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, as the key of a text and what is filled in there."""

    key: str
    placeholders: Mapping[str, str] = field(default_factory=dict)


def problem_of(error: HikCentralError) -> Problem:
    """Return what somebody who sets up the connection can do something about."""
    match error:
        case CredentialsError():
            return Problem("invalid_auth")
        case ClockSkewError():
            return Problem("clock_skew", {"skew": clock_text(error.skew)})
        case NotPermittedError():
            return Problem("not_permitted", {"api": error.path})
        case UnsupportedError():
            return Problem("unsupported", {"api": error.path})
        case NotExposedError():
            return Problem("not_exposed")
        case CertificateError():
            return Problem("certificate_changed")
        case CannotConnectError():
            return Problem("cannot_connect")
        case UnreadableAnswer():
            return Problem("unknown_answer", {"api": error.path})
        case TransientError():
            return Problem("no_answer", {"api": error.path, "reason": error.message})
        case _:
            return Problem(
                "refused",
                {
                    "api": error.path,
                    "code": error.code or "-",
                    "reason": error.message or "-",
                },
            )


def clock_text(skew: timedelta) -> str:
    """Return a span as hours, minutes and seconds with its sign, in any language."""
    minutes, seconds = divmod(round(abs(skew).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if skew < timedelta(0) else "+"
    return f"{sign}{hours}:{minutes:02}:{seconds:02}"


def fingerprint_text(sha256: str) -> str:
    """Return a fingerprint in groups, as browsers and operating systems show it."""
    pairs = sha256.upper()
    return ":".join(pairs[at : at + 2] for at in range(0, len(pairs), 2))
