"""Passages are recorded once, attributed, and told once."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.counters import totals
from custom_components.hikcentral_visitors.ledger.found import (
    take_in,
    waiting_for_decision,
)
from custom_components.hikcentral_visitors.ledger.loading import load
from custom_components.hikcentral_visitors.ledger.outbox import waiting
from custom_components.hikcentral_visitors.ledger.passage_queries import (
    PassageQuery,
    find_passages,
)
from custom_components.hikcentral_visitors.ledger.passages import (
    Owner,
    denials_since,
    former_visitors_of_persons,
    last_passage,
    owners_of_persons,
    record_passage,
)
from custom_components.hikcentral_visitors.ledger.records import Moment, change
from custom_components.hikcentral_visitors.ledger.retention import delete_former_persons
from custom_components.hikcentral_visitors.ledger.visit_queries import view_of_visit
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.facts import PersonReading
from custom_components.hikcentral_visitors.visits.found import FoundPerson, taken_in
from custom_components.hikcentral_visitors.visits.known import Existence, Known
from custom_components.hikcentral_visitors.visits.passage import (
    Direction,
    Passage,
    PassageOutcome,
)
from custom_components.hikcentral_visitors.visits.presence import (
    Movement,
    MovementKind,
)
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.window import Window

from .conftest import HOUR, NOW
from .test_records import store, visit, visitor

ENTRY = Passage(
    event_id="e1",
    event_type=196893,
    visitor_id="ada",
    occurred_at=NOW + HOUR,
    door_id="11",
    door_name="Turnstile In",
    direction=Direction.ENTRY,
    credential="face",
)


MOVES = {
    Direction.ENTRY: MovementKind.ENTRY,
    Direction.EXIT: MovementKind.EXIT,
}
ECHO_AFTER = timedelta(seconds=5)


@pytest.fixture
async def ada(ledger: Ledger, moment: Moment) -> None:
    """Ada, expected from nine to five, person 42."""
    known = Known(person_id="42", existence=Existence.PRESENT)
    record = VisitorRecord(visitor=visitor(), visits=(visit(),), known=known)
    await store(ledger, moment, record)


async def take(ledger: Ledger, moment: Moment, *passages: Passage) -> list[bool]:
    later = Moment(NOW + 2 * HOUR, moment.policy)
    return [
        await ledger.async_write(partial(record_passage, moment=later, passage=each))
        for each in passages
    ]


@pytest.mark.usefixtures("ada")
async def test_the_same_event_is_recorded_once(ledger: Ledger, moment: Moment) -> None:
    """D26: however often it is reported."""
    assert await take(ledger, moment, ENTRY, ENTRY, ENTRY) == [True, False, False]
    assert len(await ledger.async_read(waiting)) == 1
    assert await ledger.async_read(totals) == {"entries": 1}


@pytest.mark.usefixtures("ada")
async def test_an_echo_is_kept_but_neither_counted_nor_told(
    ledger: Ledger, moment: Moment
) -> None:
    echo = replace(ENTRY, event_id="e2", occurred_at=ENTRY.occurred_at + ECHO_AFTER)
    assert await take(ledger, moment, ENTRY, echo) == [True, True]
    assert len(await ledger.async_read(waiting)) == 1
    assert await ledger.async_read(totals) == {"entries": 1}
    rows, total = await ledger.async_read(
        lambda one: find_passages(one, PassageQuery())
    )
    assert (len(rows), total) == (1, 1)


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("outcome", PassageOutcome)
@pytest.mark.parametrize("way", Direction)
@pytest.mark.parametrize("echoed", [False, True])
async def test_whom_a_door_let_in_or_out_has_moved_once(
    ledger: Ledger,
    moment: Moment,
    outcome: PassageOutcome,
    way: Direction,
    *,
    echoed: bool,
) -> None:
    one = replace(ENTRY, direction=way, outcome=outcome)
    echo = replace(one, event_id="e2", occurred_at=one.occurred_at + ECHO_AFTER)
    await take(ledger, moment, one, *([echo] if echoed else []))
    kind = MOVES.get(way) if outcome is PassageOutcome.GRANTED else None
    expected = () if kind is None else (Movement(one.occurred_at, kind, "v1"),)
    for shown in ((), ("v1",)):
        record = await ledger.async_read(
            partial(load, visitor_id="ada", with_visits=shown)
        )
        assert record is not None
        assert record.movements == expected
        assert all(movement.kind is kind for movement in record.movements)


@pytest.mark.usefixtures("ada")
async def test_passages_out_of_order_end_with_where_he_is(
    ledger: Ledger, moment: Moment
) -> None:
    """D31: the exit is heard of first."""
    leave = replace(
        ENTRY,
        event_id="e2",
        door_id="12",
        direction=Direction.EXIT,
        occurred_at=ENTRY.occurred_at + timedelta(minutes=10),
    )
    await take(ledger, moment, leave, ENTRY)
    seen = await ledger.async_read(lambda one: view_of_visit(one, moment, "v1"))
    assert seen is not None
    assert (seen.status, seen.whereabouts.entries) == (Status.OUTSIDE, 1)


@pytest.mark.usefixtures("ada")
async def test_an_entry_that_no_visit_justifies_is_told_as_such(
    ledger: Ledger, moment: Moment
) -> None:
    early = replace(ENTRY, occurred_at=NOW - HOUR)
    await take(ledger, moment, early)
    told = await ledger.async_read(waiting)
    assert [one.type for one in told] == [None, VisitEventType.UNJUSTIFIED_ACCESS]
    assert told[0].passage is not None
    assert told[0].passage.visit_id == "v1"


@pytest.mark.usefixtures("ada")
async def test_denials_are_counted_and_told_when_they_repeat(
    ledger: Ledger, moment: Moment
) -> None:
    denials = [
        replace(
            ENTRY,
            event_id=f"d{number}",
            occurred_at=ENTRY.occurred_at + timedelta(seconds=20 * number),
            outcome=PassageOutcome.DENIED,
            reason="no_access_level",
        )
        for number in range(4)
    ]
    await take(ledger, moment, *denials)
    kinds = [one.type for one in await ledger.async_read(waiting)]
    assert kinds.count(VisitEventType.REPEATED_DENIAL) == 1
    assert await ledger.async_read(totals) == {"denials": 4}
    assert await ledger.async_read(lambda one: denials_since(one, NOW)) == 4
    assert await ledger.async_read(last_passage) == denials[-1].occurred_at


@pytest.mark.usefixtures("ada")
async def test_only_our_persons_are_known(ledger: Ledger) -> None:
    found = await ledger.async_read(lambda one: owners_of_persons(one, ["42", "7"]))
    assert {one: owner.visitor_id for one, owner in found.items()} == {"42": "ada"}


@pytest.mark.usefixtures("ada")
async def test_the_outbox_knows_how_many_passages_there_were(
    ledger: Ledger, moment: Moment
) -> None:
    again = replace(ENTRY, event_id="e2", occurred_at=ENTRY.occurred_at + HOUR)
    await take(ledger, moment, ENTRY, again)
    first, second = await ledger.async_read(waiting)
    assert (first.count, first.previous) == (1, None)
    assert (second.count, second.previous) == (2, ENTRY.occurred_at)


@pytest.mark.usefixtures("ada")
async def test_news_and_history_wait_apart(ledger: Ledger, moment: Moment) -> None:
    again = replace(ENTRY, event_id="e2", occurred_at=ENTRY.occurred_at + HOUR)
    await take(ledger, moment, again, ENTRY)

    async def events(**span: Any) -> list[str]:
        found = await ledger.async_read(lambda one: waiting(one, **span))
        return [each.passage.event_id for each in found if each.passage]

    assert await events() == ["e2", "e1"]
    assert await events(at_most=1) == ["e2"]
    assert await events(since=again.occurred_at) == ["e2"]
    assert await events(before=again.occurred_at) == ["e1"]


@pytest.mark.parametrize("ago", [HOUR, 90 * 24 * HOUR], ids=["lately", "long ago"])
async def test_who_was_found_when_his_time_was_over_and_gets_in_is_told_of(
    ledger: Ledger, moment: Moment, ago: timedelta
) -> None:
    """Nobody knew him, and no visit of his is going on."""
    window = Window(NOW - ago - HOUR, NOW - ago)
    found = FoundPerson(
        person_code="CODE",
        given_name="Eve",
        reading=PersonReading(person_id="42", window=window, has_photo=False),
    )
    record = taken_in(found, "eve", "v9", NOW)
    await ledger.async_write(partial(take_in, moment=moment, records=[record]))
    assert await ledger.async_read(partial(waiting_for_decision, moment=moment)) == []
    await take(ledger, moment, replace(ENTRY, visitor_id="eve"))
    told = await ledger.async_read(waiting)
    assert [one.type for one in told][:2] == [None, VisitEventType.UNJUSTIFIED_ACCESS]
    assert {one.visit_id for one in told} == {"v9"}
    seen = await ledger.async_read(lambda one: view_of_visit(one, moment, "v9"))
    assert seen is not None
    assert seen.inside, "he counts as whoever is inside"


async def test_passages_without_a_visit_are_counted_for_each_visitor(
    ledger: Ledger, moment: Moment
) -> None:
    for name in ("ada", "eve"):
        who = replace(visitor(), id=name, person_code=f"CODE-{name}")
        await store(ledger, moment, VisitorRecord(visitor=who))
        await take(ledger, moment, replace(ENTRY, event_id=name, visitor_id=name))
    told = await ledger.async_read(waiting)
    assert [one.count for one in told] == [1, 1]


@pytest.mark.usefixtures("ada")
async def test_whose_a_person_was_is_kept_for_as_long_as_passages(
    ledger: Ledger, moment: Moment
) -> None:
    def made_again(record: VisitorRecord) -> Change:
        return Change(replace(record, known=replace(record.known, person_id="43")))

    def former(connection: Connection) -> dict[str, Owner]:
        return former_visitors_of_persons(connection, ["42", "43"])

    ada = Owner("ada", visitor().person_code, moment.now)
    await ledger.async_write(lambda one: change(one, moment, "ada", made_again))
    assert await ledger.async_read(former) == {"42": ada}
    await ledger.async_write(lambda one: delete_former_persons(one, moment.now))
    assert await ledger.async_read(former) == {"42": ada}
    later = moment.now + HOUR
    await ledger.async_write(lambda one: delete_former_persons(one, later))
    assert await ledger.async_read(former) == {}


async def test_a_terminal_that_is_ahead_lets_in_by_the_visit_that_is_due(
    ledger: Ledger, moment: Moment
) -> None:
    stays = (
        visit(id="before", valid_from=NOW - 9 * HOUR, valid_until=NOW - HOUR),
        visit(id="due", valid_from=NOW + 3 * HOUR),
    )
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=stays))
    early = replace(ENTRY, stamped_at=NOW + 4 * HOUR)
    await take(ledger, moment, early)
    rows, _ = await ledger.async_read(lambda one: find_passages(one, PassageQuery()))
    assert [row.passage.visit_id for row in rows] == ["due"]
