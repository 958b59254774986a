"""The values of the domain: a visitor, his visits, and what was asked by whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from .window import Window


class VisitorType(StrEnum):
    """What kind of visitor somebody is."""

    GUEST = "guest"
    CONTRACTOR = "contractor"
    STUDENT = "student"
    VIP = "vip"


class EntryMode(StrEnum):
    """Whether leaving ends the visit."""

    MULTIPLE = "multiple"
    SINGLE = "single"


class Outcome(StrEnum):
    """How a closed visit ended."""

    LEFT = "left"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    REVOKED = "revoked"
    EXPIRED = "expired"


class ActorKind(StrEnum):
    """Who asks for a change."""

    USER = "user"
    AUTOMATION = "automation"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever was allowed to ask for a change; the journal keeps these ids, no name."""

    kind: ActorKind
    user_id: str | None = None
    context_id: str | None = None


SYSTEM = Actor(kind=ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A human who visits; one HikCentral person stands for him.

    `card_no` is a credential: it is sent to HikCentral and shown nowhere. `photo` is
    the digest of his picture; the picture itself lies in the ledger. A phone, email or
    card of "" was taken away, so HikCentral must not hold one; None was never given,
    and whatever HikCentral holds is left alone.
    """

    id: str
    person_code: str
    given_name: str = field(repr=False)
    family_name: str = field(default="", repr=False)
    company: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    card_no: str | None = field(default=None, repr=False)
    photo: str | None = None
    created_at: datetime
    forgotten_at: datetime | None = None

    @property
    def name(self) -> str:
        """The name as HikCentral writes it: given name first (reference 3.3)."""
        return f"{self.given_name} {self.family_name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One stay: when, through which access levels, to whom, and how it ended.

    `announced` holds the events that are told once and were told already.
    `left_at` is when he left, where that ended it, and may turn out not to have.
    `reference_digest` is the content that a `reference` stands for.
    """

    id: str
    visitor_id: str
    valid_from: datetime
    valid_until: datetime
    early_arrival: timedelta = timedelta()
    entry_mode: EntryMode = EntryMode.MULTIPLE
    levels: frozenset[str] = frozenset()
    visitor_type: VisitorType = VisitorType.GUEST
    host: str | None = field(default=None, repr=False)
    notify: tuple[str, ...] = field(default=(), repr=False)
    purpose: str | None = field(default=None, repr=False)
    vehicle_plate: str | None = field(default=None, repr=False)
    note: str | None = field(default=None, repr=False)
    reference: str | None = field(default=None, repr=False)
    reference_digest: str | None = None
    created_at: datetime
    revoked_at: datetime | None = None
    revoked_reason: str | None = field(default=None, repr=False)
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    left_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    announced: frozenset[str] = frozenset()

    @property
    def window(self) -> Window:
        """When the doors may open: the stay and the early arrival before it."""
        return Window(self.valid_from - self.early_arrival, self.valid_until)

    @property
    def stops(self) -> tuple[datetime, ...]:
        """When somebody or something ended it."""
        stops = (self.revoked_at, self.cancelled_at, self.ended_at, self.closed_at)
        return tuple(stop for stop in stops if stop is not None)

    @property
    def stopped(self) -> bool:
        """Whether somebody or something ended it before its time."""
        return bool(self.stops)

    @property
    def over_at(self) -> datetime:
        """When it is over: at its end, unless it was stopped before."""
        return min((self.valid_until, *self.stops))

    def live(self, now: datetime) -> bool:
        """Tell whether it justifies access, at `now` or later."""
        return not self.stopped and now < self.valid_until


WIPED: Final[Mapping[str, Any]] = {
    "host": None,
    "notify": (),
    "purpose": None,
    "vehicle_plate": None,
    "note": None,
    "reference": None,
    "reference_digest": None,
    "revoked_reason": None,
}
"""What of a visit may say who came, as it is once the visitor is forgotten."""
