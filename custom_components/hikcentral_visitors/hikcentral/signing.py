"""Signing a request with AppKey and AppSecret (AK/SK, reference 1.2).

Pure: the caller gives nonce and time. What is signed here is the richest variant
that HikCentral is known to accept ("e"): key, nonce, timestamp and Content-MD5, so a
request can neither be altered nor replayed where the server checks these.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
import hashlib
import hmac

ACCEPT = "*/*"
CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The partner of the OpenAPI gateway; neither part shows in a repr."""

    app_key: str = field(repr=False)
    app_secret: str = field(repr=False)


def content_md5(body: bytes) -> str:
    """Return the Content-MD5 header of a body: Base64 of the raw digest."""
    digest = hashlib.md5(body, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def string_to_sign(
    path: str,
    *,
    accept: str | None = None,
    md5: str | None = None,
    content_type: str | None = None,
    date: str | None = None,
    signed: Mapping[str, str] | None = None,
) -> str:
    """Return the text under the signature of a POST.

    `path` begins with /artemis. A header that is not sent has no line at all. `signed`
    holds the headers listed in X-Ca-Signature-Headers, in any case and order.
    """
    lines = ["POST"]
    lines += [value for value in (accept, md5, content_type, date) if value is not None]
    by_name = sorted((name.lower(), value) for name, value in (signed or {}).items())
    lines += [f"{name}:{value}" for name, value in by_name]
    lines.append(path)
    return "\n".join(lines)


def signature(text: str, app_secret: str) -> str:
    """Return Base64 of the HMAC-SHA256 of the text to sign."""
    digest = hmac.digest(app_secret.encode(), text.encode(), "sha256")
    return base64.b64encode(digest).decode("ascii")


def signed_headers(
    credentials: Credentials, path: str, body: bytes, *, nonce: str, timestamp: datetime
) -> dict[str, str]:
    """Return all headers of one attempt to POST `body` to `path`.

    `timestamp` is server time (aware). A nonce is for one attempt only.
    """
    signed = {
        "x-ca-key": credentials.app_key,
        "x-ca-nonce": nonce,
        "x-ca-timestamp": str(int(timestamp.timestamp() * 1000)),
    }
    md5 = content_md5(body)
    text = string_to_sign(
        path, accept=ACCEPT, md5=md5, content_type=CONTENT_TYPE, signed=signed
    )
    return {
        "Accept": ACCEPT,
        "Content-MD5": md5,
        "Content-Type": CONTENT_TYPE,
        "X-Ca-Key": signed["x-ca-key"],
        "X-Ca-Nonce": signed["x-ca-nonce"],
        "X-Ca-Timestamp": signed["x-ca-timestamp"],
        "X-Ca-Signature-Headers": ",".join(sorted(signed)),
        "X-Ca-Signature": signature(text, credentials.app_secret),
    }
