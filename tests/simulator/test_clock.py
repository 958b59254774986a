"""Virtual time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from simulator import Clock

from .conftest import START
from .gateway import Caller


def test_standing_clock_moves_by_hand_only() -> None:
    clock = Clock(START, running=False)
    assert clock.now() == START
    clock.advance(90)
    assert clock.now() == START + timedelta(seconds=90)
    clock.move_to(START)
    assert clock.now() == START


def test_running_clock_follows_its_source() -> None:
    real = [START]
    clock = Clock(START + timedelta(days=1), source=lambda: real[0])
    real[0] += timedelta(seconds=5)
    assert clock.now() == START + timedelta(days=1, seconds=5)
    clock.advance(10)
    real[0] += timedelta(seconds=5)
    assert clock.now() == START + timedelta(days=1, seconds=20)


def test_work_is_done_in_order_at_its_own_time() -> None:
    clock = Clock(START, running=False)
    done: list[tuple[str, float]] = []

    def work(name: str) -> None:
        done.append((name, (clock.now() - START).total_seconds()))
        if name == "b":
            clock.call_later(1, lambda: work("b+1"))

    clock.call_later(30, lambda: work("c"))
    clock.call_later(10, lambda: work("a"))
    clock.call_later(20, lambda: work("b"))
    clock.call_later(15, lambda: work("cancelled")).cancel()
    clock.call_later(99, lambda: work("later"))

    clock.advance(60)

    assert done == [("a", 10), ("b", 20), ("b+1", 21), ("c", 30)]
    clock.advance(39)
    assert done[-1] == ("later", 99)


def test_work_cannot_move_the_clock() -> None:
    clock = Clock(START, running=False)
    clock.call_later(1, lambda: clock.advance(1))
    with pytest.raises(RuntimeError):
        clock.advance(2)


def test_naive_times_are_refused() -> None:
    naive = START.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        Clock(naive)
    with pytest.raises(ValueError, match="aware"):
        Clock(START).move_to(naive)


def test_late_work_is_done_when_asked() -> None:
    """As when a test moves the real time that the clock follows."""
    real = [START]
    clock = Clock(source=lambda: real[0])
    done: list[datetime] = []
    clock.call_later(5, lambda: done.append(clock.now()))
    clock.run_due()
    assert done == []
    real[0] += timedelta(seconds=7)
    clock.run_due()
    assert done == [START + timedelta(seconds=5)]
    assert clock.now() == START + timedelta(seconds=7)


async def test_running_clock_does_due_work_by_itself() -> None:
    clock = Clock().attach()
    await asyncio.wait_for(clock.sleep(0.01), 10)
    clock.detach()


async def test_sleep_ends_when_time_is_moved() -> None:
    clock = Clock(START, running=False)
    sleeper = asyncio.create_task(clock.sleep(3600))
    await asyncio.sleep(0)
    clock.advance(3599)
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(1)
    await asyncio.wait_for(sleeper, 10)


async def test_clock_by_control(caller: Caller) -> None:
    answer = await caller.control("/clock", advance_s=1.5)
    assert answer["now"] == "2026-03-02T05:00:01+00:00"
    await caller.control("/clock", now="2027-01-01T00:00:00+05:00")
    assert caller.sim.world.clock.now() == datetime(2026, 12, 31, 19, tzinfo=UTC)
    assert await caller.state("now") == "2026-12-31T19:00:00+00:00"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance_s": -1},
        {"advance_s": "1"},
        {"now": "2027-01-01T00:00:00"},
        {"now": 5},
        {"now": "2027-01-01T00:00:00+00:00", "advance_s": 1},
    ],
)
async def test_impossible_moves(caller: Caller, body: dict[str, object]) -> None:
    assert await caller.refused("/clock", **body)
    assert caller.sim.world.clock.now() == START
