"""Rows from values and values from rows, by the names of fields and columns.

A row that cannot be what was written harms itself only: a visit that is not there
justifies nothing, so what it gave is taken away; facts that are not there are read back
from the server; and of a visitor his person code is enough.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping

from ..visits.known import Application, Effort, Existence, Former, Known
from ..visits.passage import Passage
from ..visits.visit import Visit, Visitor
from ..visits.window import Window
from .columns import EPOCH, UNREADABLE
from .schema import known as known_table, passages, visitors, visits

_REQUIRED = {
    kind: frozenset(column.name for column in table.columns if not column.nullable)
    for kind, table in (
        (Visitor, visitors),
        (Visit, visits),
        (Passage, passages),
        (Known, known_table),
    )
}

_FIELDS = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (Visitor, Visit, Passage)
}
_FACTS = [column.name for column in known_table.columns if not column.primary_key]
_NESTED = {
    "application": Application,
    "former": Former,
    "widening": Effort,
    "narrowing": Effort,
}
_PARTS = {
    name: (kind, [(part.name, f"{name}_{part.name}") for part in fields(kind)])
    for name, kind in _NESTED.items()
}
"""The columns of what is nested, by the names of its fields."""
_PLAIN = [
    field.name for field in fields(Known) if field.name not in {*_NESTED, "window"}
]
_SHARED: Mapping[Application | Former | Effort, Any] = {
    part: part for part in (Application(), Former(), Effort())
}
"""Those of most visitors, and so kept once."""


def to_row(value: Visitor | Visit | Passage) -> dict[str, Any]:
    """Return the columns of a value whose fields are all columns."""
    return {name: getattr(value, name) for name in _FIELDS[type(value)]}


class UnreadableRowError(Exception):
    """A row cannot be what was written."""


def from_row[T: (Visitor, Visit, Passage)](kind: type[T], row: RowMapping) -> T:
    """Return the value of a row; other columns of the row are passed over.

    Raises UnreadableRowError.
    """
    names = _FIELDS[kind]
    _require(kind, row, names)
    if kind is Visit and row["valid_from"] >= row["valid_until"]:
        raise UnreadableRowError("valid_until")
    return kind(**{name: row[name] for name in names})


def values[T: (Visitor, Visit, Passage)](
    kind: type[T], rows: Iterable[RowMapping]
) -> Iterator[T]:
    """Return the values of all rows that can be read."""
    for row in rows:
        try:
            yield from_row(kind, row)
        except UnreadableRowError:
            continue


def visitor_from_row(row: RowMapping) -> Visitor:
    """Return a visitor, with as much of him as can be read.

    Raises UnreadableRowError where not even his person code can: whoever bears it on
    the server is found there.
    """
    try:
        return from_row(Visitor, row)
    except UnreadableRowError:
        _require(Visitor, row, ["id", "person_code"])
    readable: dict[str, Any] = {"given_name": "", "created_at": EPOCH}
    readable |= {
        field.name: row[field.name]
        for field in fields(Visitor)
        if row[field.name] is not UNREADABLE and row[field.name] is not None
    }
    if row["forgotten_at"] is UNREADABLE:
        readable["forgotten_at"] = EPOCH
    return Visitor(**readable)


def _require(
    kind: type[Visitor | Visit | Passage | Known],
    row: Mapping[Any, Any],
    names: Iterable[str],
) -> None:
    required = _REQUIRED[kind]
    for name in names:
        value = row[name]
        if value is UNREADABLE or (value is None and name in required):
            raise UnreadableRowError(name)


def known_to_row(known: Known) -> dict[str, Any]:
    """Return the columns of what is known of a visitor, but for whose it is."""
    row: dict[str, Any] = {
        "window_start": known.window.start if known.window else None,
        "window_end": known.window.end if known.window else None,
        **{name: getattr(known, name) for name in _PLAIN},
    }
    for name, (_, parts) in _PARTS.items():
        nested = getattr(known, name)
        row |= {column: getattr(nested, part) for part, column in parts}
    return row


DOUBTED = Known(existence=Existence.UNKNOWN, add_attempted=True)
"""What is known where nothing is: the server is asked, by the person code."""


def known_from_row(row: RowMapping) -> Known:
    """Return what is known, from a row of the table of that name."""
    try:
        return _known_from_row(row)
    except UnreadableRowError:
        return DOUBTED


def _known_from_row(row: RowMapping) -> Known:
    _require(Known, row, _FACTS)
    start, end = row["window_start"], row["window_end"]
    if start is not None and end is not None and start >= end:
        raise UnreadableRowError("window")
    window = Window(start, end) if start is not None and end is not None else None
    facts: dict[str, Any] = {"window": window, **{name: row[name] for name in _PLAIN}}
    for name, (kind, parts) in _PARTS.items():
        nested = kind(**{part: row[column] for part, column in parts})
        facts[name] = _SHARED.get(nested, nested)
    return Known(**facts)
