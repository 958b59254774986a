"""Totals that survive restarts."""

from sqlalchemy import Connection, select

from .columns import UNREADABLE
from .database import Transaction
from .schema import counters


def count(transaction: Transaction, key: str, by: int = 1) -> None:
    """Add to a total."""
    connection = transaction.connection
    counted = connection.execute(
        counters.update()
        .where(counters.c.key == key)
        .values(value=counters.c.value + by)
    )
    if counted.rowcount == 0:
        connection.execute(counters.insert().values(key=key, value=by))


def totals(connection: Connection) -> dict[str, int]:
    """Return every total that was ever counted."""
    return {
        row.key: row.value
        for row in connection.execute(select(counters))
        if UNREADABLE not in row
    }
