"""Organisations, devices, doors, readers, regions, access levels, door control."""

from typing import Any

import pytest

from .gateway import Caller

PAGE = {"pageNo": 1, "pageSize": 100}
ORG = "resource/v1/org/"
LEVEL = "acs/v1/privilege/group"


async def names(caller: Caller, path: str, key: str, **params: Any) -> list[str]:
    data = await caller.data(path, **PAGE, **params)
    return [item[key] for item in data.get("list", [])]


async def test_organisations_form_a_tree(caller: Caller) -> None:
    assert await caller.data(ORG + "rootOrg") == {
        "orgIndexCode": "1",
        "orgName": "All Departments",
        "parentOrgIndexCode": "0",
    }
    children = await names(
        caller, ORG + "parentOrgIndexCode/subOrgList", "orgName", parentOrgIndexCode="1"
    )
    assert children == ["Visitors", "Staff"]


async def test_search_includes_parents(caller: Caller) -> None:
    path = ORG + "advance/orgList"

    found = await names(caller, path, "orgName", orgName="visit")

    assert found == ["All Departments", "Visitors"]
    assert await names(caller, path, "orgName", orgName="none such") == []


async def test_organisation_is_added_changed_deleted(caller: Caller) -> None:
    added = await caller.data(
        ORG + "single/add", orgName="Contractors", parentIndexCode="1"
    )
    code = added["orgIndexCode"]
    await caller.data(
        ORG + "single/update", orgIndexCode=code, orgName="Guests", parentIndexCode="3"
    )
    assert await caller.data(ORG + "orgIndexCode/orgInfo", orgIndexCode=code) == {
        "orgIndexCode": code,
        "orgName": "Guests",
        "parentOrgIndexCode": "3",
    }
    assert await caller.code(ORG + "single/delete", orgIndexCode="3") == "133"
    await caller.data(ORG + "single/delete", orgIndexCode=code)
    assert await caller.code(ORG + "orgIndexCode/orgInfo", orgIndexCode=code) == "128"
    bad = await caller.code(ORG + "single/add", orgName="x" * 65, parentIndexCode="1")
    assert bad == "2"


async def test_devices(caller: Caller) -> None:
    path = "resource/v1/acsDevice/"
    assert len(await names(caller, path + "acsDeviceList", "acsDevName")) == 5
    advance = path + "advance/acsDeviceList"
    hits = await names(caller, advance, "acsDevIndexCode", acsDevName="turnstile in")
    assert hits == ["1"]
    info = path + "indexCode/acsDeviceInfo"
    assert (await caller.data(info, acsDevIndexCode="1"))["status"] == 1
    assert await caller.code(info, acsDevIndexCode="99") == "128"
    assert await caller.code(info, acsDevIndexCode="x") == "2"

    await caller.control("/operator", terminal_offline={"acsDevIndexCode": "1"})
    assert (await caller.data(info, acsDevIndexCode="1"))["status"] == 2


async def test_doors(caller: Caller) -> None:
    path = "resource/v1/acsDoor/"
    everything = ["11", "12", "13", "14", "15"]
    assert await names(caller, path + "acsDoorList", "doorIndexCode") == everything
    advance = path + "advance/acsDoorList"
    found = await names(caller, advance, "doorIndexCode", doorName="out")
    assert found == ["12", "14"]
    found = await names(caller, advance, "doorIndexCode", acsDevIndexCode="5")
    assert found == ["15"]
    region = path + "region/acsDoorList"
    found = await names(caller, region, "doorIndexCode", regionIndexCode="3")
    assert found == ["13", "14"]
    info = path + "indexCode/acsDoorInfo"
    assert await caller.data(info, doorIndexCode="11") == {
        "doorIndexCode": "11",
        "doorName": "Turnstile In",
        "doorNo": "1",
        "acsDevIndexCode": "1",
        "regionIndexCode": "2",
        "doorState": 1,
    }
    assert await caller.code(info, doorIndexCode="99") == "128"
    assert await caller.code(info, doorIndexCode="odd") == "2"


async def test_empty_door_list_echoes_zeros(caller: Caller) -> None:
    path = "resource/v1/acsDoor/"
    empty = await caller.data(path + "advance/acsDoorList", **PAGE, doorName="none")
    region = await caller.data(
        path + "region/acsDoorList", **PAGE, regionIndexCode="99"
    )

    assert empty == {"total": 0, "pageNo": 0, "pageSize": 0}
    assert region == {"total": 0, "pageNo": 1, "pageSize": 100}


async def test_readers_and_regions(caller: Caller) -> None:
    data = await caller.data("resource/v1/reader/search", doorIndexCode="15")
    assert [item["readerName"] for item in data["list"]] == [
        "Meeting Room Reader In",
        "Meeting Room Reader Out",
    ]
    data = await caller.data("resource/v1/reader/search", readerIndexCode="21")
    assert data["list"][0]["doorIndexCode"] == "11"
    assert await caller.code("resource/v1/reader/search", doorIndexCode="99") == "128"
    assert await names(caller, "resource/v1/regions", "name") == [
        "Campus",
        "Main Entrance",
        "Parking",
    ]


async def test_levels_name_their_doors(caller: Caller) -> None:
    data = await caller.data(LEVEL, **PAGE, type=1)

    visitors = data["list"][0]
    assert visitors["privilegeGroupId"] == "7"
    assert visitors["privilegeGroupName"] == "Visitors"
    assert visitors["description"] == ""
    assert visitors["timeSchedule"] == {"indexCode": "1", "name": "All-Day Template"}
    doors = [item["Element"]["ID"] for item in visitors["ElementList"]]
    assert doors == ["11", "12", "13", "14"]
    base = visitors["ElementList"][0]["Element"]["BaseInfo"]
    assert base == {"Name": "Turnstile In", "AreaName": "Main Entrance"}


async def test_levels_are_asked_by_type(caller: Caller) -> None:
    assert "list" not in await caller.data(LEVEL, **PAGE, type=2)
    assert await caller.code(LEVEL, **PAGE) == "2"
    assert await caller.code(LEVEL, **PAGE, type=3) == "2"


async def members(caller: Caller) -> list[str]:
    path = LEVEL + "/single/personList"
    return await names(caller, path, "id", privilegeGroupId="7", type=1)


async def test_members_come_and_go_repeatably(caller: Caller) -> None:
    person = await caller.add_person()

    await caller.enrol(person)
    await caller.enrol(person)
    assert await members(caller) == ["1", "2", "3", person]

    await caller.expel(person)
    await caller.expel(person)
    assert await members(caller) == ["1", "2", "3"]


@pytest.mark.parametrize("action", ["addPersons", "deletePersons"])
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"privilegeGroupId": "99"}, "128"),
        ({"type": 2}, "128"),
        ({"type": None}, "2"),
        ({"list": None}, "2"),
        ({"list": []}, "2"),
        ({"list": ["1"]}, "2"),
        ({"list": [{"id": 1}]}, "2"),
        ({"privilegeGroupId": "x" * 65}, "2"),
    ],
)
async def test_batches_are_checked(
    caller: Caller, action: str, params: dict[str, Any], code: str
) -> None:
    good = {"privilegeGroupId": "7", "type": 1, "list": [{"id": "1"}]}

    found = await caller.code(f"{LEVEL}/single/{action}", **{**good, **params})

    assert found == code
    assert await members(caller) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("setting", "code", "done"),
    [("all", "128", False), ("some", "128", True), ("none", "0", True)],
)
async def test_unknown_id_in_a_batch(
    caller: Caller, setting: str, code: str, done: bool
) -> None:
    person = await caller.add_person()
    await caller.control("/switches", unknown_id_in_batch=setting)
    batch = {
        "privilegeGroupId": "7",
        "type": 1,
        "list": [{"id": "404"}, {"id": person}],
    }

    assert await caller.code(LEVEL + "/single/addPersons", **batch) == code
    assert (person in await members(caller)) is done

    await caller.control(
        "/operator", add_member={"privilegeGroupId": "7", "personId": person}
    )
    assert await caller.code(LEVEL + "/single/deletePersons", **batch) == code
    assert (person not in await members(caller)) is done


@pytest.mark.parametrize(
    ("setting", "code"), [("forbidden", "17"), ("unsupported", "8")]
)
async def test_member_lists_may_be_unavailable(
    caller: Caller, setting: str, code: str
) -> None:
    await caller.control("/switches", member_lists=setting)

    path = LEVEL + "/single/personList"
    assert await caller.code(path, **PAGE, privilegeGroupId="7", type=1) == code


async def door_state(caller: Caller, door: str) -> int:
    path = "resource/v1/acsDoor/indexCode/acsDoorInfo"
    state: int = (await caller.data(path, doorIndexCode=door))["doorState"]
    return state


async def test_momentary_opening_ends_by_itself(caller: Caller) -> None:
    answer = await caller.data(
        "acs/v1/door/doControl",
        doorIndexCodes=["11", "12"],
        controlType=2,
        controlDirection=0,
    )

    assert answer == [
        {
            "doorIndexCode": door,
            "controlResultCode": 0,
            "controlResultDesc": "Success",
        }
        for door in ("11", "12")
    ]
    assert await door_state(caller, "11") == 2
    await caller.advance(5)
    assert await door_state(caller, "11") == 1
    commands = await caller.state("door_commands")
    assert [item["doorIndexCode"] for item in commands] == ["11", "12"]


async def test_remaining_open_stays(caller: Caller) -> None:
    await caller.data("acs/v1/door/doControl", doorIndexCodes=["11"], controlType="0")
    await caller.advance(3600)
    assert await door_state(caller, "11") == 0


async def test_offline_door_is_not_controlled(caller: Caller) -> None:
    await caller.control("/operator", terminal_offline={"doorIndexCode": "11"})

    answer = await caller.data(
        "acs/v1/door/doControl", doorIndexCodes=["11", "12"], controlType=2
    )

    assert [item["controlResultCode"] for item in answer] == [129, 0]
    assert await door_state(caller, "11") == 4


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"doorIndexCodes": []}, "2"),
        ({"doorIndexCodes": "11"}, "2"),
        ({"doorIndexCodes": ["11"] * 11}, "2"),
        ({"controlType": 4}, "2"),
        ({"controlType": None}, "2"),
        ({"controlDirection": 2}, "2"),
        ({"doorIndexCodes": ["11", "99"]}, "128"),
    ],
)
async def test_control_is_checked(
    caller: Caller, params: dict[str, Any], code: str
) -> None:
    good = {"doorIndexCodes": ["11"], "controlType": 2}

    assert await caller.code("acs/v1/door/doControl", **{**good, **params}) == code
    assert await caller.state("door_commands") == []
