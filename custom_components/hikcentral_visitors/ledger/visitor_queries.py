"""What people ask the book for about visitors, in pages."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    Connection,
    func,
    select,
)

from ..visits.visit import Visitor
from .columns import UNREADABLE
from .pages import named, paged, readable_visitors, total
from .schema import visitors, visits


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorQuery:
    """Which visitors, by a part of the name; the newest first."""

    name: str | None = field(default=None, repr=False)
    limit: int = 100
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorRow:
    """A visitor, how many of his visits are open, and when the latest ends or ended."""

    visitor: Visitor
    open_visits: int
    last_visit: datetime | None


def find_visitors(
    connection: Connection, query: VisitorQuery
) -> tuple[list[VisitorRow], int]:
    """Return a page of visitors that were not forgotten, and how many there are."""
    chosen = select(visitors).where(visitors.c.forgotten_at.is_(None))
    if query.name is not None:
        chosen = chosen.where(named(query.name))
    newest = chosen.order_by(visitors.c.created_at.desc(), visitors.c.id)
    page = list(readable_visitors(connection.execute(paged(newest, query)).mappings()))
    rows = connection.execute(
        select(
            visits.c.visitor_id,
            func.count().filter(visits.c.closed_at.is_(None)).label("open"),
            func.max(visits.c.valid_until).label("last"),
        )
        .where(visits.c.visitor_id.in_([visitor.id for visitor in page]))
        .group_by(visits.c.visitor_id)
    )
    stays = {row.visitor_id: (row.open, row.last) for row in rows}
    found = []
    for visitor in page:
        open_visits, last = stays.get(visitor.id, (0, None))
        found.append(
            VisitorRow(
                visitor=visitor,
                open_visits=open_visits,
                last_visit=None if last is UNREADABLE else last,
            )
        )
    return found, total(connection, chosen)
