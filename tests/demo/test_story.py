from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from demo.language import ENGLISH
from demo.story import evening, granted_from
from demo.waiting import StoryError

ZONE = ZoneInfo("Europe/Amsterdam")
ANSWER = {
    "visit_id": "v1",
    "person_id": "p1",
    "access": "active",
    "doors": {"ready": 4, "total": 4},
    "entity_id": "sensor.visitor_3",
    "valid_until": "2026-11-23T23:30:00+01:00",
}


@given(st.integers(0, 366 * 24 * 60))
def test_an_hour_after_the_evening_is_another_day(minutes: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    end = evening(ZONE, now)
    assert timedelta(minutes=15) <= end - now <= timedelta(hours=26)
    later = (end.astimezone(UTC) + timedelta(hours=1)).astimezone(ZONE)
    assert later.date() > end.date()


def test_a_grant_that_the_doors_have() -> None:
    visit = granted_from(ENGLISH.people[0], ANSWER)
    assert visit.place == "visitor_3"
    assert visit.valid_until == datetime(2026, 11, 23, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"access": "granting"},
        {"doors": {"ready": 3, "total": 4}},
        {"doors": {"ready": 0, "total": 0}},
        {"person_id": None},
    ],
)
def test_a_grant_that_the_doors_have_not(change: dict[str, object]) -> None:
    with pytest.raises(StoryError):
        granted_from(ENGLISH.people[0], {**ANSWER, **change})
