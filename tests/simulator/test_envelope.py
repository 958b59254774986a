"""Order of checks, codes, shapes of `data`, paging, parameters."""

import json
from typing import Any

import pytest

from .gateway import APP_KEY, PREFIX, Caller, sign

PAGE = {"pageNo": 1, "pageSize": 10}
UNSIGNED = {"X-Ca-Key": APP_KEY, "X-Ca-Signature": "wrong"}
INFO = "resource/v1/person/personId/personInfo"


async def test_checks_come_in_order(caller: Caller) -> None:
    """AppKey, signature, path, parameters, permission, existence."""
    await caller.control("/switches", forbidden_apis=[INFO])

    wrong_key = await caller.raw("no/such/path", {"X-Ca-Key": "1"})
    assert wrong_key["code"] == "0x02401001"
    assert (await caller.raw("no/such/path", UNSIGNED))["code"] == "0x02401003"
    assert await caller.code("no/such/path") == "8"
    assert await caller.code(INFO, personId="") == "2"
    assert await caller.code(INFO, personId="no such person") == "17"

    await caller.control("/switches", forbidden_apis=[])
    assert await caller.code(INFO, personId="no such person") == "128"


async def test_forbidden_apis_may_be_patterns(caller: Caller) -> None:
    await caller.control("/switches", forbidden_apis=["acs/*"])

    answer = await caller.call("acs/v1/privilege/group", **PAGE, type=1)

    assert answer["code"] == "17"
    assert answer["msg"] == "No permission for OpenAPI access"
    assert await caller.code("common/v1/version") == "0"


async def test_errors_of_the_visitor_module_have_no_data(caller: Caller) -> None:
    resource = await caller.call(INFO, personId="404")
    visitor = await caller.call("visitor/v1/person/ID/elementDownloadDetail", id="404")

    assert resource["data"] == ""
    assert visitor["code"] == "128"
    assert "data" not in visitor


@pytest.mark.parametrize(
    "path", ["resource/v1/person/search", "resource/v1/acsdoor/acsDoorList", ""]
)
async def test_unknown_path_is_8(caller: Caller, path: str) -> None:
    assert await caller.code(path) == "8"


async def test_outside_the_api_is_404(caller: Caller) -> None:
    async with caller.session.post(caller.sim.url + "/ISAPI/System") as answer:
        assert answer.status == 404


async def test_get_is_refused_but_for_one_path(caller: Caller) -> None:
    """GET with a JSON body was seen to work on personCode/personInfo only (1.1)."""
    path = "resource/v1/person/personCode/personInfo"

    async def get(path: str) -> Any:
        headers = {"X-Ca-Key": APP_KEY, "X-Ca-Signature": sign(f"GET\n{PREFIX}{path}")}
        body = json.dumps({"personCode": "STAFF0001"}).encode()
        return await caller.raw(path, headers, body, method="GET")

    assert (await get(path))["data"]["personId"] == "1"
    assert (await get("common/v1/version"))["code"] == "68"


async def test_put_is_no_verb(caller: Caller) -> None:
    path = "common/v1/version"
    headers = {"X-Ca-Key": APP_KEY, "X-Ca-Signature": sign(f"PUT\n{PREFIX}{path}")}

    assert (await caller.raw(path, headers, method="PUT"))["code"] == "8"


@pytest.mark.parametrize("body", [b"", b"{}", b"  "])
async def test_empty_body_is_fine(caller: Caller, body: bytes) -> None:
    path = "common/v1/version"
    headers = {"X-Ca-Key": APP_KEY, "X-Ca-Signature": sign(f"POST\n{PREFIX}{path}")}

    assert (await caller.raw(path, headers, body))["code"] == "0"


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"{", b"\xff"])
async def test_body_that_is_no_object_is_2(caller: Caller, body: bytes) -> None:
    path = "common/v1/version"
    headers = {"X-Ca-Key": APP_KEY, "X-Ca-Signature": sign(f"POST\n{PREFIX}{path}")}

    assert (await caller.raw(path, headers, body))["code"] == "2"


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ({"pageNo": 0, "pageSize": 10}, "pageNo"),
        ({"pageNo": 2**31, "pageSize": 10}, "pageNo"),
        ({"pageNo": True, "pageSize": 10}, "pageNo"),
        ({"pageNo": "1", "pageSize": 10}, "pageNo"),
        ({"pageNo": 1, "pageSize": 0}, "pageSize"),
        ({"pageNo": 1, "pageSize": 501}, "pageSize"),
        ({"pageNo": 1}, "pageSize"),
        ({"pageSize": 1}, "pageNo"),
    ],
)
async def test_paging_is_checked(
    caller: Caller, page: dict[str, Any], field: str
) -> None:
    answer = await caller.call("resource/v1/org/orgList", **page)

    assert answer["code"] == "2"
    assert answer["msg"] == f"Incorrect request parameter. [{field} parameter error]"
    assert answer["data"] == ""


async def test_pages_cut_the_list(caller: Caller) -> None:
    pages = [
        await caller.data("resource/v1/org/orgList", pageNo=number, pageSize=2)
        for number in (1, 2, 3)
    ]

    names = [[item["orgName"] for item in page.get("list", [])] for page in pages]
    assert names == [["All Departments", "Visitors"], ["Staff"], []]
    assert pages[1]["total"] == 3
    assert pages[1]["pageNo"] == pages[1]["pageSize"] == 2
    assert "list" not in pages[2]


async def test_empty_list_is_absent_unless_switched(caller: Caller) -> None:
    path = "resource/v1/person/advance/personList"

    data = await caller.data(path, **PAGE, personName="nobody like that")
    assert data == {"total": 0, "pageNo": 1, "pageSize": 10}

    await caller.control("/switches", empty_list_included=True)
    data = await caller.data(path, **PAGE, personName="nobody like that")
    assert data["list"] == []


async def test_unknown_fields_are_tolerated(caller: Caller) -> None:
    assert await caller.code("resource/v1/org/orgList", **PAGE, type=1) == "0"


async def test_nulls(caller: Caller) -> None:
    path = "resource/v1/person/advance/personList"

    assert await caller.code(path, **PAGE, personName=None) == "0"
    await caller.control("/switches", nulls="refused")
    assert await caller.code(path, **PAGE, personName=None) == "2"


async def test_numeric_codes(caller: Caller) -> None:
    await caller.control("/switches", numeric_codes=True)

    assert (await caller.call("common/v1/version"))["code"] == 0
    assert (await caller.call("no/such"))["code"] == 8
    answer = await caller.raw("common/v1/version", {})
    assert answer["code"] == "0x02401000"


async def test_errors_may_be_labelled_xml(caller: Caller) -> None:
    await caller.control("/switches", xml_labelled_errors=True)

    assert await caller.code("no/such") == "8"
    assert caller.last is not None
    assert caller.last.content_type == "application/xml"
    assert await caller.code("common/v1/version") == "0"
    assert caller.last.content_type == "application/json"


async def test_version_is_a_switch(caller: Caller) -> None:
    data = await caller.data("common/v1/version")
    assert data == {
        "produceName": "HikCentral Professional",
        "softVersion": "V3.1.1.0",
    }

    await caller.control("/switches", version="V2.1.0.0")
    assert (await caller.data("common/v1/version"))["softVersion"] == "V2.1.0.0"


async def test_date_is_the_servers_virtual_time(caller: Caller) -> None:
    await caller.call("common/v1/version")
    assert caller.last is not None
    assert caller.last.headers["Date"] == "Mon, 02 Mar 2026 05:00:00 GMT"

    await caller.advance(3600)
    await caller.control("/faults", clock_skew_s=-60)
    await caller.call("no/such")
    assert caller.last.headers["Date"] == "Mon, 02 Mar 2026 05:59:00 GMT"
