"""Windows as sets of instants: half-open, joined, shared."""

from datetime import datetime, timedelta, timezone
import itertools

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.window import (
    Window,
    intersection,
    round_down,
    round_up,
    runs,
)

from .values import MINUTE, NOW, at, times, windows

many = st.lists(windows(), max_size=6)
precise = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - the zone is drawn too
    max_value=datetime(2037, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    ),
)


def instants_of_interest(spans: list[Window], drawn: datetime) -> list[datetime]:
    ends = [edge for span in spans for edge in (span.start, span.end)]
    return [drawn, *ends, *(edge - MINUTE / 2 for edge in ends)]


@given(many, times)
def test_runs_hold_the_same_instants(spans: list[Window], drawn: datetime) -> None:
    joined = runs(spans)
    for instant in instants_of_interest(spans, drawn):
        assert any(instant in span for span in spans) == any(
            instant in run for run in joined
        )


@given(many)
def test_runs_are_ordered_and_apart(spans: list[Window]) -> None:
    joined = runs(spans)
    assert all(
        earlier.end < later.start for earlier, later in itertools.pairwise(joined)
    )
    assert runs(joined) == joined
    assert runs(reversed(spans)) == joined


@given(many, times)
def test_an_intersection_holds_what_all_hold(
    spans: list[Window], drawn: datetime
) -> None:
    shared = intersection(spans)
    for instant in instants_of_interest(spans, drawn):
        in_all = bool(spans) and all(instant in span for span in spans)
        assert in_all == (shared is not None and instant in shared)


@given(windows(), windows())
def test_covering_is_sharing_all(one: Window, other: Window) -> None:
    assert one.covers(other) == (intersection([one, other]) == other)
    assert one.union(other).covers(one)
    assert one.union(other).covers(other)
    assert one.touches(other) == (len(runs([one, other])) == 1)
    assert one.touches(other) == other.touches(one)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW, NOW),
        (at(1), NOW),
        (NOW.replace(tzinfo=None), at(1)),
        (NOW, at(1).replace(tzinfo=None)),
    ],
)
def test_an_impossible_window_is_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(start, end)


def test_a_window_holds_its_start_but_not_its_end() -> None:
    window = Window(NOW, at(1))
    assert NOW in window
    assert at(1) not in window


def test_windows_that_share_nothing() -> None:
    assert intersection([]) is None
    assert intersection([Window(NOW, at(1)), Window(at(1), at(2))]) is None


@given(precise)
def test_ends_are_rounded_down_and_starts_up(instant: datetime) -> None:
    down, up = round_down(instant), round_up(instant)
    second = timedelta(seconds=1)
    assert down <= instant < down + second
    assert up - second < instant <= up
    assert down.microsecond == up.microsecond == 0
    assert down.utcoffset() == up.utcoffset() == timedelta()
    assert round_up(down) == round_down(down) == down
