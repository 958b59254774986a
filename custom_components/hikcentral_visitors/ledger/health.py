"""Whether a file can be relied upon, and what is done with one that cannot.

A damaged file is set aside, never deleted: somebody may get out of it what we cannot.
"""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from .errors import DamagedError
from .schema import METADATA

_OF_ONE_ROW = ("NULL value in ", "CHECK constraint failed in ")
_OF_AN_INDEX = ("missing from index", "in index")
_MOST = 100
_TAILS = ("-wal", "-shm", "")
_ASIDE = ".corrupt."


def check(engine: Engine) -> None:
    """Look through the whole file; indexes that differ from their tables are rebuilt.

    What concerns single rows is left to those who read them. Raises DamagedError, or
    what SQLAlchemy raises.
    """
    found = _complaints(engine)
    if any(_concerns(text, _OF_AN_INDEX) for text in found):
        with engine.begin() as connection:
            connection.exec_driver_sql("REINDEX")
        found = _complaints(engine)
    if found:
        raise DamagedError(f"the check of the file found {len(found)} faults")


def _complaints(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        lines = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})").scalars()
        return [
            line
            for line in lines
            if line != "ok" and not str(line).startswith(_OF_ONE_ROW)
        ]


def _concerns(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)


def check_tables(connection: Connection) -> None:
    """Look whether all tables and columns are there; raises DamagedError."""
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    for table in METADATA.sorted_tables:
        if table.name not in there:
            raise DamagedError(f"the table {table.name} is missing")
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        if missing := {column.name for column in table.columns} - columns:
            raise DamagedError(f"columns of {table.name} are missing: {missing}")


def set_aside(path: Path, at: datetime) -> Path:
    """Rename a file that is not open, its log with it; returns the new name.

    Backups of Home Assistant OS leave such names out. Raises OSError.
    """
    aside = path.with_name(f"{path.name}{_ASIDE}{at:%Y-%m-%dT%H-%M-%S.%f}")
    # The log first: a new file would take it for its own.
    for tail in _TAILS:
        with suppress(FileNotFoundError):
            path.with_name(path.name + tail).rename(aside.with_name(aside.name + tail))
    return aside


def any_aside(folder: Path, prefix: str) -> bool:
    """Whether files with names that begin so were set aside, and are still there."""
    return any(folder.glob(f"{prefix}*{_ASIDE}*"))
