"""Cases that the stateful property test found, as small as it could make them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
import logging
from pathlib import Path

import aiohttp
import pytest

from custom_components.hikcentral_visitors.visits.visit import EntryMode
from simulator import create_app
from simulator.clock import Clock
from simulator.event_log import Event
from simulator.event_types import GRANTED
from simulator.faults import CallFault
from simulator.model import Credential
from simulator.passages import Presentation, present
from tests.reconciler.house import (
    BY_ID,
    ENROL,
    HOUR,
    LOBBY,
    MINUTE,
    START,
    UPDATE,
    VIP,
)
from tests.unforeseen import nothing_unforeseen

from .facility import CrashedError, Facility, fewer_questions


@pytest.fixture
async def facility(socket_enabled: None, tmp_path: Path) -> AsyncIterator[Facility]:
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    asyncio.get_running_loop().set_debug(False)
    async with (
        create_app(clock=Clock(START, running=False), seed=1) as simulator,
        aiohttp.ClientSession() as session,
    ):
        house = Facility(simulator, session, tmp_path / "visits.db")
        with nothing_unforeseen(CrashedError), fewer_questions():
            await house.start()
            try:
                yield house
            finally:
                await house.stop()
        house.check_calls()
        house.check_staff()
        house.check_handed_on()


def goes(facility: Facility, door: str) -> Event:
    """Let the only visitor go through a door."""
    (person,) = facility.ours()
    event, decision = present(
        facility.world,
        Presentation(credential=Credential.CARD, door=door, person_id=person.id),
    )
    assert decision.granted
    return event


@pytest.mark.parametrize("refused", [False, True], ids=["taken", "refused"])
async def test_a_server_clock_far_ahead_makes_no_storm(
    facility: Facility, refused: bool
) -> None:
    """An end "now" by the server's clock was not over by ours, and was sent again."""
    facility.switch(past_end_refused=refused)
    facility.world.faults.clock_skew_s = 600
    visit = await facility.grant()
    await facility.pass_time(MINUTE)
    facility.calls()
    await facility.revoke(visit)
    await facility.pass_time(HOUR)
    assert facility.calls()[UPDATE] <= 3
    assert facility.open_to_us() == set()
    assert await facility.differences() == []


async def test_what_somebody_did_before_he_was_made_again(facility: Facility) -> None:
    """His person was deleted in HikCentral: the new one has another id (I3)."""
    await facility.grant()
    await facility.pass_time(MINUTE)
    (person,) = facility.ours()
    event = goes(facility, "11")
    facility.world.database.delete_person(person.id)
    await facility.auditor.async_check_and_repair()
    await facility.pass_time(10 * MINUTE)
    (again,) = facility.ours()
    assert again.id != person.id
    assert facility.heard.passages == {event.event_id: 1}


@pytest.mark.parametrize("clocks", [600, -600], ids=["ahead", "behind"])
async def test_what_somebody_did_before_by_clocks_that_are_wrong(
    facility: Facility, clocks: int
) -> None:
    """Shown later than it was, it was taken for what others did under his id (I3)."""
    facility.world.faults.clock_skew_s = clocks
    facility.switch(terminal_clock_offset_s=clocks)
    visit = await facility.grant()
    await facility.pass_time(HOUR)
    (person,) = facility.ours()
    event = goes(facility, "11")
    facility.world.database.delete_person(person.id)
    await facility.revoke(visit)
    await facility.auditor.async_check_and_repair()
    await facility.pass_time(10 * MINUTE)
    assert facility.heard.passages == {event.event_id: 1}
    assert "unjustified_access" not in facility.heard.types


async def test_who_left_on_another_visit_is_out(facility: Facility) -> None:
    """That visit was closed, and with it forgotten that he left."""
    await facility.grant(stay=HOUR)
    await facility.pass_time(MINUTE)
    goes(facility, "11")
    await facility.pass_time(2 * HOUR)
    ada = (await facility.record()).visitor.id
    second = await facility.grant(
        visitor_id=ada, valid_from=facility.now() + HOUR, photo=None
    )
    await facility.pass_time(MINUTE)
    await facility.book.check_out(second, facility.desk)
    await facility.pass_time(10 * MINUTE)
    assert (await facility.record()).visits == ()


async def test_one_entry_that_began_on_a_visit_before_is_one(
    facility: Facility,
) -> None:
    """Inside from a visit that closed when he left: the second one is used up."""
    await facility.grant(stay=HOUR)
    await facility.pass_time(MINUTE)
    goes(facility, "11")
    ada = (await facility.record()).visitor.id
    await facility.grant(
        visitor_id=ada,
        valid_from=facility.now() + 30 * MINUTE,
        entry_mode=EntryMode.SINGLE,
        photo=None,
    )
    await facility.pass_time(2 * HOUR)
    goes(facility, "12")
    await facility.pass_time(30 * MINUTE)
    assert facility.open_to_us() == set()
    assert (await facility.record()).visits == ()


@pytest.mark.parametrize("left_unheard", [False, True], ids=["went out", "both"])
async def test_back_within_the_grace_in_an_outage_is_one_entry(
    facility: Facility, left_unheard: bool
) -> None:
    """The way out ended the visit for good before the way back was heard of."""
    await facility.grant(entry_mode=EntryMode.SINGLE)
    await facility.pass_time(MINUTE)
    goes(facility, "11")
    await facility.pass_time(MINUTE)
    away = CallFault(path="*", cut="drop_before")
    if left_unheard:
        facility.world.faults.fail.insert(0, away)
    goes(facility, "12")
    await facility.pass_time(MINUTE)
    if not left_unheard:
        facility.world.faults.fail.insert(0, away)
    await facility.pass_time(5 * MINUTE)
    goes(facility, "11")
    await facility.pass_time(30 * MINUTE)
    away.times = 0
    await facility.pass_time(10 * MINUTE)
    (visit,) = (await facility.record()).visits
    assert visit.live(facility.now())
    assert "11" in facility.open_to_us()
    assert "overstay" not in facility.heard.types
    goes(facility, "12")
    await facility.pass_time(30 * MINUTE)
    assert facility.open_to_us() == set()
    assert (await facility.record()).visits == ()
    assert await facility.differences() == []


async def test_who_left_for_good_is_not_let_in_once_all_was_withdrawn(
    facility: Facility,
) -> None:
    """That he had come back in time is heard of after the server was retired."""
    await facility.grant(entry_mode=EntryMode.SINGLE)
    await facility.pass_time(MINUTE)
    goes(facility, "11")
    await facility.pass_time(MINUTE)
    goes(facility, "12")
    (person,) = facility.ours()
    left_at = facility.now()
    await facility.pass_time(30 * MINUTE)
    assert (await facility.record()).visits == ()
    await facility.book.withdraw_all(facility.desk)
    facility.world.record(
        Event(
            event_id="late",
            event_type=GRANTED[Credential.CARD],
            time=left_at + 5 * MINUTE,
            door="11",
            person_id=person.id,
        )
    )
    await facility.look_again()
    await facility.pass_time(10 * MINUTE)
    assert facility.heard.passages["late"] == 1
    assert facility.open_to_us() == set()


async def test_a_card_of_before_does_not_come_back_with_a_backup(
    facility: Facility,
) -> None:
    """HikCentral was set back to when he had another one, which he may have lost."""
    await facility.grant()
    await facility.pass_time(10 * MINUTE)
    (person,) = facility.ours()
    facility.world.database.save_person(replace(person, cards=("4711",)))
    await facility.outage()
    await facility.auditor.async_audit(thorough=True)
    await facility.pass_time(HOUR)
    (mended,) = facility.ours()
    assert mended.cards == person.cards


async def test_what_is_done_later_under_an_id_that_was_his(facility: Facility) -> None:
    """A terminal that was not told of his end lets him in, and says his old id (I3).

    HikCentral may give that id to anybody once it was set back to a backup (I2).
    """
    await facility.grant()
    await facility.pass_time(MINUTE)
    (person,) = facility.ours()
    data = facility.world.database
    data.delete_person(person.id)
    await facility.auditor.async_check_and_repair()
    await facility.pass_time(10 * MINUTE)

    async def somebody_goes_in(event_id: str) -> None:
        facility.world.record(
            Event(
                event_id=event_id,
                event_type=GRANTED[Credential.CARD],
                time=facility.now(),
                door="11",
                person_id=person.id,
            )
        )
        await facility.pass_time(10 * MINUTE)

    await somebody_goes_in("he")
    facility.calls()
    data.save_person(replace(person, code="SOMEBODYELSE"))
    facility.staff.add(person.id)
    facility.remember_staff()
    await somebody_goes_in("somebody else")
    await somebody_goes_in("somebody else again")
    assert facility.heard.passages == {"he": 1}
    assert facility.calls()[BY_ID] == 1


@pytest.mark.parametrize("lists", ["forbidden", "unsupported"])
async def test_levels_whose_members_nobody_tells(
    facility: Facility, lists: str
) -> None:
    """What somebody changed there is not found, but put right all the same."""
    facility.switch(member_lists=lists)
    await facility.grant("Ada", LOBBY)
    await facility.pass_time(MINUTE)
    (person,) = facility.ours()
    for level, change in (
        (LOBBY, facility.world.database.remove_member),
        (VIP, facility.world.database.add_member),
    ):
        change(level, person.id)
        facility.world.terminals.start_job({person.id}, None)
        await facility.pass_time(MINUTE)
        await facility.auditor.async_check_and_repair()
        await facility.pass_time(10 * MINUTE)
        assert await facility.differences() == []
    facility.calls()
    await facility.pass_time(8 * HOUR)
    await facility.pass_time(16 * HOUR)
    assert facility.calls()[ENROL] == 0
