"""Terminals that are late, broken or out of reach."""

import pytest

from custom_components.hikcentral_visitors.visits.access import AccessState
from simulator.faults import ApplyFault

from .house import (
    APPLY,
    CHECK,
    HOUR,
    LOBBY_DOORS,
    MINUTE,
    UPDATE,
    VIP,
    VIP_DOORS,
    House,
)


async def test_a_first_application_that_fails_is_no_failure(house: House) -> None:
    house.switch(first_apply_fails=True)
    visit = await house.grant()
    await house.settle()
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.open_to_us() == LOBBY_DOORS
    assert "grant_failed" not in await house.told()


async def test_a_door_that_fails_for_long_is_told(house: House) -> None:
    house.world.faults.apply_fail = [ApplyFault(doorIndexCode="11")]
    visit = await house.grant()
    await house.wait(HOUR)
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.PARTIAL, "door_failed")
    assert (held.doors_ready, held.doors_total) == (3, 4)
    assert held.failed_doors == ("11",)
    assert "grant_failed" in await house.told()
    assert house.calls().total() < 60
    house.world.faults.apply_fail = []
    await house.wait(HOUR / 2)
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.open_to_us() == LOBBY_DOORS
    assert (await house.told())[-1] == "granted"


async def test_a_terminal_out_of_reach_gets_it_when_it_is_back(house: House) -> None:
    house.world.set_online("1", online=False)
    visit = await house.grant()
    await house.wait(HOUR)
    held = await house.access(visit)
    assert held.state is AccessState.PARTIAL
    assert held.doors_ready == 3
    house.world.set_online("1", online=True)
    await house.wait(HOUR / 2)
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.open_to_us() == LOBBY_DOORS


async def test_a_revocation_ends_only_when_the_last_terminal_knows(
    house: House,
) -> None:
    visit = await house.grant(stay=HOUR)
    await house.settle()
    house.world.set_online("1", online=False)
    await house.revoke(visit)
    await house.wait(HOUR / 2)
    assert house.open_to_us() == {"11"}
    held = await house.access(visit)
    assert (held.state, held.reason) == (AccessState.REVOKING, "door_failed")
    assert "revoke_failed" in await house.told()
    house.world.set_online("1", online=True)
    await house.wait(HOUR / 2)
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


@pytest.mark.parametrize("step", ["grant", "revoke"])
async def test_an_application_that_the_server_lost_is_ordered_again(
    house: House, step: str
) -> None:
    visit = await house.grant()
    if step == "revoke":
        await house.settle()
        await house.revoke(visit)
    await house.idle()
    house.world.terminals.forget_jobs()
    await house.wait(HOUR / 2)
    assert await house.differences() == []
    held = await house.access(visit)
    wanted = {"grant": AccessState.ACTIVE, "revoke": AccessState.REMOVED}
    assert held.state is wanted[step]
    assert house.calls()[APPLY] == 2 + (step == "revoke")


@pytest.mark.parametrize("detail", ["empty", "missing", "unsupported"])
async def test_what_the_server_does_not_tell_is_told_again(
    house: House, detail: str
) -> None:
    """A first application often fails (reference 3.9), and here nobody says so."""
    house.switch(person_application_detail=detail, first_apply_fails=True)
    visit = await house.grant()
    await house.wait(10 * MINUTE)
    assert house.open_to_us() == LOBBY_DOORS
    assert (await house.access(visit)).state is AccessState.UNVERIFIED
    door = ApplyFault(doorIndexCode="11", times=1)
    house.world.faults.apply_fail = [door]
    await house.revoke(visit)
    await house.idle()
    await house.wait(MINUTE)
    assert house.open_to_us() == {"11"}
    await house.wait(10 * MINUTE)
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


async def test_what_the_server_does_not_tell_is_told_again_every_day(
    house: House,
) -> None:
    """What somebody did in HikCentral and undid may have reached a terminal."""
    house.switch(person_application_detail="empty")
    await house.grant()
    await house.wait(HOUR)
    (person,) = house.ours()
    house.world.database.add_member(VIP, person.id)
    house.world.terminals.store_wanted({person.id})
    house.world.database.remove_member(VIP, person.id)
    assert house.open_to_us() == VIP_DOORS
    await house.auditor.async_audit(thorough=True)
    await house.wait(MINUTE)
    assert house.open_to_us() == LOBBY_DOORS
    assert await house.differences() == []


async def test_an_end_is_told_to_terminals_that_may_know_him(house: House) -> None:
    """Somebody put him into a level and took him out while that was under way."""
    house.switch(person_application_detail="empty")
    data = house.world.database
    visit = await house.grant()
    await house.idle()
    (person,) = house.ours()
    await house.revoke(visit)
    data.add_member(VIP, person.id)
    house.fail(UPDATE, times=1, http=503)
    await house.idle()
    data.remove_member(VIP, person.id)
    house.fail()
    await house.wait(HOUR)
    assert house.open_to_us() == set()
    assert await house.differences() == []


async def test_checks_slow_down(house: House) -> None:
    house.world.faults.apply_delay_s = 12 * HOUR.total_seconds()
    await house.grant()
    await house.wait(MINUTE)
    assert house.calls()[CHECK] == 6
    await house.wait(HOUR)
    assert house.calls()[CHECK] <= 65
