"""Copies that are made of a ledger before it leaves a schema version."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from .errors import LedgerError


def copy_of(path: Path, version: int) -> Path:
    """Return where a ledger of that schema version is copied to."""
    return path.with_name(f"{path.name}.v{version}")


def make_copy(engine: Engine, target: Path) -> None:
    """Copy the whole database, what is still in the write-ahead log included."""
    target.unlink(missing_ok=True)
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        raw.close()
    target.chmod(0o600)


def remove_copies(path: Path, made_before: datetime | None = None) -> None:
    """Delete the copies made before then, or all: they hold who is forgotten since.

    Raises LedgerError.
    """
    try:
        for copy in path.parent.glob(f"{path.name}.v*"):
            made = datetime.fromtimestamp(copy.stat().st_mtime, UTC)
            if made_before is None or made < made_before:
                copy.unlink(missing_ok=True)
    except OSError as error:
        raise LedgerError(type(error).__name__) from error
