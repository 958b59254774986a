"""What is asked of the visit book, and what became of it, as values."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
import hashlib
import json

from ..visits.profile import photo_digest
from ..visits.update import VisitChanges, VisitorChanges
from ..visits.visit import EntryMode, VisitorType


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRequest:
    """Who is to be let in, when and where.

    `visitor_id` names somebody who was here before; what is given of him anew replaces
    what was known. Without `valid_from` the visit begins now; it ends at `valid_until`,
    or `duration` after its beginning. `levels` are ids of managed levels. `photo` is a
    JPEG of at most 500 × 500. `reference` makes the request idempotent.
    """

    visitor_id: str | None = None
    given_name: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    company: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    card_no: str | None = field(default=None, repr=False)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    duration: timedelta | None = None
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
    photo: bytes | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        """A name for the content; two requests for "from now on" have the same."""
        content = asdict(self)
        content["photo"] = photo_digest(self.photo) if self.photo else None
        content["levels"] = sorted(self.levels)
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a request; `warnings` are stable keys."""

    visit_id: str
    visitor_id: str
    created: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRequest:
    """What shall be different about a visit and its visitor; the rest stays.

    `photo` is a JPEG of at most 500 × 500, whose digest `visitor` holds.
    """

    visit: VisitChanges = field(default_factory=VisitChanges, repr=False)
    visitor: VisitorChanges = field(default_factory=VisitorChanges, repr=False)
    photo: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What became of somebody who was to be forgotten.

    `ended` are the visits that ended with it; `inside` tells that he is still counted
    until he is out, `gone` that HikCentral and its doors hold nothing of him.
    """

    visitor_id: str
    ended: tuple[str, ...]
    inside: bool
    gone: bool
