"""Looking at a server's certificate, so that somebody can decide to pin it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .errors import CannotConnectError

TIMEOUT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a server showed; `sha256` is the fingerprint in lower-case hex."""

    sha256: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime


async def fetch_certificate(
    host: str, port: int, *, within: float = TIMEOUT
) -> Certificate:
    """Return the certificate of a TLS server without trusting it.

    Only the handshake takes place, `within` seconds; nothing else is sent. Raises
    CannotConnectError.
    """
    # Made by hand, since the usual helper reads the trusted authorities from disk.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(within):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
    except (OSError, TimeoutError, ValueError) as error:  # ValueError: no host name
        text = f"cannot connect ({type(error).__name__})"
        raise CannotConnectError(None, text) from error
    try:
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True)
    finally:
        # The rest of the conversation is of no interest, so no orderly goodbye.
        writer.transport.abort()
    if not der:
        raise CannotConnectError(None, "the server showed no certificate")
    try:
        return describe(der)
    except (ValueError, x509.InvalidVersion) as error:
        text = "the server's certificate cannot be read"
        raise CannotConnectError(None, text) from error


def describe(der: bytes) -> Certificate:
    """Return what is in a certificate; raises ValueError for what is none."""
    certificate = x509.load_der_x509_certificate(der)
    return Certificate(
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )
