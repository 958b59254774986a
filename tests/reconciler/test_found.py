"""Persons of ours whom the ledger does not know are found, narrowed and shown."""

from dataclasses import replace
import shutil

import pytest

from custom_components.hikcentral_visitors.ledger.found import (
    decide,
    waiting_for_decision,
)
from custom_components.hikcentral_visitors.ledger.retention import visitors_due
from custom_components.hikcentral_visitors.reconciler.findings import Difference
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.person_code import (
    Installation,
    issue,
)
from custom_components.hikcentral_visitors.visits.view import VisitView
from simulator.control.operator import operate

from .house import (
    ADD,
    APPLY,
    DAY,
    DESK,
    EVERYBODY,
    HOUR,
    LOBBY,
    LOBBY_DOORS,
    MEMBERS,
    MINUTE,
    STAFF_LEVEL,
    VIP,
    House,
)


async def _lose_the_ledger(house: House) -> None:
    await house.stop()
    for file in house.path.parent.glob(f"{house.path.name}*"):
        file.unlink()
    await house.start()


async def _found(house: House) -> list[VisitView]:
    """Let the audit look for everybody, and return who awaits a decision."""
    await house.auditor.async_audit(thorough=True)
    await house.settle()
    return await house.ledger.async_read(
        lambda connection: waiting_for_decision(connection, house.moment())
    )


async def test_nobody_keeps_access_that_a_lost_ledger_gave(house: House) -> None:
    """I1: what nothing justifies is taken away, and people see whose it was."""
    await house.grant("Ada", LOBBY, VIP)
    later = house.now() + DAY
    await house.grant("Bea", valid_from=later, stay=HOUR)
    gone = await house.grant("Cleo")
    await house.settle()
    await house.revoke(gone)
    await house.settle()
    assert house.open_to_us()
    await _lose_the_ledger(house)

    found = {one.visitor.name: one for one in await _found(house)}
    assert set(found) == {"Ada", "Bea"}
    assert found["Ada"].visit.levels == {LOBBY, VIP}
    assert found["Bea"].visit.valid_from == later
    assert {one.access.state for one in found.values()} == {AccessState.REMOVED}
    assert house.open_to_us() == set()
    assert await house.differences() == []
    names = {record.visitor.name for record in await house.records()}
    assert names == {"Ada", "Bea", "Cleo"}, "nobody is forgotten"


async def test_what_only_the_terminals_still_hold_is_taken_from_them(
    house: House,
) -> None:
    """He is out of everything in HikCentral, but no door was told."""
    visit = await house.grant("Ada")
    await house.settle()
    house.fail(APPLY, code="5")
    await house.revoke(visit)
    await house.settle(MINUTE)
    assert house.open_to_us() == LOBBY_DOORS
    await _lose_the_ledger(house)
    house.fail()
    await _found(house)
    assert house.open_to_us() == set()


async def test_who_is_found_is_taken_in_once(house: House) -> None:
    await house.grant("Ada")
    await house.settle()
    await _lose_the_ledger(house)
    await _found(house)
    house.calls()
    await _found(house)
    assert len(await house.records()) == 1
    assert EVERYBODY in house.calls()


async def test_who_is_adopted_has_everything_back_with_the_same_person(
    house: House,
) -> None:
    await house.grant("Ada", LOBBY, stay=4 * HOUR)
    await house.settle()
    (person,) = house.ours()
    await _lose_the_ledger(house)
    (found,) = await _found(house)
    house.calls()
    await house.book.restore(found.visit.id, DESK)
    await house.settle()
    assert house.open_to_us() == LOBBY_DOORS
    assert await house.differences() == []
    assert ADD not in house.calls()
    assert [one.id for one in house.ours()] == [person.id]
    assert (await house.access(found.visit.id)).state is AccessState.ACTIVE
    assert await _found(house) == [], "and nobody is asked about him any more"


async def test_who_is_adopted_where_members_are_not_listed_has_the_default_levels(
    house: House,
) -> None:
    await house.grant("Ada", VIP)
    await house.settle()
    house.policy = replace(house.policy, default_levels=frozenset({LOBBY}))
    await _lose_the_ledger(house)
    house.switch(member_lists="unsupported")
    (found,) = await _found(house)
    await house.book.restore(found.visit.id, DESK)
    await house.settle()
    assert house.open_to_us() == LOBBY_DOORS


async def test_whom_nobody_wants_back_stays_out(house: House) -> None:
    await house.grant("Ada")
    await house.settle()
    await _lose_the_ledger(house)
    assert await _found(house)
    await house.ledger.async_write(decide)
    assert await _found(house) == []
    assert house.open_to_us() == set()


async def test_who_was_granted_after_a_copy_was_made_is_found(house: House) -> None:
    """An older ledger knows some and not others."""
    await house.grant("Ada")
    await house.settle()
    await house.stop()
    copy = house.path.with_name("copy.db")
    shutil.copy(house.path, copy)
    await house.start()
    await house.grant("Bea")
    await house.settle()
    await house.stop()
    for file in house.path.parent.glob(f"{house.path.name}*"):
        file.unlink()
    shutil.copy(copy, house.path)
    await house.start()

    assert [one.visitor.name for one in await _found(house)] == ["Bea"]
    assert await house.differences() == []
    assert house.open_to_us() == LOBBY_DOORS, "Ada's, which her visit justifies"


async def test_who_was_sent_only_after_the_copy_keeps_his_person(house: House) -> None:
    """The older ledger knows his visit, and not that he is on the server."""
    visit = await house.grant("Ada", valid_from=house.now() + 8 * DAY, stay=HOUR)
    await house.settle()
    await house.stop()
    copy = house.path.with_name("copy.db")
    shutil.copy(house.path, copy)
    await house.start()
    await house.wait(2 * DAY)
    (person,) = house.ours()
    await house.stop()
    for file in house.path.parent.glob(f"{house.path.name}*"):
        file.unlink()
    shutil.copy(copy, house.path)
    await house.start()
    # As in restore mode: nothing is given before everybody was looked for.
    await house.at_once([house.auditor.async_audit(thorough=True)])
    assert await _found(house) == []
    assert [one.id for one in house.ours()] == [person.id]
    assert await house.differences() == []
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_others_with_codes_of_their_own_are_left_alone(house: House) -> None:
    """I2: a mark is not enough, the check must match. The house checks the staff."""
    tables = house.world.database.tables
    other = Installation("T3S", b"the key of another installation...")
    template = next(iter(tables.persons.values()))
    for number in range(50):
        person = house.world.database.new_id("person", tables.persons)
        stranger = type(template)(
            **{
                field: getattr(template, field)
                for field in template.__dataclass_fields__
            }
            | {"id": person, "code": issue(other), "cards": (f"55{number}",)}
        )
        house.world.database.save_person(stranger)
        house.staff.add(person)
    house.remember_staff()
    assert await _found(house) == []
    assert await house.records() == []


async def test_somebody_in_a_level_that_is_not_managed_is_taken_out(
    house: House,
) -> None:
    """Nobody knows any more which levels were managed when he was let in."""
    await house.grant("Ada")
    await house.settle()
    order = {"privilegeGroupId": STAFF_LEVEL, "personId": house.ours()[0].id}
    operate(house.world, {"add_member": order, "apply": {}})
    await house.simulator.advance(5)
    await _lose_the_ledger(house)
    await _found(house)
    assert house.open_to_us() == set()
    assert await house.differences() == []


async def test_without_lists_of_members_the_window_is_ended(house: House) -> None:
    await house.grant("Ada")
    await house.settle()
    await _lose_the_ledger(house)
    house.switch(member_lists="forbidden")
    (found,) = await _found(house)
    assert found.visit.levels == frozenset()
    assert house.open_to_us() == set()
    assert house.contact.connected


async def test_what_cannot_be_read_now_is_found_the_next_time(house: House) -> None:
    await house.grant("Ada")
    await house.settle()
    await _lose_the_ledger(house)
    house.fail(EVERYBODY, code="5")
    assert await _found(house) == []
    house.fail(MEMBERS, cut="drop_before")
    await house.auditor.async_audit(thorough=True)
    house.fail()
    assert [one.visitor.name for one in await _found(house)] == ["Ada"]
    assert house.open_to_us() == set()


async def test_who_was_over_long_ago_is_forgotten_by_then(house: House) -> None:
    """His data is not kept longer because the ledger was lost."""
    visit = await house.grant("Ada", stay=HOUR)
    await house.settle()
    await house.revoke(visit)
    await house.wait(HOUR)
    over = house.now()
    house.clock.advance(91 * DAY.total_seconds())
    await _lose_the_ledger(house)
    await _found(house)
    due = await house.ledger.async_read(
        lambda connection: visitors_due(connection, over)
    )
    assert due == [(await house.record()).visitor.id]
    assert (await house.record()).visits == (), "nothing of him is open"


async def test_a_check_tells_who_was_found(house: House) -> None:
    await house.grant("Ada")
    await house.settle()
    await _lose_the_ledger(house)
    found = await house.auditor.async_check_and_repair()
    (ada,) = await house.records()
    assert found.complete
    assert found.differences == {ada.visitor.id: {Difference.UNKNOWN}}
    await house.settle()
    assert not (await house.auditor.async_check_and_repair()).differences


@pytest.mark.parametrize("code", ["17", "8", "5"])
async def test_a_check_tells_that_nobody_lists_the_persons(
    house: House, code: str
) -> None:
    await house.grant("Ada")
    await house.settle()
    house.fail(EVERYBODY, code=code)
    assert not (await house.auditor.async_check_and_repair()).complete
