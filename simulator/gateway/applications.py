"""Applying to the terminals, and asking how it went (reference, 3.9)."""

from typing import Any

import voluptuous as vol

from ..model import Person
from ..terminals import DoorApplication
from ..wire import instant as write_instant, one_or_many
from .answer import NOT_FOUND, UNSUPPORTED, RefusedError, bad_parameter
from .endpoint import Endpoint, Request, page
from .fields import INDEX_CODE, MAX_INT, MAX_PAGE_SIZE, choice, number, schema

_STATISTICS = 1
_FACE, _CARD = 2, 0
_ONLINE, _OFFLINE = 1, 2


def _codes(value: Any) -> set[str] | None:
    """Read comma text; any other shape is ignored, as HikCentral does (3.9)."""
    if not isinstance(value, str):
        return None
    return {part.strip() for part in value.split(",")} - {""} or None


def _reapply(request: Request) -> Any:
    """Accept a job; what is not understood is ignored and means everybody."""
    params = request.params
    request.world.terminals.start_job(
        _codes(params.get("personIds")),
        _codes(params.get("doorIndexCodes")),
        retry_failed=params.get("ImmediateDownload", 0) != 1,
    )
    return ""


def _result(request: Request) -> Any:
    """Report failed and waiting items; the shape is a guess (unknown 5)."""
    terminals = request.world.terminals
    failed = {pair: terminals.failures[pair] for pair in sorted(terminals.failures)}
    waiting = sorted(terminals.pending - failed.keys())
    if request.params["applicationResultType"] == _STATISTICS:
        return {"failedNum": len(failed), "waitingNum": len(waiting)}
    if "pageNo" not in request.params or "pageSize" not in request.params:
        raise bad_parameter("pageNo")
    items = [*((pair, failure) for pair, failure in failed.items())]
    rows = [
        {
            "personId": person_id,
            "deviceName": request.tables.devices[device].name,
            "resultCode": failure.error_code,
            "timeStamp": write_instant(failure.at, request.switches.server_zone),
        }
        for (device, person_id), failure in items
    ]
    return page(request, rows, lambda row: row)


def _detail(request: Request) -> Any:
    match request.switches.person_application_detail:
        case "unsupported":
            raise RefusedError(UNSUPPORTED)
        case "missing":
            raise RefusedError(NOT_FOUND)
        case "empty":
            return _cased({"ElementDetailList": {}}, request)
        case "available":
            pass
    person = request.person("id")
    elements = [
        _element(request, person, state)
        for state in request.world.terminals.application(person.id)
    ]
    details = {}
    if elements:
        details["ElementDetail"] = one_or_many(elements, request.switches)
    return _cased({"ElementDetailList": details}, request)


def _element(
    request: Request, person: Person, state: DoorApplication
) -> dict[str, Any]:
    online = request.tables.devices[state.device].online
    switches = request.switches
    status = str(state.status) if switches.detail_status_as_text else state.status
    certificates = [
        {"ID": f"{person.id}-{kind}", "type": kind, "status": status}
        for kind, present in ((_FACE, person.face), (_CARD, person.cards))
        if present
    ]
    body: dict[str, Any] = {
        "ID": state.door,
        "BaseInfo": {
            "Name": request.tables.doors[state.door].name,
            "ElementType": "door",
            "Network": _ONLINE if online else _OFFLINE,
        },
        "ElementStatus": one_or_many(
            [
                {
                    "elementStatus": status,
                    "ErrorModule": "ACS" if state.error_code else "",
                    "ErrorCode": state.error_code,
                }
            ],
            switches,
        ),
        "CertificateStatusList": {},
    }
    if certificates:
        body["CertificateStatusList"] = {
            "CertificateStatus": one_or_many(certificates, switches)
        }
    return body


def _cased(value: Any, request: Request) -> Any:
    """Write keys in the case that this version uses."""
    if request.switches.detail_key_case == "reference":
        return value
    if isinstance(value, dict):
        return {
            "id" if key == "ID" else key[0].lower() + key[1:]: _cased(item, request)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_cased(item, request) for item in value]
    return value


ENDPOINTS = (
    Endpoint("visitor/v1/auth/reapplication", schema(), _reapply),
    Endpoint(
        "acs/v1/auth/applicationResult",
        schema(
            {
                vol.Required("applicationResultType"): choice(1, 2),
                vol.Required("type"): choice(1, 2),
                "pageNo": number(1, MAX_INT),
                "pageSize": number(1, MAX_PAGE_SIZE),
            }
        ),
        _result,
    ),
    Endpoint(
        "visitor/v1/person/ID/elementDownloadDetail",
        schema({vol.Required("id"): INDEX_CODE}),
        _detail,
    ),
)
