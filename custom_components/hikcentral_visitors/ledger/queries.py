"""What people ask the book for: visits, passages and visitors, in pages."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from ..visits.passage import Passage
from ..visits.record import VisitorRecord
from ..visits.status import Status
from ..visits.view import VisitView, view
from ..visits.visit import Visit, Visitor
from .columns import UNREADABLE
from .passages import place_in_row
from .records import Moment, load, load_many
from .rows import UnreadableRowError, from_row, values, visitor_from_row
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
    if record is None:
        return None
    return _view(record, visit_id, moment)


def _view(record: VisitorRecord, visit_id: str, moment: Moment) -> VisitView | None:
    """Return the visit as it is seen; None for one that cannot be read."""
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
        found = [
            seen
            for row in page
            if (seen := view_of_visit(connection, moment, row.id)) is not None
        ]
        return found, _total(connection, chosen)
    rows = connection.execute(chosen.order_by(*order)).all()
    records = load_many(
        connection, {row.visitor_id for row in rows if row.closed_at is None}
    )
    matching: list[VisitView | str] = []
    for row in rows:
        if row.closed_at is not None:
            matching.append(row.id)
            continue
        record = records.get(row.visitor_id)
        seen = _view(record, row.id, moment) if record else None
        if seen is not None and seen.status in wanted:
            matching.append(seen)
    first = (query.page - 1) * query.limit
    shown = matching[first : first + query.limit]
    seen_all = (
        item if isinstance(item, VisitView) else view_of_visit(connection, moment, item)
        for item in shown
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
        select(passages.c.id)
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
    found = []
    for number in connection.scalars(_paged(newest, query)).all():
        with suppress(UnreadableRowError):
            found.append(_passage_row(connection, number))
    return found, _total(connection, chosen)


def _passage_row(connection: Connection, number: int) -> PassageRow:
    query = select(passages).where(passages.c.id == number)
    row = connection.execute(query).mappings().one()
    passage = from_row(Passage, row)
    recorded = row["recorded_at"]
    count, previous = place_in_row(connection, passage)
    who = connection.execute(
        select(visitors).where(visitors.c.id == passage.visitor_id)
    )
    stay = connection.execute(select(visits).where(visits.c.id == passage.visit_id))
    return PassageRow(
        id=number,
        recorded_at=passage.occurred_at if recorded is UNREADABLE else recorded,
        count=count,
        previous=previous,
        passage=passage,
        visitor=visitor_from_row(who.mappings().one()),
        visit=next(values(Visit, stay.mappings()), None),
    )


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
    found = []
    for row in connection.execute(_paged(newest, query)).mappings().all():
        stays = connection.execute(
            select(
                func.count().filter(visits.c.closed_at.is_(None)),
                func.max(visits.c.valid_until),
            ).where(visits.c.visitor_id == row["id"])
        ).one()
        with suppress(UnreadableRowError):
            found.append(
                VisitorRow(
                    visitor=visitor_from_row(row),
                    open_visits=stays[0],
                    last_visit=None if stays[1] is UNREADABLE else stays[1],
                )
            )
    return found, _total(connection, chosen)
