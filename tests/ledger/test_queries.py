"""Pages show what each row alone would show, at a cost that does not grow with them."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, event

from custom_components.hikcentral_visitors.book import VisitBook
from custom_components.hikcentral_visitors.ledger import Ledger, visit_queries as module
from custom_components.hikcentral_visitors.ledger.loading import load_many
from custom_components.hikcentral_visitors.ledger.passage_queries import (
    PassageQuery,
    find_passages,
)
from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.ledger.records import Moment, change, insert
from custom_components.hikcentral_visitors.ledger.transaction import Transaction
from custom_components.hikcentral_visitors.ledger.visit_queries import (
    VisitQuery,
    find_visits,
    view_of_visit,
)
from custom_components.hikcentral_visitors.ledger.visitor_queries import (
    VisitorQuery,
    find_visitors,
)
from custom_components.hikcentral_visitors.visits.passage import Direction, Passage
from custom_components.hikcentral_visitors.visits.person_code import new_installation
from custom_components.hikcentral_visitors.visits.presence import Movement, MovementKind
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.status import Status

from .conftest import HOUR, NOW
from .test_records import visit, visitor

BEFORE = NOW - timedelta(days=1)

type Asked = list[tuple[str, object]]


@contextmanager
def questions(connection: Connection) -> Generator[Asked]:
    """Note what the database is asked, with the parameters."""
    asked: Asked = []

    def note(
        _one: object, _cursor: object, statement: str, values: object, *_more: object
    ) -> None:
        asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(connection, "before_cursor_execute", note)


def plans(connection: Connection, asked: Asked) -> list[str]:
    """Return how the database finds what it was asked for."""
    return [
        row.detail
        for statement, values in asked
        for row in connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {statement}",
            values,  # type: ignore[arg-type]
        )
    ]


async def fill(ledger: Ledger, moment: Moment, number: int) -> None:
    """Let visitors come, and come again; one does not, and one never did."""

    def work(transaction: Transaction) -> None:
        for one in range(number):
            name = f"v{one}"
            over = visit(
                id=f"over-{name}",
                visitor_id=name,
                reference=None,
                valid_from=BEFORE,
                valid_until=BEFORE + HOUR,
                closed_at=BEFORE + HOUR,
            )
            going_on = visit(id=f"on-{name}", visitor_id=name, reference=None)
            who = visitor(id=name, person_code=f"T{name}", given_name=name)
            record = VisitorRecord(visitor=who, visits=(over, going_on))
            insert(transaction, moment, Change(record))
            for at in (NOW, NOW + HOUR):
                passage = Passage(
                    event_id=f"{at}-{name}",
                    event_type=196893,
                    visitor_id=name,
                    occurred_at=at,
                    door_id="11",
                    direction=Direction.ENTRY,
                )
                record_passage(transaction, moment, passage)
        over = replace(over, id="over-gone", visitor_id="gone")
        gone = visitor(id="gone", person_code="Tgone", given_name="gone")
        record = VisitorRecord(visitor=gone, visits=(over,))
        insert(transaction, moment, Change(record))
        alone = visitor(id="alone", person_code="Talone", given_name="alone")
        insert(transaction, moment, Change(VisitorRecord(visitor=alone)))

    await ledger.async_write(work)


async def test_pages_show_what_each_row_alone_would(
    ledger: Ledger, moment: Moment
) -> None:
    await fill(ledger, moment, 3)

    def check(connection: Connection) -> None:
        visits, total = find_visits(connection, moment, VisitQuery())
        assert total == 7
        assert [seen.visit.id for seen in visits] == [
            "over-gone",
            *(f"{when}-v{one}" for when in ("over", "on") for one in range(3)),
        ]
        assert visits == [
            view_of_visit(connection, moment, seen.visit.id) for seen in visits
        ]
        people, total = find_visitors(connection, VisitorQuery())
        assert total == 5
        assert {
            row.visitor.given_name: (row.open_visits, row.last_visit) for row in people
        } == {
            "alone": (0, None),
            "gone": (0, BEFORE + HOUR),
            **{f"v{one}": (1, NOW + 8 * HOUR) for one in range(3)},
        }
        walks, total = find_passages(connection, PassageQuery())
        assert total == 6
        assert [
            (
                row.visitor.given_name,
                row.visit.id if row.visit else None,
                row.passage.occurred_at,
                row.count,
                row.previous,
            )
            for row in walks
        ] == [
            (f"v{one}", f"on-v{one}", at, count, previous)
            for at, count, previous in ((NOW + HOUR, 2, NOW), (NOW, 1, None))
            for one in (2, 1, 0)
        ]

    await ledger.async_read(check)


async def test_who_left_on_a_visit_that_is_closed_is_inside_on_none(
    ledger: Ledger, moment: Moment
) -> None:
    """The reception checked him out on the other one, which ended with that."""
    going_on = visit(id="on", reference=None, valid_from=BEFORE)
    other = visit(id="other", reference=None, valid_from=NOW, valid_until=NOW + HOUR)
    entry = Passage(
        event_id="entry",
        event_type=196893,
        visitor_id="ada",
        occurred_at=NOW - HOUR,
        door_id="11",
        direction=Direction.ENTRY,
    )

    def leave(record: VisitorRecord) -> Change:
        left = Movement(NOW, MovementKind.CHECK_OUT, "other")
        closed = replace(record.visit("other"), ended_at=NOW, closed_at=NOW)
        return Change(record.with_visit(closed).with_movement(left))

    def work(transaction: Transaction) -> None:
        record = VisitorRecord(visitor=visitor(), visits=(going_on, other))
        insert(transaction, moment, Change(record))
        record_passage(transaction, moment, entry)
        change(transaction, moment, "ada", leave)

    await ledger.async_write(work)
    seen, total = await ledger.async_read(
        lambda connection: find_visits(connection, moment, VisitQuery())
    )
    assert total == 2
    assert [one.inside for one in seen] == [False, False]


@pytest.mark.parametrize("what", ["visits", "visitors"])
@pytest.mark.parametrize("since", [NOW, NOW - 25 * HOUR], ids=["open", "closed too"])
async def test_a_page_takes_few_questions_however_much_is_on_it(
    ledger: Ledger, moment: Moment, what: str, since: datetime
) -> None:
    await fill(ledger, moment, 20)

    def ask(connection: Connection, limit: int) -> int:
        with questions(connection) as asked:
            if what == "visits":
                query = VisitQuery(since=since, limit=limit)
                found = len(find_visits(connection, moment, query)[0])
            else:
                found = len(find_visitors(connection, VisitorQuery(limit=limit))[0])
        assert found == limit
        return len(asked)

    few = await ledger.async_read(lambda one: ask(one, 2))
    assert await ledger.async_read(lambda one: ask(one, 20)) == few


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize(
    "status",
    [
        None,
        {Status.CLOSED},
        {Status.EXPECTED, Status.GRANTING},
        {Status.EXPECTED, Status.GRANTING, Status.CLOSED},
        {Status.INSIDE},
    ],
    ids=["all", "closed", "open", "both", "nobody"],
)
async def test_all_pages_together_are_the_list_once(
    ledger: Ledger,
    moment: Moment,
    status: set[Status] | None,
    limit: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether statuses are derived or stored, and however many are seen at once."""
    monkeypatch.setattr(module, "_SEEN_AT_ONCE", 2)
    await fill(ledger, moment, 5)
    book = VisitBook(ledger, new_installation(), moment.policy, lambda: moment.now)
    everything, total = await book.visits(VisitQuery())
    assert total == len(everything) == 11
    expected = [
        seen.visit.id for seen in everything if status is None or seen.status in status
    ]
    chosen = None if status is None else frozenset(status)
    found = []
    for page in range(1, 12 // limit + 2):
        query = VisitQuery(status=chosen, limit=limit, page=page)
        visits, total = await book.visits(query)
        assert total == len(expected)
        found += [seen.visit.id for seen in visits]
    assert found == expected


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(query, id=f"{what}, {name}")
        for what, name, query in (
            ("visits", "first page", VisitQuery()),
            ("visits", "ninth page", VisitQuery(page=9)),
            ("visits", "a day", VisitQuery(since=NOW - HOUR, until=NOW + HOUR)),
            ("visits", "by host", VisitQuery(host="Bob")),
            ("visits", "by name", VisitQuery(name="ada")),
            ("visits", "closed", VisitQuery(status=frozenset({Status.CLOSED}))),
            ("passages", "first page", PassageQuery()),
            ("passages", "ninth page", PassageQuery(page=9)),
            ("passages", "a day", PassageQuery(since=NOW - HOUR, until=NOW + HOUR)),
            ("passages", "by host", PassageQuery(host="Bob")),
            ("passages", "by name", PassageQuery(name="ada")),
            ("visitors", "first page", VisitorQuery()),
        )
    ],
)
async def test_no_page_reads_a_whole_year(
    ledger: Ledger, moment: Moment, query: VisitQuery | PassageQuery | VisitorQuery
) -> None:
    """Visits and passages are found, sorted and counted by indices alone.

    Names are looked for in all visitors, of whom there are the fewest.
    """

    def steps(connection: Connection) -> tuple[list[str], list[str]]:
        with questions(connection) as asked:
            if isinstance(query, VisitQuery):
                find_visits(connection, moment, query)
            elif isinstance(query, PassageQuery):
                find_passages(connection, query)
            else:
                find_visitors(connection, query)
        return plans(connection, asked), plans(connection, asked[:1])

    taken, first = await ledger.async_read(steps)
    whole = {
        step
        for step in taken
        if step.split()[:2] in (["SCAN", table] for table in ("visits", "passages"))
        and "INDEX" not in step
    }
    assert not whole
    if query.name is None and getattr(query, "host", None) is None:
        assert "USE TEMP B-TREE FOR ORDER BY" not in first


async def test_loading_somebody_looks_at_nobody_elses_visits(
    ledger: Ledger, moment: Moment
) -> None:
    """However many are open: this is done all the time."""
    await fill(ledger, moment, 3)

    def steps(connection: Connection) -> list[str]:
        with questions(connection) as asked:
            load_many(connection, ["v1", "v2"])
            load_many(connection, ["v1", "v2"], with_visits=["over-v1"])
        return plans(connection, asked)

    taken = await ledger.async_read(steps)
    assert any("visits_of_visitor" in step for step in taken)
    assert not [step for step in taken if "visits_by" in step or "in_time" in step]
