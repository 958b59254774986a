"""The open visits in memory: what the ledger says, seen anew when time has come."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.records import Moment, change, insert
from custom_components.hikcentral_visitors.roster import Roster
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.status import Status

from .visits.values import DAY, HOUR, NOW, POLICY, VISITOR, record, stay

MOMENT = Moment(NOW, POLICY)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncGenerator[Ledger]:
    """An empty ledger."""
    made = Ledger(tmp_path / "visits.db")
    await made.async_open()
    yield made
    await made.async_close()


async def store(ledger: Ledger, made: VisitorRecord) -> None:
    await ledger.async_write(lambda one: insert(one, MOMENT, Change(made)))


async def alter(ledger: Ledger, **fields: Any) -> None:
    """Change the visit of the tests."""

    def decide(before: VisitorRecord) -> Change:
        return Change(before.with_visit(replace(before.visit("visit"), **fields)))

    await ledger.async_write(lambda one: change(one, MOMENT, VISITOR.id, decide))


async def test_open_visits_are_there_after_loading(ledger: Ledger) -> None:
    await store(ledger, record(stay(), stay(30, 34, name="tomorrow")))
    roster = Roster(ledger)
    assert await roster.async_load(MOMENT) == {"visit", "tomorrow"}
    assert {one.visit.id for one in roster} == {"visit", "tomorrow"}
    assert roster.view("unheard of") is None


async def test_only_what_looks_different_is_returned(ledger: Ledger) -> None:
    await store(ledger, record(stay(), stay(30, 34, name="tomorrow")))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    assert await roster.async_reload([VISITOR.id], MOMENT) == set()
    await alter(ledger, purpose="Tea")
    assert await roster.async_reload([VISITOR.id], MOMENT) == {"visit"}
    seen = roster.view("visit")
    assert seen is not None
    assert seen.visit.purpose == "Tea"


async def test_a_closed_visit_goes_and_its_visitor_with_the_last(
    ledger: Ledger,
) -> None:
    await store(ledger, record(stay()))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    await alter(ledger, closed_at=NOW, ended_at=NOW)
    assert await roster.async_reload([VISITOR.id], MOMENT) == {"visit"}
    assert roster.view("visit") is None
    assert list(roster) == []
    assert roster.next_due is None or roster.next_due > NOW
    assert await roster.async_look_again(Moment(NOW + 9 * DAY, POLICY)) == set()


async def test_loading_again_drops_what_is_gone(ledger: Ledger) -> None:
    await store(ledger, record(stay()))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    await alter(ledger, closed_at=NOW, ended_at=NOW)
    assert await roster.async_load(MOMENT) == {"visit"}
    assert list(roster) == []


async def test_time_alone_changes_what_is_seen(ledger: Ledger) -> None:
    await store(ledger, record(stay(30, 34)))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    seen = roster.view("visit")
    assert seen is not None
    before = seen.status
    due = roster.next_due
    assert due == NOW + 6 * HOUR, "24 hours before it begins"
    assert (
        await roster.async_look_again(Moment(due - timedelta(seconds=1), POLICY))
        == set()
    )
    await roster.async_look_again(Moment(due, POLICY))
    assert roster.next_due is not None
    assert roster.next_due > due
    assert before in {Status.SCHEDULED, Status.GRANTING}


async def test_reading_somebody_again_and_again_takes_no_more_room(
    ledger: Ledger,
) -> None:
    await store(ledger, record(stay(30, 34)))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    for _ in range(50):
        await roster.async_reload([VISITOR.id], MOMENT)
    assert len(roster._due) == 1
