"""Persons: what is sent, what is read, and the calls (reference 3.3)."""

import base64
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from .arguments import checked_id, ignored
from .errors import MalformedAnswer, NotFoundError, UnreadableAnswer
from .fields import Fields, as_text
from .pace import Priority
from .paging import all_objects
from .times import ServerZone, fixed, format_time, rounded_up
from .transport import Transport

PERSON = "resource/v1/person/"
NO_NAME = "-"
LATEST_END = datetime(2037, 12, 31, 23, 59, 59, tzinfo=UTC)
_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDraft:
    """What a person shall be; None leaves a field alone.

    Times are aware. HikCentral knows whole seconds: `begin` is rounded up and `end`
    down, so that a window never grows; an empty one is sent as the instant of its end,
    so that closing a window early can always be said. A person needs two names: "-"
    stands for an empty one. `face` (JPEG) counts when the person is added; later faces
    go by `update_face`. `card_numbers` of () takes all cards away in an update.
    """

    person_code: str | None = None
    given_name: str | None = field(default=None, repr=False)
    family_name: str | None = field(default=None, repr=False)
    organisation_id: str | None = None
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    remark: str | None = field(default=None, repr=False)
    card_numbers: tuple[str, ...] | None = field(default=None, repr=False)
    face: bytes | None = field(default=None, repr=False)
    begin: datetime | None = None
    end: datetime | None = None

    def to_json(self) -> dict[str, object]:
        """Return the fields that are not None as HikCentral names them.

        Raises ValueError, without the value, for what is beyond the guide's limits.
        """
        body: dict[str, object] = {}
        for key, value, longest in (
            ("personCode", self.person_code, 16),
            ("personGivenName", self.given_name, 256),
            ("personFamilyName", self.family_name, 256),
            ("orgIndexCode", self.organisation_id, 64),
            ("phoneNo", self.phone, 64),
            ("email", self.email, 64),
            ("remark", self.remark, 128),
        ):
            if value is None:
                continue
            if len(value) > longest:
                msg = f"{key} is longer than {longest} characters"
                raise ValueError(msg)
            body[key] = value
        for key in ("personGivenName", "personFamilyName"):
            if key in body:
                body[key] = str(body[key]).strip() or NO_NAME
        if self.card_numbers is not None:
            if not all(self.card_numbers):
                msg = "an empty card number"
                raise ValueError(msg)
            body["cards"] = [{"cardNo": number} for number in self.card_numbers]
        if self.face is not None:
            body["faces"] = [{"faceData": encoded_jpeg(self.face)}]
        body.update(self._window())
        return body

    def _window(self) -> Mapping[str, str]:
        begin = None if self.begin is None else rounded_up(fixed(self.begin))
        end = None if self.end is None else fixed(self.end).replace(microsecond=0)
        if end is not None and end > LATEST_END:
            msg = "no validity can end after 2037"
            raise ValueError(msg)
        if begin is not None and end is not None:
            begin = min(begin, end)
        window = {"beginTime": begin, "endTime": end}
        return {key: format_time(time) for key, time in window.items() if time}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as HikCentral holds him; missing texts are "".

    `has_photo` is None where the answer does not say, so is `card_numbers`. Times are
    UTC, whatever offset they were stored with.
    """

    id: str
    code: str = ""
    given_name: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    organisation_id: str = ""
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    remark: str = field(default="", repr=False)
    begin: datetime | None = None
    end: datetime | None = None
    card_numbers: tuple[str, ...] | None = field(default=None, repr=False)
    has_photo: bool | None = None
    picture_uri: str = field(default="", repr=False)

    @classmethod
    def from_fields(cls, fields: Fields, zone: tzinfo) -> Person | None:
        """Return the person in an answer, None if there is no id."""
        if not (person_id := fields.text("personId")):
            return None
        photo = fields.get("personPhoto")
        picture = Fields(photo).text("picUri", "picBigUri")
        cards = fields.get("cards")
        return cls(
            id=person_id,
            code=fields.text("personCode"),
            given_name=fields.text("personGivenName"),
            family_name=fields.text("personFamilyName"),
            organisation_id=fields.text("orgIndexCode"),
            phone=fields.text("phoneNo"),
            email=fields.text("email"),
            remark=fields.text("remark"),
            begin=fields.time(zone, "beginTime"),
            end=fields.time(zone, "endTime"),
            card_numbers=None
            if cards is None
            else tuple(
                number
                for card in fields.children("cards")
                if (number := card.text("cardNo"))
            ),
            has_photo=None if photo is None else bool(picture),
            picture_uri=picture,
        )


def encoded_jpeg(jpeg: bytes) -> str:
    """Return a face as it is sent; raises ValueError for what is no JPEG."""
    if not jpeg.startswith(_JPEG):
        msg = "a face must be a JPEG"
        raise ValueError(msg)
    return base64.b64encode(jpeg).decode("ascii")


class PersonCalls:
    """The calls on persons."""

    _transport: Transport
    _zone: ServerZone

    async def add_person(
        self, draft: PersonDraft, *, priority: Priority = Priority.WIDENING
    ) -> str:
        """Add a person and return the new personId.

        Raises AlreadyExistsError for a code that is taken, MalformedAnswer (an
        AmbiguousError) if the answer names no id.
        """
        body = {
            "personGivenName": NO_NAME,
            "personFamilyName": NO_NAME,
            **{key: value for key, value in draft.to_json().items() if value},
        }
        if not body.get("orgIndexCode"):
            msg = "a person needs an organisation"
            raise ValueError(msg)
        path = PERSON + "single/add"

        def new_id(data: object) -> str:
            person_id = as_text(data) or Fields(data).text("personId")
            if not person_id:
                raise MalformedAnswer(None, "added, but no id came back", path)
            return person_id

        return await self._transport.write(path, body, priority, new_id)

    async def update_person(
        self, person_id: str, draft: PersonDraft, *, priority: Priority
    ) -> None:
        """Change those fields of a person that are not None; never the face.

        It reaches the doors with the next `reapply` only.
        """
        if draft.face is not None:
            msg = "a face is changed by update_face"
            raise ValueError(msg)
        body = {"personId": checked_id(person_id, "person"), **draft.to_json()}
        await self._transport.write(PERSON + "single/update", body, priority, ignored)

    async def delete_person(self, person_id: str, *, priority: Priority) -> None:
        """Delete a person. Raises NotFoundError if there is none."""
        body = {"personId": checked_id(person_id, "person")}
        await self._transport.write(PERSON + "single/delete", body, priority, ignored)

    async def update_face(
        self, person_id: str, jpeg: bytes, *, priority: Priority
    ) -> None:
        """Give a person a face (with any further field the call is known to fail)."""
        body = {
            "personId": checked_id(person_id, "person"),
            "faceData": encoded_jpeg(jpeg),
        }
        await self._transport.write(PERSON + "face/update", body, priority, ignored)

    async def person_by_id(
        self, person_id: str, *, priority: Priority
    ) -> Person | None:
        """Return the person with this id, None if the server knows none."""
        body = {"personId": checked_id(person_id, "person")}
        person = await self._person("personId/personInfo", body, priority)
        if person is not None and person.id != person_id:
            raise self._another("personId/personInfo")
        return person

    async def person_by_code(
        self, person_code: str, *, priority: Priority
    ) -> Person | None:
        """Return the person with exactly this code, None if the server knows none."""
        body = {"personCode": checked_id(person_code, "person")}
        person = await self._person("personCode/personInfo", body, priority)
        if person is not None and person.code != person_code:
            raise self._another("personCode/personInfo")
        return person

    async def persons(self, *, priority: Priority) -> AsyncIterator[Person]:
        """Return all persons, staff included."""
        path = PERSON + "personList"
        async for fields in all_objects(self._transport, path, {}, priority):
            if (person := Person.from_fields(fields, self._zone.tzinfo)) is not None:
                yield person

    async def _person(
        self, name: str, body: Mapping[str, object], priority: Priority
    ) -> Person | None:
        path = PERSON + name

        def found(data: object) -> Person:
            person = Person.from_fields(Fields(data), self._zone.tzinfo)
            if person is None:
                raise UnreadableAnswer(None, "a person without an id", path)
            return person

        try:
            return await self._transport.read(path, body, priority, found)
        except NotFoundError:
            return None

    @staticmethod
    def _another(name: str) -> UnreadableAnswer:
        return UnreadableAnswer(None, "another person was answered", PERSON + name)
