"""What may be asked at all: each check refuses with a reason for people."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from .policy import Policy
from .record import VisitorRecord
from .visit import Visit

LONGEST_END = datetime.fromisoformat("2037-12-31T23:59:59+00:00")
"""The latest validity end that HikCentral takes (reference 2.3)."""


EARLIEST_START = timedelta(days=366)
"""How long ago a visit may begin: nobody means more than that."""


class CommandRefusedError(Exception):
    """A command cannot be: `key` is a stable, translated reason with placeholders.

    `levels` are the ids of access levels that stand in the way.
    """

    def __init__(
        self, key: str, *, levels: Iterable[str] = (), **placeholders: str
    ) -> None:
        """Remember why."""
        super().__init__(key)
        self.key = key
        self.levels = tuple(levels)
        self.placeholders = placeholders


def names(given: str, family: str) -> tuple[str, str]:
    """Return given and family name; a single one is the given name.

    Raises CommandRefusedError where there is none.
    """
    given, family = given.strip(), family.strip()
    if not given and not family:
        raise CommandRefusedError("name_missing")
    return (given, family) if given else (family, "")


def require_in_service(policy: Policy) -> None:
    """Raise CommandRefusedError where the server is retired: it gives no new access."""
    if policy.retired:
        raise CommandRefusedError("server_retired")


def require_remembered(record: VisitorRecord) -> None:
    """Raise CommandRefusedError for a visitor whose data was erased."""
    if record.visitor.forgotten_at is not None:
        raise CommandRefusedError("visitor_forgotten")


OF_LEVELS = frozenset({"no_access_levels", "level_not_managed"})
"""Why levels are refused."""


def check_levels(levels: frozenset[str], policy: Policy) -> None:
    """Raise CommandRefusedError for no levels, and for any that is not managed."""
    if not levels:
        raise CommandRefusedError("no_access_levels")
    unmanaged = levels - policy.managed_levels
    if unmanaged:
        raise CommandRefusedError("level_not_managed", levels=sorted(unmanaged))


def check_start(start: datetime, now: datetime) -> None:
    """Raise CommandRefusedError for a visit that is said to have begun long ago."""
    if start < now - EARLIEST_START:
        raise CommandRefusedError("start_too_early")


def check_times(start: datetime, end: datetime, now: datetime) -> None:
    """Check a stay's times.

    Raises CommandRefusedError for an end that is not after the start, is over or is too
    late for the server.
    """
    if end <= start:
        raise CommandRefusedError("end_before_start")
    if end <= now:
        raise CommandRefusedError("end_in_past")
    if end > LONGEST_END:
        raise CommandRefusedError("end_too_late", latest=LONGEST_END.isoformat())


def require_not_withdrawn(visit: Visit) -> None:
    """Raise CommandRefusedError for a visit that was revoked, cancelled or ended."""
    if visit.revoked_at is not None:
        raise CommandRefusedError("visit_revoked")
    require_not_over(visit)


def require_not_over(visit: Visit) -> None:
    """Raise CommandRefusedError for a visit that was cancelled or ended."""
    if visit.cancelled_at is not None:
        raise CommandRefusedError("visit_cancelled")
    if visit.ended_at is not None:
        raise CommandRefusedError("visit_ended")


def require_open(visit: Visit) -> None:
    """Raise CommandRefusedError for a visit that is closed."""
    if visit.closed_at is not None:
        raise CommandRefusedError("visit_closed")
