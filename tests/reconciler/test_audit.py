"""What somebody changes in HikCentral's own client is found and put right."""

import asyncio
from dataclasses import replace

import pytest

from custom_components.hikcentral_visitors.ledger.records import change
from custom_components.hikcentral_visitors.problems import Cause, causes
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.plan import PROOF_LASTS
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.restoration import restored
from custom_components.hikcentral_visitors.visits.view import views
from simulator.control.operator import operate
from simulator.faults import ApplyFault, CallFault
from simulator.model import Credential

from .house import (
    ADD,
    APPLY,
    DAY,
    DELETE,
    DESK,
    EVERYBODY,
    EXPEL,
    HOUR,
    LEVELS,
    LOBBY,
    LOBBY_DOORS,
    MEMBERS,
    MINUTE,
    READ,
    STAFF_LEVEL,
    UPDATE,
    VIP,
    VIP_DOORS,
    House,
)


async def _audited(house: House, *, thorough: bool = False) -> None:
    await house.auditor.async_audit(thorough=thorough)
    await house.wait(MINUTE)


async def _came_and_went(house: House) -> None:
    """Somebody whose visit was revoked, which every door knows."""
    visit = await house.grant(photo=None)
    await house.settle()
    await house.revoke(visit)
    await house.settle()


async def test_nothing_changed_nothing_done(house: House) -> None:
    await house.grant()
    await house.settle()
    house.calls()
    await _audited(house, thorough=True)
    # The levels, all persons, who is in both managed levels, and the one of ours.
    assert house.calls() == {LEVELS: 1, EVERYBODY: 1, MEMBERS: 2, READ: 1}


async def test_a_deleted_person_is_added_again(house: House) -> None:
    visit = await house.grant(photo=None)
    await house.settle()
    operate(house.world, {"delete_person": house.ours()[0].id})
    await _audited(house)
    assert await house.differences() == []
    assert len(house.ours()) == 1
    assert house.open_to_us() == LOBBY_DOORS
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.calls()[ADD] == 2


async def test_a_deleted_person_whom_the_server_applies_nothing_for_holds_up_nobody(
    house: House,
) -> None:
    """Some servers refuse to apply anything for a person that is gone."""
    visit = await house.grant(photo=None)
    await house.settle()
    gone = house.ours()[0].id
    operate(house.world, {"delete_person": gone})
    house.fail(APPLY, contains=gone, code="128")
    await _audited(house)
    assert len(house.ours()) == 1
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_a_widened_window_is_put_back(house: House) -> None:
    await house.grant(stay=HOUR)
    await house.settle()
    end = (house.now() + DAY).isoformat()
    operate(
        house.world,
        {"set_window": {"personId": house.ours()[0].id, "endTime": end}, "apply": {}},
    )
    await _audited(house, thorough=True)
    assert await house.differences() == []
    await house.stop()
    house.clock.advance(2 * HOUR.total_seconds())
    assert house.open_to_us() == set()
    await house.start()


async def test_somebody_in_a_level_too_many_is_taken_out(house: House) -> None:
    await house.grant()
    await house.settle()
    order = {"privilegeGroupId": VIP, "personId": house.ours()[0].id}
    operate(house.world, {"add_member": order, "apply": {}})
    await house.simulator.advance(5)
    assert house.open_to_us() == VIP_DOORS
    await _audited(house)
    assert await house.differences() == []
    assert house.open_to_us() == LOBBY_DOORS


async def test_somebody_taken_out_is_put_back(house: House) -> None:
    await house.grant()
    await house.settle()
    order = {"privilegeGroupId": "7", "personId": house.ours()[0].id}
    operate(house.world, {"remove_member": order, "apply": {}})
    await house.simulator.advance(5)
    assert house.open_to_us() == set()
    await _audited(house)
    assert await house.differences() == []
    assert house.open_to_us() == LOBBY_DOORS


async def test_doors_are_told_of_somebody_taken_out(house: House) -> None:
    """The operator told them nothing, and nobody wants him back in by now."""
    visit = await house.grant()
    await house.settle()
    house.world.database.remove_member("7", house.ours()[0].id)

    async def seen_and_revoked() -> None:
        await house.auditor.async_audit(thorough=False)
        await house.revoke(visit)

    await house.at_once([seen_and_revoked()])
    await house.settle()
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


async def test_doors_are_told_of_somebody_deleted_long_after(house: House) -> None:
    """Out of the level is found first, and that there is no person only then."""
    await house.grant(photo=None)
    await house.wait(PROOF_LASTS)
    gone = house.ours()[0].id
    operate(house.world, {"delete_person": gone})
    await _audited(house)
    assert house.opens(gone, Credential.CARD) == set()
    assert house.open_to_us() == LOBBY_DOORS


@pytest.mark.parametrize("asked_back", [True, False])
async def test_doors_that_did_not_hear_of_a_deletion_are_told_again(
    house: House, asked_back: bool
) -> None:
    """Of somebody who is gone, a server tells nobody whether it reached them."""
    visit = await house.grant(photo=None)
    await house.settle()
    gone = house.ours()[0].id
    operate(house.world, {"delete_person": gone})
    if not asked_back:
        await house.revoke(visit)
    fault = ApplyFault(doorIndexCode="11", times=1)
    house.world.faults.apply_fail = [fault]
    await _audited(house, thorough=True)
    assert house.opens(gone, Credential.CARD) == {"11"}
    await house.wait(10 * MINUTE)
    assert house.opens(gone, Credential.CARD) == set()


async def test_doors_are_told_of_a_deletion_as_soon_as_that_is_permitted(
    house: House,
) -> None:
    visit = await house.grant(photo=None)
    await house.settle()
    operate(house.world, {"delete_person": house.ours()[0].id})
    house.fail(APPLY, code="17")
    await house.revoke(visit)
    await _audited(house, thorough=True)
    assert (await house.access(visit)).state is AccessState.REVOKING
    house.fail()
    await house.wait(HOUR / 2)
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


async def test_a_window_that_somebody_widened_may_be_at_the_doors(
    house: House,
) -> None:
    """He was in a level meanwhile, and out of it again, which nobody told them."""
    await _came_and_went(house)
    person = house.ours()[0].id
    window = {"personId": person, "endTime": (house.now() + DAY).isoformat()}
    order = {"privilegeGroupId": VIP, "personId": person}
    operate(house.world, {"set_window": window, "add_member": order, "apply": {}})
    await house.simulator.advance(5)
    assert house.open_to_us() == VIP_DOORS
    house.world.database.remove_member(VIP, person)
    await _audited(house, thorough=True)
    assert house.open_to_us() == set()


async def test_doors_are_told_again_after_the_visits_were_set_back(
    house: House,
) -> None:
    """The copy is from when they had been told; what they missed since, it forgot."""
    await _came_and_went(house)
    before = await house.record()
    again = await house.grant(visitor_id=before.visitor.id, photo=None)
    await house.settle()
    house.world.faults.apply_fail = [ApplyFault(doorIndexCode="11")]
    await house.revoke(again)
    await house.settle(HOUR)
    assert house.open_to_us() == {"11"}

    def set_back(record: VisitorRecord) -> Change:
        return Change(restored(replace(record, known=before.known), house.now()))

    await house.ledger.async_write(
        lambda one: change(one, house.moment(), before.visitor.id, set_back)
    )
    house.world.faults.apply_fail = []
    await _audited(house, thorough=True)
    await house.settle()
    assert house.open_to_us() == set()


async def test_who_is_deleted_by_an_id_that_is_gone_is_looked_for(
    house: House,
) -> None:
    """Somebody made him again by his code, with another id."""
    await _came_and_went(house)
    data = house.world.database
    (before,) = house.ours()
    data.delete_person(before.id)
    number = data.new_id("person", data.tables.persons)
    later = (house.now() + DAY).isoformat()
    data.save_person(replace(before, id=number, end_time=later))
    data.add_member(LOBBY, number)
    await house.book.forget([(await house.record()).visitor.id], DESK)
    await house.wait(HOUR / 4)
    assert house.ours() == []


async def test_somebody_without_a_visit_gets_nothing(house: House) -> None:
    """His visit closed long ago; somebody puts him into a level by hand."""
    await _came_and_went(house)
    person = house.ours()[0].id
    operate(
        house.world,
        {
            "set_window": {
                "personId": person,
                "endTime": (house.now() + DAY).isoformat(),
            },
            "add_member": {"privilegeGroupId": VIP, "personId": person},
            "apply": {},
        },
    )
    await house.simulator.advance(5)
    assert house.open_to_us() == VIP_DOORS
    await _audited(house, thorough=True)
    assert await house.differences() == []
    assert house.open_to_us() == set()


async def test_what_is_not_taken_from_somebody_without_a_visit_is_shown(
    house: House,
) -> None:
    """I6: his last visit is open again as long as a door may open for him."""
    visit = await house.grant(photo=None)
    await house.settle()
    await house.revoke(visit)
    await house.settle()
    house.world.faults.fail = [
        CallFault(path=path, code="17") for path in (EXPEL, UPDATE, DELETE)
    ]
    order = {"privilegeGroupId": VIP, "personId": house.ours()[0].id}
    end = (house.now() + 10 * DAY).isoformat()
    window = {"personId": house.ours()[0].id, "endTime": end}
    operate(house.world, {"set_window": window, "add_member": order, "apply": {}})
    await house.simulator.advance(5)
    assert (await house.record()).visits == ()
    await house.auditor.async_audit(thorough=True)
    await house.wait(HOUR)
    (seen,) = views(await house.record(), house.policy, house.now())
    assert [*causes(seen)] == [Cause.ACCESS_NOT_TAKEN]
    assert seen.access.still_in == (VIP,)
    assert seen.access.reason == "not_permitted"
    assert (await house.told()).count("revoke_failed") == 1

    house.fail()
    await house.auditor.async_check_and_repair()
    await house.settle(HOUR)
    assert house.open_to_us() == set()
    assert (await house.record()).visits == (), "and it is closed as it was"
    assert (await house.told()).count("revoke_failed") == 1


async def test_a_backup_that_brings_somebody_back(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    operate(house.world, {"snapshot": "before"})
    house.fail("*/deletePersons", code="192")
    await house.revoke(visit)
    await house.settle(HOUR)
    house.fail()
    operate(house.world, {"restore": "before", "apply": {}})
    await house.simulator.advance(5)
    assert len(house.ours()) == 1
    await _audited(house, thorough=True)
    await _audited(house)
    assert await house.differences() == []
    assert house.open_to_us() == set()


async def test_a_level_that_is_managed_no_more_is_left(house: House) -> None:
    """A level outside the options is not looked at while none of ours is in it."""
    await house.grant()
    await house.settle()
    house.calls()
    await _audited(house)
    assert STAFF_LEVEL not in {
        call.body.decode() for call in house.world.traffic.recent
    }
    house.policy = type(house.policy)(managed_levels=frozenset())
    house.calls()
    await _audited(house)
    assert house.calls() == {LEVELS: 1, MEMBERS: 1}


async def test_lists_that_are_not_given_stop_nothing(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    house.switch(member_lists="forbidden")
    await _audited(house, thorough=True)
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.contact.connected


async def test_an_audit_during_the_work_disturbs_nothing(house: House) -> None:
    for name in ("Ada", "Bea", "Cleo"):
        await asyncio.gather(
            house.grant(name), house.auditor.async_audit(thorough=True)
        )
    await asyncio.gather(house.settle(), house.auditor.async_audit(thorough=True))
    await house.settle()
    assert await house.differences() == []


async def test_check_and_repair_tries_again_what_was_refused(house: House) -> None:
    house.fail(ADD, code="132")
    visit = await house.grant()
    await house.settle(HOUR)
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.FAILED, "capacity_reached")
    assert house.calls()[ADD] == 1
    house.fail()
    await house.auditor.async_check_and_repair()
    await house.settle()
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_an_id_that_went_to_somebody_else_is_never_written_to(
    house: House,
) -> None:
    """The server was set back to a backup while it was out of sight (I2)."""
    operate(house.world, {"snapshot": "empty"})
    visit = await house.grant(photo=None)
    await house.settle()
    house.fail(cut="drop_before")
    await house.extend(visit)
    await house.wait(HOUR / 4)
    house.calls()
    operate(house.world, {"restore": "empty"})
    (taken,) = house.simulator.background.seed(1, 0)
    house.staff.add(taken)
    house.remember_staff()
    house.fail()
    await house.settle(HOUR / 2)
    assert await house.differences() == []
    (person,) = house.ours()
    assert person.id != taken


async def test_why_a_door_opened_is_looked_at_for_one_visitor(house: House) -> None:
    """Somebody put him into a level, and a terminal knows more than it was told."""
    await house.grant("Ada", stay=HOUR)
    await house.grant("Bea")
    await house.settle()
    ada = next(person for person in house.ours() if person.given_name == "Ada")
    order = {"privilegeGroupId": VIP, "personId": ada.id}
    operate(house.world, {"add_member": order, "apply": {}})
    await house.simulator.advance(5)
    assert house.opens(ada.id) == VIP_DOORS
    (visitor,) = (
        record.visitor.id
        for record in await house.records()
        if record.visitor.given_name == "Ada"
    )
    house.calls()
    await house.auditor.async_read_back(visitor)
    await house.wait(MINUTE)
    assert house.opens(ada.id) == LOBBY_DOORS
    assert house.calls()[READ] == 1
    assert await house.differences() == []


async def test_a_terminal_that_holds_too_much_is_told_again(house: House) -> None:
    await house.grant("Ada", photo=None)
    await house.settle()
    (record,) = await house.records()
    house.calls()
    await house.auditor.async_read_back(record.visitor.id)
    await house.wait(MINUTE)
    assert house.calls()[APPLY] == 1


async def test_a_door_that_does_not_let_go_stays_known_when_it_opens(
    house: House,
) -> None:
    """That somebody went in makes the trouble no smaller: it is tried again at once."""
    visit = await house.grant("Ada", photo=None)
    await house.settle()
    house.world.faults.apply_fail = [ApplyFault(doorIndexCode="11")]
    await house.revoke(visit)
    await house.wait(HOUR / 2)
    assert (await house.access(visit)).reason == "door_failed"
    (record,) = await house.records()
    house.calls()
    await house.auditor.async_read_back(record.visitor.id)
    assert (await house.access(visit)).reason == "door_failed"
    await house.wait(MINUTE)
    assert house.calls()[APPLY] >= 1
    held = await house.access(visit)
    assert (held.reason, held.failed_doors) == ("door_failed", ("11",))


async def test_once_the_server_is_gone_nobody_else_is_asked_about(
    house: House,
) -> None:
    """A time-out for each of thousands of persons would last for days."""
    await house.grant_all(20)
    await house.settle()
    house.calls()
    house.fail(READ, cut="drop_before")
    await house.auditor.async_audit(thorough=True)
    calls = house.calls()
    assert calls[READ] == 1
    assert calls[MEMBERS] == 0
    house.fail()
    await house.auditor.async_audit(thorough=True)
    assert house.calls()[READ] == 20
