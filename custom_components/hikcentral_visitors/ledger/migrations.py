"""How a file of any earlier schema becomes one of this schema."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, inspect, select, text

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


def _add_column(connection: Connection, table: Table, definition: str) -> None:
    """Add a column to a table, unless the file was begun with it."""
    columns = {column["name"] for column in inspect(connection).get_columns(table.name)}
    if definition.split(maxsplit=1)[0] not in columns:
        connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {definition}"))


def _add_refused_levels(connection: Connection) -> None:
    _add_column(connection, known, "refused_levels TEXT NOT NULL DEFAULT '[]'")


def _add_indices(connection: Connection) -> None:
    """What is asked of many visits is found, sorted and counted by indices alone."""
    for name in ("passages_by_time", "visits_of_visitor"):
        connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
    for table in (visitors, visits, passages, journal, attendance, former_persons):
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def _add_deleted_events(connection: Connection) -> None:
    deleted_events.create(connection, checkfirst=True)


def _add_former(connection: Connection) -> None:
    """The id of somebody who was gone stayed his until the terminals were told."""
    _add_column(connection, known, "former_ids TEXT NOT NULL DEFAULT '[]'")
    _add_column(connection, known, "former_told INTEGER NOT NULL DEFAULT 0")
    _add_column(connection, known, "former_failures INTEGER NOT NULL DEFAULT 0")
    _add_column(connection, known, "former_due BIGINT")
    for statement in (
        "INSERT OR REPLACE INTO former_persons (person_id, visitor_id, until)"
        " SELECT person_id, visitor_id,"
        " CAST(strftime('%s', 'now') AS INTEGER) * 1000000"
        " FROM known WHERE existence = 'absent' AND person_id IS NOT NULL",
        "UPDATE known SET former_ids = json_array(person_id), person_id = NULL,"
        " application_progress = 'settled'"
        " WHERE existence = 'absent' AND person_id IS NOT NULL",
    ):
        connection.execute(text(statement))


def _add_left_at(connection: Connection) -> None:
    """A visit that ended by leaving was over, whatever was heard of afterwards."""
    _add_column(connection, visits, "left_at BIGINT")


def _add_stamped_at(connection: Connection) -> None:
    _add_column(connection, passages, "stamped_at BIGINT")


def _add_face_lost(connection: Connection) -> None:
    _add_column(connection, known, "face_lost INTEGER NOT NULL DEFAULT 0")


MIGRATIONS: tuple[Migration, ...] = (
    _create,
    _add_former_persons,
    _add_refused_levels,
    _add_indices,
    _add_deleted_events,
    _add_former,
    _add_left_at,
    _add_stamped_at,
    _add_face_lost,
)
"""The step at index n takes a file from version n to n + 1; 0 is an empty file."""

VERSION = len(MIGRATIONS)

PROBE = meta.update().where(meta.c.key == VERSION_KEY).values(value=meta.c.value)
"""A write that changes nothing, to see whether the disk takes any."""


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
