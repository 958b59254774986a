"""Checks of request parameters, to be put together into schemas."""

from collections.abc import Callable
from datetime import datetime
import re
from typing import Any
from urllib.parse import urlsplit

import voluptuous as vol

MAX_PAGE_SIZE = 500
MAX_DOORS = 10
MAX_INT = 2**31 - 1
LATEST_END = datetime.fromisoformat("2037-12-31T23:59:59+14:00")
"""The latest validity end, in the offset where it comes first (2.3)."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")

type Check = Callable[[Any], Any]


def text(longest: int, shortest: int = 0) -> Check:
    """Take a text of so many characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            msg = f"expected a text of {shortest} to {longest} characters"
            raise vol.Invalid(msg)
        return value

    return check


def number(lowest: int, highest: int) -> Check:
    """Take a whole number."""

    def check(value: Any) -> int:
        if (
            isinstance(value, bool)
            or not isinstance(value, int)
            or not lowest <= value <= highest
        ):
            msg = f"expected a whole number from {lowest} to {highest}"
            raise vol.Invalid(msg)
        return value

    return check


def number_or_digits(lowest: int, highest: int) -> Check:
    """Take a whole number, or its digits as a text (3.6)."""
    check = number(lowest, highest)

    def lenient(value: Any) -> int:
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        return int(check(value))

    return lenient


def choice(*options: int) -> Check:
    """Take one of these numbers, or its digits."""
    return vol.All(  # type: ignore[no-any-return]
        number_or_digits(min(options), max(options)), vol.In(options)
    )


def instant(value: Any) -> str:
    """Take ISO 8601 with an explicit offset and whole seconds; keep it as sent."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        msg = "expected ISO 8601 with offset"
        raise vol.Invalid(msg)
    try:
        datetime.fromisoformat(value)
    except ValueError as error:
        raise vol.Invalid(str(error)) from error
    return value


def validity_end(value: Any) -> str:
    """Take an `instant` that is not beyond 2037, by its own clock."""
    sent = instant(value)
    if datetime.fromisoformat(sent).replace(tzinfo=None) > LATEST_END.replace(
        tzinfo=None
    ):
        msg = "beyond the latest end"
        raise vol.Invalid(msg)
    return sent


def http_url(value: Any) -> str:
    """Take an address for pushes; whether it answers is not checked (3.11)."""
    if isinstance(value, str):
        parts = urlsplit(value)
        if parts.scheme in ("http", "https") and parts.hostname:
            return value
    msg = "expected an http or https address"
    raise vol.Invalid(msg)


INDEX_CODE = text(64, 1)
DIGITS = vol.All(INDEX_CODE, vol.Match(r"\d+$"))

PAGE = {
    vol.Required("pageNo"): number(1, MAX_INT),
    vol.Required("pageSize"): number(1, MAX_PAGE_SIZE),
}

DOOR_CODES = vol.All([INDEX_CODE], vol.Length(min=1, max=MAX_DOORS))


def schema(fields: dict[Any, Any] | None = None, *, closed: bool = False) -> vol.Schema:
    """Make a schema; unknown fields are tolerated unless it is closed."""
    return vol.Schema(
        fields or {}, extra=vol.PREVENT_EXTRA if closed else vol.ALLOW_EXTRA
    )
