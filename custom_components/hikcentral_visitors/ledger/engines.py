"""How SQLite is used: durable, tidy, and telling no log what rows hold."""

import logging
from pathlib import Path
import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

_BUSY_SECONDS = 10
_LOGGED_AS = "hikcentral_visitors"
# Rows, which are written out where everything is logged, are not for a log.
logging.getLogger(f"sqlalchemy.engine.Engine.{_LOGGED_AS}").addFilter(
    lambda record: record.levelno > logging.DEBUG
)

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # What is deleted is deleted: its bytes are overwritten, and lie in no other file.
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
)

NO_CHECKPOINTS = "wal_autocheckpoint=0"
"""Leaves the main file as it is: what is written stays in the log."""


def _decoded(stored: bytes) -> str:
    return stored.decode(errors="replace")


def create(path: Path, begin: str) -> Engine:
    """Return an engine of one connection that begins its transactions itself.

    SQLAlchemy's documentation of SQLite: only so do savepoints and reads keep to the
    transaction that they belong to.
    """
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool,
        hide_parameters=True,  # they are names and phone numbers, and errors are logged
        logging_name=_LOGGED_AS,
        connect_args={
            "check_same_thread": False,
            "timeout": _BUSY_SECONDS,
            "isolation_level": None,
        },
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        # Text that is none must not make all other rows unreadable.
        connection.text_factory = _decoded

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def pragmas(engine: Engine, *statements: str) -> None:
    """Set what SQLite does, or have it do something, outside of any transaction."""
    raw = engine.raw_connection()
    try:
        for statement in statements:
            raw.cursor().execute(f"PRAGMA {statement}").fetchall()
    finally:
        raw.close()


def close(engine: Engine, *, fold: bool) -> None:
    """Close the connection; the last one folds the log in, but not without `fold`."""
    if not fold:
        raw = engine.raw_connection()
        connection: Any = raw.driver_connection
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
        raw.close()
    engine.dispose()
