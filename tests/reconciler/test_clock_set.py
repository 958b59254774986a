"""A clock of Home Assistant that was ahead, and is set right while it works."""

from collections.abc import Callable
from datetime import datetime, timedelta

from .house import EXPEL, HOUR, MINUTE, READ, START, House


def _put_ahead(house: House) -> Callable[[], None]:
    """Put the clock of Home Assistant ahead; returns what sets it right."""
    right, ahead = house.now, [HOUR]

    def now() -> datetime:
        return right() + ahead[0]

    def set_right() -> None:
        ahead[0] = timedelta()

    house.now = now  # type: ignore[method-assign]
    return set_right


async def _started_ahead(house: House) -> tuple[str, Callable[[], None]]:
    """Grant, and start anew with a clock that is ahead; as `_put_ahead`."""
    visit = await house.grant()
    await house.settle()
    await house.stop()
    set_right = _put_ahead(house)
    await house.start()
    await house.idle()
    return visit, set_right


async def test_what_is_taken_away_then_is_taken_away_at_once(house: House) -> None:
    """I1, I6: it began with a clock that was ahead; nothing is newer than its start."""
    visit, set_right = await _started_ahead(house)
    set_right()
    house.reconciler.look_at(())
    await house.idle()
    house.calls()
    await house.revoke(visit)
    await house.settle(MINUTE)
    assert house.open_to_us() == set()
    assert house.calls()[READ] <= 2


async def test_nobody_waits_by_the_clock_that_was_ahead(house: House) -> None:
    visit, set_right = await _started_ahead(house)
    house.fail(EXPEL, cut="drop_before", times=1)
    await house.revoke(visit)
    await house.idle()
    set_right()
    house.clock.move_to(START + 10 * MINUTE)
    house.reconciler.look_at([(await house.record()).visitor.id])
    await house.settle(MINUTE)
    assert house.open_to_us() == set()
