"""Answers of the gateway: envelopes, errors and their codes (reference, 2)."""

from dataclasses import dataclass
from enum import Enum
import json
from typing import Any

from aiohttp import web

from ..switches import Switches


class Absent(Enum):
    """The envelope has no `data` key at all."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT

OK = "0"
UNKNOWN_ERROR = "1"
BAD_PARAMETER = "2"
UNSUPPORTED = "8"
NO_PERMISSION = "17"
SIGNATURE_FAILED = "68"
NOT_FOUND = "128"
OFFLINE = "129"
EXISTS = "131"
OCCUPIED = "133"

NO_APP_KEY = "0x02401000"
NO_SIGNATURE = "0x02401002"
INVALID_SIGNATURE = "0x02401003"
QUOTA_REACHED = "0x02401009"
NO_USER_ID = "0x02401010"

_TEXTS = {
    UNSUPPORTED: "This product version is not supported",
    NO_PERMISSION: "No permission for OpenAPI access",
    SIGNATURE_FAILED: "Signature authentication Failed",
    NOT_FOUND: "The request resource does not exist",
    OFFLINE: "Device offline",
    EXISTS: "The resource already exists",
    OCCUPIED: "The resource is occupied",
    NO_APP_KEY: "AppKey not found in the request",
    NO_SIGNATURE: "Signature not found in the request",
    INVALID_SIGNATURE: "Invalid Signature!",
    QUOTA_REACHED: "The call quota is reached",
    NO_USER_ID: "The partner lacks the parameter userId",
    "0x02401001": "The partner of the AppKey does not exist",
    "0x02401642": "Unknown AppKey",
    "0x00052101": "Service limit",
    "0x00052102": "Service error",
}


class RefusedError(Exception):
    """A call is answered with an error code."""

    def __init__(self, code: str, message: str | None = None) -> None:
        """Refuse with a code, and the text that belongs to it by default."""
        super().__init__(code)
        self.code = code
        self.message = message or _TEXTS.get(code, "Error")


def bad_parameter(field: str) -> RefusedError:
    """Refuse a parameter (2.2)."""
    return RefusedError(
        BAD_PARAMETER, f"Incorrect request parameter. [{field} parameter error]"
    )


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer without envelope, as pictures come."""

    text: str
    content_type: str


def envelope(code: str, message: str, data: Any, switches: Switches) -> web.Response:
    """Wrap an answer: HTTP status 200, whatever the code."""
    body: dict[str, Any] = {
        "code": int(code) if switches.numeric_codes and code.isdecimal() else code,
        "msg": message,
    }
    if data is not ABSENT:
        body["data"] = data
    as_xml = code != OK and switches.xml_labelled_errors
    return web.Response(
        text=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        content_type="application/xml" if as_xml else "application/json",
        charset="utf-8",
    )
