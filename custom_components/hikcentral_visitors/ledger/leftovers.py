"""Whom the server may still let in although it should not."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection

from ..visits.leftover import Leftover
from ..visits.policy import Policy
from ..visits.record import VisitorRecord
from .loading import ids_to_care_for, load_many
from .records import Moment

type Look = Callable[[VisitorRecord, datetime, Policy], Leftover | None]
"""What counts as left of a visitor: `unjustified` or `anything`."""


def find_leftovers(
    connection: Connection,
    moment: Moment,
    look: Look,
    visitor_ids: Iterable[str] | None = None,
) -> dict[str, Leftover]:
    """Return what is left, by visitor: of everybody, or only of these visitors."""
    if visitor_ids is None:
        visitor_ids = ids_to_care_for(connection, moment.now)
    return {
        visitor_id: left
        for visitor_id, record in load_many(connection, visitor_ids).items()
        if (left := look(record, moment.now, moment.policy)) is not None
    }
