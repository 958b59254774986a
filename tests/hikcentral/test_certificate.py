"""Looking at a self-signed certificate, and pinning it."""

from datetime import UTC, datetime, timedelta
import hashlib
from pathlib import Path
import socket
import ssl

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    CannotConnectError,
    CertificateError,
    HikCentralClient,
    fetch_certificate,
)
from custom_components.hikcentral_visitors.hikcentral.certificate import describe

from .wire import KEY, SECRET, serve, success

pytestmark = pytest.mark.usefixtures("socket_enabled")

NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOT_AFTER = NOT_BEFORE + timedelta(days=36500)


class Tls:
    """A certificate of its own, as HikCentral makes one when it is installed."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hcp.example")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(NOT_BEFORE)
            .not_valid_after(NOT_AFTER)
            .sign(key, hashes.SHA256())
        )
        encoding = serialization.Encoding
        self.der = certificate.public_bytes(encoding.DER)
        chain = folder / "server.pem"
        chain.write_bytes(
            certificate.public_bytes(encoding.PEM)
            + key.private_bytes(
                encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain)
        self.sha256 = hashlib.sha256(self.der).hexdigest()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return Tls(tmp_path_factory.mktemp("tls"))


async def test_what_a_server_shows(tls: Tls) -> None:
    async with serve(lambda _: None, tls.context) as wire:
        certificate = await fetch_certificate("127.0.0.1", wire.port)
    assert not wire.requests
    assert certificate.sha256 == tls.sha256
    assert certificate.subject == "CN=hcp.example"
    assert certificate.issuer == "CN=hcp.example"
    assert certificate.not_before == NOT_BEFORE
    assert certificate.not_after == NOT_AFTER


async def test_the_pinned_certificate_is_accepted(tls: Tls) -> None:
    async with (
        serve(lambda _: success({"softVersion": "V3"}), tls.context) as wire,
        aiohttp.ClientSession() as session,
    ):
        pinned = aiohttp.Fingerprint(bytes.fromhex(tls.sha256))
        client = HikCentralClient(session, wire.url, KEY, SECRET, ssl=pinned)
        assert await client.version() == "V3"


async def test_another_certificate_is_refused_before_anything_is_sent(
    tls: Tls,
) -> None:
    async with (
        serve(lambda _: success({}), tls.context) as wire,
        aiohttp.ClientSession() as session,
    ):
        pinned = aiohttp.Fingerprint(bytes(32))
        client = HikCentralClient(session, wire.url, KEY, SECRET, ssl=pinned)
        with pytest.raises(CertificateError) as caught:
            await client.version()
    assert caught.value.fingerprint == tls.sha256
    assert not wire.requests


async def test_a_self_signed_certificate_is_not_trusted_by_itself(tls: Tls) -> None:
    async with (
        serve(lambda _: success({}), tls.context) as wire,
        aiohttp.ClientSession() as session,
    ):
        client = HikCentralClient(session, wire.url, KEY, SECRET)
        with pytest.raises(CertificateError):
            await client.version()
    assert not wire.requests


async def test_no_certificate_where_there_is_no_tls() -> None:
    async with serve(lambda _: None) as wire:
        with pytest.raises(CannotConnectError):
            await fetch_certificate("127.0.0.1", wire.port)


async def test_no_certificate_where_there_is_nobody() -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(CannotConnectError):
            await fetch_certificate("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("error", [socket.gaierror(), UnicodeError("label too long")])
async def test_no_certificate_of_a_host_that_has_no_address(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def getaddrinfo(*_: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(CannotConnectError):
        await fetch_certificate("hcp..example", 443)


def test_what_is_no_certificate() -> None:
    with pytest.raises(ValueError, match="parsing"):
        describe(b"certificate")
