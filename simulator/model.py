"""HikCentral's objects as the simulator keeps them.

Values are frozen and replaced as a whole, so that a snapshot needs no deep copy;
only members of levels and states of doors and terminals change in place.
"""

from dataclasses import dataclass, field
from datetime import datetime, time
from enum import IntEnum, StrEnum


class DoorState(IntEnum):
    """State of a door (3.5), numbered like the control types (3.6)."""

    REMAIN_OPEN = 0
    CLOSED = 1
    OPEN = 2
    REMAIN_CLOSED = 3
    OFFLINE = 4


class LevelType(IntEnum):
    """Kinds of access level (3.8)."""

    PERSON = 1
    VISITOR = 2


class Credential(StrEnum):
    """What somebody shows at a door."""

    FACE = "face"
    CARD = "card"
    FINGERPRINT = "fingerprint"
    QR = "qr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A node of the organisation tree; the root's parent is `0`."""

    index_code: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """An area; doors belong to one."""

    index_code: str
    name: str
    parent: str


@dataclass(slots=True, kw_only=True)
class Device:
    """A terminal, which controls one or more doors."""

    index_code: str
    name: str
    ip: str = "192.0.2.1"
    port: str = "8000"
    code: str = ""
    online: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader of a door."""

    index_code: str
    name: str


@dataclass(slots=True, kw_only=True)
class Door:
    """A door with its readers."""

    index_code: str
    name: str
    number: str
    device: str
    region: str
    readers: tuple[Reader, ...]
    state: DoorState = DoorState.CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a level opens, by the terminal's time of day; all day if unset."""

    index_code: str = "1"
    name: str = "All-Day Template"
    start: time | None = None
    end: time | None = None

    def covers(self, moment: datetime) -> bool:
        """Say whether the level opens at this local moment."""
        if self.start is None or self.end is None:
            return True
        return self.start <= moment.time() < self.end


@dataclass(slots=True, kw_only=True)
class Level:
    """An access level ("privilege group"); `members` keeps their order."""

    id: str
    name: str
    type: LevelType
    description: str
    schedule: Schedule
    doors: list[str]
    members: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field that the facility added to its persons."""

    id: str
    name: str
    type: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A fingerprint, as sent."""

    index_code: str
    name: str
    data: str
    card_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as configured in HikCentral.

    `begin_time` and `end_time` are kept as they were sent, offset included.
    `face` is a JPEG.
    """

    id: str
    code: str
    given_name: str
    family_name: str
    organisation: str
    begin_time: str
    end_time: str
    gender: int = 0
    phone: str = ""
    email: str = ""
    remark: str = ""
    room: str = ""
    floor: str = ""
    face: bytes | None = None
    face_version: int = 0
    cards: tuple[str, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    custom: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The full name in the order HikCentral shows it (3.3)."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def picture_uri(self) -> str:
        """Address of the face for `picture_data`; empty without a face."""
        return f"Vsm://person/{self.id}/{self.face_version}" if self.face else ""
