"""The AK/SK signature of requests (reference, 1.2)."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
import hashlib
import hmac
import re
from typing import override

from ..world import World
from .answer import (
    INVALID_SIGNATURE,
    NO_APP_KEY,
    NO_SIGNATURE,
    NO_USER_ID,
    UNKNOWN_ERROR,
    RefusedError,
    bad_parameter,
)

FORM = "application/x-www-form-urlencoded"

_STANDARD = ("Accept", "Content-MD5", "Content-Type", "Date")
_BOUNDARY = re.compile(r"\s*;\s*boundary=.*$", re.IGNORECASE)
_USER_ID = re.compile(r"[^'/\\:*?\"<>|]{1,32}")


@dataclass(frozen=True, slots=True)
class Partner:
    """Who may call: an AppKey with its AppSecret."""

    app_key: str
    app_secret: str

    @override
    def __repr__(self) -> str:
        """Show no secret."""
        return f"Partner({self.app_key!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """The parts of a request that its signature covers.

    `headers` ignores the case of names; `path` is as sent, `parameters` those of
    query and form, decoded.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    parameters: Iterable[tuple[str, str]]
    body: bytes


def check(request: SignedRequest, partner: Partner, world: World) -> None:
    """Check AppKey and signature, in this order, and the header `userId`.

    Raises `RefusedError`.
    """
    headers, switches = request.headers, world.switches
    key = headers.get("X-Ca-Key", "")
    if not key:
        raise RefusedError(NO_APP_KEY)
    if key != partner.app_key:
        raise RefusedError(switches.unknown_app_key_code)
    signature = headers.get("X-Ca-Signature", "")
    if not signature:
        raise RefusedError(NO_SIGNATURE)
    text = string_to_sign(request, empty=switches.listed_header_missing == "empty")
    if text is None or not hmac.compare_digest(
        signature.encode(), sign(partner.app_secret, text).encode()
    ):
        raise _invalid(world, key, text or "")
    _check_freshness(request, world, key, text)
    _check_user(headers.get("userId"), world)


def string_to_sign(request: SignedRequest, *, empty: bool = False) -> str | None:
    """Build the string to sign.

    `None` if a header is listed as signed but was not sent, unless `empty` says
    that it counts as empty.
    """
    lines = [request.method.upper()]
    for name in _STANDARD:
        value = request.headers.get(name)
        if value is not None:
            lines.append(_BOUNDARY.sub("", value) if name == "Content-Type" else value)
    listed = request.headers.get("X-Ca-Signature-Headers", "")
    names = {name.strip().lower() for name in listed.split(",")} - {""}
    for name in sorted(names):
        value = request.headers.get(name)
        if value is None and not empty:
            return None
        lines.append(f"{name}:{value or ''}")
    query = "&".join(f"{name}={value}" for name, value in sorted(request.parameters))
    lines.append(request.path + (f"?{query}" if query else ""))
    return "\n".join(lines)


def sign(secret: str, text: str) -> str:
    """Sign a string."""
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _invalid(world: World, key: str, text: str) -> RefusedError:
    code = world.switches.signature_failure_code
    if code != INVALID_SIGNATURE:
        return RefusedError(code)
    return RefusedError(
        code, f"Invalid Signature! AppKey : {key}, Server StringToSign : `{text}`"
    )


def _check_freshness(request: SignedRequest, world: World, key: str, text: str) -> None:
    """Check what only some servers may check: Content-MD5, timestamp, nonce."""
    headers, switches, now = request.headers, world.switches, world.server_now()
    md5 = headers.get("Content-MD5")
    if md5 is not None and switches.content_md5_check:
        digest = hashlib.md5(request.body, usedforsecurity=False).digest()
        if md5 != base64.b64encode(digest).decode():
            raise _invalid(world, key, text)
    stamp = headers.get("X-Ca-Timestamp")
    if stamp is not None and (window := switches.timestamp_window_s):
        if not stamp.isdecimal():
            raise _invalid(world, key, text)
        if abs(int(stamp) / 1000 - now.timestamp()) > window:
            raise _invalid(world, key, text)
    nonce = headers.get("X-Ca-Nonce")
    if nonce is not None and (memory := switches.nonce_memory_s):
        oldest = now - timedelta(seconds=memory)
        world.nonces = {n: at for n, at in world.nonces.items() if at >= oldest}
        if nonce in world.nonces:
            raise _invalid(world, key, text)
        world.nonces[nonce] = now


def _check_user(user_id: str | None, world: World) -> None:
    if user_id is None:
        if world.switches.user_id_required:
            raise RefusedError(NO_USER_ID)
        return
    if not _USER_ID.fullmatch(user_id):
        raise bad_parameter("userId")
    if user_id not in world.database.tables.users:
        raise RefusedError(UNKNOWN_ERROR, "Unknow Error(0, 41050)")
