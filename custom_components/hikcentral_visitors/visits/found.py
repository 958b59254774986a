"""Persons of ours on the server whom nobody knows: a lost or an older ledger made them.

Nothing justifies what they hold, so it is taken away; but each has a name and a visit
that people can see, and can give back with one word while its time is not over.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .facts import PersonReading, person_read
from .known import Existence, Known
from .plan import open_part
from .profile import photo_digest
from .record import VisitorRecord
from .visit import Outcome, Visit, Visitor
from .window import Window

FOUND = "found_on_server"
"""Why the visit of such a person is revoked, as a stable key."""

_MOMENT = timedelta(seconds=1)
"""How long the visit of somebody was whose validity the server does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPerson:
    """A person who bears one of our codes, as the server shows him.

    `levels` are those that he was seen in, `unread` those of which nobody can tell.
    """

    person_code: str
    reading: PersonReading
    given_name: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    card_no: str = field(default="", repr=False)
    picture_uri: str = field(default="", repr=False)
    levels: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()


def taken_in(
    found: FoundPerson, visitor_id: str, visit_id: str, now: datetime
) -> VisitorRecord:
    """Return him as a visitor whose access is revoked from now on.

    Whose validity is over and who is in no level has a visit that expired then, and is
    forgotten so much later. His picture is on the server only: it is named by where it
    lies.
    """
    window = found.reading.window or Window(now - _MOMENT, now)
    photo = photo_digest(found.picture_uri.encode()) if found.picture_uri else None
    visitor = Visitor(
        id=visitor_id,
        person_code=found.person_code,
        given_name=found.given_name or found.family_name,
        family_name=found.family_name if found.given_name else "",
        phone=found.phone or None,
        email=found.email or None,
        card_no=found.card_no or None,
        photo=photo,
        created_at=min(window.end, now),
    )
    read = person_read(
        Known(existence=Existence.UNKNOWN, add_attempted=True), found.reading, now, None
    )
    known = replace(
        read,
        face=photo,
        members=found.levels,
        unsure=found.unread,
    )
    visit = Visit(
        id=visit_id,
        visitor_id=visitor_id,
        valid_from=window.start,
        valid_until=window.end,
        levels=found.levels,
        created_at=visitor.created_at,
    )
    if open_part(window, now) is None and not known.possible_levels:
        visit = replace(visit, closed_at=window.end, outcome=Outcome.EXPIRED)
    else:
        visit = replace(visit, revoked_at=now, revoked_reason=FOUND)
    return VisitorRecord(visitor=visitor, visits=(visit,), known=known)


def doubt(record: VisitorRecord, levels: frozenset[str]) -> VisitorRecord:
    """Return him with nothing known for sure; he may be in any of these levels."""
    known = record.known
    return replace(
        record,
        known=replace(
            known,
            existence=Existence.UNKNOWN,
            add_attempted=True,
            absences=0,
            unsure=known.unsure | (levels - known.members),
        ),
    )


def undecided(visit: Visit, now: datetime) -> bool:
    """Whether somebody may still want to give such a visit back."""
    return (
        visit.revoked_reason == FOUND
        and visit.revoked_at is not None
        and visit.cancelled_at is None
        and visit.ended_at is None
        and now < visit.valid_until
    )
