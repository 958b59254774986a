"""Persons: asking for them, their pictures and custom fields (reference, 3.3)."""

from dataclasses import replace
from typing import Any

import voluptuous as vol

from ..model import CustomField, Person
from ..pictures import data_uri
from ..wire import person_id as write_person_id
from .answer import NOT_FOUND, Raw, RefusedError
from .endpoint import Endpoint, Request, found, page
from .fields import INDEX_CODE, PAGE, number, schema, text

_APPEND_ROOM, _APPEND_FLOOR = 6, 19


def write_person(request: Request, person: Person) -> dict[str, Any]:
    """Write a PersonInfo; keys without content are left out where HCP does."""
    body: dict[str, Any] = {
        "personId": write_person_id(person.id, request.switches),
        "personCode": person.code,
        "personName": person.name,
        "personFamilyName": person.family_name,
        "personGivenName": person.given_name,
        "gender": person.gender,
        "orgIndexCode": person.organisation,
        "phoneNo": person.phone,
        "email": person.email,
        "remark": person.remark,
        "beginTime": person.begin_time,
        "endTime": person.end_time,
        "personPhoto": {"picUri": person.picture_uri},
    }
    if person.cards:
        body["cards"] = [{"cardNo": card_no} for card_no in person.cards]
    if person.fingerprints:
        body["fingerPrint"] = [
            {
                "fingerPrintIndexCode": item.index_code,
                "fingerPrintName": item.name,
                "fingerPrintData": item.data,
                "relatedCardNo": item.card_no,
            }
            for item in person.fingerprints
        ]
    if request.tables.custom_fields:
        values = dict(person.custom)
        body["customFieldList"] = [
            {**_write_field(item), "customFieldValue": values.get(item.id, "")}
            for item in request.tables.custom_fields.values()
        ]
    match request.params.get("appendInfo"):
        case 6:
            body["residentRoomNo"] = person.room
        case 19:
            body["residentFloorNo"] = person.floor
    return body


def _write_field(item: CustomField) -> dict[str, Any]:
    return {
        "id": item.id,
        "customFiledName": item.name,
        "customFieldType": item.type,
        "presetValueList": [],
        "isPublic": 1,
        "isShow": 1,
    }


def _by_id(request: Request) -> Any:
    return write_person(request, request.person())


def _by_code(request: Request) -> Any:
    person = request.database.person_of_code(request.params["personCode"])
    if person is None:
        raise RefusedError(NOT_FOUND)
    return write_person(request, person)


def _all(request: Request) -> Any:
    persons = list(request.tables.persons.values())
    return page(request, persons, lambda person: write_person(request, person))


def _search(request: Request) -> Any:
    params = request.params
    part = params.get("personName", "").casefold()
    hits = [p for p in request.tables.persons.values() if part in p.name.casefold()]
    if request.switches.person_list_filters == "honoured":
        if code := params.get("personCode"):
            hits = [person for person in hits if person.code == code]
        if org := params.get("orgIndexCode"):
            hits = [person for person in hits if person.organisation == org]
        if card_no := params.get("cardNo"):
            hits = [person for person in hits if card_no in person.cards]
    return page(request, hits, lambda person: write_person(request, person))


def _picture(request: Request) -> Any:
    person = request.person()
    if person.face is None or person.picture_uri != request.params["picUri"]:
        raise RefusedError(NOT_FOUND)
    return Raw(data_uri(person.face), "image/jpeg")


def _custom_fields(request: Request) -> Any:
    fields = list(request.tables.custom_fields.values())
    return page(request, fields, _write_field)


def _update_custom_fields(request: Request) -> Any:
    person = request.person()
    values = dict(person.custom)
    for item in request.params["list"]:
        code = found(request.tables.custom_fields, item["id"]).id
        values[code] = item["customFieldValue"]
    request.database.save_person(replace(person, custom=tuple(values.items())))
    return ""


_APPEND = vol.All(number(0, 100), vol.In((_APPEND_ROOM, _APPEND_FLOOR)))

ENDPOINTS = (
    Endpoint(
        "resource/v1/person/personId/personInfo",
        schema({vol.Required("personId"): INDEX_CODE}),
        _by_id,
    ),
    Endpoint(
        "resource/v1/person/personCode/personInfo",
        schema({vol.Required("personCode"): text(16, 1)}),
        _by_code,
        reads_by_get=True,
    ),
    Endpoint(
        "resource/v1/person/personList",
        schema({**PAGE, "appendInfo": _APPEND}),
        _all,
    ),
    Endpoint(
        "resource/v1/person/advance/personList",
        schema({**PAGE, "appendInfo": _APPEND, "personName": text(512)}),
        _search,
    ),
    Endpoint(
        "resource/v1/person/picture_data",
        schema(
            {
                vol.Required("personId"): INDEX_CODE,
                vol.Required("picUri"): text(1024, 1),
            }
        ),
        _picture,
    ),
    Endpoint("resource/v1/person/customFields", schema(PAGE), _custom_fields),
    Endpoint(
        "resource/v1/person/personId/customFieldsUpdate",
        schema(
            {
                vol.Required("personId"): INDEX_CODE,
                vol.Required("list"): [
                    schema(
                        {
                            vol.Required("id"): INDEX_CODE,
                            vol.Required("customFieldValue"): text(128),
                        }
                    )
                ],
            }
        ),
        _update_custom_fields,
    ),
)
