"""Whatever a hand or a flipped bit left in one row harms that row only."""

from collections.abc import AsyncGenerator
from contextlib import suppress
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy import Column, Connection, Engine, Table, select
from sqlalchemy.exc import IntegrityError

from custom_components.hikcentral_visitors.ledger import Ledger, Transaction, journal
from custom_components.hikcentral_visitors.ledger.counters import count, totals
from custom_components.hikcentral_visitors.ledger.engines import create
from custom_components.hikcentral_visitors.ledger.loading import (
    ids_to_audit,
    ids_to_care_for,
    load_many,
)
from custom_components.hikcentral_visitors.ledger.memory import (
    cursor,
    held_places,
    hold_places,
    move_cursor,
    oldest_cursor,
    recall,
    remember,
)
from custom_components.hikcentral_visitors.ledger.outbox import waiting
from custom_components.hikcentral_visitors.ledger.passage_queries import (
    PassageQuery,
    find_passages,
)
from custom_components.hikcentral_visitors.ledger.passages import (
    denials_since,
    last_passage,
    owners_of_persons,
    record_passage,
)
from custom_components.hikcentral_visitors.ledger.photos import keep_photo, photo
from custom_components.hikcentral_visitors.ledger.records import Moment, change, insert
from custom_components.hikcentral_visitors.ledger.recovery import (
    close_unreadable,
    unreadable_visits,
)
from custom_components.hikcentral_visitors.ledger.retention import (
    delete_forgotten,
    delete_old_visits,
    forget_visitor,
    visitors_due,
)
from custom_components.hikcentral_visitors.ledger.schema import METADATA, visits
from custom_components.hikcentral_visitors.ledger.visit_queries import (
    VisitQuery,
    find_visits,
    view_of_visit,
)
from custom_components.hikcentral_visitors.ledger.visitor_queries import (
    VisitorQuery,
    find_visitors,
)
from custom_components.hikcentral_visitors.visits.commands import forget
from custom_components.hikcentral_visitors.visits.desired import desired
from custom_components.hikcentral_visitors.visits.known import Existence, Known
from custom_components.hikcentral_visitors.visits.lifecycle import advance
from custom_components.hikcentral_visitors.visits.passage import Direction, Passage
from custom_components.hikcentral_visitors.visits.plan import plan
from custom_components.hikcentral_visitors.visits.presence import Movement, MovementKind
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.view import views
from custom_components.hikcentral_visitors.visits.visit import SYSTEM, Visit, Visitor
from custom_components.hikcentral_visitors.visits.window import Window

from .conftest import HOUR, NOW, POLICY

MOMENT = Moment(NOW + 2 * HOUR, POLICY)
NAMES = ("ada", "bea")

COLUMNS = [
    (table, column) for table in METADATA.sorted_tables for column in table.columns
]

JSON_TEXTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
).map(json.dumps)

LEFT_BEHIND = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | JSON_TEXTS
    | st.sampled_from(["[", "[1]", '["a", 1]', "{}", "null", '"a"', "[[]]", "present"])
)


def _record(name: str) -> VisitorRecord:
    visit = Visit(
        id=f"of-{name}",
        visitor_id=name,
        valid_from=NOW,
        valid_until=NOW + 8 * HOUR,
        levels=frozenset({"7"}),
        notify=("notify.phone",),
        created_at=NOW,
    )
    return VisitorRecord(
        visitor=Visitor(
            id=name, person_code=f"T3S{name}", given_name=name, created_at=NOW
        ),
        visits=(visit,),
        movements=(Movement(NOW, MovementKind.CHECK_IN, visit.id),),
        known=Known(
            person_id=f"p-{name}",
            existence=Existence.PRESENT,
            add_attempted=True,
            proven_at=NOW,
            window=Window(NOW, NOW + 8 * HOUR),
            members=frozenset({"7"}),
        ),
    )


def _fill(transaction: Transaction) -> None:
    """Put something into every table, of two visitors where it is of one."""
    for name in NAMES:
        insert(transaction, MOMENT, Change(_record(name)))
        keep_photo(transaction, name, "digest", b"\xff\xd8\xff")
        journal.write(transaction, NOW, SYSTEM, "grant_access", visitor_id=name)
        passage = Passage(
            event_id=f"e-{name}",
            event_type=196893,
            visitor_id=name,
            occurred_at=NOW + HOUR,
            door_id="11",
            door_name="In",
            direction=Direction.ENTRY,
            credential="face",
        )
        assert record_passage(transaction, MOMENT, passage)
    hold_places(transaction, {1: "of-ada", 2: "of-bea"})
    move_cursor(transaction, 196893, "11", NOW)
    count(transaction, "entries")
    remember(transaction, "directory", {"doors": {"11": "In"}})


@pytest.fixture
async def engine(ledger: Ledger, path: Path) -> AsyncGenerator[Engine]:
    """A file with something in every table; each test undoes what it does to it."""
    await ledger.async_write(_fill)
    opened = create(path, "BEGIN IMMEDIATE")
    yield opened
    opened.dispose()


def _damage(
    connection: Connection, table: Table, column: Column[Any], row: int, left: Any
) -> None:
    """Leave something in one column of one row, as only other hands could."""
    connection.exec_driver_sql(
        f"UPDATE {table.name} SET {column.name} = ? WHERE rowid = "  # noqa: S608
        f"(SELECT rowid FROM {table.name} ORDER BY rowid LIMIT 1 OFFSET ?)",
        (left, row),
    )


def _read_everything(connection: Connection) -> dict[str, VisitorRecord]:
    """Ask all that is ever asked; nothing of it may raise."""
    ids = set(ids_to_care_for(connection, MOMENT.now)) | set(ids_to_audit(connection))
    for name in NAMES:
        view_of_visit(connection, MOMENT, f"of-{name}")
        photo(connection, name, "digest")
    for status in (None, frozenset({Status.CLOSED}), frozenset(Status)):
        find_visits(connection, MOMENT, VisitQuery(status=status))
    find_passages(connection, PassageQuery())
    find_visitors(connection, VisitorQuery(name="a"))
    for since in (None, NOW):
        waiting(connection, since=since)
    recall(connection, "directory")
    held_places(connection)
    cursor(connection, 196893, "11")
    oldest_cursor(connection, 196893)
    totals(connection)
    denials_since(connection, NOW)
    last_passage(connection)
    owners_of_persons(connection, ["p-ada", "p-bea"])
    visitors_due(connection, NOW + HOUR)
    return load_many(connection, ids | set(NAMES))


def _decide_everything(record: VisitorRecord) -> None:
    """Let every pure decision see what was read."""
    wish = desired(record, MOMENT.now, POLICY)
    plan(record, wish, MOMENT.now)
    advance(record, POLICY, MOMENT.now)
    views(record, POLICY, MOMENT.now)
    forget(record, POLICY, MOMENT.now)


@given(where=st.sampled_from(COLUMNS), row=st.integers(0, 1), left=LEFT_BEHIND)
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_one_bad_row_harms_itself_only(
    engine: Engine, where: tuple[Table, Column[Any]], row: int, left: Any
) -> None:
    table, column = where
    with engine.connect() as connection:
        before = _read_everything(connection)
        try:
            _damage(connection, table, column, row, left)
        except IntegrityError:
            return
        after = _read_everything(connection)
        for record in after.values():
            _decide_everything(record)
        other = NAMES[1 - row]
        if table.name in {"visitors", "visits", "known", "attendance", "passages"}:
            assert after[other] == before[other]
        if table.name != "visitors":
            # Whoever has a person on the server is cared for, with all that is his.
            assert set(after) == set(NAMES)
        _write_everything(connection)
        connection.rollback()


@pytest.mark.parametrize(
    ("column", "left"),
    [("id", b"\x00"), ("closed_at", "late"), ("valid_until", "soon"), ("notify", 7)],
)
def test_a_visit_that_cannot_be_read_is_closed_and_goes_with_the_old_ones(
    engine: Engine, column: str, left: Any
) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        _damage(connection, visits, visits.c[column], 0, left)
        (name,) = unreadable_visits(connection).values()
        assert name == NAMES[0]
        transaction = Transaction(connection)
        close_unreadable(transaction, MOMENT, "nobody")
        assert len(unreadable_visits(connection)) == 1
        close_unreadable(transaction, MOMENT)
        assert unreadable_visits(connection) == {}
        forget_visitor(transaction, MOMENT, name)
        gone = Change(
            VisitorRecord(visitor=load_many(connection, [name])[name].visitor)
        )
        change(transaction, MOMENT, name, lambda _: gone)
        delete_forgotten(transaction)
        of_ada = visits.c.visitor_id == NAMES[0]
        assert connection.execute(select(visits.c.closed_at).where(of_ada)).all() == []
        connection.rollback()


def test_who_is_forgotten_is_let_in_by_no_visit_that_can_be_read_again(
    engine: Engine,
) -> None:
    with engine.connect() as connection:
        _damage(connection, visits, visits.c.notify, 0, 7)
        name = NAMES[0]
        forget_visitor(Transaction(connection), MOMENT, name)
        record = load_many(connection, [name], with_visits=[f"of-{name}"])[name]
        assert not any(visit.live(MOMENT.now) for visit in record.visits)
        connection.rollback()


def _write_everything(connection: Connection) -> None:
    transaction = Transaction(connection)
    for name in NAMES:
        with suppress(KeyError):
            change(transaction, MOMENT, name, Change)
            forget_visitor(transaction, MOMENT, name)
    count(transaction, "entries")
    move_cursor(transaction, 196893, "11", NOW)
    hold_places(transaction, {})
    delete_forgotten(transaction)
    delete_old_visits(transaction, NOW, NOW)


@pytest.mark.parametrize(
    "column", ["revoked_at", "cancelled_at", "ended_at", "valid_until", "levels"]
)
def test_a_visit_that_cannot_be_read_justifies_nothing(
    engine: Engine, column: str
) -> None:
    """Not even where only its revocation cannot be read."""
    with engine.connect() as connection:
        table = METADATA.tables["visits"]
        _damage(connection, table, table.c[column], 0, "{")
        record = load_many(connection, ["ada"])["ada"]
        wish = desired(record, MOMENT.now, POLICY)
        assert record.visits == ()
        assert not wish.levels
        assert plan(record, wish, MOMENT.now).narrowing
        connection.rollback()


def test_a_visit_that_ends_before_it_begins_cannot_be_read(engine: Engine) -> None:
    with engine.connect() as connection:
        table = METADATA.tables["visits"]
        _damage(connection, table, table.c.valid_until, 0, 1)
        assert load_many(connection, ["ada"])["ada"].visits == ()
        connection.rollback()


@pytest.mark.parametrize("column", ["members", "window_end", "existence", "person_id"])
def test_facts_that_cannot_be_read_are_read_from_the_server(
    engine: Engine, column: str
) -> None:
    with engine.connect() as connection:
        table = METADATA.tables["known"]
        _damage(connection, table, table.c[column], 0, b"\xff")
        record = load_many(connection, ["ada"])["ada"]
        assert record.known.existence is Existence.UNKNOWN
        assert "ada" in ids_to_care_for(connection, MOMENT.now)
        assert "ada" in ids_to_audit(connection)
        connection.rollback()


def test_of_a_visitor_his_person_code_is_enough(engine: Engine) -> None:
    with engine.connect() as connection:
        table = METADATA.tables["visitors"]
        for column in ("given_name", "phone", "created_at"):
            _damage(connection, table, table.c[column], 0, b"\xff")
        record = load_many(connection, ["ada"])["ada"]
        assert record.visitor.person_code == "T3Sada"
        assert record.visits
        connection.rollback()


def test_text_that_is_no_text_hides_nobody_else(engine: Engine) -> None:
    """SQLite's own driver would refuse the whole answer."""
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "UPDATE visitors SET given_name = CAST(x'ff41' AS TEXT) WHERE id = 'ada'"
        )
        assert set(load_many(connection, NAMES)) == set(NAMES)
        connection.rollback()
