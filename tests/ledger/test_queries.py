"""Pages show what each row alone would show, at a cost that does not grow with them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.database import Transaction
from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.ledger.queries import (
    PassageQuery,
    VisitorQuery,
    VisitQuery,
    find_passages,
    find_visitors,
    find_visits,
    view_of_visit,
)
from custom_components.hikcentral_visitors.ledger.records import Moment, insert
from custom_components.hikcentral_visitors.visits.passage import Direction, Passage
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord

from .conftest import HOUR, NOW
from .test_records import visit, visitor

BEFORE = NOW - timedelta(days=1)


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


@pytest.mark.parametrize("what", ["visits", "visitors"])
async def test_a_page_takes_few_questions_however_much_is_on_it(
    ledger: Ledger, moment: Moment, what: str
) -> None:
    await fill(ledger, moment, 20)

    def questions(connection: Connection, limit: int) -> int:
        asked: list[str] = []

        def note(_one: object, _cursor: object, statement: str, *_more: object) -> None:
            asked.append(statement)

        event.listen(connection, "before_cursor_execute", note)
        if what == "visits":
            query = VisitQuery(since=NOW, limit=limit)
            assert len(find_visits(connection, moment, query)[0]) == limit
        else:
            assert len(find_visitors(connection, VisitorQuery(limit=limit))[0]) == limit
        event.remove(connection, "before_cursor_execute", note)
        return len(asked)

    few = await ledger.async_read(lambda one: questions(one, 2))
    assert await ledger.async_read(lambda one: questions(one, 20)) == few
