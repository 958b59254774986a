"""A visit as people see it: everything about it, derived at one instant."""

from dataclasses import dataclass
from datetime import datetime

from .access import Access, access
from .lifecycle import credentials, overstays
from .movements import presence_of
from .policy import Policy
from .presence import Presence, Whereabouts
from .record import VisitorRecord
from .status import Status, status
from .visit import Visit, Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """One visit with what is derived of it; `credentials` are kinds, never values.

    `face_lost` tells that his picture is not in HikCentral, and nobody has it any more.
    """

    visitor: Visitor
    visit: Visit
    status: Status
    access: Access
    whereabouts: Whereabouts
    overstaying: bool
    credentials: tuple[str, ...]
    person_id: str | None
    face_lost: bool = False

    @property
    def inside(self) -> bool | None:
        """Whether he is inside; None where nobody can tell."""
        if self.whereabouts.presence is Presence.UNKNOWN:
            return None
        return self.whereabouts.presence is Presence.INSIDE


def view(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> VisitView:
    """Return one of the record's visits as it is seen at `now`."""
    where = presence_of(visit, record, policy, now)
    held = access(visit, record, policy, now)
    return VisitView(
        visitor=record.visitor,
        visit=visit,
        status=status(visit, where.presence, held, now),
        access=held,
        whereabouts=where,
        overstaying=overstays(visit, record, policy, now),
        credentials=credentials(record),
        person_id=record.known.person_id,
        face_lost=_face_lost(record),
    )


def _face_lost(record: VisitorRecord) -> bool:
    known, picture = record.known, record.visitor.photo
    return known.face_lost and picture is not None and picture == known.face_refused


def views(
    record: VisitorRecord, policy: Policy, now: datetime
) -> tuple[VisitView, ...]:
    """Return all visits of the record as they are seen at `now`."""
    return tuple(view(visit, record, policy, now) for visit in record.visits)
