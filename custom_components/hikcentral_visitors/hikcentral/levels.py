"""Access levels, their members, and applying them to doors (reference 3.8, 3.9)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .arguments import checked_id, checked_ids, ignored
from .fields import Fields, as_text
from .pace import Priority
from .paging import all_objects, all_pages
from .transport import Transport

PRIVILEGE = "acs/v1/privilege/"
PERSON_ACCESS = 1  # type 2 is for the visitor module's own visitors

_APPLIED = 0
_FAILED = frozenset({2, 3})
_FACE = 2
_CARD = frozenset({0, 4})
_FAILED_TOO = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelDoor:
    """A door that a level opens."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLevel:
    """An access level for persons; `doors` may be missing from the server's answer."""

    id: str
    name: str = ""
    doors: tuple[LevelDoor, ...] = ()

    @classmethod
    def from_fields(cls, fields: Fields) -> AccessLevel | None:
        """Return the level in an answer, None if there is no id."""
        if not (level_id := fields.text("privilegeGroupId")):
            return None
        elements = [
            element
            for entry in fields.children("ElementList")
            for element in (tuple(entry.children("Element")) or (entry,))
        ]
        return cls(
            id=level_id,
            name=fields.text("privilegeGroupName"),
            doors=tuple(
                LevelDoor(id=door_id, name=element.child("BaseInfo").text("Name"))
                for element in elements
                if (door_id := element.text("ID"))
            ),
        )


class ApplicationState(StrEnum):
    """How far something is on its way to a door."""

    APPLIED = "applied"
    PENDING = "pending"
    FAILED = "failed"


def application_state(statuses: Sequence[int | None]) -> ApplicationState:
    """Return the state behind status numbers: one failure fails, all must be applied.

    No number, or one we do not know, is pending.
    """
    if any(status in _FAILED for status in statuses):
        return ApplicationState.FAILED
    if statuses and all(status == _APPLIED for status in statuses):
        return ApplicationState.APPLIED
    return ApplicationState.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialApplication:
    """A credential at one door; `kind` is "face", "card" or "" for others."""

    kind: str
    state: ApplicationState


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorApplication:
    """A person at one door."""

    door_id: str
    name: str = ""
    state: ApplicationState
    credentials: tuple[CredentialApplication, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationDetail:
    """What the doors hold of one person; no doors where the server does not tell.

    An earlier failure stays visible until the new job ends: believe a failure only
    when it is seen twice.
    """

    doors: tuple[DoorApplication, ...] = ()

    @classmethod
    def from_data(cls, data: object) -> ApplicationDetail:
        """Read `data`; keys vary in case, single entries may stand for lists."""
        fields = Fields(data)
        listed = tuple(fields.child("ElementDetailList").children("ElementDetail"))
        return cls(
            doors=tuple(
                _door_application(element)
                for element in listed or fields.children("ElementDetail")
                if element.text("ID")
            )
        )


def _door_application(element: Fields) -> DoorApplication:
    statuses = element.children("ElementStatus")
    numbers = [status.number("elementStatus") for status in statuses]
    if not numbers:  # a bare number instead of a list of objects
        numbers = [element.number("ElementStatus")]
    certificates = element.child("CertificateStatusList").children("CertificateStatus")
    return DoorApplication(
        door_id=element.text("ID"),
        name=element.child("BaseInfo").text("Name"),
        state=application_state(numbers),
        credentials=tuple(
            CredentialApplication(
                kind=_kind(certificate.number("type")),
                state=application_state([certificate.number("status")]),
            )
            for certificate in certificates
        ),
    )


def _kind(number: int | None) -> str:
    if number == _FACE:
        return "face"
    return "card" if number in _CARD else ""


class LevelCalls:
    """The calls on access levels and on applying."""

    _transport: Transport

    async def access_levels(
        self, *, priority: Priority = Priority.INTERACTIVE
    ) -> AsyncIterator[AccessLevel]:
        """Return all access levels for persons."""
        body = {"type": PERSON_ACCESS}
        async for fields in all_objects(
            self._transport, PRIVILEGE + "group", body, priority
        ):
            if (level := AccessLevel.from_fields(fields)) is not None:
                yield level

    async def members(self, level_id: str, *, priority: Priority) -> AsyncIterator[str]:
        """Return the ids of all persons in a level, staff included.

        Raises UnreadableAnswer rather than leaving anybody out.
        """
        body = {
            "privilegeGroupId": checked_id(level_id, "level"),
            "type": PERSON_ACCESS,
        }
        path = PRIVILEGE + "group/single/personList"
        async for page in all_pages(self._transport, path, body, priority):
            for item in page.items:
                if person_id := as_text(item) or Fields(item).text("id", "personId"):
                    yield person_id

    async def add_members(
        self, level_id: str, person_ids: Sequence[str], *, priority: Priority
    ) -> None:
        """Put 1 to 100 persons into a level."""
        await self._change("addPersons", level_id, person_ids, priority)

    async def remove_members(
        self, level_id: str, person_ids: Sequence[str], *, priority: Priority
    ) -> None:
        """Take 1 to 100 persons out of a level."""
        await self._change("deletePersons", level_id, person_ids, priority)

    async def reapply(self, person_ids: Sequence[str], *, priority: Priority) -> None:
        """Have the doors take over what changed for 1 to 100 persons.

        What failed before is tried again. The answer only says that the job was
        accepted. Ids go as comma text: in any other shape the call applies everything
        that is pending.
        """
        body = {
            "ImmediateDownload": _FAILED_TOO,
            "personIds": ",".join(checked_ids(person_ids, "person")),
        }
        path = "visitor/v1/auth/reapplication"
        await self._transport.write(path, body, priority, ignored)

    async def application_detail(
        self, person_id: str, *, priority: Priority
    ) -> ApplicationDetail:
        """Return what each door holds of a person."""
        return await self._transport.read(
            "visitor/v1/person/ID/elementDownloadDetail",  # ID is literal
            {"id": checked_id(person_id, "person")},
            priority,
            ApplicationDetail.from_data,
        )

    async def _change(
        self, what: str, level_id: str, person_ids: Sequence[str], priority: Priority
    ) -> None:
        body = {
            "privilegeGroupId": checked_id(level_id, "level"),
            "type": PERSON_ACCESS,
            "list": [{"id": one} for one in checked_ids(person_ids, "person")],
        }
        path = PRIVILEGE + "group/single/" + what
        await self._transport.write(path, body, priority, ignored)
