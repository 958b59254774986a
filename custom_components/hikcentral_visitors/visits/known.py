"""What HikCentral was last read or confirmed to hold of one visitor.

Never what we hoped: before a call its facts are committed as unknown, and only an
answer sets them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .window import Window


class Existence(StrEnum):
    """Whether the person is on the server."""

    ABSENT = "absent"
    PRESENT = "present"
    UNKNOWN = "unknown"


class Progress(StrEnum):
    """How far the configured access has come to the terminals."""

    SETTLED = "settled"
    """Nothing of ours was ever to be applied, or a person that is gone."""
    STALE = "stale"
    """Changed since the last accepted reapplication, or that call's outcome unknown."""
    NARROWED = "narrowed"
    """The same, and something was taken away: the terminals are told of it first."""
    PENDING = "pending"
    """Reapplication accepted, the terminals have not confirmed."""
    APPLIED = "applied"
    FAILED = "failed"
    UNVERIFIABLE = "unverifiable"
    """This server does not answer application checks; terminals are told again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What is known of the terminals; doors are counted, failed ones named by id.

    `retries` is how often they were told again, `next_check` when they are asked next,
    or told again.
    """

    progress: Progress = Progress.SETTLED
    requested_at: datetime | None = None
    checks: int = 0
    failures: int = 0
    retries: int = 0
    next_check: datetime | None = None
    doors_ready: int = 0
    doors_total: int = 0
    failed_doors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How often one direction, giving or taking away, failed in a row, and why.

    `refused_for` is the wish that the server refused for good: it is not repeated until
    the wish changes or somebody asks for it.
    """

    failures: int = 0
    refusals: int = 0
    next_attempt: datetime | None = None
    reason: str | None = None
    refused_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """Persons of a visitor who are gone, by whose `ids` terminals may know him.

    `told` is how often the terminals were told, `failures` how often in a row that
    failed, and `due` when they are told next, at once if not given.
    """

    ids: frozenset[str] = frozenset()
    told: int = 0
    failures: int = 0
    due: datetime | None = None

    @property
    def untold(self) -> bool:
        """Whether terminals may know him by these ids and were not told yet."""
        return bool(self.ids) and not self.told


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The facts about one visitor's person on the server.

    `members` are the levels he is confirmed to be in, `unsure` those that a call
    without a known outcome concerned. `profile` and `face` are digests of what was
    confirmed, None where unknown or never sent; `face_updated` tells a face that was
    sent by itself from one that went with the person, and `face_lost` that nobody has
    the picture `face_refused` any more. `proven_at` is when the person id
    was last seen to belong to our person code. `refused_levels` are those that he was
    not taken into, when the wish that `widening` names was refused; the rest of it is
    given all the same.
    """

    person_id: str | None = None
    existence: Existence = Existence.ABSENT
    add_attempted: bool = False
    absences: int = 0
    proven_at: datetime | None = None
    window: Window | None = None
    window_known: bool = True
    profile: str | None = None
    face: str | None = None
    face_updated: bool = False
    face_refused: str | None = None
    face_lost: bool = False
    members: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    refused_levels: frozenset[str] = frozenset()
    application: Application = Application()
    former: Former = Former()
    widening: Effort = Effort()
    narrowing: Effort = Effort()

    @property
    def possible_levels(self) -> frozenset[str]:
        """Every level he is in or may be in."""
        return self.members | self.unsure

    @property
    def nothing_left(self) -> bool:
        """Whether the server holds nothing of him, and its terminals were told so."""
        return self.existence is Existence.ABSENT and not self.former.untold


UNSETTLED = frozenset(
    {Progress.STALE, Progress.NARROWED, Progress.PENDING, Progress.FAILED}
)
"""The terminals may hold something else than what is configured."""

NOTHING = Known()
"""What is known of somebody who was never sent to the server."""
