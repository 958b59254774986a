"""What is to be told: written with the fact, taken out once it was told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from ..visits.events import VisitEventType
from ..visits.passage import Passage
from .columns import EPOCH, UNREADABLE
from .passages import place_in_row
from .rows import values
from .schema import outbox, passages, visits
from .transaction import Transaction

_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Something to be told: a passage, or something about a visit, or nothing at all.

    `count` and `previous` are of passages like this one on the same visit: the how
    manieth it is, and when the one before it was.
    """

    id: int
    visitor_id: str | None = None
    visit_id: str | None = None
    occurred_at: datetime = EPOCH
    type: VisitEventType | None = None
    reason: str | None = None
    passage: Passage | None = None
    count: int = 0
    previous: datetime | None = None


def newest(connection: Connection) -> int:
    """Return the number of what was written last; 0 where nothing waits."""
    return connection.scalar(select(func.max(outbox.c.id))) or 0


def waiting(
    connection: Connection,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    until: int | None = None,
    at_most: int = _AT_ONCE,
) -> list[Announcement]:
    """Return the first things to be told, in the order in which they were written.

    Nothing numbered after `until`, and only what happened in [since, before), where
    these are given.
    """
    query = (
        select(outbox, visits.c.visitor_id)
        .outerjoin(visits, visits.c.id == outbox.c.visit_id)
        .order_by(outbox.c.id)
        .limit(at_most)
    )
    if until is not None:
        query = query.where(outbox.c.id <= until)
    if since is not None:
        query = query.where(outbox.c.occurred_at >= since)
    if before is not None:
        query = query.where(outbox.c.occurred_at < before)
    return [_announcement(connection, row) for row in connection.execute(query)]


def _announcement(connection: Connection, row: Row[Any]) -> Announcement:
    """Return what is to be told; nothing where that cannot be read."""
    if row.passage_id is not None:
        found = connection.execute(
            select(passages).where(passages.c.id == row.passage_id)
        )
        for passage in values(Passage, found.mappings()):
            return _passage(connection, row.id, passage)
    elif row.type in set(VisitEventType) and UNREADABLE not in row:
        return Announcement(
            id=row.id,
            visitor_id=row.visitor_id,
            visit_id=row.visit_id,
            occurred_at=row.occurred_at,
            type=VisitEventType(row.type),
            reason=row.reason,
        )
    return Announcement(id=row.id)


def _passage(connection: Connection, number: int, passage: Passage) -> Announcement:
    count, previous = place_in_row(connection, passage)
    return Announcement(
        id=number,
        visitor_id=passage.visitor_id,
        visit_id=passage.visit_id,
        occurred_at=passage.occurred_at,
        passage=passage,
        count=count,
        previous=previous,
    )


def told(transaction: Transaction, numbers: Iterable[int]) -> None:
    """Take out what was told."""
    transaction.connection.execute(delete(outbox).where(outbox.c.id.in_(list(numbers))))
