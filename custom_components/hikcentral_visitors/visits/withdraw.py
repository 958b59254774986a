"""Taking back all that was given, as when a server is retired or removed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from .commands import cancel, revoke
from .movements import presence_of
from .policy import Policy
from .presence import Presence
from .record import Change, VisitorRecord
from .visit import Visit


def withdraw(record: VisitorRecord, policy: Policy, now: datetime) -> Change:
    """Take back all that was given to a visitor: no door is to let him in any more.

    Visits that have not begun are cancelled, those that go on are revoked. What of it
    waits for its next attempt is tried at once.
    """
    known = record.known
    change = Change(
        replace(
            record,
            known=replace(
                known,
                narrowing=replace(known.narrowing, next_attempt=None),
                application=replace(known.application, next_check=None),
            ),
        )
    )
    for visit in record.visits:
        if visit.live(now):
            change = change.then(_withdrawal(visit, policy, now))
    return change


def _withdrawal(
    visit: Visit, policy: Policy, now: datetime
) -> Callable[[VisitorRecord], Change]:
    def apply(record: VisitorRecord) -> Change:
        presence = presence_of(visit, record, policy, now).presence
        if now < visit.window.start and presence is not Presence.INSIDE:
            return cancel(record, visit.id, policy, now)
        return revoke(record, visit.id, now)

    return apply
