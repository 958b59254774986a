"""Totals that survive restarts."""

from sqlalchemy import Connection, select

from .columns import UNREADABLE
from .schema import counters
from .statements import COUNT, KEY
from .transaction import Transaction


def count(transaction: Transaction, key: str, by: int = 1) -> None:
    """Add to a total."""
    connection = transaction.connection
    counted = connection.execute(COUNT, {KEY: key, "by": by})
    if counted.rowcount == 0:
        connection.execute(counters.insert().values(key=key, value=by))


def totals(connection: Connection) -> dict[str, int]:
    """Return every total that was ever counted."""
    return {
        row.key: row.value
        for row in connection.execute(select(counters))
        if UNREADABLE not in row
    }
