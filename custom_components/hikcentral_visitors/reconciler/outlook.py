"""What there is to do for visitors, worked out in the thread that reads them: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ..ledger.loading import up_to_date
from ..ledger.records import Moment
from ..visits.desired import desired
from ..visits.lifecycle import advance, next_due
from ..visits.operations import Plan
from ..visits.plan import plan
from ..visits.record import VisitorRecord


@dataclass(frozen=True, slots=True)
class Outlook:
    """What may be done for one visitor at once, and when to look at him again.

    `moved` tells that time alone changed him, which is to be stored first.
    """

    moved: bool
    todo: Plan | None
    due: datetime | None


def look_out(
    seen: Mapping[str, VisitorRecord | None], moment: Moment, connection: Connection
) -> dict[str, Outlook]:
    """Return the outlooks of visitors, read where their record is not at hand.

    Unknown ones are left out.
    """
    return {
        visitor_id: outlook(record, moment)
        for visitor_id, record in up_to_date(connection, seen).items()
    }


def outlook(record: VisitorRecord, moment: Moment) -> Outlook:
    """Return what there is to do for a visitor."""
    now, policy = moment.now, moment.policy
    moved = advance(record, policy, now).record != record
    todo = plan(record, desired(record, now, policy), now)
    due = next_due(record, policy, now)
    if not todo.operations:
        return Outlook(moved, None, due)
    if todo.not_before is not None and todo.not_before > now:
        return Outlook(moved, None, min(filter(None, (due, todo.not_before))))
    return Outlook(moved, todo, due)
