"""What is to be told: written with the fact, taken out once it was told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from ..visits.events import VisitEventType
from ..visits.passage import Passage
from .database import Transaction
from .rows import from_row
from .schema import outbox, passages, visits

_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Something to be told: a passage, or something about a visit.

    `count` and `previous` are of passages like this one on the same visit: the how
    manieth it is, and when the one before it was.
    """

    id: int
    visitor_id: str | None
    visit_id: str | None
    occurred_at: datetime
    type: VisitEventType | None = None
    reason: str | None = None
    passage: Passage | None = None
    count: int = 0
    previous: datetime | None = None


def waiting(
    connection: Connection,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    at_most: int = _AT_ONCE,
) -> list[Announcement]:
    """Return the first things to be told, in the order in which they were written.

    Only what happened in [since, before), where these are given.
    """
    query = (
        select(outbox, visits.c.visitor_id)
        .outerjoin(visits, visits.c.id == outbox.c.visit_id)
        .order_by(outbox.c.id)
        .limit(at_most)
    )
    if since is not None:
        query = query.where(outbox.c.occurred_at >= since)
    if before is not None:
        query = query.where(outbox.c.occurred_at < before)
    found = []
    for row in connection.execute(query):
        if row.passage_id is not None:
            found.append(_passage(connection, row.id, row.passage_id))
        elif row.type is not None:
            found.append(
                Announcement(
                    id=row.id,
                    visitor_id=row.visitor_id,
                    visit_id=row.visit_id,
                    occurred_at=row.occurred_at,
                    type=VisitEventType(row.type),
                    reason=row.reason,
                )
            )
    return found


def _passage(connection: Connection, number: int, passage_id: int) -> Announcement:
    passage = from_row(
        Passage,
        connection.execute(select(passages).where(passages.c.id == passage_id))
        .mappings()
        .one(),
    )
    alike = (
        passages.c.visitor_id == passage.visitor_id,
        passages.c.visit_id == passage.visit_id,
        passages.c.direction == passage.direction,
        passages.c.outcome == passage.outcome,
        passages.c.echo.is_(False),
        passages.c.occurred_at <= passage.occurred_at,
        passages.c.id != passage_id,
    )
    earlier = connection.execute(
        select(func.count(), func.max(passages.c.occurred_at)).where(*alike)
    ).one()
    return Announcement(
        id=number,
        visitor_id=passage.visitor_id,
        visit_id=passage.visit_id,
        occurred_at=passage.occurred_at,
        passage=passage,
        count=earlier[0] + 1,
        previous=earlier[1],
    )


def told(transaction: Transaction, numbers: Iterable[int]) -> None:
    """Take out what was told."""
    transaction.connection.execute(delete(outbox).where(outbox.c.id.in_(list(numbers))))
