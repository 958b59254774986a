"""How a file of any earlier schema becomes one of this schema."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, select, text

from .copies import copy_of, make_copy
from .errors import DamagedError, NewerSchemaError
from .schema import (
    METADATA,
    attendance,
    deleted_events,
    former_persons,
    journal,
    known,
    meta,
    passages,
    visitors,
    visits,
)

VERSION_KEY = "schema_version"

type Migration = Callable[[Connection], None]


def _create(connection: Connection) -> None:
    METADATA.create_all(connection)


def _add_former_persons(connection: Connection) -> None:
    former_persons.create(connection, checkfirst=True)


def _add_refused_levels(connection: Connection) -> None:
    columns = {column["name"] for column in inspect(connection).get_columns(known.name)}
    if known.c.refused_levels.name not in columns:
        connection.execute(
            text(
                "ALTER TABLE known ADD COLUMN refused_levels TEXT NOT NULL DEFAULT '[]'"
            )
        )


def _add_indices(connection: Connection) -> None:
    """What is asked of many visits is found, sorted and counted by indices alone."""
    for name in ("passages_by_time", "visits_of_visitor"):
        connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
    for table in (visitors, visits, passages, journal, attendance, former_persons):
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _add_deleted_events(connection: Connection) -> None:
    deleted_events.create(connection, checkfirst=True)


MIGRATIONS: tuple[Migration, ...] = (
    _create,
    _add_former_persons,
    _add_refused_levels,
    _add_indices,
    _add_deleted_events,
)
"""The step at index n takes a file from version n to n + 1; 0 is an empty file."""

VERSION = len(MIGRATIONS)


def version(connection: Connection) -> int:
    """Return a file's schema version; 0 for an empty one. Raises DamagedError."""
    if not inspect(connection).has_table(meta.name):
        return 0
    found = connection.scalar(select(meta.c.value).where(meta.c.key == VERSION_KEY))
    if not isinstance(found, int):
        raise DamagedError("the file does not say which schema it has")
    return found


def migrate(engine: Engine, path: Path) -> bool:
    """Bring the file to this schema, in one transaction and after a copy of it.

    Returns whether it was empty. Raises NewerSchemaError, and touches nothing, where a
    newer release wrote it, and DamagedError.
    """
    with engine.connect() as connection:
        found = version(connection)
    if found > VERSION:
        raise NewerSchemaError(found, VERSION)
    if found == VERSION:
        return False
    if found:
        make_copy(engine, copy_of(path, found))
    with engine.begin() as connection:
        for step in MIGRATIONS[found:]:
            step(connection)
        connection.execute(meta.delete().where(meta.c.key == VERSION_KEY))
        connection.execute(meta.insert().values(key=VERSION_KEY, value=VERSION))
    return not found
