"""What people ask the book for: visits, passages and visitors, in pages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    RowMapping,
    Select,
    Table,
    false,
    func,
    select,
)

from ..visits.passage import Passage
from ..visits.status import Status
from ..visits.view import VisitView, view
from ..visits.visit import Visit, Visitor
from .columns import UNREADABLE
from .passages import place_in_row
from .records import Moment, load_many
from .rows import UnreadableRowError, values, visitor_from_row
from .schema import passages, visitors, visits
from .statements import KEY, VISITOR_OF_VISIT

_SEEN_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitQuery:
    """Which visits: those that overlap [since, until), of a host, a name, a status."""

    status: frozenset[Status] | None = None
    host: str | None = field(default=None, repr=False)
    since: datetime | None = None
    until: datetime | None = None
    visit_id: str | None = None
    name: str | None = field(default=None, repr=False)
    limit: int = 100
    page: int = 1


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
class VisitorQuery:
    """Which visitors, by a part of the name; the newest first."""

    name: str | None = field(default=None, repr=False)
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
    if visitor_id is None:
        return None
    return _views(connection, moment, {visit_id: visitor_id}).get(visit_id)


def _views(
    connection: Connection, moment: Moment, whose: Mapping[str, str]
) -> dict[str, VisitView]:
    """Return these visits as they are seen, but for those that cannot be read.

    `whose` names their visitors. A closed visit is seen beside the open ones only.
    """
    records = load_many(connection, set(whose.values()), with_visits=whose)
    return {
        visit.id: view(visit, shown, moment.policy, moment.now)
        for record in records.values()
        for visit in record.visits
        if visit.id in whose
        for shown in (record.showing(visit.id),)
    }


def find_visits(
    connection: Connection, moment: Moment, query: VisitQuery
) -> tuple[list[VisitView], int]:
    """Return a page of visits by their start, and how many there are in all.

    For questions that `derives` tells apart there are `open_visits` and
    `find_visits_among`.
    """
    chosen = select(visits.c.id, visits.c.visitor_id).where(*_visit_filters(query))
    if query.status == frozenset({Status.CLOSED}):
        chosen = chosen.where(visits.c.closed_at.is_not(None))
    page = connection.execute(_paged(_by_start(chosen), query))
    whose = {row.id: row.visitor_id for row in page}
    return _shown(connection, moment, whose), _total(connection, chosen)


def derives(query: VisitQuery) -> bool:
    """Tell whether a question can only be answered by looking at open visits."""
    return query.status is not None and query.status != {Status.CLOSED}


@dataclass(frozen=True, slots=True, order=True)
class VisitKey:
    """A visit, in the order of the list."""

    valid_from: datetime
    id: str
    visitor_id: str


def open_visits(
    connection: Connection, moment: Moment, query: VisitQuery, after: str = ""
) -> tuple[list[VisitKey], str | None]:
    """Return those of the next open visits that have a status which is asked for.

    Next by their ids, `after` one of them. Also returns after which to ask again, None
    at the end: one portion after the other, so that nobody else who asks waits for all.
    """
    wanted = query.status or frozenset()
    rows = connection.execute(
        select(visits.c.id, visits.c.visitor_id)
        .where(visits.c.closed_at.is_(None), visits.c.id > after)
        .where(*_visit_filters(query))
        .order_by(visits.c.id)
        .limit(_SEEN_AT_ONCE)
    ).all()
    seen = _views(connection, moment, {row.id: row.visitor_id for row in rows})
    found = [
        VisitKey(one.visit.valid_from, one.visit.id, one.visitor.id)
        for one in seen.values()
        if one.status in wanted
    ]
    return found, rows[-1].id if len(rows) == _SEEN_AT_ONCE else None


def find_visits_among(
    connection: Connection,
    moment: Moment,
    query: VisitQuery,
    open_ones: Sequence[VisitKey],
) -> tuple[list[VisitView], int]:
    """Return a page of these and, where closed ones are asked for, all closed visits.

    Of the closed ones only those are read that could be on the page.
    """
    first, line, closed = (query.page - 1) * query.limit, sorted(open_ones), 0
    if query.status is not None and Status.CLOSED in query.status:
        chosen = select(visits.c.id, visits.c.visitor_id, visits.c.valid_from).where(
            visits.c.closed_at.is_not(None), *_visit_filters(query)
        )
        closed, before = _total(connection, chosen), max(first - len(line), 0)
        window = _by_start(chosen).offset(before).limit(first - before + query.limit)
        line = list(merge(line, map(_key, connection.execute(window))))
        first -= before
    whose = {one.id: one.visitor_id for one in line[first : first + query.limit]}
    return _shown(connection, moment, whose), closed + len(open_ones)


def _key(row: Row[Any]) -> VisitKey:
    start = row.valid_from
    last = datetime.max.replace(tzinfo=UTC)
    return VisitKey(last if start is UNREADABLE else start, row.id, row.visitor_id)


def _by_start[S: Select[Any]](chosen: S) -> S:
    return chosen.order_by(visits.c.valid_from, visits.c.id)


def _shown(
    connection: Connection, moment: Moment, whose: Mapping[str, str]
) -> list[VisitView]:
    """Return these visits in this order, but for those that cannot be read."""
    seen = _views(connection, moment, whose)
    return [seen[visit_id] for visit_id in whose if visit_id in seen]


def _visit_filters(query: VisitQuery) -> Sequence[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.host is not None:
        filters.append(visits.c.host == query.host)
    if query.since is not None:
        filters.append(visits.c.valid_until > query.since)
    if query.until is not None:
        filters.append(visits.c.valid_from < query.until)
    if query.visit_id is not None:
        filters.append(visits.c.id == query.visit_id)
    if query.name is not None:
        filters.append(visits.c.visitor_id.in_(_called(query.name)))
    return filters


def _called(part: str) -> Select[Any]:
    """The visitors with this part of a name: found first, for they are the fewest."""
    return select(visitors.c.id).where(_named(part))


def _named(part: str) -> ColumnElement[bool]:
    full = visitors.c.given_name + " " + visitors.c.family_name
    return full.icontains(part.strip(), autoescape=True)


def _paged[S: Select[Any]](
    chosen: S, query: VisitQuery | PassageQuery | VisitorQuery
) -> S:
    return chosen.limit(query.limit).offset((query.page - 1) * query.limit)


def _total(connection: Connection, chosen: Select[Any]) -> int:
    counted = chosen.with_only_columns(func.count(), maintain_column_froms=True)
    return connection.scalar(counted) or 0


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
        chosen = chosen.where(passages.c.visitor_id.in_(_called(query.name)))
    newest = _newest(chosen)
    page = connection.scalars(_paged(newest, query)).all()
    shown = _newest(select(passages).where(passages.c.id.in_(page)))
    rows = connection.execute(shown).mappings().all()
    return list(_passage_rows(connection, rows)), _total(connection, chosen)


def _newest[S: Select[Any]](chosen: S) -> S:
    return chosen.order_by(passages.c.occurred_at.desc(), passages.c.id.desc())


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
