"""The hours in which people are expected, by the clock on the facility's wall."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.hours import Hours

ZONES = ("Asia/Almaty", "America/Los_Angeles", "Europe/Berlin", "UTC")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-12-01"])
@pytest.mark.parametrize(
    ("clock", "usual"),
    [("05:59:59", False), ("06:00:00", True), ("21:59:59", True), ("22:00:00", False)],
)
def test_hours_go_by_the_clock_on_the_wall(
    zone: str, day: str, clock: str, usual: bool
) -> None:
    """D35: in any zone, also on days on which clocks change."""
    hours = Hours(opens=time(6), closes=time(22), zone=ZoneInfo(zone))
    at = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone))
    assert (at.astimezone(UTC) in hours) is usual


def test_a_night_shift_goes_over_midnight() -> None:
    hours = Hours(opens=time(20), closes=time(6), zone=UTC)
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    usual = [hour for hour in range(24) if noon + timedelta(hours=hour) in hours]
    assert usual == list(range(8, 18))


@given(st.times(), st.datetimes(timezones=st.just(UTC)))
def test_the_same_time_twice_is_the_whole_day(opens: time, at: datetime) -> None:
    assert at in Hours(opens=opens, closes=opens, zone=UTC)
