"""What people ask the book for: visits, passages and visitors, in pages."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    func,
    select,
)

from ..visits.passage import Passage
from ..visits.record import VisitorRecord
from ..visits.status import Status
from ..visits.view import VisitView, view
from ..visits.visit import Visit, Visitor
from .columns import UNREADABLE
from .passages import place_in_row
from .records import Moment, load, load_many
from .rows import UnreadableRowError, values, visitor_from_row
from .schema import passages, visitors, visits
from .statements import KEY, VISITOR_OF_VISIT


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitQuery:
    """Which visits: those that overlap [since, until), of a host, a name, a status."""

    status: frozenset[Status] | None = None
    host: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    visit_id: str | None = None
    name: str | None = None
    limit: int = 100
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageQuery:
    """Which passages; newest first."""

    visit_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    name: str | None = None
    host: str | None = None
    limit: int = 100
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorQuery:
    """Which visitors, by a part of the name; the newest first."""

    name: str | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorRow:
    """A visitor, how many of his visits are open, and when the latest ends or ended."""

    visitor: Visitor
    open_visits: int
    last_visit: datetime | None


def view_of_visit(
    connection: Connection, moment: Moment, visit_id: str
) -> VisitView | None:
    """Return one visit, open or closed; None where there is none of that id."""
    visitor_id = connection.scalar(VISITOR_OF_VISIT, {KEY: visit_id})
    record = (
        load(connection, visitor_id, with_visit=visit_id)
        if visitor_id is not None
        else None
    )
    return _view(record, visit_id, moment)


def _view(
    record: VisitorRecord | None, visit_id: str, moment: Moment
) -> VisitView | None:
    """Return the visit as it is seen; None for one that cannot be read."""
    if record is None:
        return None
    for visit in record.visits:
        if visit.id == visit_id:
            return view(visit, record, moment.policy, moment.now)
    return None


def find_visits(
    connection: Connection, moment: Moment, query: VisitQuery
) -> tuple[list[VisitView], int]:
    """Return a page of visits by their start, and how many there are in all.

    Only statuses of visits that are not closed are derived, and those are few; closed
    visits are counted and paged by the database.
    """
    chosen = select(visits.c.id, visits.c.visitor_id, visits.c.closed_at).join(
        visitors, visitors.c.id == visits.c.visitor_id
    )
    chosen = chosen.where(*_visit_filters(query))
    order = (visits.c.valid_from, visits.c.id)
    wanted = query.status
    if wanted is None or wanted == {Status.CLOSED}:
        page = connection.execute(_paged(chosen.order_by(*order), query)).all()
        open_ones = {row.visitor_id for row in page if row.closed_at is None}
        records = load_many(connection, open_ones)
        shown = (
            view_of_visit(connection, moment, row.id)
            if row.closed_at is not None
            else _view(records.get(row.visitor_id), row.id, moment)
            for row in page
        )
        return [seen for seen in shown if seen is not None], _total(connection, chosen)
    rows = connection.execute(chosen.order_by(*order)).all()
    records = load_many(
        connection, {row.visitor_id for row in rows if row.closed_at is None}
    )
    matching: list[VisitView | str] = []
    for row in rows:
        if row.closed_at is not None:
            matching.append(row.id)
            continue
        seen = _view(records.get(row.visitor_id), row.id, moment)
        if seen is not None and seen.status in wanted:
            matching.append(seen)
    first = (query.page - 1) * query.limit
    seen_all = (
        item if isinstance(item, VisitView) else view_of_visit(connection, moment, item)
        for item in matching[first : first + query.limit]
    )
    return [seen for seen in seen_all if seen is not None], len(matching)


def _visit_filters(query: VisitQuery) -> Sequence[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.status is not None:
        if query.status == {Status.CLOSED}:
            filters.append(visits.c.closed_at.is_not(None))
        elif Status.CLOSED not in query.status:
            filters.append(visits.c.closed_at.is_(None))
    if query.host is not None:
        filters.append(visits.c.host == query.host)
    if query.since is not None:
        filters.append(visits.c.valid_until > query.since)
    if query.until is not None:
        filters.append(visits.c.valid_from < query.until)
    if query.visit_id is not None:
        filters.append(visits.c.id == query.visit_id)
    if query.name is not None:
        filters.append(_named(query.name))
    return filters


def _named(part: str) -> ColumnElement[bool]:
    full = visitors.c.given_name + " " + visitors.c.family_name
    return full.icontains(part.strip(), autoescape=True)


def _paged[S: Select[Any]](
    chosen: S, query: VisitQuery | PassageQuery | VisitorQuery
) -> S:
    return chosen.limit(query.limit).offset((query.page - 1) * query.limit)


def _total(connection: Connection, chosen: Select[Any]) -> int:
    return connection.scalar(select(func.count()).select_from(chosen.subquery())) or 0


def find_passages(
    connection: Connection, query: PassageQuery
) -> tuple[list[PassageRow], int]:
    """Return a page of passages, echoes left out, and how many there are in all."""
    chosen = (
        select(passages)
        .join(visitors, visitors.c.id == passages.c.visitor_id)
        .outerjoin(visits, visits.c.id == passages.c.visit_id)
        .where(passages.c.echo.is_(False))
    )
    if query.visit_id is not None:
        chosen = chosen.where(passages.c.visit_id == query.visit_id)
    if query.since is not None:
        chosen = chosen.where(passages.c.occurred_at >= query.since)
    if query.until is not None:
        chosen = chosen.where(passages.c.occurred_at < query.until)
    if query.host is not None:
        chosen = chosen.where(visits.c.host == query.host)
    if query.name is not None:
        chosen = chosen.where(_named(query.name))
    newest = chosen.order_by(passages.c.occurred_at.desc(), passages.c.id.desc())
    rows = connection.execute(_paged(newest, query)).mappings().all()
    return list(_passage_rows(connection, rows)), _total(connection, chosen)


def _passage_rows(
    connection: Connection, rows: Sequence[RowMapping]
) -> Iterator[PassageRow]:
    """Return what a page shows, but for what cannot be read."""
    whose = select(visitors).where(_one_of(visitors, rows, "visitor_id"))
    people = {who.id: who for who in _visitors(connection.execute(whose).mappings())}
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


def _visitors(rows: Iterable[RowMapping]) -> Iterator[Visitor]:
    """Return all visitors of whom enough can be read."""
    for row in rows:
        with suppress(UnreadableRowError):
            yield visitor_from_row(row)


def picture_of_passage(connection: Connection, number: int) -> str | None:
    """Return where the server has the picture of a passage; None where it has none."""
    found = connection.scalar(
        select(passages.c.picture_uri).where(passages.c.id == number)
    )
    return found or None


def find_visitors(
    connection: Connection, query: VisitorQuery
) -> tuple[list[VisitorRow], int]:
    """Return a page of visitors that were not forgotten, and how many there are."""
    chosen = select(visitors).where(visitors.c.forgotten_at.is_(None))
    if query.name is not None:
        chosen = chosen.where(_named(query.name))
    newest = chosen.order_by(visitors.c.created_at.desc(), visitors.c.id)
    page = list(_visitors(connection.execute(_paged(newest, query)).mappings()))
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
    return found, _total(connection, chosen)
