"""Nothing is kept longer than it may be, and nobody is lost before he is gone."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise
import os
import threading

import pytest
from sqlalchemy import Table, select, update

from custom_components.hikcentral_visitors import retention as module
from custom_components.hikcentral_visitors.ledger import Committed, Ledger
from custom_components.hikcentral_visitors.ledger.copies import copy_of
from custom_components.hikcentral_visitors.ledger.loading import load
from custom_components.hikcentral_visitors.ledger.memory import held_places
from custom_components.hikcentral_visitors.ledger.outbox import waiting
from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.ledger.photos import keep_photo, photo
from custom_components.hikcentral_visitors.ledger.records import (
    Moment,
    announce,
    change,
    insert,
)
from custom_components.hikcentral_visitors.ledger.retention import visitors_due
from custom_components.hikcentral_visitors.ledger.schema import (
    deleted_events,
    passages,
    visitors,
    visits,
)
from custom_components.hikcentral_visitors.ledger.transaction import Transaction
from custom_components.hikcentral_visitors.retention import (
    AT_ONCE,
    COPIES_KEPT,
    Retention,
)
from custom_components.hikcentral_visitors.visits.desired import Wish, desired
from custom_components.hikcentral_visitors.visits.events import (
    VisitEvent,
    VisitEventType,
)
from custom_components.hikcentral_visitors.visits.known import Existence, Known
from custom_components.hikcentral_visitors.visits.passage import Passage
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord

from .conftest import HOUR, NOW, POLICY
from .test_records import store, visit, visitor

DAY = timedelta(days=1)
LONG_AGO = NOW - timedelta(days=100)
PRESENT = Known(person_id="42", existence=Existence.PRESENT)


def retention(ledger: Ledger) -> Retention:
    return Retention(ledger, lambda: Moment(NOW, POLICY))


async def count(ledger: Ledger, table: Table) -> int:
    return len(await ledger.async_read(lambda one: one.execute(select(table)).all()))


async def test_a_visitor_is_forgotten_in_time_and_deleted_once_he_is_gone(
    ledger: Ledger, moment: Moment
) -> None:
    record = VisitorRecord(
        visitor=visitor(
            created_at=LONG_AGO, phone="+1", card_no="77", company="Acme", photo="x"
        ),
        visits=(visit(closed_at=LONG_AGO, host="Eva", note="secret"),),
        known=PRESENT,
    )
    await store(ledger, moment, record)
    await ledger.async_write(lambda one: keep_photo(one, "ada", "x", b"jpeg"))
    await retention(ledger).async_forget()

    left = await ledger.async_read(lambda one: load(one, "ada"))
    assert left is not None
    assert left.visitor == visitor(created_at=LONG_AGO, given_name="", forgotten_at=NOW)
    assert desired(left, NOW, Policy()).person is Wish.FORBIDDEN
    assert await ledger.async_read(lambda one: photo(one, "ada", "x")) is None

    def gone(record: VisitorRecord) -> Change:
        return Change(replace(record, known=Known()))

    await ledger.async_write(lambda one: change(one, moment, "ada", gone))
    await retention(ledger).async_forget()
    assert await count(ledger, visitors) == await count(ledger, visits) == 0


async def test_a_visitor_with_a_newer_visit_stays_but_old_visits_go(
    ledger: Ledger, moment: Moment
) -> None:
    record = VisitorRecord(
        visitor=visitor(created_at=LONG_AGO),
        visits=(visit(closed_at=LONG_AGO), visit(id="v2", reference=None)),
        known=PRESENT,
    )
    await store(ledger, moment, record)
    await retention(ledger).async_forget()
    left = await ledger.async_read(lambda one: load(one, "ada"))
    assert left is not None
    assert left.visitor.given_name == "Ada"
    assert await count(ledger, visits) == 1


async def test_a_new_visitor_is_not_forgotten(ledger: Ledger, moment: Moment) -> None:
    await store(ledger, moment, VisitorRecord(visitor=visitor()))
    await retention(ledger).async_forget()
    assert await count(ledger, visitors) == 1


async def test_whoever_is_registered_meanwhile_is_not_forgotten(
    ledger: Ledger, moment: Moment
) -> None:
    old = visit(closed_at=LONG_AGO)
    record = VisitorRecord(visitor=visitor(created_at=LONG_AGO), visits=(old,))
    await store(ledger, moment, record)

    def come_again(record: VisitorRecord) -> Change:
        return Change(record.with_visit(visit(id="v2", reference=None)))

    busy = threading.Event()
    under_way = (
        asyncio.create_task(ledger.async_write(lambda _: busy.wait())),
        asyncio.create_task(
            ledger.async_write(lambda one: change(one, moment, "ada", come_again))
        ),
        asyncio.create_task(retention(ledger).async_forget()),
    )
    await asyncio.sleep(0)
    await ledger.async_read(held_places)
    busy.set()
    await asyncio.gather(*under_way)
    left = await ledger.async_read(lambda one: load(one, "ada"))
    assert left is not None
    assert left.visitor.given_name == "Ada"
    assert not left.visit("v2").stopped


async def test_what_waits_to_be_told_goes_with_its_visit(
    ledger: Ledger, moment: Moment
) -> None:
    over = visit(
        valid_from=LONG_AGO,
        valid_until=LONG_AGO + timedelta(hours=1),
        closed_at=LONG_AGO + timedelta(hours=1),
    )
    record = VisitorRecord(visitor=visitor(), visits=(over, visit(id="v2")))
    await store(ledger, moment, record)
    late = VisitEvent(visit_id="v1", type=VisitEventType.EXPIRED, occurred_at=NOW)
    await ledger.async_write(lambda one: announce(one, [late]))
    assert await ledger.async_read(waiting)
    await retention(ledger).async_forget()
    assert await ledger.async_read(waiting) == []


async def test_who_gets_in_although_he_is_forgotten_is_told_of(
    ledger: Ledger, moment: Moment
) -> None:
    """His last visit stays as long as HikCentral holds him."""
    over = visit(
        valid_from=LONG_AGO,
        valid_until=LONG_AGO + HOUR,
        closed_at=LONG_AGO + HOUR,
        reference=None,
    )
    earlier = replace(over, id="v0")
    record = VisitorRecord(
        visitor=visitor(created_at=LONG_AGO), visits=(earlier, over), known=PRESENT
    )
    await store(ledger, moment, record)
    await retention(ledger).async_forget()
    assert await passes(ledger, moment, "e1", HOUR)
    told = await ledger.async_read(waiting)
    assert [one.type for one in told] == [None, VisitEventType.UNJUSTIFIED_ACCESS]


async def test_many_are_forgotten_in_portions_between_which_others_have_their_turn(
    ledger: Ledger, moment: Moment
) -> None:
    """A full portion of visitors who cannot be read keeps nobody else from his turn."""
    names = [f"v{number:03}" for number in range(2 * AT_ONCE + 50)]
    unreadable, last = names[AT_ONCE : 2 * AT_ONCE], names[-1]

    def fill(transaction: Transaction) -> None:
        for name in names:
            who = visitor(id=name, person_code=f"T{name}", created_at=LONG_AGO)
            insert(transaction, moment, Change(VisitorRecord(visitor=who)))
        transaction.connection.exec_driver_sql(
            "UPDATE visitors SET person_code = CAST(person_code AS BLOB) "
            "WHERE id BETWEEN ? AND ?",
            (unreadable[0], unreadable[-1]),
        )

    await ledger.async_write(fill)

    def come_again(record: VisitorRecord) -> Change:
        again = visit(visitor_id=last, reference=None)
        return Change(record.with_visit(again))

    portions: list[frozenset[str]] = []
    coming: list[asyncio.Task[VisitorRecord]] = []

    def committed(what: Committed) -> None:
        portions.append(what.forgotten)
        if not coming:
            coming.append(
                asyncio.create_task(
                    ledger.async_write(
                        lambda one: change(one, moment, last, come_again)
                    )
                )
            )

    ledger.async_listen(committed)
    await retention(ledger).async_forget()
    await asyncio.gather(*coming)
    assert max(map(len, portions)) == AT_ONCE
    assert frozenset().union(*portions) == {*names} - {*unreadable, last}
    assert set(
        await ledger.async_read(lambda one: visitors_due(one, NOW - POLICY.retention))
    ) == set(unreadable)
    left = await ledger.async_read(lambda one: load(one, last))
    assert left is not None
    assert left.visitor.given_name == "Ada"
    assert not left.visit("v1").stopped


async def test_a_picture_that_no_door_confirmed_goes_when_the_last_visit_closes(
    ledger: Ledger, moment: Moment
) -> None:
    both = (visit(), visit(id="v2", reference=None))
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=both))
    await ledger.async_write(lambda one: keep_photo(one, "ada", "x", b"picture"))
    left = []
    for name in ("v1", "v2"):

        def close(record: VisitorRecord, name: str = name) -> Change:
            return Change(record.with_visit(replace(record.visit(name), closed_at=NOW)))

        await ledger.async_write(
            partial(change, moment=moment, visitor_id="ada", decide=close)
        )
        left.append(await ledger.async_read(lambda one: photo(one, "ada", "x")))
    assert left == [b"picture", None]


@pytest.mark.parametrize("somebody_is_due", [False, True])
async def test_copies_of_earlier_schemas_go_with_whoever_is_forgotten(
    ledger: Ledger, moment: Moment, somebody_is_due: bool
) -> None:
    """They hold names; without any reason to hurry they stay for a week."""
    if somebody_is_due:
        who = VisitorRecord(visitor=visitor(created_at=LONG_AGO))
        await store(ledger, moment, who)
    old, young = copy_of(ledger.path, 1), copy_of(ledger.path, 2)
    for copy, age in ((old, COPIES_KEPT + timedelta(hours=1)), (young, timedelta())):
        copy.touch()
        os.utime(copy, times=((NOW - age).timestamp(),) * 2)
    await retention(ledger).async_forget()
    assert not old.exists()
    assert young.exists() is not somebody_is_due


async def passes(ledger: Ledger, moment: Moment, event_id: str, ago: timedelta) -> bool:
    """Somebody was let in so long ago; whether that was news."""
    passage = Passage(
        event_id=event_id,
        event_type=196893,
        visitor_id="ada",
        occurred_at=NOW - ago,
        door_id="11",
    )
    return await ledger.async_write(lambda one: record_passage(one, moment, passage))


async def test_a_visit_stays_as_long_as_its_last_passage(
    ledger: Ledger, moment: Moment
) -> None:
    """Long after, somebody tried his card."""
    record = VisitorRecord(
        visitor=visitor(), visits=(visit(closed_at=LONG_AGO), visit(id="v2"))
    )
    await store(ledger, moment, record)
    assert await passes(ledger, moment, "late", POLICY.retention - HOUR)
    await ledger.async_write(
        lambda one: one.connection.execute(update(passages).values(visit_id="v1"))
    )
    await retention(ledger).async_forget()
    assert await count(ledger, visits) == 2
    assert await count(ledger, passages) == 1


async def test_what_was_deleted_is_no_news_when_it_is_told_again(
    ledger: Ledger, moment: Moment
) -> None:
    """I3: HikCentral is asked for a month, and somebody keeps visits for a week."""
    moment = replace(moment, policy=replace(POLICY, retention=7 * DAY))
    forgetful = Retention(ledger, lambda: moment)
    record = VisitorRecord(
        visitor=visitor(),
        visits=(visit(closed_at=NOW - 8 * DAY), visit(id="v2")),
    )
    await store(ledger, moment, record)
    ages = {"old": 40 * DAY, "told": 31 * DAY, "young": 9 * DAY}
    for event_id, age in ages.items():
        assert await passes(ledger, moment, event_id, age)
    await ledger.async_write(
        lambda one: one.connection.execute(update(passages).values(visit_id="v1"))
    )
    await forgetful.async_forget()
    assert await count(ledger, passages) == 0
    assert await count(ledger, deleted_events) == 2
    for event_id in ("told", "young"):
        assert not await passes(ledger, moment, event_id, ages[event_id])
    later = replace(moment, now=NOW + 30 * DAY)
    await Retention(ledger, lambda: later).async_forget()
    assert await count(ledger, deleted_events) == 0


async def test_old_visits_are_deleted_in_portions(
    ledger: Ledger, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody at the desk waits until a year is deleted."""
    monkeypatch.setattr(module, "AT_ONCE", 10)
    over = {"valid_from": LONG_AGO, "valid_until": LONG_AGO + HOUR}
    old = [
        visit(id=f"old{number}", reference=None, closed_at=LONG_AGO + HOUR, **over)
        for number in range(25)
    ]
    record = VisitorRecord(visitor=visitor(), visits=(visit(), *old))
    await ledger.async_write(lambda one: insert(one, moment, Change(record)))
    left, write = [26], ledger.async_write

    async def count_after[T](work: Callable[[Transaction], T]) -> T:
        result = await write(work)
        left.append(await count(ledger, visits))
        return result

    monkeypatch.setattr(ledger, "async_write", count_after)
    await retention(ledger).async_forget()
    assert left[-1] == 1, "the visit that is open"
    assert max(before - after for before, after in pairwise(left)) == 10
