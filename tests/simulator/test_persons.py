"""Persons: add, update, delete, ask, faces, pictures, custom fields."""

import base64
from typing import Any

import pytest

from .gateway import JPEG, OTHER_JPEG, Caller

ADD = "resource/v1/person/single/add"
UPDATE = "resource/v1/person/single/update"
DELETE = "resource/v1/person/single/delete"
INFO = "resource/v1/person/personId/personInfo"
BY_CODE = "resource/v1/person/personCode/personInfo"
SEARCH = "resource/v1/person/advance/personList"
FACE = "resource/v1/person/face/update"
NAMES = {"personGivenName": "Ada", "personFamilyName": "Test", "orgIndexCode": "2"}


async def info(caller: Caller, person: str) -> Any:
    return await caller.data(INFO, personId=person)


async def test_add_answers_the_id_and_keeps_what_was_sent(caller: Caller) -> None:
    person = await caller.add_person(
        personCode="0123456789ABCDEF",
        personGivenName="aa",
        personFamilyName="bb",
        phoneNo="+77010000000",
        email="a@example.com",
        remark="r" * 128,
        gender=2,
    )

    found = await info(caller, person)
    assert isinstance(person, str)
    assert found == await caller.data(BY_CODE, personCode="0123456789ABCDEF")
    photo = found.pop("personPhoto")
    assert photo["picUri"]
    assert found == {
        "personId": person,
        "personCode": "0123456789ABCDEF",
        "personName": "aa bb",
        "personFamilyName": "bb",
        "personGivenName": "aa",
        "gender": 2,
        "orgIndexCode": "2",
        "phoneNo": "+77010000000",
        "email": "a@example.com",
        "remark": "r" * 128,
        "beginTime": "2026-03-02T08:00:00+05:00",
        "endTime": "2026-03-02T18:00:00+05:00",
        "cards": [{"cardNo": "7001"}],
        "customFieldList": [
            {
                "id": "1",
                "customFiledName": "Badge",
                "customFieldType": 0,
                "customFieldValue": "",
                "presetValueList": [],
                "isPublic": 1,
                "isShow": 1,
            }
        ],
    }
    assert "status" not in found


async def test_offsets_come_back_as_sent(caller: Caller) -> None:
    person = await caller.add_person(
        beginTime="2026-03-02T08:00:00-06:00", endTime="2026-03-03T08:00:00+08:00"
    )

    found = await info(caller, person)

    assert found["beginTime"] == "2026-03-02T08:00:00-06:00"
    assert found["endTime"] == "2026-03-03T08:00:00+08:00"


async def test_minimal_person_is_valid_from_the_servers_now(caller: Caller) -> None:
    await caller.control("/switches", server_utc_offset="+05:00")

    person = await caller.data(ADD, **NAMES)

    found = await info(caller, person)
    assert found["beginTime"] == "2026-03-02T10:00:00+05:00"
    assert found["endTime"] == "2037-12-31T23:59:59+05:00"
    assert found["personPhoto"] == {"picUri": ""}
    assert "cards" not in found
    assert "fingerPrint" not in found


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"personGivenName": ""}, "personGivenName"),
        ({"personFamilyName": None}, "personFamilyName"),
        ({"personGivenName": "x" * 257}, "personGivenName"),
        ({"orgIndexCode": None}, "orgIndexCode"),
        ({"personCode": "x" * 17}, "personCode"),
        ({"personCode": 5}, "personCode"),
        ({"gender": 3}, "gender"),
        ({"phoneNo": "1" * 65}, "phoneNo"),
        ({"email": "e" * 65}, "email"),
        ({"remark": "r" * 129}, "remark"),
        ({"cards": [{"number": "1"}]}, "cards"),
        ({"cards": "1"}, "cards"),
        ({"faces": [{"faceData": "not base64!"}]}, "faceData"),
        ({"faces": [{"faceData": base64.b64encode(b"\x89PNG").decode()}]}, "faceData"),
        ({"beginTime": "2026-03-02T08:00:00"}, "beginTime"),
        ({"beginTime": "2026-03-02T08:00:00Z"}, "beginTime"),
        ({"beginTime": "2026-03-02T08:00:00.000+05:00"}, "beginTime"),
        ({"beginTime": "2026-02-30T08:00:00+05:00"}, "beginTime"),
        ({"beginTime": "2026-03-02 08:00:00+05:00"}, "beginTime"),
        ({"endTime": "2038-01-01T00:00:00+05:00"}, "endTime"),
        ({"endTime": "2026-03-02T07:59:59+05:00"}, "endTime"),
    ],
)
async def test_add_refuses(caller: Caller, fields: dict[str, Any], field: str) -> None:
    times = {
        "beginTime": "2026-03-02T08:00:00+05:00",
        "endTime": "2026-03-02T18:00:00+05:00",
    }
    before = len(caller.sim.world.database.tables.persons)

    answer = await caller.call(ADD, **{**NAMES, **times, **fields})

    assert answer["code"] == "2"
    assert f"[{field} parameter error]" in answer["msg"]
    assert len(caller.sim.world.database.tables.persons) == before


async def test_unknown_organisation_does_not_exist(caller: Caller) -> None:
    assert await caller.code(ADD, **{**NAMES, "orgIndexCode": "99"}) == "128"


async def test_duplicate_code(caller: Caller) -> None:
    first = await caller.add_person(personCode="SAME", cards=[])

    assert await caller.code(ADD, **NAMES, personCode="SAME") == "131"

    await caller.control("/switches", duplicate_code="accepted")
    second = await caller.data(ADD, **NAMES, personCode="SAME")
    assert second != first
    found = await caller.data(BY_CODE, personCode="SAME")
    assert found["personId"] == first
    await caller.data(DELETE, personId=first)
    found = await caller.data(BY_CODE, personCode="SAME")
    assert found["personId"] == second


async def test_card_of_somebody_else_exists(caller: Caller) -> None:
    person = await caller.add_person()
    other = await caller.add_person(cards=[])

    assert await caller.code(ADD, **NAMES, cards=[{"cardNo": "7001"}]) == "131"
    refused = await caller.code(UPDATE, personId=other, cards=[{"cardNo": "7001"}])
    assert refused == "131"
    same = await caller.code(UPDATE, personId=person, cards=[{"cardNo": "7001"}])
    assert same == "0"


async def test_past_end_is_a_switch(caller: Caller) -> None:
    past = {
        "beginTime": "2026-03-01T08:00:00+05:00",
        "endTime": "2026-03-02T10:00:00+05:00",
    }
    person = await caller.data(ADD, **NAMES, **past)

    await caller.control("/switches", past_end_refused=True)

    assert await caller.code(ADD, **NAMES, **past) == "2"
    assert await caller.code(UPDATE, personId=person, endTime=past["endTime"]) == "2"
    assert await caller.code(UPDATE, personId=person, phoneNo="1") == "0"


@pytest.mark.parametrize(
    ("setting", "code", "face"),
    [("taken", "0", True), ("ignored", "0", False), ("refused", "2", None)],
)
async def test_faces_in_add(
    caller: Caller, setting: str, code: str, face: bool | None
) -> None:
    await caller.control("/switches", faces_in_add=setting)

    answer = await caller.call(ADD, **NAMES, faces=[{"faceData": JPEG}])

    assert answer["code"] == code
    if face is not None:
        found = await info(caller, answer["data"])
        assert bool(found["personPhoto"]["picUri"]) is face


async def test_add_may_answer_an_object(caller: Caller) -> None:
    await caller.control("/switches", add_answers_object=True)

    assert await caller.data(ADD, **NAMES) == {"personId": "4"}


async def test_ids_may_be_numbers(caller: Caller) -> None:
    await caller.control("/switches", person_id_as_number=True)

    assert await caller.data(ADD, **NAMES) == 4
    assert (await info(caller, "4"))["personId"] == 4


async def test_update_keeps_what_is_left_out(caller: Caller) -> None:
    person = await caller.add_person(personCode="P", phoneNo="1")
    before = await info(caller, person)

    answer = await caller.call(
        UPDATE,
        personId=person,
        personCode="P",
        beginTime="2026-03-02T09:00:00+05:00",
        endTime="2026-03-03T01:00:00+05:00",
    )

    assert answer == {"code": "0", "msg": "Success", "data": ""}
    assert await info(caller, person) == {
        **before,
        "beginTime": "2026-03-02T09:00:00+05:00",
        "endTime": "2026-03-03T01:00:00+05:00",
    }


async def test_update_may_clear_what_is_left_out(caller: Caller) -> None:
    person = await caller.add_person(phoneNo="1", remark="r")
    await caller.control("/switches", update_clears_omitted=True)

    await caller.data(UPDATE, personId=person, phoneNo="2")

    found = await info(caller, person)
    assert found["phoneNo"] == "2"
    assert found["remark"] == ""
    assert found["personPhoto"] == {"picUri": ""}
    assert "cards" not in found
    assert found["personGivenName"] == "Ada"


async def test_nulls_may_clear(caller: Caller) -> None:
    person = await caller.add_person(phoneNo="1", remark="r")

    await caller.data(UPDATE, personId=person, phoneNo=None)
    assert (await info(caller, person))["phoneNo"] == "1"

    await caller.control("/switches", nulls="clears")
    await caller.data(UPDATE, personId=person, phoneNo=None)
    found = await info(caller, person)
    assert found["phoneNo"] == ""
    assert found["remark"] == "r"


async def test_code_cannot_be_changed(caller: Caller) -> None:
    person = await caller.add_person(personCode="P")

    assert await caller.code(UPDATE, personId=person, personCode="Q") == "2"


@pytest.mark.parametrize("path", [UPDATE, DELETE, INFO])
async def test_unknown_person_does_not_exist(caller: Caller, path: str) -> None:
    answer = await caller.call(path, personId="404")

    assert answer["code"] == "128"
    assert answer["data"] == ""


async def test_unknown_code_does_not_exist(caller: Caller) -> None:
    assert await caller.code(BY_CODE, personCode="NOBODY") == "128"
    assert await caller.code(BY_CODE, personCode="") == "2"


async def test_deleted_person_is_gone(caller: Caller) -> None:
    person = await caller.visitor(personCode="GONE")

    assert await caller.data(DELETE, personId=person) == ""

    assert await caller.code(INFO, personId=person) == "128"
    assert await caller.code(BY_CODE, personCode="GONE") == "128"
    assert person not in (await caller.state("levels"))["7"]["members"]
    again = await caller.add_person(personCode="GONE")
    assert again != person


async def test_lists(caller: Caller) -> None:
    person = await caller.add_person(personGivenName="Zoë")

    everybody = await caller.data(
        "resource/v1/person/personList", pageNo=1, pageSize=500
    )
    assert everybody["total"] == 4
    hits = await caller.data(SEARCH, pageNo=1, pageSize=10, personName="zoë t")
    assert [item["personId"] for item in hits["list"]] == [person]


async def test_rooms_are_appended_when_asked(caller: Caller) -> None:
    await caller.add_person(residentRoomNo="12", residentFloorNo="3")

    async def last(**append: int) -> Any:
        data = await caller.data(
            "resource/v1/person/personList", pageNo=1, pageSize=10, **append
        )
        return data["list"][-1]

    assert "residentRoomNo" not in await last()
    assert (await last(appendInfo=6))["residentRoomNo"] == "12"
    assert (await last(appendInfo=19))["residentFloorNo"] == "3"


async def test_undocumented_filters(caller: Caller) -> None:
    person = await caller.add_person(personCode="P")
    filters = {"personCode": "P", "orgIndexCode": "2", "cardNo": "7001"}

    ignored = await caller.data(SEARCH, pageNo=1, pageSize=10, **filters)
    await caller.control("/switches", person_list_filters="honoured")
    honoured = await caller.data(SEARCH, pageNo=1, pageSize=10, **filters)

    assert ignored["total"] == 4
    assert [item["personId"] for item in honoured["list"]] == [person]


async def test_face_update_takes_two_fields_only(caller: Caller) -> None:
    person = await caller.add_person()
    before = (await info(caller, person))["personPhoto"]["picUri"]

    extra = await caller.code(FACE, personId=person, faceData=JPEG, personCode="P")
    png = base64.b64encode(b"\x89PNG").decode()
    assert extra == "2"
    assert await caller.code(FACE, personId=person, faceData=png) == "2"
    assert await caller.code(FACE, personId="404", faceData=JPEG) == "128"
    assert (await info(caller, person))["personPhoto"]["picUri"] == before

    assert await caller.data(FACE, personId=person, faceData=OTHER_JPEG) == ""
    assert (await info(caller, person))["personPhoto"]["picUri"] != before


async def test_photo_in_update_is_dropped(caller: Caller) -> None:
    person = await caller.data(ADD, **NAMES)

    await caller.data(UPDATE, personId=person, personPhoto=JPEG)

    assert (await info(caller, person))["personPhoto"] == {"picUri": ""}


async def test_picture_comes_raw(caller: Caller) -> None:
    person = await caller.add_person()
    uri = (await info(caller, person))["personPhoto"]["picUri"]
    path = "resource/v1/person/picture_data"

    picture = await caller.call(path, personId=person, picUri=uri)

    assert picture == f"data:image/jpeg;base64,{JPEG}"
    assert caller.last is not None
    assert caller.last.content_type == "image/jpeg"
    assert await caller.code(path, personId=person, picUri=uri + "x") == "128"
    assert await caller.code(path, personId=person) == "2"


async def test_fingerprints(caller: Caller) -> None:
    person = await caller.add_person()
    prints = [{"fingerPrintName": "thumb", "fingerPrintData": "AAAA"}]

    path = "resource/v1/person/fingerPrints/update"
    await caller.data(path, personId=person, list=prints)

    found = (await info(caller, person))["fingerPrint"]
    assert [item["fingerPrintName"] for item in found] == ["thumb"]
    assert await caller.code(path, personId=person, list=[{}]) == "2"


async def test_custom_fields(caller: Caller) -> None:
    person = await caller.add_person()
    path = "resource/v1/person/personId/customFieldsUpdate"
    row = {
        "id": "1",
        "customFiledName": "Badge",
        "customFieldType": 0,
        "customFieldValue": "B-7",
    }

    await caller.data(path, personId=person, list=[row])

    found = (await info(caller, person))["customFieldList"]
    assert found[0]["customFieldValue"] == "B-7"
    unknown = await caller.code(path, personId=person, list=[{**row, "id": "9"}])
    assert unknown == "128"
    fields = await caller.data("resource/v1/person/customFields", pageNo=1, pageSize=10)
    assert fields["list"][0]["customFiledName"] == "Badge"
