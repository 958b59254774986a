"""Persons: adding, changing, deleting, and their faces (reference, 3.3)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import voluptuous as vol

from ..model import Fingerprint, Person
from ..pictures import decode_jpeg
from ..wire import instant as write_instant, person_id as write_person_id
from .answer import EXISTS, RefusedError, bad_parameter
from .endpoint import Endpoint, Request, found
from .fields import INDEX_CODE, choice, instant, schema, text, validity_end

DEFAULT_END = "2037-12-31T23:59:59"

_CARD = schema({vol.Required("cardNo"): text(64, 1)})
_FACE = schema({vol.Required("faceData"): text(20_000_000, 1)})
_FINGERPRINT = schema(
    {
        "fingerPrintIndexCode": text(64),
        "fingerPrintName": text(64),
        vol.Required("fingerPrintData"): text(100_000, 1),
        "relatedCardNo": text(64),
    }
)

_OPTIONAL = {
    "personCode": text(16),
    "gender": choice(0, 1, 2),
    "phoneNo": text(64),
    "email": text(64),
    "remark": text(128),
    "faces": [_FACE],
    "fingerPrint": [_FINGERPRINT],
    "cards": [_CARD],
    "beginTime": instant,
    "endTime": validity_end,
    "residentRoomNo": vol.Any(text(64), vol.Coerce(str)),
    "residentFloorNo": vol.Any(text(64), vol.Coerce(str)),
}
_NAME = text(256, 1)

_CLEARED: dict[str, tuple[str, Any]] = {
    "gender": ("gender", 0),
    "phoneNo": ("phone", ""),
    "email": ("email", ""),
    "remark": ("remark", ""),
    "residentRoomNo": ("room", ""),
    "residentFloorNo": ("floor", ""),
    "cards": ("cards", ()),
    "fingerPrint": ("fingerprints", ()),
    "faces": ("face", None),
}
"""Fields that can be cleared: attribute and empty value."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """What a request says about a person, as attributes of `Person`."""

    values: dict[str, Any]
    face: bytes | None

    def to(self, person: Person) -> Person:
        """Carry the changes out."""
        changed = replace(person, **self.values)
        return with_face(changed, self.face) if self.face else changed


def with_face(person: Person, face: bytes) -> Person:
    """Give a person another face."""
    return replace(person, face=face, face_version=person.face_version + 1)


def fingerprints(items: list[dict[str, Any]]) -> tuple[Fingerprint, ...]:
    """Read fingerprints as they are sent."""
    return tuple(
        Fingerprint(
            index_code=item.get("fingerPrintIndexCode", ""),
            name=item.get("fingerPrintName", ""),
            data=item["fingerPrintData"],
            card_no=item.get("relatedCardNo", ""),
        )
        for item in items
    )


def _changes(request: Request) -> _Changes:
    params = request.params
    values: dict[str, Any] = {
        attribute: params[key]
        for key, attribute in (
            ("personGivenName", "given_name"),
            ("personFamilyName", "family_name"),
            ("orgIndexCode", "organisation"),
            ("gender", "gender"),
            ("phoneNo", "phone"),
            ("email", "email"),
            ("remark", "remark"),
            ("residentRoomNo", "room"),
            ("residentFloorNo", "floor"),
            ("beginTime", "begin_time"),
            ("endTime", "end_time"),
        )
        if key in params
    }
    if "cards" in params:
        values["cards"] = tuple(
            dict.fromkeys(card["cardNo"] for card in params["cards"])
        )
    if "fingerPrint" in params:
        values["fingerprints"] = fingerprints(params["fingerPrint"])
    return _Changes(values, _face(request))


def _face(request: Request) -> bytes | None:
    faces = request.params.get("faces")
    if not faces or request.switches.faces_in_add == "ignored":
        return None
    if request.switches.faces_in_add == "refused":
        raise bad_parameter("faces")
    return _jpeg(faces[0]["faceData"])


def _jpeg(data: str) -> bytes:
    try:
        return decode_jpeg(data)
    except ValueError:
        raise bad_parameter("faceData") from None


def _check(request: Request, person: Person) -> None:
    """Check what a schema cannot: ends, organisation, cards of others."""
    begin = datetime.fromisoformat(person.begin_time)
    end = datetime.fromisoformat(person.end_time)
    sent = "beginTime" in request.params or "endTime" in request.params
    past = request.switches.past_end_refused and end <= request.world.server_now()
    if end <= begin or (sent and past):
        raise bad_parameter("endTime")
    found(request.tables.organisations, person.organisation)
    for card_no in person.cards:
        owner = request.database.owner_of_card(card_no)
        if owner is not None and owner.id != person.id:
            raise RefusedError(EXISTS)


def _add(request: Request) -> Any:
    params = request.params
    now = request.world.server_now()
    changes = _changes(request)
    zone = write_instant(now, request.switches.server_zone)[-6:]
    person = changes.to(
        Person(
            id="",
            code=params.get("personCode", ""),
            given_name="",
            family_name="",
            organisation="",
            begin_time=write_instant(now, request.switches.server_zone),
            end_time=DEFAULT_END + zone,
        )
    )
    _check(request, person)
    if (
        person.code
        and request.switches.duplicate_code == "refused"
        and request.database.person_of_code(person.code)
    ):
        raise RefusedError(EXISTS)
    person_id = request.database.new_id("person", request.tables.persons)
    request.database.save_person(replace(person, id=person_id))
    answer = write_person_id(person_id, request.switches)
    return {"personId": answer} if request.switches.add_answers_object else answer


def _update(request: Request) -> Any:
    person = request.person()
    params = request.params
    if "personCode" in params and params["personCode"] != person.code:
        raise bad_parameter("personCode")
    cleared = set(_CLEARED) if request.switches.update_clears_omitted else set()
    if request.switches.nulls == "clears":
        cleared |= _CLEARED.keys() & request.nulls
    blank = {
        attribute: empty
        for key, (attribute, empty) in _CLEARED.items()
        if key in cleared and key not in params
    }
    changed = _changes(request).to(replace(person, **blank))
    _check(request, changed)
    request.database.save_person(changed)
    return ""


def _delete(request: Request) -> Any:
    person = request.person()
    request.database.delete_person(person.id)
    if not request.switches.deletion_needs_apply:
        request.world.terminals.start_job({person.id}, None)
    return ""


def _update_face(request: Request) -> Any:
    person = request.person()
    request.database.save_person(with_face(person, _jpeg(request.params["faceData"])))
    return ""


def _update_fingerprints(request: Request) -> Any:
    person = request.person()
    prints = fingerprints(request.params["list"])
    request.database.save_person(replace(person, fingerprints=prints))
    return ""


ENDPOINTS = (
    Endpoint(
        "resource/v1/person/single/add",
        schema(
            {
                vol.Required("personGivenName"): _NAME,
                vol.Required("personFamilyName"): _NAME,
                vol.Required("orgIndexCode"): INDEX_CODE,
                **_OPTIONAL,
            }
        ),
        _add,
    ),
    Endpoint(
        "resource/v1/person/single/update",
        schema(
            {
                vol.Required("personId"): INDEX_CODE,
                "personGivenName": _NAME,
                "personFamilyName": _NAME,
                "orgIndexCode": INDEX_CODE,
                **_OPTIONAL,
            }
        ),
        _update,
    ),
    Endpoint(
        "resource/v1/person/single/delete",
        schema({vol.Required("personId"): INDEX_CODE}),
        _delete,
    ),
    Endpoint(
        "resource/v1/person/face/update",
        schema(
            {
                vol.Required("personId"): INDEX_CODE,
                vol.Required("faceData"): text(20_000_000, 1),
            },
            closed=True,
        ),
        _update_face,
    ),
    Endpoint(
        "resource/v1/person/fingerPrints/update",
        schema(
            {
                vol.Required("personId"): INDEX_CODE,
                vol.Required("list"): [_FINGERPRINT],
            }
        ),
        _update_fingerprints,
    ),
)
