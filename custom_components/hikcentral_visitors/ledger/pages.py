"""What lists of people, visits and passages share: names, pages, and how many."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    func,
    select,
)

from ..visits.visit import Visitor
from .rows import UnreadableRowError, visitor_from_row
from .schema import visitors


class Paging(Protocol):
    """A question that is answered by pages, numbered from 1."""

    @property
    def limit(self) -> int:
        """How many on a page."""

    @property
    def page(self) -> int:
        """Which page."""


def called(part: str) -> Select[Any]:
    """The ids of visitors with this part of a name: found first, for they are few."""
    return select(visitors.c.id).where(named(part))


def named(part: str) -> ColumnElement[bool]:
    """Whether a visitor has this part of a name, in any case."""
    full = visitors.c.given_name + " " + visitors.c.family_name
    return full.icontains(part.strip(), autoescape=True)


def paged[S: Select[Any]](chosen: S, query: Paging) -> S:
    """Return the part of a list that is on a page."""
    return chosen.limit(query.limit).offset((query.page - 1) * query.limit)


def total(connection: Connection, chosen: Select[Any]) -> int:
    """Return how many there are on all pages."""
    counted = chosen.with_only_columns(func.count(), maintain_column_froms=True)
    return connection.scalar(counted) or 0


def readable_visitors(rows: Iterable[RowMapping]) -> Iterator[Visitor]:
    """Return all visitors of whom enough can be read."""
    for row in rows:
        with suppress(UnreadableRowError):
            yield visitor_from_row(row)
