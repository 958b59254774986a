"""What follows from visits that were set back to an old copy: pure.

The world moved on without them. What was known of the server is unknown, what was told
since was told, and until somebody has decided nothing is given.
"""

from dataclasses import replace
from datetime import datetime

from .desired import desired
from .events import VisitEventType
from .known import Application, Existence, Progress
from .policy import Policy
from .presence import Presence, whereabouts
from .record import Change, VisitorRecord, tell
from .visit import Visit

_ALL_TOLD = frozenset(VisitEventType)


def restored(record: VisitorRecord, now: datetime) -> VisitorRecord:
    """Return the record as it has to be taken after it came from an old copy.

    Each person is read again, also where the copy says that there is none, and the
    terminals are told again whatever is configured. Of visits that are over by now
    everything was told.
    """
    known = replace(
        record.known,
        existence=Existence.UNKNOWN,
        add_attempted=True,
        absences=0,
        application=Application(progress=Progress.NARROWED),
    )
    visits = tuple(
        replace(visit, announced=visit.announced | _ALL_TOLD)
        if visit.valid_until <= now
        else visit
        for visit in record.visits
    )
    return replace(record, known=known, visits=visits)


def is_given(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> bool:
    """Whether the server holds what the visit asks for, as it was last read."""
    known = record.known
    wish = desired(record, now, replace(policy, giving=False))
    return (
        known.existence is Existence.PRESENT
        and bool(visit.levels)
        and visit.levels <= known.possible_levels & wish.levels
        and wish.window is not None
        and now < wish.window.end
    )


def closed(record: VisitorRecord, policy: Policy, now: datetime) -> Change:
    """End all visits whose access is not given now.

    Whoever is inside is waited for; the others do not come.
    """
    where = whereabouts(record.movements, now, policy.presence_timeout)
    inside = where.presence is Presence.INSIDE
    change = Change(record)
    for visit in record.visits:
        if not visit.live(now) or is_given(visit, record, policy, now):
            continue
        if inside:
            ended = replace(visit, ended_at=now)
            change = change.then(lambda one, ended=ended: Change(one.with_visit(ended)))  # type: ignore[misc]
        else:
            cancelled = replace(visit, cancelled_at=now)
            change = change.then(
                lambda one, cancelled=cancelled: tell(  # type: ignore[misc]
                    one, cancelled, [VisitEventType.CANCELLED], now
                )
            )
    return change
