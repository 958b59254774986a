"""What people ask the book for about passages, in pages."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    false,
    select,
)

from ..visits.passage import Passage
from ..visits.visit import Visit, Visitor
from .columns import UNREADABLE
from .pages import called, paged, readable_visitors, total
from .passages import place_in_row
from .rows import values
from .schema import passages, visitors, visits


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageQuery:
    """Which passages; newest first."""

    visit_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    name: str | None = field(default=None, repr=False)
    host: str | None = field(default=None, repr=False)
    limit: int = 100
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRow:
    """A passage, whose it was, on which visit, and the how manieth of its kind.

    `previous` is when the one before it was, `recorded_at` when we learnt of it.
    """

    id: int
    passage: Passage
    visitor: Visitor
    visit: Visit | None
    recorded_at: datetime
    count: int
    previous: datetime | None


def find_passages(
    connection: Connection, query: PassageQuery
) -> tuple[list[PassageRow], int]:
    """Return a page of passages, echoes left out, and how many there are in all."""
    chosen = select(passages.c.id, passages.c.occurred_at).where(
        passages.c.echo == false()
    )
    if query.visit_id is not None:
        chosen = chosen.where(passages.c.visit_id == query.visit_id)
    if query.since is not None:
        chosen = chosen.where(passages.c.occurred_at >= query.since)
    if query.until is not None:
        chosen = chosen.where(passages.c.occurred_at < query.until)
    if query.host is not None:
        hosted = select(visits.c.id).where(visits.c.host == query.host)
        chosen = chosen.where(passages.c.visit_id.in_(hosted))
    if query.name is not None:
        chosen = chosen.where(passages.c.visitor_id.in_(called(query.name)))
    newest = _newest(chosen)
    page = connection.scalars(paged(newest, query)).all()
    shown = _newest(select(passages).where(passages.c.id.in_(page)))
    rows = connection.execute(shown).mappings().all()
    return list(_passage_rows(connection, rows)), total(connection, chosen)


def _newest[S: Select[Any]](chosen: S) -> S:
    return chosen.order_by(passages.c.occurred_at.desc(), passages.c.id.desc())


def _passage_rows(
    connection: Connection, rows: Sequence[RowMapping]
) -> Iterator[PassageRow]:
    """Return what a page shows, but for what cannot be read."""
    whose = select(visitors).where(_one_of(visitors, rows, "visitor_id"))
    people = {
        who.id: who for who in readable_visitors(connection.execute(whose).mappings())
    }
    during = select(visits).where(_one_of(visits, rows, "visit_id"))
    stays = {
        stay.id: stay for stay in values(Visit, connection.execute(during).mappings())
    }
    for row in rows:
        for passage in values(Passage, [row]):
            if (visitor := people.get(passage.visitor_id)) is None:
                continue
            recorded = row["recorded_at"]
            count, previous = place_in_row(connection, passage)
            yield PassageRow(
                id=row["id"],
                recorded_at=passage.occurred_at if recorded is UNREADABLE else recorded,
                count=count,
                previous=previous,
                passage=passage,
                visitor=visitor,
                visit=stays.get(passage.visit_id) if passage.visit_id else None,
            )


def _one_of(table: Table, rows: Iterable[RowMapping], name: str) -> ColumnElement[bool]:
    return table.c.id.in_({row[name] for row in rows} - {None, UNREADABLE})


def picture_of_passage(connection: Connection, number: int) -> str | None:
    """Return where the server has the picture of a passage; None where it has none."""
    found = connection.scalar(
        select(passages.c.picture_uri).where(passages.c.id == number)
    )
    return found or None
