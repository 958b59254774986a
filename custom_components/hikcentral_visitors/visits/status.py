"""Where a visit stands, in one word: presence outranks trouble."""

from datetime import datetime, timedelta
from enum import StrEnum

from .access import Access, AccessState
from .presence import Presence
from .visit import Visit

DUE = timedelta(hours=24)
"""A visit that begins in this time or sooner is expected; before, it is scheduled."""


class Status(StrEnum):
    """The status of a visit (design, section 8)."""

    SCHEDULED = "scheduled"
    EXPECTED = "expected"
    ARRIVED = "arrived"
    INSIDE = "inside"
    OUTSIDE = "outside"
    GRANTING = "granting"
    REVOKING = "revoking"
    FAILED = "failed"
    CLOSED = "closed"


_OF_PRESENCE = {
    Presence.ARRIVED: Status.ARRIVED,
    Presence.INSIDE: Status.INSIDE,
    Presence.OUTSIDE: Status.OUTSIDE,
}
_OF_ACCESS = {
    AccessState.GRANTING: Status.GRANTING,
    AccessState.PARTIAL: Status.GRANTING,
    AccessState.REVOKING: Status.REVOKING,
    AccessState.REMOVED: Status.REVOKING,
    AccessState.FAILED: Status.FAILED,
}


def status(visit: Visit, presence: Presence, access: Access, now: datetime) -> Status:
    """Return the status; `presence` is what this visit carries of the visitor's."""
    if visit.closed_at is not None:
        return Status.CLOSED
    if presence in _OF_PRESENCE:
        return _OF_PRESENCE[presence]
    if access.state in _OF_ACCESS:
        return _OF_ACCESS[access.state]
    due = visit.window.start - now <= DUE
    return Status.EXPECTED if due else Status.SCHEDULED


def overstaying(visit: Visit, presence: Presence, now: datetime) -> bool:
    """Tell whether he is still inside although the visit is over."""
    over = now >= visit.valid_until or visit.stopped
    return presence is Presence.INSIDE and over and visit.closed_at is None
