"""The file: durable, private, one writer, shared flushes."""

import asyncio
from pathlib import Path
import sqlite3
import stat
import threading
import traceback
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, text

from custom_components.hikcentral_visitors.ledger import (
    Committed,
    Ledger,
    LedgerError,
    NewerSchemaError,
    Transaction,
)
from custom_components.hikcentral_visitors.ledger.counters import count, totals
from custom_components.hikcentral_visitors.ledger.memory import recall, remember
from custom_components.hikcentral_visitors.ledger.migrations import VERSION

SOMEBODY = "Wilhelmina"


async def test_what_was_written_is_there_after_reopening(path: Path) -> None:
    ledger = Ledger(path)
    await ledger.async_open()
    await ledger.async_write(lambda transaction: count(transaction, "entries", 2))
    await ledger.async_close()
    again = Ledger(path)
    await again.async_open()
    assert await again.async_read(totals) == {"entries": 2}
    await again.async_close()


async def test_only_the_owner_may_read_the_file(ledger: Ledger, path: Path) -> None:
    await ledger.async_write(lambda transaction: count(transaction, "entries"))
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


async def test_commits_are_durable_and_ordered(ledger: Ledger) -> None:
    def pragmas(connection: Connection) -> list[Any]:
        return [
            connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert await ledger.async_read(pragmas) == ["wal", 2, 1]


async def test_the_event_loop_only_waits(ledger: Ledger) -> None:
    """Reading and writing have threads of their own (I7)."""
    loop = threading.get_ident()
    reader = await ledger.async_read(lambda _connection: threading.get_ident())
    writer = await ledger.async_write(lambda _transaction: threading.get_ident())
    assert len({loop, reader, writer}) == 3


async def test_no_error_shows_what_was_to_be_stored(ledger: Ledger) -> None:
    """Errors are logged with whatever caused them (I8)."""

    def store(connection: Connection) -> None:
        statement = text("INSERT INTO nowhere (name) VALUES (:name)")
        connection.execute(statement, {"name": SOMEBODY})

    def write(transaction: Transaction) -> None:
        store(transaction.connection)

    with pytest.raises(LedgerError) as writing:
        await ledger.async_write(write)
    with pytest.raises(LedgerError) as reading:
        await ledger.async_read(store)
    for failed in (writing, reading):
        shown = "".join(traceback.format_exception(failed.value))
        assert "nowhere" in shown
        assert SOMEBODY not in shown


async def test_a_failing_write_fails_alone_in_a_shared_commit(ledger: Ledger) -> None:
    """D22: a failure within a batch leaves nothing behind and undoes nobody else."""

    def fail(transaction: Transaction) -> None:
        count(transaction, "entries", 100)
        raise ZeroDivisionError

    outcomes = await asyncio.gather(
        ledger.async_write(lambda transaction: count(transaction, "entries")),
        ledger.async_write(fail),
        ledger.async_write(lambda transaction: count(transaction, "entries")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        ZeroDivisionError,
        type(None),
    ]
    assert await ledger.async_read(totals) == {"entries": 2}


async def test_writes_that_wait_together_share_a_commit(ledger: Ledger) -> None:
    commits: list[Committed] = []
    ledger.async_listen(commits.append)

    def touch(transaction: Transaction) -> None:
        count(transaction, "entries")
        transaction.touched["somebody"] = None

    await asyncio.gather(*(ledger.async_write(touch) for _ in range(50)))
    assert len(commits) == 1


async def test_listeners_hear_after_the_commit_and_until_they_stop(
    ledger: Ledger,
) -> None:
    heard: list[Committed] = []
    stop = ledger.async_listen(heard.append)

    def write(transaction: Transaction) -> None:
        transaction.touched["ada"] = None
        transaction.announces = True

    await ledger.async_write(write)
    assert heard == [Committed({"ada": None}, announces=True)]
    stop()
    await ledger.async_write(write)
    assert len(heard) == 1


async def test_who_read_something_may_wait_until_all_have_heard_of_it(
    ledger: Ledger,
) -> None:
    """What is announced must not be told before those who show it know of it."""
    heard: list[Committed] = []
    ledger.async_listen(heard.append)
    await ledger.async_heard()
    read = asyncio.Event()
    commit = ledger._commit

    def commit_and_be_read(batch: Any) -> Any:
        done = commit(batch)
        loop.call_soon_threadsafe(read.set)
        return done

    loop = asyncio.get_running_loop()
    with patch.object(ledger, "_commit", commit_and_be_read):
        for _ in range(100):
            read.clear()
            heard.clear()
            writing = asyncio.create_task(
                ledger.async_write(lambda one: one.touched.update(ada=None))
            )
            await read.wait()
            await ledger.async_heard()
            assert len(heard) == 1
            await writing


async def test_a_cancelled_caller_does_not_cancel_the_write(ledger: Ledger) -> None:
    task = asyncio.create_task(
        ledger.async_write(lambda transaction: count(transaction, "entries"))
    )
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ledger.async_write(lambda transaction: count(transaction, "exits"))
    assert await ledger.async_read(totals) == {"entries": 1, "exits": 1}


async def test_a_reader_sees_one_state(ledger: Ledger) -> None:
    await ledger.async_write(lambda transaction: remember(transaction, "a", 1))
    assert await ledger.async_read(lambda one: recall(one, "a")) == 1
    await ledger.async_write(lambda transaction: remember(transaction, "a", [2]))
    assert await ledger.async_read(lambda one: recall(one, "a")) == [2]
    assert await ledger.async_read(lambda one: recall(one, "b")) is None


async def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    ledger = Ledger(path)
    await ledger.async_open()
    await ledger.async_write(
        lambda transaction: remember(transaction, "schema_version", VERSION + 1)
    )
    await ledger.async_close()
    before = path.read_bytes()
    newer = Ledger(path)
    with pytest.raises(NewerSchemaError) as refused:
        await newer.async_open()
    await newer.async_close()
    assert refused.value.found == VERSION + 1
    assert f"understands {VERSION}" in str(refused.value)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_an_error_of_ours(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to be one" * 100)
    ledger = Ledger(path)
    with pytest.raises(LedgerError):
        await ledger.async_open()
    await ledger.async_close()


async def test_a_locked_database_is_an_error_of_ours(
    ledger: Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.async_write(
        lambda one: one.connection.exec_driver_sql("PRAGMA busy_timeout=1")
    )
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError):
        await ledger.async_write(lambda transaction: count(transaction, "entries"))
    other.execute("ROLLBACK")
    other.close()
    await ledger.async_write(lambda transaction: count(transaction, "entries"))
    assert await ledger.async_read(totals) == {"entries": 1}


async def test_a_ledger_that_is_not_open_says_so(path: Path) -> None:
    ledger = Ledger(path)
    with pytest.raises(LedgerError):
        await ledger.async_write(lambda transaction: count(transaction, "entries"))
    with pytest.raises(LedgerError):
        await ledger.async_read(totals)
    await ledger.async_close()


async def test_what_comes_after_closing_fails_and_hangs_nobody(path: Path) -> None:
    ledger = Ledger(path)
    await ledger.async_open()
    last = asyncio.create_task(
        ledger.async_write(lambda transaction: count(transaction, "entries"))
    )
    await asyncio.sleep(0)
    await ledger.async_close()
    assert last.done(), "what waited is finished first"
    with pytest.raises(LedgerError):
        await ledger.async_read(totals)
    with pytest.raises(LedgerError):
        await ledger.async_write(lambda transaction: count(transaction, "entries"))
    with pytest.raises(LedgerError):
        await ledger.async_hold_checkpoints()
    await ledger.async_close()


async def test_a_listener_that_fails_stops_neither_others_nor_writers(
    ledger: Ledger,
) -> None:
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, context: failures.append(context["exception"])
    )
    heard: list[Committed] = []
    failure = ZeroDivisionError()

    def fail(_committed: Committed) -> None:
        raise failure

    def write(transaction: Transaction) -> None:
        transaction.touched["ada"] = None

    ledger.async_listen(fail)
    ledger.async_listen(heard.append)
    await ledger.async_write(write)
    await ledger.async_write(write)
    assert failures == [failure, failure]
    assert len(heard) == 2


async def test_whatever_a_commit_fails_with_reaches_who_waits(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(
            "custom_components.hikcentral_visitors.ledger.database.Transaction", fail
        )
        with pytest.raises(MemoryError):
            await ledger.async_write(lambda transaction: count(transaction, "entries"))
    await ledger.async_write(lambda transaction: count(transaction, "entries"))
    assert await ledger.async_read(totals) == {"entries": 1}
