"""Server time out of Date headers."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral.clock import (
    ServerClock,
    parse_http_date,
)

START = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)


class World:
    """A server whose clock is off, a local clock, a monotonic one."""

    def __init__(self, skew: timedelta) -> None:
        self.skew = skew
        self.mono = 1000.0
        self.clock = ServerClock(lambda: self.local, lambda: self.mono)

    @property
    def local(self) -> datetime:
        return START + timedelta(seconds=self.mono - 1000)

    @property
    def server(self) -> datetime:
        return self.local + self.skew

    def call(self, there: float, back: float) -> None:
        sent = self.mono
        self.mono += there
        date = self.server.replace(microsecond=0)
        self.mono += back
        self.clock.observe(date, sent=sent, received=self.mono)


def test_local_time_until_the_server_answers() -> None:
    world = World(timedelta(hours=1))
    assert world.clock.now() == START
    assert world.clock.skew is None


@settings(deadline=None)
@given(
    st.timedeltas(min_value=timedelta(days=-2), max_value=timedelta(days=2)),
    st.lists(
        st.tuples(
            st.floats(0, 3), st.floats(0, 3), st.floats(min_value=0, max_value=600)
        ),
        min_size=1,
        max_size=12,
    ),
)
def test_never_off_by_more_than_the_call_took(
    skew: timedelta, calls: list[tuple[float, float, float]]
) -> None:
    world = World(skew)
    for there, back, pause in calls:
        world.call(there, back)
        world.mono += pause
    there, back, _ = calls[-1]
    off = abs(world.clock.now() - world.server)
    assert off <= timedelta(seconds=(1 + there + back) / 2 + 0.001)
    assert world.clock.skew is not None
    assert abs(abs(world.clock.skew - skew) - off) < timedelta(microseconds=9)


def test_several_answers_are_better_than_one() -> None:
    world = World(timedelta(seconds=100.37))
    for _ in range(8):
        world.call(0.02, 0.02)
        world.mono += 1.13
    assert abs(world.clock.now() - world.server) < timedelta(seconds=0.15)


def test_a_clock_that_was_set_is_believed_at_once() -> None:
    world = World(timedelta(0))
    for _ in range(8):
        world.call(0.02, 0.02)
    world.skew = timedelta(hours=-3)
    world.call(0.02, 0.02)
    assert abs(world.clock.now() - world.server) < timedelta(seconds=1)
    for _ in range(8):
        world.call(0.02, 0.02)
    assert abs(world.clock.now() - world.server) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thu, 15 Jan 2026 08:00:00 GMT", START),
        ("Thu, 15 Jan 2026 08:00:00 -0000", START),
        ("Thu, 15 Jan 2026 13:00:00 +0500", START),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("Fri, 31 Feb 2026 08:00:00 GMT", None),
    ],
)
def test_http_dates(text: str | None, expected: datetime | None) -> None:
    assert parse_http_date(text) == expected
