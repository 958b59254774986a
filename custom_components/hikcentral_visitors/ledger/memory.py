"""Small things to remember: how far was polled, who holds a place, names of doors."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from .columns import UNREADABLE
from .schema import cursors, day_totals as totals_of_days, meta, places
from .transaction import Transaction


def cursor(connection: Connection, event_type: int, doors: str) -> datetime | None:
    """Return until when all events of a type at a group of doors were committed."""
    return _readable(
        connection.scalar(
            select(cursors.c.until).where(
                cursors.c.event_type == event_type, cursors.c.doors == doors
            )
        )
    )


def oldest_cursor(connection: Connection, event_type: int) -> datetime | None:
    """Return the earliest cursor of a type, for doors that were grouped anew."""
    return _readable(
        connection.scalar(
            select(func.min(cursors.c.until)).where(cursors.c.event_type == event_type)
        )
    )


def _readable(instant: datetime | None) -> datetime | None:
    return None if instant is UNREADABLE else instant


def move_cursor(
    transaction: Transaction, event_type: int, doors: str, until: datetime
) -> None:
    """Remember that everything before `until` was committed."""
    key = (cursors.c.event_type == event_type) & (cursors.c.doors == doors)
    connection = transaction.connection
    if connection.execute(cursors.update().where(key).values(until=until)).rowcount:
        return
    connection.execute(
        cursors.insert().values(event_type=event_type, doors=doors, until=until)
    )


def forget_cursors(transaction: Transaction, doors: Collection[str]) -> None:
    """Forget how far other groups of doors than these were read."""
    transaction.connection.execute(
        delete(cursors).where(cursors.c.doors.not_in(list(doors)))
    )


def day_totals(connection: Connection) -> dict[tuple[int, str, datetime], int]:
    """Return how many events days had: by type, doors, and the day's beginning."""
    return {
        (row.event_type, row.doors, row.day): row.total
        for row in connection.execute(select(totals_of_days))
    }


def keep_day_total(
    transaction: Transaction, event_type: int, doors: str, day: datetime, total: int
) -> None:
    """Remember how many events of a day were looked at."""
    table = totals_of_days
    key = (
        (table.c.event_type == event_type)
        & (table.c.doors == doors)
        & (table.c.day == day)
    )
    connection = transaction.connection
    if connection.execute(table.update().where(key).values(total=total)).rowcount:
        return
    connection.execute(
        table.insert().values(event_type=event_type, doors=doors, day=day, total=total)
    )


def forget_day_totals(
    transaction: Transaction, doors: Collection[str], before: datetime
) -> None:
    """Forget days before then, and those of other groups of doors."""
    table = totals_of_days
    transaction.connection.execute(
        delete(table).where((table.c.day < before) | table.c.doors.not_in(list(doors)))
    )


def held_places(connection: Connection) -> dict[int, str]:
    """Return which visit holds which place."""
    return {
        row.number: row.visit_id
        for row in connection.execute(select(places))
        if row.visit_id is not UNREADABLE
    }


def hold_places(transaction: Transaction, held: Mapping[int, str]) -> None:
    """Remember which visit holds which place."""
    transaction.connection.execute(delete(places))
    if held:
        transaction.connection.execute(
            places.insert(),
            [{"number": number, "visit_id": visit} for number, visit in held.items()],
        )


def recall(connection: Connection, key: str) -> Any:
    """Return what was remembered under a key, None where nothing readable was."""
    return connection.scalar(select(meta.c.value).where(meta.c.key == key))


def recall_texts(connection: Connection, key: str) -> list[str]:
    """Return the texts that were remembered under a key as a list."""
    return texts(recall(connection, key))


def texts(stored: Any) -> list[str]:
    """Return the texts of whatever was stored."""
    listed = stored if isinstance(stored, list) else []
    return [one for one in listed if isinstance(one, str)]


def instant(stored: Any) -> datetime | None:
    """Return the instant that was stored as text with its offset, else None."""
    try:
        found = datetime.fromisoformat(stored)
        return found.astimezone(UTC) if found.tzinfo else None
    except OverflowError, TypeError, ValueError:
        return None


def remember(transaction: Transaction, key: str, value: Any) -> None:
    """Keep a JSON value under a key."""
    connection = transaction.connection
    if connection.execute(
        meta.update().where(meta.c.key == key).values(value=value)
    ).rowcount:
        return
    connection.execute(meta.insert().values(key=key, value=value))
