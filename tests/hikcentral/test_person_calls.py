"""The calls on persons."""

from typing import Any

import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    AmbiguousError,
    HikCentralClient,
    MalformedAnswer,
    PersonDraft,
    Priority,
    UnreadableAnswer,
)

from .gateway import JPEG, MISSING, START, URGENT, Gateway, in_full

DRAFT = PersonDraft(
    person_code="HV1", given_name="Ada", phone="", organisation_id="1", card_numbers=()
)


@pytest.mark.parametrize("data", ["1150", 1150, {"personId": "1150"}])
async def test_add_person(
    client: HikCentralClient, gateway: Gateway, data: Any
) -> None:
    gateway.answers(data)
    assert await client.add_person(DRAFT) == "1150"
    assert gateway.asked == [
        (
            "resource/v1/person/single/add",
            {
                "personCode": "HV1",
                "personGivenName": "Ada",
                "personFamilyName": "-",
                "orgIndexCode": "1",
            },
        )
    ]


@pytest.mark.parametrize("data", ["", None, {}, [], MISSING, True])
async def test_add_person_without_an_id(
    client: HikCentralClient, gateway: Gateway, data: Any
) -> None:
    """D8: no id is made up where none came back."""
    gateway.answers(data)
    with pytest.raises(MalformedAnswer) as caught:
        await client.add_person(DRAFT)
    assert isinstance(caught.value, AmbiguousError)


async def test_add_person_without_an_organisation(client: HikCentralClient) -> None:
    with pytest.raises(ValueError, match="organisation"):
        await client.add_person(PersonDraft(given_name="Ada"))


@pytest.mark.parametrize("data", ["", None, MISSING, {"x": 1}])
async def test_update_person(
    client: HikCentralClient, gateway: Gateway, data: Any
) -> None:
    gateway.answers(data)
    draft = PersonDraft(phone="", end=START, card_numbers=())
    await client.update_person("42", draft, priority=URGENT)
    assert gateway.asked == [
        (
            "resource/v1/person/single/update",
            {
                "personId": "42",
                "phoneNo": "",
                "cards": [],
                "endTime": "2026-01-15T08:00:00+05:00",
            },
        )
    ]


async def test_faces_go_their_own_way(
    client: HikCentralClient, gateway: Gateway
) -> None:
    with pytest.raises(ValueError, match="update_face"):
        await client.update_person("42", PersonDraft(face=JPEG), priority=URGENT)
    with pytest.raises(ValueError, match="JPEG"):
        await client.update_face("42", b"\x89PNG", priority=URGENT)
    gateway.answers("")
    await client.update_face("42", JPEG, priority=URGENT)
    assert gateway.asked == [
        (
            "resource/v1/person/face/update",
            {"personId": "42", "faceData": "/9j/4GZhY2U="},
        )
    ]


async def test_delete_person(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers("")
    await client.delete_person("42", priority=URGENT)
    assert gateway.asked == [("resource/v1/person/single/delete", {"personId": "42"})]


async def test_person_by_id_and_code(
    client: HikCentralClient, gateway: Gateway
) -> None:
    record = {"personId": "42", "personCode": "HV1"}
    gateway.answers(record, record)
    by_id = await client.person_by_id("42", priority=URGENT)
    by_code = await client.person_by_code("HV1", priority=URGENT)
    assert by_id is not None
    assert by_id == by_code
    assert (by_id.id, by_id.code) == ("42", "HV1")
    gateway.refuses("128")
    gateway.refuses("0x00072203")
    assert await client.person_by_id("42", priority=URGENT) is None
    assert await client.person_by_code("HV1", priority=URGENT) is None
    assert gateway.asked[:2] == [
        ("resource/v1/person/personId/personInfo", {"personId": "42"}),
        ("resource/v1/person/personCode/personInfo", {"personCode": "HV1"}),
    ]


@pytest.mark.parametrize(
    "data", ["", None, MISSING, {}, [], {"personId": "43", "personCode": "HV2"}]
)
async def test_somebody_else_is_never_taken_for_a_person(
    client: HikCentralClient, gateway: Gateway, data: Any
) -> None:
    """D8: not even where the server answers with another person."""
    gateway.answers(data, data)
    with pytest.raises(UnreadableAnswer):
        await client.person_by_id("42", priority=URGENT)
    with pytest.raises(UnreadableAnswer):
        await client.person_by_code("HV1", priority=URGENT)


async def test_persons(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers(
        {"total": 4, "list": [{"personId": "1"}, 7]},
        {"total": 4, "list": [{"personCode": "nobody"}, {"personId": "2"}]},
    )
    persons = await in_full(client.persons(priority=Priority.SWEEP))
    assert [person.id for person in persons] == ["1", "2"]
    assert [body["pageNo"] for _, body in gateway.asked] == [1, 2]
