"""A file of an earlier schema becomes one that is like a new one."""

from pathlib import Path
import sqlite3

from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.copies import copy_of
from custom_components.hikcentral_visitors.ledger.loading import load
from custom_components.hikcentral_visitors.ledger.migrations import VERSION
from custom_components.hikcentral_visitors.ledger.passages import (
    former_visitors_of_persons,
)
from custom_components.hikcentral_visitors.ledger.records import Moment
from custom_components.hikcentral_visitors.visits.known import Former, Known
from custom_components.hikcentral_visitors.visits.record import VisitorRecord

from .test_records import store, visit, visitor

INDICES = "SELECT name, sql FROM sqlite_master WHERE type = 'index'"


def made(path: Path) -> set[tuple[str, str]]:
    with sqlite3.connect(path) as connection:
        return set(connection.execute(INDICES))


async def reopen(path: Path) -> None:
    ledger = Ledger(path)
    await ledger.async_open()
    await ledger.async_close()


async def test_indices_of_a_year_are_made_for_a_file_that_had_others(
    tmp_path: Path,
) -> None:
    path = tmp_path / "visits.db"
    await reopen(path)
    new = made(path)
    with sqlite3.connect(path) as connection:
        for index in (
            "visits_by_start",
            "visits_of_host",
            "visits_of_visitor",
            "visitors_by_age",
            "passages_in_time",
            "journal_in_time",
            "attendance_of_visitor",
            "former_persons_of_visitor",
        ):
            connection.execute(f"DROP INDEX {index}")
        connection.execute(
            "CREATE INDEX visits_of_visitor ON visits (visitor_id, valid_until)"
        )
        connection.execute("CREATE INDEX passages_by_time ON passages (occurred_at)")
        connection.execute("UPDATE meta SET value = 3 WHERE key = 'schema_version'")
    assert made(path) != new
    await reopen(path)
    assert made(path) == new
    assert copy_of(path, 3).exists(), "the way back to the release before"
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT value FROM meta WHERE key='schema_version'")
        assert found.fetchone() == (str(VERSION),)


async def test_a_file_of_the_fourth_schema_gets_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "visits.db"
    await reopen(path)
    new = made(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE deleted_events")
        connection.execute("UPDATE meta SET value = 4 WHERE key = 'schema_version'")
    assert made(path) != new
    await reopen(path)
    assert made(path) == new


async def test_a_file_of_the_sixth_schema_keeps_its_visits(
    path: Path, moment: Moment
) -> None:
    ledger = Ledger(path)
    await ledger.async_open()
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=(visit(),)))
    before = await ledger.async_read(lambda one: load(one, "ada"))
    await ledger.async_close()
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE visits DROP COLUMN left_at")
        connection.execute("ALTER TABLE passages DROP COLUMN stamped_at")
        connection.execute("ALTER TABLE known DROP COLUMN face_lost")
        connection.execute("UPDATE meta SET value = 6 WHERE key = 'schema_version'")
    ledger = Ledger(path)
    await ledger.async_open()
    assert before is not None
    assert await ledger.async_read(lambda one: load(one, "ada")) == before
    await ledger.async_close()


async def test_who_was_gone_and_not_yet_told_has_an_id_of_before(
    path: Path, moment: Moment
) -> None:
    """Until the sixth schema it was the id of a person who did not exist."""
    ledger = Ledger(path)
    await ledger.async_open()
    gone = Known(add_attempted=True, former=Former(ids=frozenset({"42"})))
    record = VisitorRecord(visitor=visitor(), known=gone)
    await store(ledger, moment, record)
    await ledger.async_close()
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE known SET person_id = '42', application_progress = 'narrowed'"
        )
        for column in ("ids", "told", "failures", "due"):
            connection.execute(f"ALTER TABLE known DROP COLUMN former_{column}")
        connection.execute("UPDATE meta SET value = 5 WHERE key = 'schema_version'")
    ledger = Ledger(path)
    await ledger.async_open()
    assert await ledger.async_read(lambda one: load(one, "ada")) == record
    former = await ledger.async_read(
        lambda one: former_visitors_of_persons(one, ["42"])
    )
    owner = former["42"]
    assert owner.visitor_id == "ada"
    assert owner.until is not None
    assert owner.until > moment.now, "kept as long as any that is new"
    await ledger.async_close()
