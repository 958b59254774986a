"""What can go wrong with the file."""

from enum import StrEnum
import errno

_ERRNOS = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
}

_SQLITE = {
    5: "locked",  # SQLITE_BUSY
    6: "locked",  # SQLITE_LOCKED
    8: "read_only",  # SQLITE_READONLY
    11: "damaged",  # SQLITE_CORRUPT
    13: "full",  # SQLITE_FULL
    26: "damaged",  # SQLITE_NOTADB
}


class Trouble(StrEnum):
    """What keeps the file from being read or written, as a stable key."""

    FULL = "full"
    READ_ONLY = "read_only"
    LOCKED = "locked"
    DAMAGED = "damaged"
    OTHER = "other"


class LedgerError(Exception):
    """Nothing was stored, since the database could not: full disk, lock, bad file."""

    def __init__(self, text: str, trouble: Trouble = Trouble.OTHER) -> None:
        """Remember what kind of trouble it is."""
        super().__init__(text)
        self.trouble = trouble


class NewerSchemaError(LedgerError):
    """A newer release wrote the file; it is left as it is."""

    def __init__(self, found: int, understood: int) -> None:
        """Name both schema versions."""
        super().__init__(
            f"the file has schema {found}, this release understands {understood}"
        )
        self.found = found


class DamagedError(LedgerError):
    """The file is no database any more, or a broken one."""

    def __init__(self, text: str) -> None:
        """Say what was found."""
        super().__init__(text, Trouble.DAMAGED)


def ledger_error(error: BaseException) -> LedgerError:
    """Return what the database's or the system's error means.

    Its text is left out: it may hold what was to be stored.
    """
    name = type(error).__name__
    trouble = Trouble.OTHER
    at: BaseException | None = error
    while at is not None and trouble is Trouble.OTHER:
        # A full disk makes SQLite undo everything, and what is undone after that fails.
        trouble = _trouble(getattr(at, "orig", None) or at)
        at = at.__context__
    if trouble is Trouble.DAMAGED:
        return DamagedError(name)
    return LedgerError(f"{name} ({trouble})", trouble)


def _trouble(error: BaseException) -> Trouble:
    number = getattr(error, "sqlite_errorcode", None)
    if number is not None:
        # The lowest byte is the primary code (SQLite, "Result and Error Codes").
        return Trouble(_SQLITE.get(number & 0xFF, Trouble.OTHER))
    if isinstance(error, OSError):
        return Trouble(_ERRNOS.get(error.errno or 0, Trouble.OTHER))
    return Trouble.OTHER
