"""What is told about a visit, and when it was so."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class VisitEventType(StrEnum):
    """What is told about a visit (`type` of the bus event, design section 8)."""

    SCHEDULED = "scheduled"
    GRANTED = "granted"
    GRANT_FAILED = "grant_failed"
    UPDATED = "updated"
    EXTENDED = "extended"
    REVOKED = "revoked"
    REVOKE_FAILED = "revoke_failed"
    RESTORED = "restored"
    CHECKED_IN = "checked_in"
    CHECKED_OUT = "checked_out"
    CANCELLED = "cancelled"
    ENDING_SOON = "ending_soon"
    EXPIRED = "expired"
    NO_SHOW = "no_show"
    OVERSTAY = "overstay"
    EXIT_WITHOUT_ENTRY = "exit_without_entry"
    REPEATED_DENIAL = "repeated_denial"
    OFF_HOURS = "off_hours"
    CANNOT_LEAVE = "cannot_leave"
    UNJUSTIFIED_ACCESS = "unjustified_access"
    NO_CREDENTIAL = "no_credential"


OF_AN_END = frozenset(
    {
        VisitEventType.REVOKE_FAILED,
        VisitEventType.OVERSTAY,
        VisitEventType.CANNOT_LEAVE,
    }
)
"""What is told once of a visit that is over, and again if it goes on and ends anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEvent:
    """Something about a visit that automations are told."""

    visit_id: str
    type: VisitEventType
    occurred_at: datetime
    reason: str | None = None
