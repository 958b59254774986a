"""After a long outage: read slice by slice, and judged as a whole.

What strangers did is dropped page by page; what fails costs its slice only.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    FAST_TYPES,
    DoorEvent,
    TransientError,
)
from custom_components.hikcentral_visitors.hikcentral.paging import LARGEST_PAGE
from custom_components.hikcentral_visitors.intake.cursors import OVERLAP, SLICE, slices
from custom_components.hikcentral_visitors.intake.intake import Found
from custom_components.hikcentral_visitors.ledger import LedgerError
from custom_components.hikcentral_visitors.ledger.outbox import waiting
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from tests.facility import control

from .conftest import START, House
from .test_poll import EVENTS, FACE_GRANTED, happen, recorded

HOUR = timedelta(hours=1)
MARGIN = 3 * OVERLAP
"""Slices overlap, and begin earlier by as much as clocks differ."""

CARD_GRANTED = 198914
OUT = {"doorIndexCode": "12", "readerIndexCode": "22"}
ROUNDED = timedelta(minutes=1)
"""Questions are about a little more than what they are for."""

type Body = Mapping[str, Any]


class Line:
    """The line to the server: notes questions for events, and may be cut."""

    def __init__(self, house: House) -> None:
        self.asked: list[Body] = []
        self.cut: Callable[[Body], bool] = lambda _: False
        transport: Any = house.client._transport
        post = transport._post

        async def noted(question: Any, body: Body) -> Any:
            if question.path == EVENTS:
                self.asked.append(body)
                if self.cut(body):
                    raise TransientError(None, "cut", question.path)
            return await post(question, body)

        transport._post = noted

    def questions(self, event_type: int = FACE_GRANTED) -> list[datetime]:
        """Return from when on was asked for a type since the last time."""
        found = [began(body) for body in self.asked if is_first(body, event_type)]
        self.asked.clear()
        return found


def began(body: Body) -> datetime:
    return datetime.fromisoformat(body["startTime"])


def is_first(body: Body, event_type: int) -> bool:
    return bool(body["eventType"] == event_type and body["pageNo"] == 1)


def on_day(body: Body, day: int) -> bool:
    """Whether it is a question about that slice (from 0) of an outage since START."""
    return bool((began(body) - START + MARGIN) // SLICE == day)


async def goes(house: House, after: timedelta, **fields: str) -> None:
    at = (START + after).isoformat(timespec="seconds")
    await happen(house, eventTime=at, **fields)


async def staff_goes(house: House, after: timedelta, number: int) -> None:
    at = (START + after).isoformat(timespec="seconds")
    event = {"eventType": FACE_GRANTED, "doorIndexCode": "11", "eventTime": at}
    events = [event | {"personId": f"8{one}"} for one in range(number)]
    await control(house.simulator, "events", {"events": events})


async def told(house: House) -> set[VisitEventType | None]:
    return {one.type for one in await house.ledger.async_read(waiting)}


def test_slices_end_at_the_end() -> None:
    after = [START + number * SLICE for number in range(5)]
    assert [*slices(START, after[2] + HOUR)] == [*after[1:3], after[2] + HOUR]
    assert [*slices(START, after[2])] == after[1:3]
    assert [*slices(START, START)] == [START]


async def test_a_long_outage_is_read_slice_by_slice_the_oldest_first(
    house: House,
) -> None:
    poller = house.poller()
    await poller.async_poll()
    await house.advance(3.5 * 24 * 3600)
    line = Line(house)
    await poller.async_poll()
    days = [[began(one) for one in line.asked if on_day(one, day)] for day in range(4)]
    assert [len(day) for day in days] == [len(FAST_TYPES)] * 4
    assert [began(one) for one in line.asked] == [one for day in days for one in day]
    for body in line.asked:
        length = datetime.fromisoformat(body["endTime"]) - began(body)
        assert length <= SLICE + OVERLAP + ROUNDED
    starts = line.questions()
    assert all(later - one <= SLICE for one, later in pairwise(starts))
    await poller.async_poll()
    assert len(line.asked) == len(FAST_TYPES), "in step again"


async def test_what_lies_in_two_slices_is_judged_together(house: House) -> None:
    """In before a slice's end and out after it: he did not stay beyond his own."""
    await house.advance(12 * 3600)
    await house.poller().async_poll()
    end_of_slice = timedelta(days=6, hours=12)
    await goes(house, end_of_slice - HOUR)
    await goes(house, end_of_slice + HOUR, **OUT)
    await house.advance(7 * 24 * 3600)
    assert await house.poller().async_poll() == 2
    kinds = await told(house)
    assert VisitEventType.EXPIRED in kinds
    assert VisitEventType.OVERSTAY not in kinds


async def outage(house: House) -> Line:
    """Let Ada be in and out during days without us, and staff fill the third."""
    await house.poller().async_poll()
    await goes(house, timedelta(days=5, hours=1))
    await goes(house, timedelta(days=6, hours=1), **OUT)
    await staff_goes(house, timedelta(days=6, hours=2), LARGEST_PAGE + 1)
    await house.advance(7.5 * 24 * 3600)
    return Line(house)


def second_page_of_the_sixth_day(body: Body) -> bool:
    return on_day(body, 6) and body["pageNo"] == 2


async def test_a_page_that_fails_costs_its_slice_only(house: House) -> None:
    """What was read before is kept, and told when the rest is known."""
    line, poller = await outage(house), house.poller()
    line.cut = second_page_of_the_sixth_day
    assert await poller.async_poll() == 0
    assert len(line.questions()) == 7, "none after it"
    assert VisitEventType.OVERSTAY not in await told(house)
    line.cut = lambda _: False
    assert await poller.async_poll() == 2
    again = line.questions()
    assert len(again) == 2
    assert again[0] >= START + timedelta(days=6) - MARGIN
    assert VisitEventType.OVERSTAY not in await told(house)
    assert sorted(await recorded(house)) == [("entry", "granted"), ("exit", "granted")]


async def test_what_was_read_waits_for_no_page_that_fails_again(house: House) -> None:
    """Also after a restart nothing before it is asked for again."""
    line, poller = await outage(house), house.poller()
    line.cut = second_page_of_the_sixth_day
    assert await poller.async_poll() == 0
    assert await poller.async_poll() == 2, "of the slice's first page, too"
    line.questions()
    line.cut = lambda _: False
    again = house.poller()
    assert await again.async_poll() == 0
    assert len(line.questions()) == 2
    assert len(line.asked) == 0


async def test_a_type_that_always_fails_holds_up_no_other(house: House) -> None:
    line, poller = await outage(house), house.poller()
    line.cut = lambda body: body["eventType"] == CARD_GRANTED
    assert CARD_GRANTED in FAST_TYPES
    assert await poller.async_poll() == 2
    assert len(line.questions()) == 8
    await poller.async_poll()
    assert len(line.asked) == len(FAST_TYPES)


async def test_what_could_not_be_stored_is_not_forgotten(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor read again: storage that fails is no reason to ask for days once more."""
    line, poller = await outage(house), house.poller()

    async def full(*_: object) -> None:
        raise LedgerError("full")

    with monkeypatch.context() as patched:
        patched.setattr(house.ledger, "async_write", full)
        with pytest.raises(LedgerError):
            await poller.async_poll()
    assert len(line.questions()) == 8
    assert await poller.async_poll() == 2
    assert len(line.questions()) == 1


def event(number: int) -> DoorEvent:
    return DoorEvent(id=str(number), type=FACE_GRANTED, time=START)


def test_many_are_recorded_in_portions_by_whole_visitors() -> None:
    found = Found()
    for number in range(1000):
        for _ in range(2):
            found.add(f"visitor{number % 5}", event(number))
    portions = found.portions()
    assert [len(portion) for portion in portions] == [400, 400, 200]
    for portion in portions:
        whose = {int(one.id) % 5 for one in portion}
        assert len(portion) == 200 * len(whose)
    assert len({one.id for portion in portions for one in portion}) == 1000


async def test_a_cursor_is_stored_with_the_last_portion(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where storage fails in between, a restart asks again, and records the rest."""
    monkeypatch.setattr(
        "custom_components.hikcentral_visitors.intake.intake._AT_ONCE", 1
    )
    await house.more_visitors(1)
    await house.poller().async_poll()
    await goes(house, HOUR)
    await goes(house, HOUR, personId="900000")
    await house.advance(2 * 3600)
    write, written = house.ledger.async_write, list[object]()

    async def once(work: Any) -> Any:
        if written:
            raise LedgerError("full")
        written.append(work)
        return await write(work)

    with monkeypatch.context() as patched:
        patched.setattr(house.ledger, "async_write", once)
        with pytest.raises(LedgerError):
            await house.poller().async_poll()
    assert len(await recorded(house)) == 1
    assert await house.poller().async_poll() == 1
    assert len(await recorded(house)) == 2
