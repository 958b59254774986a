"""The signature, against the reference's vectors (1.3)."""

from datetime import UTC, datetime

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral.signing import (
    Credentials,
    content_md5,
    signature,
    signed_headers,
    string_to_sign,
)

KEY = "20240001"
SECRET = "sim-secret-not-real-0001"
BODY = b'{"personId":"42","personCode":"P-0042"}'
NONCE = "00000000-0000-4000-8000-000000000001"


def test_vector_without_signed_headers() -> None:
    text = string_to_sign(
        "/artemis/api/common/v1/version",
        accept="*/*",
        content_type="application/json",
    )
    assert signature(text, SECRET) == "DnBo0Nn/pdIX6CvSYX66GBleJFhdLJ4NJ7cgzNvuFlY="


def test_vector_with_key() -> None:
    text = string_to_sign(
        "/artemis/api/resource/v1/org/advance/orgList",
        accept="application/json",
        content_type="application/json",
        signed={"X-Ca-Key": KEY},
    )
    assert signature(text, SECRET) == "eQqeYIqIIrMht+oBC+dPIVKqOFwrtVa2SQtYuUyeteQ="


def test_vector_with_everything() -> None:
    text = string_to_sign(
        "/artemis/api/resource/v1/person/single/update",
        accept="application/json",
        md5=content_md5(BODY),
        content_type="application/json;charset=UTF-8",
        signed={
            "X-Ca-Timestamp": "1767225600000",
            "x-ca-nonce": NONCE,
            "X-CA-KEY": KEY,
        },
    )
    assert signature(text, SECRET) == "c0PIbhafeYBkJQwBvmVHglLW/8YWhH+DdTLlgqJJAyk="


@pytest.mark.parametrize(
    ("body", "md5"),
    [
        (b"hello", "XUFAKrxLKna5cZ2REBfFkg=="),
        (b"a", "DMF1ucDxtqgxw5niaXcmYQ=="),
        (BODY, "z36F7RAP8QvJ6PQ/RqJWRw=="),
    ],
)
def test_content_md5(body: bytes, md5: str) -> None:
    assert content_md5(body) == md5


@settings(deadline=None)
@given(st.binary(max_size=64), st.uuids().map(str))
def test_headers_say_what_is_signed(body: bytes, nonce: str) -> None:
    path = "/artemis/api/common/v1/version"
    headers = signed_headers(
        Credentials(app_key=KEY, app_secret=SECRET),
        path,
        body,
        nonce=nonce,
        timestamp=datetime(2026, 1, 1, 0, 0, 0, 5000, tzinfo=UTC),
    )
    lowered = {name.lower(): value for name, value in headers.items()}
    listed = lowered["x-ca-signature-headers"].split(",")
    # As a server does it: from nothing but what came over the wire.
    text = "\n".join(
        [
            "POST",
            lowered["accept"],
            lowered["content-md5"],
            lowered["content-type"],
            *(f"{name}:{lowered[name]}" for name in listed),
            path,
        ]
    )
    assert lowered["x-ca-signature"] == signature(text, SECRET)
    assert listed == ["x-ca-key", "x-ca-nonce", "x-ca-timestamp"]
    assert lowered["x-ca-timestamp"] == "1767225600005"
    assert lowered["x-ca-nonce"] == nonce
    assert lowered["content-md5"] == content_md5(body)


def test_credentials_do_not_show() -> None:
    shown = repr(Credentials(app_key=KEY, app_secret=SECRET))
    assert KEY not in shown
    assert SECRET not in shown
