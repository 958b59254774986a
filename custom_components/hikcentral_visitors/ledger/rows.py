"""Rows from values and values from rows, by the names of fields and columns."""

from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping

from ..visits.known import Application, Effort, Known
from ..visits.passage import Passage
from ..visits.visit import Visit, Visitor
from ..visits.window import Window

_NESTED = {"application": Application, "widening": Effort, "narrowing": Effort}


def to_row(value: Visitor | Visit | Passage) -> dict[str, Any]:
    """Return the columns of a value whose fields are all columns."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def from_row[T](kind: type[T], row: RowMapping) -> T:
    """Return the value of a row; other columns of the row are passed over."""
    names = (field.name for field in fields(kind))  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in names})


def known_to_row(known: Known) -> dict[str, Any]:
    """Return the columns of what is known of a visitor, but for whose it is."""
    row: dict[str, Any] = {
        "window_start": known.window.start if known.window else None,
        "window_end": known.window.end if known.window else None,
    }
    for field in fields(known):
        value = getattr(known, field.name)
        if field.name in _NESTED:
            row |= {
                f"{field.name}_{part.name}": getattr(value, part.name)
                for part in fields(value)
            }
        elif field.name != "window":
            row[field.name] = value
    return row


def known_from_row(row: RowMapping) -> Known:
    """Return what is known, from a row of the table of that name."""
    start, end = row["window_start"], row["window_end"]
    values: dict[str, Any] = {
        "window": Window(start, end) if start is not None and end is not None else None
    }
    for field in fields(Known):
        if (kind := _NESTED.get(field.name)) is not None:
            values[field.name] = kind(
                **{part.name: row[f"{field.name}_{part.name}"] for part in fields(kind)}
            )
        elif field.name != "window":
            values[field.name] = row[field.name]
    return Known(**values)
