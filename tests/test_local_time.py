"""Written times in a zone that changes its clocks."""

from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
import pytest

from custom_components.hikcentral_visitors.local_time import instant, iso


@pytest.fixture(autouse=True)
async def amsterdam(hass: HomeAssistant) -> None:
    await hass.config.async_set_time_zone("Europe/Amsterdam")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_naive_time_is_the_facilitys() -> None:
    written = datetime.fromisoformat("2026-07-01 12:00:00")
    assert instant(written) == _utc("2026-07-01 10:00")


def test_offset_is_kept_to() -> None:
    written = datetime.fromisoformat("2026-07-01 12:00:00+05:00")
    assert instant(written) == _utc("2026-07-01 07:00")
    assert instant(written).utcoffset() == timedelta()


@pytest.mark.parametrize("fold", [0, 1])
def test_repeated_time_is_the_earlier_one(fold: int) -> None:
    written = datetime.fromisoformat("2026-10-25 02:30:00").replace(fold=fold)
    assert instant(written) == _utc("2026-10-25 00:30")


def test_time_left_out_is_counted_on_from_before_the_change() -> None:
    written = datetime.fromisoformat("2026-03-29 02:30:00")
    assert instant(written) == _utc("2026-03-29 01:30")


def test_instants_are_shown_in_the_facilitys_zone() -> None:
    assert iso(_utc("2026-12-31 23:30")) == "2027-01-01T00:30:00+01:00"
    assert iso(None) is None
