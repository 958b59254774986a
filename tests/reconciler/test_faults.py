"""Any call may fail in any way: in the end HikCentral holds what the visits justify."""

from typing import Any

import pytest

from custom_components.hikcentral_visitors.visits.access import AccessState

from .house import HOUR, LOBBY, VIP, House

FAULTS: dict[str, dict[str, Any]] = {
    "drop_before": {"cut": "drop_before"},
    "drop_after": {"cut": "drop_after"},
    "http_500": {"http": 500},
    "http_500_done": {"http": 500, "after": True},
    "code_5_done": {"code": "5", "after": True},
    **{f"code_{code}": {"code": code} for code in ("5", "128", "131", "0x02401009")},
}
CALLS = 12


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest) -> dict[str, Any]:
    return FAULTS[request.param]


async def _story(house: House) -> None:
    """Grant, extend, revoke; what was refused for good is asked for once more."""
    visit = await house.grant()
    await _achieved(house, visit)
    await house.extend(visit)
    await _achieved(house, visit)
    await house.revoke(visit)
    await house.settle()
    assert await house.differences() == []
    assert house.open_to_us() == set()
    assert (await house.access(visit)).state is AccessState.REMOVED


async def _achieved(house: House, visit: str) -> None:
    await house.settle()
    held = await house.access(visit)
    if held.state is AccessState.FAILED:
        assert held.reason
        await house.auditor.async_check_and_repair()
        await house.settle()
        held = await house.access(visit)
    assert await house.differences() == []
    assert held.state in {AccessState.ACTIVE, AccessState.UNVERIFIED}


@pytest.mark.parametrize("nth", range(CALLS))
async def test_any_call_may_fail_once(
    house: House, fault: dict[str, Any], nth: int
) -> None:
    """D8, D9: whichever call fails, it is made up for, and nobody else is touched."""
    house.fail(**fault, skip=nth, times=1)
    await _story(house)


async def test_the_story_has_no_more_calls_than_were_tried(house: House) -> None:
    await _story(house)
    assert house.calls().total() == CALLS


@pytest.mark.parametrize("patience", [0.3])
@pytest.mark.parametrize("nth", range(CALLS))
async def test_any_call_may_hang(house: House, nth: int) -> None:
    house.fail(cut="hang", skip=nth, times=1)
    await _story(house)


@pytest.mark.parametrize("seed", range(6))
async def test_most_calls_may_fail_often(house: House, seed: int) -> None:
    house.world.conditions.chance.seed(seed)
    visit = await house.grant("Ada", LOBBY, VIP)
    for name in ("drop_after", "code_5_done", "drop_before", "code_5"):
        house.fail(**FAULTS[name], probability=0.5)
        await house.settle(HOUR / 4)
    house.fail()
    await house.settle(HOUR / 2)
    assert await house.differences() == []
    await house.revoke(visit)
    for name in ("code_131", "drop_after", "code_128", "http_500_done"):
        house.fail(**FAULTS[name], probability=0.7)
        await house.settle(HOUR / 4)
    house.fail()
    # Whom the server denied often enough is found again by the daily look at all.
    await house.auditor.async_audit(thorough=True)
    await house.wait(HOUR / 2)
    assert await house.differences() == []
    assert house.open_to_us() == set()
