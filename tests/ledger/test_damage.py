"""A file that is no database any more is noticed; a disk that is full undoes itself."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
import logging
from pathlib import Path
import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from custom_components.hikcentral_visitors.ledger import (
    DamagedError,
    Ledger,
    LedgerError,
    Transaction,
    Trouble,
    database,
)
from custom_components.hikcentral_visitors.ledger.counters import count, totals
from custom_components.hikcentral_visitors.ledger.errors import ledger_error
from custom_components.hikcentral_visitors.ledger.health import set_aside
from custom_components.hikcentral_visitors.ledger.memory import recall, remember

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def _filled(path: Path) -> bytes:
    """Fill a file over many pages, and close it; returns what it holds."""
    ledger = Ledger(path)
    await ledger.async_open()
    assert ledger.is_new

    def fill(transaction: Transaction) -> None:
        for number in range(300):
            remember(transaction, f"key {number}", "x" * 300)

    await ledger.async_write(fill)
    await ledger.async_close()
    return path.read_bytes()


async def _open(path: Path) -> Ledger:
    ledger = Ledger(path)
    try:
        await ledger.async_open()
    finally:
        await ledger.async_close()
    return ledger


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: b"no database " * 5000, id="something else"),
        pytest.param(lambda whole: whole[: len(whole) // 2], id="cut in the middle"),
        pytest.param(lambda whole: whole[:1000], id="cut in the first page"),
        pytest.param(lambda whole: b"\0" * len(whole), id="zeros"),
        pytest.param(
            lambda whole: (
                whole[: len(whole) // 2]
                + b"\xff" * 8192
                + whole[len(whole) // 2 + 8192 :]
            ),
            id="two pages of garbage",
        ),
    ],
)
async def test_a_damaged_file_is_noticed_when_it_is_opened(
    path: Path, damage: Callable[[bytes], bytes]
) -> None:
    whole = await _filled(path)
    path.write_bytes(damage(whole))
    with pytest.raises(DamagedError):
        await _open(path)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE visits",
        "ALTER TABLE visits DROP COLUMN note",
        "UPDATE meta SET value = '[' WHERE key = 'schema_version'",
        "DELETE FROM meta WHERE key = 'schema_version'",
    ],
)
async def test_a_file_of_another_shape_is_damaged(path: Path, statement: str) -> None:
    await _filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(statement)
    other.close()
    with pytest.raises(DamagedError):
        await _open(path)


async def test_indexes_that_lost_the_thread_are_rebuilt(path: Path) -> None:
    await _filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA writable_schema=ON")
    (kept,) = other.execute(
        "SELECT sql FROM sqlite_master WHERE name='passages_in_time'"
    ).fetchone()
    index = other.execute(
        "SELECT rootpage FROM sqlite_master WHERE name='passages_in_time'"
    ).fetchone()
    other.execute("DELETE FROM sqlite_master WHERE name='passages_in_time'")
    other.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(
        "INSERT INTO passages (id, event_id, event_type, visitor_id, occurred_at,"
        " recorded_at, door_id, door_name, reader_id, direction, outcome, credential,"
        " picture_uri, echo)"
        " VALUES (1,'e',1,'v',1,1,'','','','entry','granted','','',0)"
    )
    other.execute("PRAGMA writable_schema=ON")
    other.execute(
        "INSERT INTO sqlite_master VALUES ('index','passages_in_time','passages',?,?)",
        (*index, kept),
    )
    other.close()
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA integrity_check").fetchone() != ("ok",)
    other.close()
    assert not (await _open(path)).is_new
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    other.close()


async def test_what_is_set_aside_is_kept_whole_and_leaves_nothing_behind(
    path: Path,
) -> None:
    """A log that stayed would be taken for the new file's own."""
    whole = await _filled(path)
    log = path.with_name(f"{path.name}-wal")
    log.write_bytes(b"a log")
    aside = set_aside(path, AT)
    assert aside.name.startswith("visits.db.corrupt.2026-03-02T09-00-00")
    assert aside.read_bytes() == whole
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"a log"
    assert set(path.parent.iterdir()) == {
        aside,
        aside.with_name(f"{aside.name}-wal"),
    }
    assert (await _open(path)).is_new


async def test_damage_that_shows_while_running_is_told_once(
    ledger: Ledger, path: Path
) -> None:
    told: list[Trouble | None] = []
    ledger.async_listen_trouble(lambda: told.append(ledger.trouble))

    def fail(_transaction: object) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    def fail_wrapped(transaction: Transaction) -> None:
        try:
            fail(transaction)
        except sqlite3.DatabaseError as error:
            raise DatabaseError("SELECT", None, error) from error

    for _ in range(2):
        with pytest.raises(DamagedError):
            await ledger.async_write(fail_wrapped)
    await ledger.async_write(lambda one: count(one, "entries"))
    await asyncio.sleep(0)
    assert told == [Trouble.DAMAGED], "what is damaged does not heal by itself"


def _limit(pages: int | None) -> Callable[[Transaction], int]:
    def work(transaction: Transaction) -> int:
        connection = transaction.connection
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        limit = 1_000_000 if pages is None else used + pages
        connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")
        return int(used)

    return work


async def test_on_a_full_disk_nothing_is_half_done_and_it_heals_by_itself(
    ledger: Ledger,
) -> None:
    """Writes that shared the commit are told that they failed, and did."""
    told: list[Trouble | None] = []
    ledger.async_listen_trouble(lambda: told.append(ledger.trouble))
    await ledger.async_write(_limit(2))

    def large(transaction: Transaction) -> None:
        count(transaction, "large")
        remember(transaction, "large", "x" * 100_000)

    outcomes = await asyncio.gather(
        ledger.async_write(lambda one: count(one, "before")),
        ledger.async_write(large),
        ledger.async_write(lambda one: count(one, "after")),
        return_exceptions=True,
    )
    done = {
        name
        for name, outcome in zip(("before", "large", "after"), outcomes, strict=True)
        if outcome is None
    }
    error = outcomes[1]
    assert isinstance(error, LedgerError)
    assert error.trouble is Trouble.FULL
    assert set(await ledger.async_read(totals)) == done
    assert await ledger.async_read(lambda one: recall(one, "large")) is None
    assert told[:1] == [Trouble.FULL]

    await ledger.async_write(_limit(None))
    await ledger.async_write(large)
    assert ledger.trouble is None
    assert told[-1] is None


async def test_a_full_disk_is_in_the_log_once_and_again_when_it_was_well(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """What is tried again every few seconds does not fill the log as well."""
    caplog.set_level(logging.INFO, "custom_components.hikcentral_visitors")

    async def try_to_store() -> None:
        try:
            await ledger.async_write(lambda one: remember(one, "large", "x" * 100_000))
        except LedgerError as error:
            ledger.complaints.make("store it", error)

    for _ in range(2):
        await ledger.async_write(_limit(2))
        for _ in range(3):
            await try_to_store()
        await ledger.async_write(_limit(None))
    assert [record.getMessage() for record in caplog.records] == 2 * [
        "Cannot store it: OperationalError (full)",
        "The visits can be written again",
    ]


async def test_what_writes_nothing_does_not_show_that_the_disk_is_well(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused command, a trial, a change that changes nothing."""
    told: list[Trouble | None] = []

    class RefusedError(Exception):
        pass

    def undone(transaction: Transaction) -> None:
        count(transaction, "tried")
        raise RefusedError

    monkeypatch.setattr(database, "PROBE", text("UPDATE nothing SET here = 1"))
    await ledger.async_write(_limit(2))
    with pytest.raises(LedgerError):
        await ledger.async_write(lambda one: remember(one, "large", "x" * 100_000))
    ledger.async_listen_trouble(lambda: told.append(ledger.trouble))
    with pytest.raises(RefusedError):
        await ledger.async_write(undone)
    outcomes = await asyncio.gather(
        *(ledger.async_write(undone) for _ in range(2)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {RefusedError}
    with pytest.raises(LedgerError):
        await ledger.async_write(lambda _: None)
    assert ledger.trouble is not None
    await asyncio.sleep(0)
    assert None not in told


async def test_a_write_that_changes_nothing_finds_out_that_the_disk_is_well(
    ledger: Ledger,
) -> None:
    ledger.trouble = Trouble.FULL
    await ledger.async_write(lambda _: None)
    assert ledger.trouble is None


async def test_a_mistake_of_ours_is_no_trouble_of_the_disk(ledger: Ledger) -> None:
    def twice(transaction: Transaction) -> None:
        transaction.connection.exec_driver_sql(
            "INSERT INTO counters VALUES ('a', 1), ('a', 2)"
        )

    with pytest.raises(LedgerError):
        await ledger.async_write(twice)
    assert ledger.trouble is None


async def test_a_lock_of_another_process_is_waited_out_off_the_loop(
    ledger: Ledger, path: Path
) -> None:
    await ledger.async_write(
        lambda one: one.connection.exec_driver_sql("PRAGMA busy_timeout=200")
    )
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    writing = asyncio.create_task(ledger.async_write(lambda one: count(one, "entries")))
    turns = 0
    while not writing.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 3, "the event loop went on meanwhile"
    with pytest.raises(LedgerError) as refused:
        await writing
    assert refused.value.trouble is Trouble.LOCKED
    assert await ledger.async_read(totals) == {}, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    await ledger.async_write(lambda one: count(one, "entries"))
    assert ledger.trouble is None


async def test_a_file_that_must_not_be_written_is_an_error_of_ours(
    ledger: Ledger,
) -> None:
    await ledger.async_write(
        lambda one: one.connection.exec_driver_sql("PRAGMA query_only=ON")
    )
    with pytest.raises(LedgerError) as refused:
        await ledger.async_write(lambda one: count(one, "entries"))
    assert refused.value.trouble is Trouble.READ_ONLY


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OSError(28, "no space"), Trouble.FULL),
        (OSError(30, "read-only"), Trouble.READ_ONLY),
        (PermissionError(13, "denied"), Trouble.READ_ONLY),
        (OSError(5, "input/output"), Trouble.OTHER),
    ],
)
def test_errors_of_the_system_are_told_apart(error: OSError, trouble: Trouble) -> None:
    assert ledger_error(error).trouble is trouble
