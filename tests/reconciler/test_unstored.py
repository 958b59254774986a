"""A disk that takes nothing keeps nobody's access open (I1)."""

from collections import Counter

import pytest

from custom_components.hikcentral_visitors.ledger import LedgerError
from custom_components.hikcentral_visitors.visits.access import AccessState

from .house import (
    ADD,
    APPLY,
    ENROL,
    EXPEL,
    HOUR,
    LOBBY_DOORS,
    MINUTE,
    UPDATE,
    House,
)


async def _only_reading(house: House, on: bool) -> None:
    await house.ledger._pragmas(f"query_only={int(on)}")


async def test_what_was_revoked_is_taken_away_while_nothing_can_be_stored(
    house: House,
) -> None:
    """Once, and without hammering; when things can be stored, it is so again."""
    visit = await house.grant()
    await house.settle()
    house.fail(cut="drop_before")
    await house.revoke(visit)
    await house.wait(MINUTE)
    await _only_reading(house, True)
    house.fail()
    house.calls()
    await house.settle(HOUR / 2)
    assert house.open_to_us() == set()
    calls = house.calls()
    assert calls[EXPEL] == 1
    assert calls[UPDATE] == 1
    assert calls[APPLY] >= 1
    await _only_reading(house, False)
    await house.settle(HOUR / 2)
    assert (await house.access(visit)).state is AccessState.REMOVED
    assert await house.differences() == []


async def test_nothing_is_given_while_nothing_can_be_stored(house: House) -> None:
    house.fail(cut="drop_before")
    visit = await house.grant()
    await house.settle(MINUTE / 2)
    await _only_reading(house, True)
    house.fail()
    house.calls()
    await house.settle(HOUR / 2)
    assert not {ADD, ENROL, APPLY} & house.calls().keys()
    with pytest.raises(LedgerError):
        await house.revoke(visit)
    await _only_reading(house, False)
    await house.settle(HOUR / 2)
    assert house.open_to_us() == LOBBY_DOORS
    assert len(house.ours()) == 1


async def test_a_visit_that_ends_meanwhile_holds_up_no_revocation(
    house: House,
) -> None:
    """What time changes of one cannot be stored; of the other, it need not."""
    other = await house.grant("Bea", stay=4 * HOUR)
    await house.grant("Ada", stay=HOUR)
    await house.settle()
    house.fail(cut="drop_before")
    await house.revoke(other)
    await house.wait(MINUTE)
    await _only_reading(house, True)
    house.fail()
    await house.settle(2 * HOUR)
    assert house.open_to_us() == set()
    most = Counter(house.calls()).most_common(1)[0][1]
    assert most < 100, "and nothing is hammered"
    await _only_reading(house, False)
    await house.settle(HOUR)
    assert await house.differences() == []
