"""The open visits in memory: what the ledger says, seen anew when time has come."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custom_components.hikcentral_visitors import roster as module
from custom_components.hikcentral_visitors.ledger import (
    Committed,
    Ledger,
    LedgerError,
    loading,
)
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
    await roster.async_load(MOMENT)
    assert roster.take_changed() == {"visit", "tomorrow"}
    shown = {one.visit.id async for one in roster.async_views()}
    assert shown == {"visit", "tomorrow"}
    assert roster.view("unheard of") is None


async def test_only_what_looks_different_is_returned(ledger: Ledger) -> None:
    await store(ledger, record(stay(), stay(30, 34, name="tomorrow")))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    roster.take_changed()
    await roster.async_reload({VISITOR.id: None}, MOMENT)
    assert roster.take_changed() == set()
    await alter(ledger, purpose="Tea")
    await roster.async_reload({VISITOR.id: None}, MOMENT)
    assert roster.take_changed() == {"visit"}
    seen = roster.view("visit")
    assert seen is not None
    assert seen.visit.purpose == "Tea"


async def test_a_record_that_is_at_hand_is_not_read(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(ledger, record(stay()))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    commits: list[Committed] = []
    ledger.async_listen(commits.append)
    await alter(ledger, purpose="Tea")
    monkeypatch.setattr(loading, "load_many", lambda *_: {})
    await roster.async_reload(commits[0].touched, MOMENT)
    seen = roster.view("visit")
    assert seen is not None
    assert seen.visit.purpose == "Tea"


async def test_a_closed_visit_goes_and_its_visitor_with_the_last(
    ledger: Ledger,
) -> None:
    await store(ledger, record(stay()))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    roster.take_changed()
    await alter(ledger, closed_at=NOW, ended_at=NOW)
    await roster.async_reload({VISITOR.id: None}, MOMENT)
    assert roster.take_changed() == {"visit"}
    assert roster.view("visit") is None
    assert [one async for one in roster.async_views()] == []
    assert roster.next_due is None or roster.next_due > NOW
    assert roster.take_due(NOW + 9 * DAY) == set()


async def test_loading_again_drops_what_is_gone(ledger: Ledger) -> None:
    await store(ledger, record(stay()))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    roster.take_changed()
    await alter(ledger, closed_at=NOW, ended_at=NOW)
    await roster.async_load(MOMENT)
    assert roster.take_changed() == {"visit"}
    assert [one async for one in roster.async_views()] == []


async def test_time_alone_changes_what_is_seen(ledger: Ledger) -> None:
    await store(ledger, record(stay(30, 34)))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    seen = roster.view("visit")
    assert seen is not None
    before = seen.status
    due = roster.next_due
    assert due == NOW + 6 * HOUR, "24 hours before it begins"
    assert roster.take_due(due - timedelta(seconds=1)) == set()
    assert roster.take_due(due) == {VISITOR.id}
    await roster.async_reload({VISITOR.id: None}, Moment(due, POLICY))
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
        await roster.async_reload({VISITOR.id: None}, MOMENT)
    assert len(roster._due) == 1


async def test_what_was_taken_over_before_a_failure_is_told_all_the_same(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    await store(ledger, record(stay()))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    roster.take_changed()
    await alter(ledger, purpose="Tea")
    read, reads = ledger.async_read, 0

    async def locked(*args: Any) -> Any:
        nonlocal reads
        reads += 1
        if reads == 2:
            raise LedgerError("locked")
        return await read(*args)

    monkeypatch.setattr(ledger, "async_read", locked)
    with pytest.raises(LedgerError):
        await roster.async_reload({VISITOR.id: None, "another": None}, MOMENT)
    await roster.async_reload({VISITOR.id: None, "another": None}, MOMENT)
    assert roster.take_changed() == {"visit"}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(-1, set()), (0, {"visit"}), (3, {"visit", "later"}), (5, {"later"})],
)
async def test_who_may_come_in_now(
    ledger: Ledger, hours: float, expected: set[str]
) -> None:
    await store(ledger, record(stay(0, 4), stay(2, 6, name="later")))
    roster = Roster(ledger)
    await roster.async_load(MOMENT)
    found = roster.expected_at(NOW + hours * HOUR)
    assert {one.visit.id for one in found} == expected


async def test_others_have_their_turn_while_many_are_taken_over(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand visitors do not hold the event loop."""
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    for number in range(7):
        who = replace(VISITOR, id=f"v{number}", person_code=f"{number:016}")
        visit = replace(stay(), id=f"visit{number}", visitor_id=who.id)
        await store(ledger, replace(record(visit), visitor=who))
    roster, together = Roster(ledger), list[int]()
    take_over = roster._take_over
    asyncio.get_running_loop().call_soon(together.append, 0)

    def count(*args: Any) -> None:
        if not together or together[-1] == 0:
            asyncio.get_running_loop().call_soon(together.append, 0)
        together.append(1)
        take_over(*args)

    monkeypatch.setattr(roster, "_take_over", count)
    await roster.async_load(MOMENT)
    turns = "".join(map(str, together)).split("0")
    assert max(map(len, turns)) == 2
    assert sum(map(len, turns)) == 7
