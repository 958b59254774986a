"""Reading fields that may be anything."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral.fields import (
    Fields,
    as_items,
    as_number,
    as_text,
)
from custom_components.hikcentral_visitors.hikcentral.times import (
    ServerZone,
    fixed,
    format_time,
    offset_of,
    parse_time,
    rounded_up,
)

from .strategies import JSON

ALMATY = timezone(timedelta(hours=5))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  7 ", "7"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (True, ""),
        (None, ""),
        ([], ""),
        ({}, ""),
        (float("nan"), ""),
        ("a\ud800b", "a?b"),
        pytest.param(10**5000, "", id="long"),
    ],
)
def test_text(value: object, expected: str) -> None:
    assert as_text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        ("3", 3),
        (" -1 ", -1),
        (3.0, 3),
        (3.5, None),
        ("3.5", None),
        (True, None),
        ("", None),
        ("²", None),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (str(2**63), None),
        (float("inf"), None),
        ([3], None),
    ],
)
def test_number(value: object, expected: int | None) -> None:
    assert as_number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [([1, 2], [1, 2]), ({"a": 1}, [{"a": 1}]), (None, []), ("", []), (0, [0])],
)
def test_items(value: object, expected: list[object]) -> None:
    assert as_items(value) == expected


def test_keys_in_any_case_but_the_exact_one_first() -> None:
    fields = Fields({"ErrorCode": "1", "errorcode": "2", "ID": 5, "empty": None})
    assert fields.text("ErrorCode") == "1"
    assert fields.text("id") == "5"
    assert fields.text("empty", "Id") == "5"


def test_single_object_in_place_of_a_list() -> None:
    fields = Fields({"a": {"b": 1}, "c": [{"b": 2}, 7, {"b": 3}]})
    assert [child.number("b") for child in fields.children("a")] == [1]
    assert [child.number("b") for child in fields.children("c")] == [2, 3]
    assert fields.child("c").number("b") == 2
    assert not fields.child("d")


def test_values_do_not_show() -> None:
    assert "Ada" not in repr(Fields({"personName": "Ada"}))


@settings(deadline=None)
@given(JSON)
def test_nothing_raises(value: Any) -> None:
    fields = Fields(value)
    for name in ("list", "data", "id", *(value if isinstance(value, dict) else ())):
        text = fields.text(name)
        assert text == text.strip()
        text.encode()
        fields.number(name)
        fields.time(UTC, name)
        for child in fields.children(name):
            assert isinstance(child, Fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-15T08:30:00+04:00", datetime(2026, 1, 15, 4, 30, tzinfo=UTC)),
        ("2026-01-15T08:30:00-06:00", datetime(2026, 1, 15, 14, 30, tzinfo=UTC)),
        ("2026-01-15T08:30:00Z", datetime(2026, 1, 15, 8, 30, tzinfo=UTC)),
        ("2026-01-15T08:30:00+0400", datetime(2026, 1, 15, 4, 30, tzinfo=UTC)),
        (
            "2026-01-15T08:30:00.250+04:00",
            datetime(2026, 1, 15, 4, 30, 0, 250000, tzinfo=UTC),
        ),
        # The plus sign lost on the way
        ("2026-01-15T08:30:00 04:00", datetime(2026, 1, 15, 4, 30, tzinfo=UTC)),
        # No offset: the zone's
        ("2026-01-15 08:30:00", datetime(2026, 1, 15, 3, 30, tzinfo=UTC)),
        ("2026-01-15T08:30", datetime(2026, 1, 15, 3, 30, tzinfo=UTC)),
        ("", None),
        ("2026-02-30T08:30:00Z", None),
        ("2026-01-15", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("tomorrow", None),
        ("２026-01-15T08:30:00Z", None),
    ],
)
def test_times(text: str, expected: datetime | None) -> None:
    assert parse_time(text, ALMATY) == expected


@settings(deadline=None)
@given(
    st.datetimes(
        min_value=datetime(1900, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.timezones(),
    )
)
def test_times_survive_the_wire(time: datetime) -> None:
    """D30: whatever the zone, the instant is the one that was meant."""
    sent = format_time(time)
    read = parse_time(sent, ALMATY)
    assert read is not None
    assert timedelta(0) <= time.astimezone(UTC) - read < timedelta(seconds=1)


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_rounding_up(time: datetime) -> None:
    assert timedelta(0) <= rounded_up(time) - time < timedelta(seconds=1)
    assert rounded_up(time).microsecond == 0


def test_naive_times_are_not_sent() -> None:
    with pytest.raises(ValueError, match="offset"):
        fixed(datetime(2026, 1, 15))  # noqa: DTZ001 - the mistake in question


def test_zone_is_learnt_from_times_that_have_one() -> None:
    zone = ServerZone(UTC)
    zone.learn("2026-01-15 08:30:00")
    assert zone.tzinfo is UTC
    zone.learn("2026-01-15T08:30:00+05:00")
    assert zone.tzinfo.utcoffset(None) == timedelta(hours=5)


def test_offset_of_nonsense() -> None:
    assert offset_of("2026-01-15T08:30:00+99:00") is None
    assert parse_time("2026-01-15T08:30:00+99:00", UTC) is None
