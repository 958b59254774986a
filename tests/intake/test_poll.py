"""Polling: each passage once, however late; none lost by an outage; at a fixed cost."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from custom_components.hikcentral_visitors.hikcentral import FAST_TYPES
from custom_components.hikcentral_visitors.intake import intake
from custom_components.hikcentral_visitors.ledger import LedgerError
from custom_components.hikcentral_visitors.ledger.outbox import waiting
from custom_components.hikcentral_visitors.ledger.passage_queries import (
    PassageQuery,
    find_passages,
)
from custom_components.hikcentral_visitors.ledger.records import change
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.known import Existence, Known
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from tests.facility import calls, control

from .conftest import PERSON, START, House

EVENTS = "acs/v1/door/events"
FACE_GRANTED, FACE_DENIED, PIN_GRANTED = 196893, 197151, 263433


async def happen(house: House, **fields: Any) -> str:
    """Put an event of Ada's at the entrance into the log, unless told otherwise."""
    event = {
        "eventType": FACE_GRANTED,
        "doorIndexCode": "11",
        "readerIndexCode": "21",
        "personId": PERSON,
    }
    answer = await control(house.simulator, "events", {"events": [event | fields]})
    return str(answer["eventIds"][0])


async def recorded(house: House) -> list[tuple[str, str]]:
    rows, _ = await house.ledger.async_read(
        lambda one: find_passages(one, PassageQuery())
    )
    return [(row.passage.direction.value, row.passage.outcome.value) for row in rows]


async def knows(house: House, known: Known) -> None:
    """Let this be what is known of Ada's person."""
    moment = house.moment()

    def decide(record: VisitorRecord) -> Change:
        return Change(replace(record, known=known))

    await house.ledger.async_write(lambda one: change(one, moment, "ada", decide))


async def test_the_first_poll_takes_bearings_and_replays_nothing(house: House) -> None:
    await happen(house)
    await house.advance(3600)
    assert await house.poller().async_poll() == 0


async def test_a_passage_is_found_by_the_next_poll_once(house: House) -> None:
    poller = house.poller()
    await poller.async_poll()
    await house.advance(10)
    await happen(house)
    assert await poller.async_poll() == 1
    await house.advance(15)
    assert await poller.async_poll() == 0
    assert await recorded(house) == [("entry", "granted")]


async def test_direction_is_the_readers_then_the_doors(house: House) -> None:
    """D1: granted is 196893, and where he went is the reader's or door's affair."""
    poller = house.poller()
    await poller.async_poll()
    await happen(house, doorIndexCode="12", readerIndexCode="22")
    await house.advance(10)
    await happen(house, doorIndexCode="15", readerIndexCode="25")
    await house.advance(10)
    await happen(house, doorIndexCode="15", readerIndexCode="26")
    await poller.async_poll()
    assert await recorded(house) == [
        ("exit", "granted"),
        ("entry", "granted"),
        ("exit", "granted"),
    ]


async def test_a_person_id_is_recognised_as_number_and_as_text(house: House) -> None:
    """D28."""
    poller = house.poller()
    await poller.async_poll()
    await happen(house, personId=int(PERSON))
    assert await poller.async_poll() == 1


async def test_a_person_who_is_no_more_is_his_until_then(house: House) -> None:
    """He is heard of late; what is done later is done by somebody else (I2)."""
    poller = house.poller()
    await poller.async_poll()
    await happen(house)
    await house.advance(60)
    await house.ledger.async_write(
        lambda transaction: change(
            transaction,
            house.moment(),
            "ada",
            lambda record: Change(
                replace(record, known=replace(record.known, person_id="another"))
            ),
        )
    )
    await house.advance(600)
    await happen(house, doorIndexCode="12", readerIndexCode="22")
    assert await poller.async_poll() == 1
    assert await recorded(house) == [("entry", "granted")]


async def test_one_guest_behind_two_thousand_staff_is_found(house: House) -> None:
    """D6: all pages are read, none larger than the server gives."""
    poller = house.poller()
    await poller.async_poll()
    staff = {"eventType": FACE_GRANTED, "doorIndexCode": "11", "personId": "2"}
    for _ in range(4):
        await control(house.simulator, "events", {"events": [staff] * 500})
    await house.advance(5)
    await happen(house)
    assert await poller.async_poll() == 1


async def test_an_event_that_appears_late_within_the_overlap_is_found(
    house: House,
) -> None:
    """D23, D25: a record that appears after its time was asked for."""
    poller = house.poller()
    await poller.async_poll()
    await house.advance(600)
    await poller.async_poll()
    late = house.simulator.world.clock.now() - timedelta(seconds=90)
    await happen(house, eventTime=late.isoformat(timespec="seconds"))
    assert await poller.async_poll() == 1


@pytest.mark.parametrize("skew", [600, -600], ids=["ahead", "behind"])
@pytest.mark.parametrize("terminals_too", [False, True])
async def test_a_passage_is_found_at_once_whichever_clock_is_wrong(
    house: House, skew: int, terminals_too: bool
) -> None:
    """Terminals may go by the server's clock or by a right one: both are asked for."""
    await control(house.simulator, "faults", {"clock_skew_s": skew})
    await house.advance(3600)
    poller = house.poller()
    await poller.async_poll()
    await house.advance(120)
    shown = house.simulator.world.clock.now() + timedelta(seconds=skew * terminals_too)
    await happen(house, eventTime=shown.isoformat(timespec="seconds"))
    await house.advance(15)
    assert await poller.async_poll() == 1


async def test_an_outage_of_a_week_is_caught_up_after_a_restart(house: House) -> None:
    """D24: passages during an outage are found afterwards."""
    await house.poller().async_poll()
    for day in range(7):
        await house.advance(24 * 3600)
        door = "11" if day % 2 else "12"
        await happen(house, doorIndexCode=door, readerIndexCode="")
    await house.advance(600)
    assert await house.poller().async_poll() == 7


async def test_a_failed_question_moves_no_cursor_and_is_caught_up(
    house: House,
) -> None:
    """D32: a failed poll is no empty one, and shows."""
    poller = house.poller()
    await poller.async_poll()
    await house.advance(10)
    await happen(house)
    cut = {"path": EVENTS, "drop_before": True}
    await control(house.simulator, "faults", {"fail": [cut]})
    await house.advance(3600)
    assert await poller.async_poll() == 0
    await house.advance(60)
    assert await poller.async_poll() == 0
    assert not house.contact.connected
    await control(house.simulator, "faults", {})
    await house.advance(3600)
    assert await poller.async_poll() == 1
    assert house.contact.connected


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_could_not_be_stored_moves_no_cursor_and_is_caught_up(
    house: House, restarted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: neither what is remembered nor what is stored runs ahead."""
    poller = house.poller()
    await poller.async_poll()
    await house.advance(600)
    await happen(house)
    await house.advance(600)

    def full(*_: object, **__: object) -> bool:
        raise LedgerError("full")

    with monkeypatch.context() as patched:
        patched.setattr(intake, "record_passages", full)
        with pytest.raises(LedgerError):
            await poller.async_poll()
    if restarted:
        poller = house.poller()
    await house.advance(3600)
    assert await poller.async_poll() == 1


async def test_rare_types_and_late_events_come_with_the_sweep(house: House) -> None:
    """D25: records that appear hours late."""
    poller = house.poller()
    await poller.async_poll()
    at = START + timedelta(minutes=5)
    await happen(house, eventType=PIN_GRANTED, eventTime=at.isoformat())
    await house.advance(6 * 3600)
    await poller.async_poll()
    await happen(
        house, doorIndexCode="12", eventTime=(START + timedelta(hours=1)).isoformat()
    )
    assert await poller.async_poll() == 0
    assert await house.sweeper().async_recent() == 2
    assert await house.sweeper().async_recent() == 0


async def test_a_face_that_was_not_recognised_is_passed_on_once(house: House) -> None:
    poller = house.poller()
    await poller.async_poll()
    await happen(house, eventType=FACE_DENIED, personId="")
    await poller.async_poll()
    await poller.async_poll()
    assert [event.type for event in house.unknown] == [FACE_DENIED]
    assert await recorded(house) == []


async def test_a_poll_costs_one_question_for_each_type_and_group_of_doors(
    house: House,
) -> None:
    poller = house.poller()
    await poller.async_poll()
    before = calls(house.simulator)
    await happen(house)
    await poller.async_poll()
    assert calls(house.simulator) - before == {EVENTS: len(FAST_TYPES)}


async def test_a_poll_costs_the_same_with_one_and_with_five_hundred_visitors(
    house: House,
) -> None:
    poller = house.poller()
    await poller.async_poll()
    before = calls(house.simulator)
    await poller.async_poll()
    with_one = calls(house.simulator) - before
    await house.more_visitors(499)
    before = calls(house.simulator)
    await poller.async_poll()
    assert calls(house.simulator) - before == with_one


async def test_every_question_is_in_whole_seconds_and_within_31_days(
    house: House,
) -> None:
    """D29: a server that refuses anything else answers after 100 days."""
    await house.poller().async_poll()
    await house.advance(100 * 24 * 3600)
    await happen(house)
    assert await house.poller().async_poll() == 1


async def test_a_clock_that_is_set_back_loses_no_passage(house: House) -> None:
    poller = house.poller()
    await house.advance(3600)
    await poller.async_poll()
    await control(house.simulator, "clock", {"now": START.isoformat()})
    await house.client.version()
    await happen(house)
    assert await poller.async_poll() == 1
    await house.advance(15)
    await happen(house, doorIndexCode="12", readerIndexCode="22")
    assert await house.poller().async_poll() == 1, "also after a restart"


async def test_an_id_that_was_hers_is_hers_where_nobody_else_has_it(
    house: House,
) -> None:
    """Who had it in between, and her own person of a backup, are told apart."""
    data, poller = house.simulator.world.database, house.poller()
    person = data.tables.persons[PERSON]
    await poller.async_poll()
    await knows(house, Known())

    async def somebody_comes() -> int:
        await house.advance(600)
        await happen(house)
        recorded = await poller.async_poll()
        await house.advance(600)
        await poller.async_poll()
        return recorded

    assert await somebody_comes() == 0, "her id was given to somebody else"
    data.save_person(replace(person, code="TST"))
    await knows(house, Known(person_id=PERSON, existence=Existence.PRESENT))
    assert await somebody_comes() == 1
    await knows(house, Known())
    assert await somebody_comes() == 1, "it bears her code"
    data.delete_person(PERSON)
    assert await somebody_comes() == 1, "nobody has it"


async def test_what_is_heard_of_together_is_judged_together(house: House) -> None:
    """After days without Home Assistant: he was in and out again, before his end."""
    await house.poller().async_poll()
    in_time = START + timedelta(days=6, hours=20)
    for number, (door, reader) in enumerate((("11", "21"), ("12", "22"))):
        at = in_time + timedelta(hours=number)
        fields = {"doorIndexCode": door, "readerIndexCode": reader}
        await happen(house, eventTime=at.isoformat(timespec="seconds"), **fields)
    await house.advance(7 * 24 * 3600 + 60)
    assert await house.poller().async_poll() == 2
    told = {one.type for one in await house.ledger.async_read(waiting)}
    assert VisitEventType.EXPIRED in told
    assert VisitEventType.OVERSTAY not in told


async def test_what_could_not_be_stored_is_asked_for_again_soon(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where pushes arrive, and the next poll would be minutes away."""
    poller, polls = house.poller(), list[int]()
    again = asyncio.Event()

    async def poll() -> int:
        polls.append(len(polls))
        if len(polls) == 1:
            raise LedgerError("full")
        again.set()
        return 0

    monkeypatch.setattr(poller, "_interval", timedelta(milliseconds=1))
    monkeypatch.setattr(poller, "_wait", lambda: timedelta(hours=1))
    monkeypatch.setattr(poller, "async_poll", poll)
    task = asyncio.create_task(poller.async_run())
    async with asyncio.timeout(20):
        await again.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
