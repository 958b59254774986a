"""Doors open and shut at the visit's own times, whatever the zones and clocks."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from homeassistant.util import dt as dt_util
import pytest

from custom_components.hikcentral_visitors.local_time import instant
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from simulator.control.operator import operate

from .house import HOUR, LOBBY_DOORS, MINUTE, House

SECOND = timedelta(seconds=1)
NO_WAIT = timedelta()

STAYS = [
    ("Asia/Almaty", "2026-03-02T16:00", "2026-03-02T22:00"),
    ("America/Los_Angeles", "2026-03-02T09:00", "2026-03-02T17:30"),
    # Over midnight.
    ("Asia/Almaty", "2026-03-02T22:00", "2026-03-03T03:00"),
    ("America/Los_Angeles", "2026-03-02T22:00", "2026-03-03T03:00"),
    # Clocks are put forward in the night, here an hour is missing.
    ("America/Los_Angeles", "2026-03-07T22:00", "2026-03-08T06:00"),
    ("Europe/Berlin", "2026-03-28T22:00", "2026-03-29T06:00"),
    # Clocks are put back: the first of the two half past two ends it.
    ("Europe/Berlin", "2026-10-24T22:00", "2026-10-25T02:30"),
]


@pytest.fixture
def set_zone() -> Iterator[Callable[[str], None]]:
    """Put the facility into a zone, for one test."""
    before = dt_util.get_default_time_zone()
    yield lambda zone: dt_util.set_default_time_zone(ZoneInfo(zone))
    dt_util.set_default_time_zone(before)


@pytest.mark.parametrize("server", ["+00:00", "+08:00", "-08:00"])
@pytest.mark.parametrize(("zone", "begin", "end"), STAYS)
async def test_doors_keep_to_the_facilitys_time(
    house: House,
    set_zone: Callable[[str], None],
    server: str,
    zone: str,
    begin: str,
    end: str,
) -> None:
    """D30: times are the facility's, wherever the server thinks it is."""
    set_zone(zone)
    house.switch(server_utc_offset=server)
    start = instant(datetime.fromisoformat(begin))
    until = instant(datetime.fromisoformat(end))
    await house.move_to(start - HOUR)
    await house.grant(valid_from=start, valid_until=until, early_arrival=NO_WAIT)
    await house.settle()
    for when, doors in (
        (start - SECOND, set()),
        (start, LOBBY_DOORS),
        (until - SECOND, LOBBY_DOORS),
        (until, set()),
    ):
        house.clock.move_to(when)
        assert house.open_to_us() == doors, when
    await house.move_to(until)
    await house.settle()
    assert await house.differences() == []


def test_a_night_in_which_clocks_change_is_as_long_as_it_is(
    set_zone: Callable[[str], None],
) -> None:
    set_zone("Europe/Berlin")
    nights = [
        instant(datetime.fromisoformat(end)) - instant(datetime.fromisoformat(begin))
        for _, begin, end in STAYS[-2:]
    ]
    assert nights == [7 * HOUR, 4.5 * HOUR]


@pytest.mark.parametrize("skew", [-600, -45, 45, 600])
async def test_a_server_with_a_wrong_clock_is_no_reason_to_fail(
    house: House, skew: int
) -> None:
    """The doors go by HikCentral's clocks; the visit still begins and ends."""
    house.world.faults.clock_skew_s = skew
    visit = await house.grant(stay=2 * HOUR)
    await house.settle()
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert house.open_to_us() == LOBBY_DOORS
    await house.wait(2 * HOUR)
    await house.settle()
    assert (await house.access(visit)).state is AccessState.REMOVED
    assert house.open_to_us() == set()


async def test_an_end_that_is_read_back_in_another_zone_is_the_same_end(
    house: House,
) -> None:
    visit = await house.grant(stay=8 * HOUR)
    await house.settle()
    (person,) = house.ours()
    until = datetime.fromisoformat(person.end_time).astimezone(ZoneInfo("Asia/Almaty"))
    operate(
        house.world,
        {
            "set_window": {
                "personId": person.id,
                "beginTime": person.begin_time,
                "endTime": until.isoformat(),
            }
        },
    )
    house.calls()
    await house.auditor.async_audit(thorough=True)
    await house.settle()
    assert (await house.access(visit)).state is AccessState.ACTIVE
    assert not any("update" in path for path in house.calls())


@pytest.mark.parametrize("skew_s", [600, -600])
async def test_what_is_taken_away_ends_by_the_clock_that_is_behind(
    house: House, skew_s: float
) -> None:
    """Nobody knows which of the two is right, so that by both it is over."""
    house.world.faults.clock_skew_s = skew_s
    visit = await house.grant()
    await house.settle()
    await house.revoke(visit)
    await house.settle()
    (person,) = house.ours()
    end = datetime.fromisoformat(person.end_time)
    assert end <= min(house.now(), house.now() + timedelta(seconds=skew_s))


async def test_who_comes_early_gets_in_as_early_as_he_may(house: House) -> None:
    start = house.now() + 3 * HOUR
    await house.grant(valid_from=start, early_arrival=30 * MINUTE, stay=2 * HOUR)
    await house.settle()
    house.clock.move_to(start - 30 * MINUTE - SECOND)
    assert house.open_to_us() == set()
    house.clock.move_to(start - 30 * MINUTE)
    assert house.open_to_us() == LOBBY_DOORS


async def test_what_has_just_expired_is_opened_again_by_an_extension(
    house: House,
) -> None:
    visit = await house.grant(stay=2 * HOUR)
    await house.settle()
    await house.wait(2 * HOUR + 30 * MINUTE)
    assert house.open_to_us() == set()
    await house.extend(visit, 2 * HOUR)
    await house.settle()
    assert house.open_to_us() == LOBBY_DOORS
    assert (await house.access(visit)).state is AccessState.ACTIVE


async def test_what_expired_long_ago_stays_so(house: House) -> None:
    visit = await house.grant(stay=2 * HOUR)
    await house.settle()
    await house.wait(3 * HOUR + MINUTE)
    with pytest.raises(CommandRefusedError):
        await house.extend(visit, 2 * HOUR)
    await house.settle()
    assert house.open_to_us() == set()


async def test_a_visit_cancelled_before_it_was_given_gives_nothing(
    house: House,
) -> None:
    async def granted_and_cancelled() -> str:
        visit = await house.grant()
        await house.book.cancel(visit, house.desk)
        return visit

    (visit,) = await house.at_once([granted_and_cancelled()])
    await house.settle()
    assert house.ours() == []
    assert (await house.access(visit)).state is AccessState.REMOVED
