"""What people ask the book for about visits, in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    select,
)

from ..visits.status import Status
from ..visits.view import VisitView, view
from .columns import UNREADABLE
from .loading import load_many
from .pages import called, paged, total
from .records import Moment
from .schema import visits
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
    page = connection.execute(paged(_by_start(chosen), query))
    whose = {row.id: row.visitor_id for row in page}
    return _shown(connection, moment, whose), total(connection, chosen)


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
        closed, before = total(connection, chosen), max(first - len(line), 0)
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
        filters.append(visits.c.visitor_id.in_(called(query.name)))
    return filters
