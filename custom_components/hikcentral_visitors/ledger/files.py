"""The files of a ledger that nobody has open: recognised, moved, deleted.

All of this waits for the disk.
"""

from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from .errors import LedgerError
from .memory import recall


def recalled(path: Path, key: str) -> Any:
    """Return what a ledger was given to remember; None where it cannot be read."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return recall(connection, key)
    except SQLAlchemyError:
        return None


def move(source: Path, target: Path) -> None:
    """Give a ledger another name; at no instant is anything of it lost.

    What is still in the write-ahead log is written into the main file first, so that
    one file is all there is to rename. Raises LedgerError, also while it is open
    elsewhere; then nothing has happened.
    """
    try:
        with closing(sqlite3.connect(source)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        if mode != "delete":
            raise LedgerError("in use")
        source.rename(target)
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(type(error).__name__) from error


def remove(path: Path) -> None:
    """Delete a ledger with its log and the copies that were made of it.

    The main file goes first: without it the others are nothing. A damaged one that was
    set aside stays, as `health` promises. Raises LedgerError.
    """
    try:
        path.unlink(missing_ok=True)
        for other in path.parent.glob(f"{path.name}[-.]*"):
            if not other.name.startswith(f"{path.name}.corrupt"):
                other.unlink(missing_ok=True)
    except OSError as error:
        raise LedgerError(type(error).__name__) from error
