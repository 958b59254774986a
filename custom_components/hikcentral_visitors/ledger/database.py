"""The file and its two threads: one writes, one reads, the event loop only waits.

One writer means that no two changes can interleave: each reads what the one before it
committed. Writes that wait together share one durable commit, each in a savepoint of
its own, so a burst costs one flush to disk and a failing write fails alone.
"""

import asyncio
from collections import ChainMap, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
import os
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)

from ..visits.record import VisitorRecord
from . import engines
from .complaints import Complaints
from .copies import remove_copies
from .errors import LedgerError, Trouble, ledger_error
from .health import check, check_tables
from .migrations import PROBE, migrate
from .transaction import Committed, Latest, Transaction

_CHECKPOINT_PAGES = 1000


@dataclass(slots=True)
class _Write:
    work: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Ledger:
    """The durable memory of one config entry."""

    def __init__(self, path: Path, *, held: bool = False) -> None:
        """Prepare; nothing is opened before `async_open`.

        Where the file is being copied, it begins with checkpoints `held`.
        """
        self.path = path
        self._writer = ThreadPoolExecutor(1, f"{path.stem}_write")
        self._reader = ThreadPoolExecutor(1, f"{path.stem}_read")
        self._write_engine: Engine | None = None
        self._read_engine: Engine | None = None
        self._waiting: deque[_Write] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._unheard: asyncio.Future[None] | None = None
        """The commit that may be read already, and that nobody was told of yet."""
        self._listeners: list[Callable[[Committed], None]] = []
        self._trouble_listeners: list[Callable[[], None]] = []
        self._latest = Latest()
        self._closed = False
        self._held = held
        self.is_new = False
        """Whether there was no ledger before this one was opened."""
        self.trouble: Trouble | None = None
        """What keeps it from being written, or read, as far as it was tried."""
        self.complaints = Complaints()

    async def async_open(self) -> None:
        """Open the file, made or brought to this schema where needed.

        Raises LedgerError, NewerSchemaError and DamagedError among them.
        """
        loop = asyncio.get_running_loop()
        with _as_ledger_error():
            await loop.run_in_executor(self._writer, self._open)

    def _open(self) -> None:
        # Created here, since SQLite would create it readable for everybody.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        self._write_engine = engines.create(self.path, "BEGIN IMMEDIATE")
        self._read_engine = engines.create(self.path, "BEGIN")
        if self._held:
            engines.pragmas(self._write_engine, engines.NO_CHECKPOINTS)
        check(self._write_engine)
        self.is_new = migrate(self._write_engine, self.path)
        with self._write_engine.connect() as connection:
            check_tables(connection)

    async def async_close(self) -> None:
        """Finish what waits and close the file; what comes later fails."""
        if self._closed:
            return
        self._closed = True
        while self._pump is not None:
            # Not awaited itself: whoever cancels the closing must not cancel writes.
            await asyncio.wait([self._pump])
        loop = asyncio.get_running_loop()
        for executor, engine in (
            (self._reader, self._read_engine),
            (self._writer, self._write_engine),
        ):
            if engine is not None:
                dispose = partial(engines.close, engine, fold=not self._held)
                await loop.run_in_executor(executor, dispose)
            await loop.run_in_executor(None, executor.shutdown)

    async def async_hold_checkpoints(self) -> None:
        """Leave the main file as it is from now on, so that it can be copied.

        Writes go on, into the write-ahead log: a copy of the file and the log is what
        was committed when the log was copied. Raises LedgerError.
        """
        self._held = True
        try:
            await self._pragmas("wal_checkpoint(TRUNCATE)", engines.NO_CHECKPOINTS)
        except LedgerError:
            self._held = False
            raise

    async def async_release_checkpoints(self) -> None:
        """Let the log flow back into the main file again; raises LedgerError."""
        self._held = False
        await self._pragmas(f"wal_autocheckpoint={_CHECKPOINT_PAGES}")
        await self.async_wipe()

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be read or written any more."""
        return self._closed

    async def async_wipe(self) -> None:
        """Empty the write-ahead log, which holds pages as they were before deletions.

        While the file is being copied, this waits until that is over. Raises
        LedgerError.
        """
        if not self._held:
            await self._pragmas("wal_checkpoint(TRUNCATE)")

    async def async_drop_copies(self, made_before: datetime | None = None) -> None:
        """Delete copies of earlier schemas made before then, or all.

        Raises LedgerError.
        """
        await self._run(self._writer, partial(remove_copies, self.path, made_before))

    async def _pragmas(self, *pragmas: str) -> None:
        def run() -> None:
            if self._write_engine is None:
                raise LedgerError("not open")
            engines.pragmas(self._write_engine, *pragmas)

        await self._run(self._writer, run)

    async def _run[T](self, thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._closed:
            raise LedgerError("closed")
        try:
            with _as_ledger_error():
                return await asyncio.get_running_loop().run_in_executor(thread, work)
        except LedgerError as error:
            if error.trouble is Trouble.DAMAGED:
                self._note(error.trouble)
            raise

    def async_listen_trouble(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` in the event loop when `trouble` changes."""
        self._trouble_listeners.append(listener)

        def remove() -> None:
            self._trouble_listeners.remove(listener)

        return remove

    def _note(self, trouble: Trouble | None) -> None:
        if trouble is self.trouble or self.trouble is Trouble.DAMAGED:
            return  # what is damaged does not heal by itself
        self.trouble = trouble
        for listener in self._trouble_listeners:
            asyncio.get_running_loop().call_soon(listener)

    def async_listen(self, listener: Callable[[Committed], None]) -> Callable[[], None]:
        """Call `listener` in the event loop after each commit; returns the undoing."""
        self._listeners.append(listener)

        def remove() -> None:
            self._listeners.remove(listener)

        return remove

    async def async_read[T](self, work: Callable[[Connection], T]) -> T:
        """Run `work` in the reading thread on one consistent state of the file.

        Raises LedgerError, and what `work` raises.
        """

        def run() -> T:
            if self._read_engine is None:
                raise LedgerError("not open")
            with self._read_engine.begin() as connection:
                return work(connection)

        return await self._run(self._reader, run)

    async def async_write[T](self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in the writing thread; when this returns it is on disk.

        What `work` raises undoes it and is raised here. A caller that is cancelled does
        not cancel the work. Raises LedgerError.
        """
        if self._closed:
            raise LedgerError("closed")
        loop = asyncio.get_running_loop()
        write = _Write(work, loop.create_future())
        self._waiting.append(write)
        if self._pump is None:
            self._pump = loop.create_task(self._drain(), name=f"{self.path.stem} write")
        result: T = await write.future
        return result

    async def async_heard(self) -> None:
        """Wait until listeners were told of all that could be read before this."""
        if self._unheard is not None:
            await asyncio.wait([self._unheard])

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch = list(self._waiting)
                self._waiting.clear()
                self._unheard = loop.create_future()
                committed = await loop.run_in_executor(
                    self._writer, self._commit, batch
                )
                if (trouble := _trouble_of(batch)) is not None or committed.written:
                    self._note(trouble)
                if self.trouble is None:
                    self.complaints.withdraw()
                if committed.touched or committed.announces:
                    # By the loop, so that one that fails stops nobody; and before
                    # the writers go on, who may rely on what listeners note.
                    for listener in self._listeners:
                        loop.call_soon(listener, committed)
                loop.call_soon(self._unheard.set_result, None)
                for write in batch:
                    _answer(write)
        finally:
            self._pump = None

    def _commit(self, batch: list[_Write]) -> Committed:
        touched: dict[str, VisitorRecord | None] = {}
        at_hand = ChainMap(touched, self._latest.records)
        forgotten: set[str] = set()
        announces = False
        try:
            if self._write_engine is None:
                raise LedgerError("not open")
            alone = len(batch) == 1
            written = False
            with self._write_engine.begin() as connection:
                for write in batch:
                    transaction = Transaction(connection, at_hand)
                    before = _changes(connection)
                    try:
                        with nullcontext() if alone else connection.begin_nested():
                            write.result = write.work(transaction)
                    except Exception as error:  # the caller's, who is told below
                        if alone or _is_of_storage(error):
                            raise  # SQLite may have undone more than this write
                        write.error = error
                    else:
                        touched |= transaction.touched
                        forgotten |= transaction.forgotten
                        announces |= transaction.announces
                        written |= _changes(connection) != before
                if self.trouble is not None and not written:
                    # Nothing was asked of the disk, which may still take nothing.
                    connection.execute(PROBE)
                    written = True
        except Exception as error:  # noqa: BLE001 - handed to all callers
            for write in batch:
                write.error = write.error or error
            return Committed({}, announces=False)
        self._latest.keep(touched)
        return Committed(touched, announces, frozenset(forgotten), written=written)


def _trouble_of(batch: Iterable[_Write]) -> Trouble | None:
    """Return what kept these writes from being committed, if anything did."""
    for write in batch:
        if write.error is not None and _is_of_storage(write.error):
            return ledger_error(write.error).trouble
    return None


def _changes(connection: Connection) -> int:
    """Return how many rows were changed by now, also where that is undone."""
    raw: Any = connection.connection.driver_connection
    return int(raw.total_changes)


def _is_of_storage(error: BaseException) -> bool:
    """Whether the file is to blame, not what was to be done with it."""
    return isinstance(error, DatabaseError) and not isinstance(
        error, DataError | IntegrityError | ProgrammingError
    )


def _wrapped(error: SQLAlchemyError | OSError) -> LedgerError:
    wrapped = ledger_error(error)
    wrapped.__cause__ = error
    return wrapped


def _answer(write: _Write) -> None:
    if write.future.cancelled():
        return
    if write.error is None:
        write.future.set_result(write.result)
    elif isinstance(write.error, SQLAlchemyError):
        write.future.set_exception(_wrapped(write.error))
    else:
        write.future.set_exception(write.error)


@contextmanager
def _as_ledger_error() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise _wrapped(error) from error
