"""Servers that answer otherwise where the guide leaves it open."""

from dataclasses import dataclass
import json
from typing import Any

import pytest

from custom_components.hikcentral_visitors.ledger.schema import known
from custom_components.hikcentral_visitors.problems import Cause, causes
from custom_components.hikcentral_visitors.visits.access import AccessState
from simulator.control.operator import operate
from simulator.faults import CallFault
from simulator.layout import LATEST_END, STAFF_BEGIN
from simulator.model import Credential, Person

from .house import (
    ADD,
    CHECK,
    DELETE,
    ENROL,
    EXPEL,
    FACE,
    HOUR,
    LOBBY,
    LOBBY_DOORS,
    READ,
    UPDATE,
    VIP,
    VIP_DOORS,
    House,
)


@pytest.mark.parametrize(
    "switches",
    [
        {"add_answers_object": True},
        {"person_id_as_number": True},
        {"empty_list_included": True},
        {"numeric_codes": True},
        {"xml_labelled_errors": True},
        {"detail_key_case": "lower"},
        {"detail_status_as_text": True, "single_item_as_object": True},
        {"first_apply_fails": True},
        {"member_lists": "forbidden"},
        {"member_lists": "unsupported"},
        {"nulls": "refused"},
        {"past_end_refused": True},
        {"server_utc_offset": "+08:00"},
        {"window_end_inclusive": True},
        {"faces_in_add": "ignored"},
        {"faces_in_add": "refused"},
        {"person_application_detail": "missing"},
        {"person_application_detail": "empty"},
        {"person_application_detail": "unsupported"},
    ],
    ids=lambda switches: ",".join(f"{k}-{v}" for k, v in switches.items()),
)
async def test_the_story_holds(house: House, switches: dict[str, Any]) -> None:
    house.switch(**switches)
    visit = await house.grant(stay=HOUR)
    await house.settle()
    assert await house.differences() == []
    told = "person_application_detail" not in switches
    expected = AccessState.ACTIVE if told else AccessState.UNVERIFIED
    assert (await house.access(visit)).state is expected
    await house.extend(visit)
    await house.settle()
    assert await house.differences() == []
    await house.revoke(visit)
    await house.settle(HOUR)
    assert await house.differences() == []
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


@dataclass(frozen=True)
class Guest:
    """Somebody with a visit, as HikCentral knows him."""

    visit: str
    visitor: str
    code: str

    def person(self, house: House) -> str:
        person = house.world.database.person_of_code(self.code)
        assert person is not None
        return person.id

    def opens(self, house: House) -> set[str]:
        """Return the doors that let him in."""
        return house.opens(self.person(house), Credential.CARD)


async def _group_of_whom_one_is_deleted(house: House) -> tuple[list[Guest], str]:
    """Let some guests in and delete the first by hand; returns his id, too."""
    await house.at_once([house.grant(f"Guest {n}", photo=None) for n in range(4)])
    await house.settle()
    guests = [
        Guest(visit.id, record.visitor.id, record.visitor.person_code)
        for record in await house.records()
        for visit in record.visits
    ]
    gone = guests[0].person(house)
    operate(house.world, {"delete_person": gone})
    house.world.traffic.recent.clear()
    return guests, gone


def _named_in(house: House, path: str, person_id: str) -> bool:
    """Whether he was in a call that named others as well."""
    bodies = [
        json.loads(call.body)["list"]
        for call in house.world.traffic.recent
        if call.path == path
    ]
    return any({"id": person_id} in body and len(body) > 1 for body in bodies)


BATCHES: list[dict[str, Any]] = [
    {"unknown_id_in_batch": "all"},
    {"unknown_id_in_batch": "all", "xml_labelled_errors": True},
    {"unknown_id_in_batch": "all", "numeric_codes": True},
    {"unknown_id_in_batch": "some"},
    {"unknown_id_in_batch": "none"},
]
"""What a server makes of a call for many, one of whom it does not know."""


@pytest.mark.parametrize(
    "switches", BATCHES, ids=lambda one: ",".join(f"{k}-{v}" for k, v in one.items())
)
async def test_somebody_who_is_gone_keeps_nobody_out(
    house: House, switches: dict[str, Any]
) -> None:
    house.switch(**switches)
    guests, gone = await _group_of_whom_one_is_deleted(house)
    longer = await house.at_once(
        [
            house.grant("", VIP, visitor_id=one.visitor, card_no=None, photo=None)
            for one in guests
        ]
    )
    await house.settle()
    assert _named_in(house, ENROL, gone)
    for guest in guests[1:]:
        assert guest.opens(house) == VIP_DOORS
    for visit in longer[1:]:
        assert (await house.access(visit)).state is AccessState.ACTIVE

    await house.auditor.async_audit(thorough=True)
    await house.settle(HOUR)
    assert guests[0].opens(house) == VIP_DOORS
    assert await house.differences() == []


@pytest.mark.parametrize(
    "switches", BATCHES, ids=lambda one: ",".join(f"{k}-{v}" for k, v in one.items())
)
async def test_somebody_who_is_gone_keeps_nobody_in(
    house: House, switches: dict[str, Any]
) -> None:
    house.switch(**switches)
    guests, gone = await _group_of_whom_one_is_deleted(house)
    await house.revoke_all(one.visit for one in guests[:3])
    await house.settle()
    assert _named_in(house, EXPEL, gone)
    for guest in guests[1:3]:
        assert guest.opens(house) == set()
        assert (await house.access(guest.visit)).state is AccessState.REMOVED
    assert guests[3].opens(house) == LOBBY_DOORS

    await house.auditor.async_audit(thorough=True)
    await house.settle(HOUR)
    assert (await house.access(guests[0].visit)).state is AccessState.REMOVED
    assert await house.differences() == []
    await house.revoke(guests[3].visit)
    await house.settle(HOUR)
    assert house.open_to_us() == set()


@pytest.mark.parametrize("needs_apply", [True, False])
async def test_whom_only_deleting_helps_against_is_gone_from_the_doors(
    house: House, needs_apply: bool
) -> None:
    """Whether or not HikCentral tells the terminals of it by itself."""
    house.switch(deletion_needs_apply=needs_apply)
    visit = await house.grant()
    await house.settle()
    house.fail(EXPEL, code="2")
    house.world.faults.fail.append(CallFault(path=UPDATE, code="2"))
    house.calls()
    await house.revoke(visit)
    await house.settle(HOUR)
    assert house.calls()[DELETE] == 1
    assert house.ours() == []
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


@pytest.mark.parametrize("faces", ["ignored", "refused"])
async def test_a_face_that_add_does_not_take_goes_by_itself(
    house: House, faces: str
) -> None:
    house.switch(faces_in_add=faces)
    await house.grant()
    await house.settle()
    assert house.calls()[FACE] == 1
    (person,) = house.ours()
    assert house.opens(person.id) == LOBBY_DOORS
    assert await house.pictures() == 0


async def test_a_face_refused_for_good_leaves_the_card(house: House) -> None:
    """D14: he gets in by card, and somebody is told that it is not by face."""
    house.switch(faces_in_add="refused")
    house.fail(FACE, code="192")
    visit = await house.grant()
    await house.settle(HOUR)
    assert house.calls()[FACE] == 1
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.open_to_us() == LOBBY_DOORS
    assert [*causes(await house.book.visit(visit))] == [Cause.FACE_REFUSED]
    await house.revoke(visit)
    await house.settle()
    assert await house.pictures() == 0


async def test_a_face_that_was_refused_is_sent_again_when_somebody_asks(
    house: House,
) -> None:
    house.switch(faces_in_add="refused")
    house.fail(FACE, code="2", times=1)
    await house.grant()
    await house.settle(HOUR)
    (person,) = house.ours()
    assert house.opens(person.id) == set()
    await house.auditor.async_check_and_repair()
    await house.settle()
    assert house.opens(person.id) == LOBBY_DOORS
    assert await house.pictures() == 0


async def test_servers_that_clear_what_is_left_out_keep_the_card(house: House) -> None:
    house.switch(update_clears_omitted=True)
    visit = await house.grant(photo=None, phone="+998", email="ada@example.org")
    await house.settle()
    (before,) = house.ours()
    await house.extend(visit)
    await house.settle()
    assert await house.differences() == []
    (person,) = house.ours()
    assert (person.cards, person.phone, person.email) == (
        before.cards,
        "+998",
        "ada@example.org",
    )


async def test_a_code_of_somebody_else_is_never_taken_over(house: House) -> None:
    house.fail(ADD, http=503)
    visit = await house.grant()
    await house.idle()
    code = (await house.record()).visitor.person_code
    await house.stop()
    # Somebody has just this code, and we never tried it: a clean ledger says so.
    await house.start()
    await _forget_the_attempt(house)
    stranger = await _stranger(house, code)
    house.fail()
    await house.settle(HOUR)
    assert (await house.record()).visitor.person_code != code
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.world.database.tables.persons[stranger.id] == stranger
    assert house.world.database.levels_of(stranger.id) == []


async def _forget_the_attempt(house: House) -> None:
    await house.ledger.async_write(
        lambda transaction: transaction.connection.execute(
            known.update().values(add_attempted=False)
        )
    )


async def _stranger(house: House, code: str) -> Person:
    database = house.world.database
    number = database.new_id("person", database.tables.persons)
    stranger = Person(
        id=number,
        code=code,
        given_name="Somebody",
        family_name="Else",
        organisation="1",
        begin_time=STAFF_BEGIN,
        end_time=LATEST_END,
    )
    database.save_person(stranger)
    house.staff.add(number)
    house.remember_staff()
    return stranger


async def test_a_code_that_we_tried_is_ours(house: House) -> None:
    house.fail(ADD, cut="drop_after", times=1)
    house.world.faults.fail.append(CallFault(path=READ, code="128", times=2))
    visit = await house.grant()
    await house.settle()
    assert house.calls()[ADD] == 2
    assert len(house.ours()) == 1
    assert (await house.access(visit)).state is AccessState.ACTIVE


@pytest.mark.parametrize("fault", [{"cut": "drop_after"}, {"http": 500, "after": True}])
async def test_a_server_that_takes_a_code_twice_is_not_given_it_twice(
    house: House, fault: dict[str, Any]
) -> None:
    """What was added without an answer is looked for, not added once more."""
    house.switch(duplicate_code="accepted")
    house.fail(ADD, times=1, **fault)
    visit = await house.grant()
    await house.settle()
    assert house.calls()[ADD] == 1
    assert len(house.ours()) == 1
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_a_card_of_somebody_else_is_refused_once(house: House) -> None:
    (staff, *_) = sorted(house.staff)
    (card,) = house.world.database.tables.persons[staff].cards
    visit = await house.grant(card_no=card)
    await house.settle(HOUR)
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.FAILED, "already_exists")
    assert house.calls()[ADD] == 1
    assert house.ours() == []
    assert "grant_failed" in await house.told()


async def test_a_level_that_is_gone_fails_the_grant(house: House) -> None:
    """D9: what will never succeed is said, and not tried on and on."""
    house.world.database.delete_level(LOBBY)
    house.remember_staff()
    visit = await house.grant()
    await house.settle(HOUR)
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.FAILED, "not_found")
    calls = house.calls()
    assert calls.total() < 8
    await house.revoke(visit)
    await house.settle(HOUR)
    assert (await house.access(visit)).state is AccessState.REMOVED


async def test_a_server_that_cannot_tell_is_not_asked_for_ever(house: House) -> None:
    house.switch(person_application_detail="unsupported")
    visit = await house.grant()
    await house.wait(HOUR)
    assert house.calls()[CHECK] == 1
    assert (await house.access(visit)).state is AccessState.UNVERIFIED
    assert house.open_to_us() == LOBBY_DOORS
