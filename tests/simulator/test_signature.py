"""The signature: five variants, and what is verified in them."""

import base64
import hashlib
from typing import Any

from multidict import CIMultiDict
import pytest

from simulator.gateway.signature import (
    SignedRequest,
    sign as sign_there,
    string_to_sign,
)

from .gateway import APP_KEY, PREFIX, Caller, sign

VERSION = "common/v1/version"
PATH = PREFIX + VERSION
NONCE = "00000000-0000-4000-8000-000000000001"
STAMP = "1772427600000"


def signed(
    lines: list[str], headers: dict[str, str], listed: str | None
) -> dict[str, str]:
    more = {} if listed is None else {"X-Ca-Signature-Headers": listed}
    return {
        "X-Ca-Key": APP_KEY,
        **headers,
        **more,
        "X-Ca-Signature": sign("\n".join(["POST", *lines])),
    }


def md5(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


BODY = b'{"pageNo":1}'
JSON = {"Accept": "*/*", "Content-Type": "application/json"}
FULL = {
    "Accept": "application/json",
    "Content-Type": "application/json;charset=UTF-8",
    "X-Ca-Nonce": NONCE,
    "X-Ca-Timestamp": STAMP,
}
KEY_LINE = f"x-ca-key:{APP_KEY}"
MORE = [KEY_LINE, f"x-ca-nonce:{NONCE}", f"x-ca-timestamp:{STAMP}"]
NAMES = "x-ca-key,x-ca-nonce,x-ca-timestamp"

VARIANTS = {
    "a": signed(["*/*", "application/json", PATH], JSON, None),
    "b": signed(["*/*", "application/json", KEY_LINE, PATH], JSON, "x-ca-key"),
    "b without Content-Type": signed(
        ["*/*", KEY_LINE, PATH], {"Accept": "*/*"}, "x-ca-key"
    ),
    "c": signed(
        ["*/*", "application/json", KEY_LINE, MORE[2], PATH],
        {**JSON, "X-Ca-Timestamp": STAMP},
        "X-Ca-Timestamp, X-Ca-Key",
    ),
    "d": signed(
        ["application/json", "application/json;charset=UTF-8", *MORE, PATH],
        FULL,
        NAMES,
    ),
    "d with userId": signed(
        [
            "application/json",
            "application/json;charset=UTF-8",
            "userid:admin",
            *MORE,
            PATH,
        ],
        {**FULL, "userId": "admin"},
        "userId," + NAMES,
    ),
    "e": signed(
        ["application/json", md5(BODY), "application/json;charset=UTF-8", *MORE, PATH],
        {**FULL, "Content-MD5": md5(BODY)},
        NAMES,
    ),
    "with Date": signed(
        ["*/*", "application/json", "Mon, 02 Mar 2026 05:00:00 GMT", KEY_LINE, PATH],
        {**JSON, "Date": "Mon, 02 Mar 2026 05:00:00 GMT"},
        "x-ca-key",
    ),
    "multipart boundary cut off": signed(
        ["*/*", "multipart/form-data", KEY_LINE, PATH],
        {"Accept": "*/*", "Content-Type": "multipart/form-data; boundary=x1"},
        "x-ca-key",
    ),
    "no standard header at all": signed([PATH], {}, None),
}


@pytest.mark.parametrize("headers", VARIANTS.values(), ids=VARIANTS)
async def test_variant_is_accepted(caller: Caller, headers: dict[str, str]) -> None:
    assert (await caller.raw(VERSION, headers, BODY))["code"] == "0"


@pytest.mark.parametrize("headers", VARIANTS.values(), ids=VARIANTS)
async def test_variant_with_another_secret_is_refused(
    caller: Caller, headers: dict[str, str]
) -> None:
    forged = {**headers, "X-Ca-Signature": sign("anything")}

    answer = await caller.raw(VERSION, forged, BODY)

    assert answer["code"] == "0x02401003"
    assert APP_KEY in answer["msg"]
    assert PATH in answer["msg"]
    assert "data" not in answer
    assert caller.last is not None
    assert caller.last.status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept", "text/plain"),
        ("Content-MD5", md5(b"other")),
        ("Content-Type", "application/json"),
        ("X-Ca-Nonce", "another"),
        ("X-Ca-Timestamp", "1772427600001"),
    ],
)
async def test_changed_header_is_refused(caller: Caller, name: str, value: str) -> None:
    headers = {**VARIANTS["e"], name: value}

    assert (await caller.raw(VERSION, headers, BODY))["code"] == "0x02401003"


async def test_body_is_protected_by_md5_only(caller: Caller) -> None:
    other = b'{"pageNo":2}'

    assert (await caller.raw(VERSION, VARIANTS["e"], other))["code"] == "0x02401003"
    assert (await caller.raw(VERSION, VARIANTS["d"], other))["code"] == "0"

    await caller.control("/switches", content_md5_check=False)
    assert (await caller.raw(VERSION, VARIANTS["e"], other))["code"] == "0"


async def test_query_is_signed_sorted(caller: Caller) -> None:
    headers = signed(["*/*", f"{PATH}?a=1&b=2"], {"Accept": "*/*"}, None)

    assert (await caller.raw(VERSION, headers, query="?b=2&a=1"))["code"] == "0"
    answer = await caller.raw(VERSION, headers, query="?b=2&a=3")
    assert answer["code"] == "0x02401003"
    assert "?a=3&b=2" in answer["msg"]


async def test_form_is_signed_sorted_and_read(caller: Caller) -> None:
    path = "resource/v1/org/orgIndexCode/orgInfo"
    kind = "application/x-www-form-urlencoded"
    headers = signed(
        ["*/*", kind, f"{PREFIX}{path}?orgIndexCode=2&z=1"],
        {"Accept": "*/*", "Content-Type": kind},
        None,
    )

    answer = await caller.raw(path, headers, b"z=1&orgIndexCode=2")

    assert answer["data"]["orgName"] == "Visitors"


async def test_listed_header_that_is_missing(caller: Caller) -> None:
    headers = signed([KEY_LINE, "x-ca-nonce:", PATH], {}, "x-ca-key,x-ca-nonce")

    assert (await caller.raw(VERSION, headers))["code"] == "0x02401003"
    await caller.control("/switches", listed_header_missing="empty")
    assert (await caller.raw(VERSION, headers))["code"] == "0"


async def test_key_and_signature_are_mandatory(caller: Caller) -> None:
    assert (await caller.raw(VERSION, {}))["code"] == "0x02401000"
    assert (await caller.raw(VERSION, {"X-Ca-Key": "1"}))["code"] == "0x02401001"
    assert (await caller.raw(VERSION, {"X-Ca-Key": APP_KEY}))["code"] == "0x02401002"

    await caller.control("/switches", unknown_app_key_code="0x02401642")
    assert (await caller.raw(VERSION, {"X-Ca-Key": "1"}))["code"] == "0x02401642"


async def test_signature_failure_as_68_leaks_nothing(caller: Caller) -> None:
    await caller.control("/switches", signature_failure_code="68")

    answer = await caller.raw(VERSION, {"X-Ca-Key": APP_KEY, "X-Ca-Signature": "wrong"})

    assert answer["code"] == "68"
    assert answer["msg"] == "Signature authentication Failed"


async def test_timestamp_window_is_a_switch(caller: Caller) -> None:
    """STAMP is START; the server's clock decides."""
    await caller.control("/switches", timestamp_window_s=900)
    assert (await caller.raw(VERSION, VARIANTS["d"]))["code"] == "0"

    await caller.control("/faults", clock_skew_s=901)
    assert (await caller.raw(VERSION, VARIANTS["d"]))["code"] == "0x02401003"

    await caller.control("/faults")
    await caller.advance(901)
    assert (await caller.raw(VERSION, VARIANTS["d"]))["code"] == "0x02401003"
    await caller.control("/switches", timestamp_window_s=0)
    assert (await caller.raw(VERSION, VARIANTS["d"]))["code"] == "0"


async def test_nonce_memory_is_a_switch(caller: Caller) -> None:
    assert (await caller.raw(VERSION, VARIANTS["d"]))["code"] == "0"
    await caller.control("/switches", nonce_memory_s=900)
    assert (await caller.raw(VERSION, VARIANTS["d"]))["code"] == "0"
    assert (await caller.raw(VERSION, VARIANTS["d"]))["code"] == "0x02401003"

    await caller.advance(901)
    assert (await caller.raw(VERSION, VARIANTS["d"]))["code"] == "0"


@pytest.mark.parametrize(
    ("user", "code"), [("admin", "0"), ("nobody", "1"), ("a|b", "2"), ("x" * 33, "2")]
)
async def test_user_id(caller: Caller, user: str, code: str) -> None:
    answer = await caller.raw(VERSION, {**VARIANTS["b"], "userId": user})

    assert answer["code"] == code


async def test_user_id_may_be_required(caller: Caller) -> None:
    await caller.control("/switches", user_id_required=True)

    assert (await caller.raw(VERSION, VARIANTS["b"]))["code"] == "0x02401010"
    assert (await caller.raw(VERSION, VARIANTS["d with userId"]))["code"] == "0"


VECTORS: list[tuple[dict[str, Any], str]] = [
    (
        {"path": "common/v1/version", "headers": JSON},
        "DnBo0Nn/pdIX6CvSYX66GBleJFhdLJ4NJ7cgzNvuFlY=",
    ),
    (
        {
            "path": "resource/v1/org/advance/orgList",
            "headers": {
                "Accept": "application/json",
                "Content-Type": "application/json",
                "X-Ca-Key": APP_KEY,
                "X-Ca-Signature-Headers": "x-ca-key",
            },
        },
        "eQqeYIqIIrMht+oBC+dPIVKqOFwrtVa2SQtYuUyeteQ=",
    ),
    (
        {
            "path": "resource/v1/person/single/update",
            "headers": {
                "Accept": "application/json",
                "Content-MD5": "z36F7RAP8QvJ6PQ/RqJWRw==",
                "Content-Type": "application/json;charset=UTF-8",
                "X-Ca-Key": APP_KEY,
                "X-Ca-Nonce": NONCE,
                "X-Ca-Timestamp": "1767225600000",
                "X-Ca-Signature-Headers": NAMES,
            },
        },
        "c0PIbhafeYBkJQwBvmVHglLW/8YWhH+DdTLlgqJJAyk=",
    ),
]


@pytest.mark.parametrize(("request_", "signature"), VECTORS)
def test_vectors_of_the_reference(request_: dict[str, Any], signature: str) -> None:
    """Section 1.3; the third body has the MD5 given there."""
    text = string_to_sign(
        SignedRequest(
            method="POST",
            path=PREFIX + request_["path"],
            headers=CIMultiDict(request_["headers"]),
            parameters=(),
            body=b"",
        )
    )

    assert text is not None
    assert sign_there("sim-secret-not-real-0001", text) == signature
    assert sign(text) == signature
