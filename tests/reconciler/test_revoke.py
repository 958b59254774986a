"""Taking away: the order of the calls, and that it never ends before it is done."""

from collections import Counter
from datetime import datetime

import pytest

from custom_components.hikcentral_visitors.book import UpdateRequest
from custom_components.hikcentral_visitors.ledger.retention import (
    delete_forgotten,
    forget_visitor,
)
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.plan import REFUSALS_PER_RUNG
from simulator.faults import CallFault

from .house import (
    ADD,
    APPLY,
    CHECK,
    DELETE,
    DESK,
    EXPEL,
    HOUR,
    LOBBY,
    LOBBY_DOORS,
    MEMBERS,
    MINUTE,
    UPDATE,
    VIP,
    House,
)


async def _revoked(house: House, visit: str) -> None:
    assert await house.differences() == []
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED
    assert "revoked" in await house.told()
    assert not (await house.record()).visits, "not closed"


async def test_out_of_the_level_first_then_the_window_ends(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    house.calls()
    await house.revoke(visit)
    await house.idle()
    order = [call.path for call in house.world.traffic.recent]
    assert order == [EXPEL, MEMBERS, APPLY, UPDATE]
    await house.settle()
    assert house.calls() == Counter(order) + Counter([CHECK])
    await _revoked(house, visit)
    (person,) = house.ours()
    assert person.end_time <= house.now().isoformat()


async def test_what_could_not_be_read_back_is_not_believed(house: House) -> None:
    """I1: taken away is what was read as gone; the server said 0 and did nothing."""
    visit = await house.grant()
    await house.settle()
    (person,) = house.ours()
    house.fail(MEMBERS, code="5", times=2)
    await house.revoke(visit)
    await house.idle()
    house.world.database.add_member(LOBBY, person.id)
    assert (await house.access(visit)).state is AccessState.REVOKING
    await house.settle()
    await _revoked(house, visit)


async def test_a_group_is_out_with_three_calls(house: House) -> None:
    visits = await house.grant_all(9)
    await house.settle()
    house.calls()
    await house.revoke_all(visits)
    await house.idle()
    order = [call.path for call in house.world.traffic.recent]
    assert order == [EXPEL, MEMBERS, APPLY, *[UPDATE] * 9]
    await house.settle()
    assert house.calls()[CHECK] == 9
    assert house.open_to_us() == set()


async def test_one_of_two_levels_is_taken_away(house: House) -> None:
    first = await house.grant("Ada", VIP)
    visitor = (await house.record()).visitor.id
    await house.grant("", LOBBY, visitor_id=visitor)
    await house.settle()
    await house.revoke(first)
    await house.settle()
    assert await house.differences() == []
    assert house.open_to_us() == LOBBY_DOORS
    assert (await house.access(first)).state is AccessState.REMOVED


async def test_a_restored_visit_opens_again(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    await house.revoke(visit)
    await house.settle()
    await house.book.restore(visit, house.desk)
    await house.settle()
    assert await house.differences() == []
    assert house.open_to_us() == LOBBY_DOORS
    assert house.calls()[ADD] == 1


async def test_where_a_past_end_is_refused_it_ends_in_a_minute(house: House) -> None:
    house.switch(past_end_refused=True)
    visit = await house.grant()
    await house.settle()
    house.calls()
    await house.revoke(visit)
    await house.settle()
    assert house.calls()[UPDATE] == 2
    await house.wait(2 * MINUTE)
    await _revoked(house, visit)


@pytest.mark.parametrize("code", ["1", "17", "131", "192"])
async def test_refused_removals_climb_the_rungs(house: House, code: str) -> None:
    visit = await house.grant()
    await house.settle()
    house.calls()
    house.fail(EXPEL, code=code)
    await house.revoke(visit)
    await house.settle()
    # The window was ended as soon as taking him out had failed often enough.
    assert house.open_to_us() == set()
    await house.settle(HOUR)
    calls = house.calls()
    assert calls[EXPEL] == 2 * REFUSALS_PER_RUNG
    assert calls[DELETE] == 1
    await _revoked(house, visit)
    assert house.ours() == []


async def test_a_refused_window_ends_with_the_person(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    house.fail(UPDATE, code="192")
    await house.revoke(visit)
    await house.settle()
    assert house.open_to_us() == set()
    await house.settle(HOUR)
    assert house.ours() == []
    await _revoked(house, visit)


async def test_where_all_is_refused_it_is_tried_for_ever(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    house.calls()
    house.switch(forbidden_apis=[EXPEL, UPDATE, DELETE])
    await house.revoke(visit)
    await house.wait(6 * HOUR)
    held = await house.access(visit)
    assert held.state is AccessState.REVOKING
    assert held.reason == "not_permitted"
    assert "revoke_failed" in await house.told()
    calls = house.calls()
    assert calls.total() < 200
    assert {EXPEL, UPDATE, DELETE} <= calls.keys()
    house.switch(forbidden_apis=[])
    # Whichever way worked first: of a deletion the terminals learn a little later.
    await house.wait(HOUR)
    await _revoked(house, visit)


async def test_a_deleted_person_is_gone_from_the_terminals_too(house: House) -> None:
    """HikCentral tells the terminals of a deletion only with the next application."""
    visit = await house.grant()
    await house.settle()
    house.fail(EXPEL, code="192")
    house.world.faults.fail.append(CallFault(path=UPDATE, code="192"))
    await house.revoke(visit)
    await house.wait(HOUR)
    assert house.ours() == []
    await _revoked(house, visit)


async def test_a_removal_that_did_not_take_is_seen(house: House) -> None:
    visit = await house.grant()
    await house.settle()
    house.fail(EXPEL, code="0")
    await house.revoke(visit)
    await house.wait(HOUR)
    await _revoked(house, visit)


async def test_a_batch_with_an_unknown_id_is_halved(house: House) -> None:
    visits = await house.grant_all(5)
    await house.settle()
    database = house.world.database
    database.delete_person(house.ours()[2].id)
    await house.revoke_all(visits)
    await house.idle()
    # One bad id holds up nobody else, not even for a moment.
    assert [one for one in house.ours() if database.levels_of(one.id)] == []
    await house.wait(HOUR)
    assert house.open_to_us() == set()
    for visit in visits:
        assert (await house.access(visit)).state is AccessState.REMOVED


async def test_nothing_is_left_of_somebody_who_is_forgotten(house: House) -> None:
    await house.grant()
    await house.settle()
    visitor = (await house.record()).visitor.id
    await house.ledger.async_write(
        lambda transaction: forget_visitor(transaction, house.moment(), visitor)
    )
    await house.wait(HOUR)
    assert house.ours() == []
    assert house.open_to_us() == set()
    deleted = await house.ledger.async_write(delete_forgotten)
    assert deleted == 1
    await house.settle()


async def _given_a_card_of_another(house: House) -> str:
    """Grant, and have the server refuse something of him."""
    visit = await house.grant()
    await house.grant("Bob", card_no="123")
    await house.settle()
    card = UpdateRequest(visitor={"card_no": "123"})
    await house.book.update(visit, card, DESK)
    await house.settle()
    return visit


async def test_what_is_refused_of_him_holds_up_no_shortening(house: House) -> None:
    """I1: the end lies in HikCentral, though somebody else has his new card."""
    visit = await _given_a_card_of_another(house)
    await house.book.extend(visit, DESK, until=house.now() + HOUR)
    await house.wait(10 * MINUTE)
    await house.stop()
    house.clock.move_to(house.now() + HOUR)
    (ada,) = (one for one in house.ours() if one.given_name == "Ada")
    assert house.opens(ada.id) == set()
    await house.start()


async def test_what_is_refused_of_him_holds_up_no_end(house: House) -> None:
    visit = await _given_a_card_of_another(house)
    house.calls()
    await house.revoke(visit)
    await house.wait(10 * MINUTE)
    (ada,) = (one for one in house.ours() if one.given_name == "Ada")
    assert datetime.fromisoformat(ada.end_time) <= house.now()
    assert house.calls()[DELETE] == 0
