"""The limiter on a real event loop."""

import asyncio
from contextlib import suppress

import pytest

from custom_components.hikcentral_visitors.hikcentral.limiter import Limiter
from custom_components.hikcentral_visitors.hikcentral.pace import Pace, Priority


class Caller:
    """A task that holds a slot until it is let go."""

    def __init__(self, limiter: Limiter, priority: Priority) -> None:
        self.inside = asyncio.Event()
        self.done = asyncio.Event()
        self.task = asyncio.create_task(self._call(limiter, priority))

    async def _call(self, limiter: Limiter, priority: Priority) -> None:
        async with limiter.slot(priority):
            self.inside.set()
            await self.done.wait()

    async def started(self) -> None:
        async with asyncio.timeout(10):  # instead of for ever, where it never does
            await self.inside.wait()

    async def finish(self) -> None:
        self.done.set()
        await self.task

    async def cancel(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


async def _settle() -> None:
    """Let all tasks run until they wait for each other."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_slots_and_order() -> None:
    limiter = Limiter(pace=Pace(concurrency=1, reserved=0))
    holder = Caller(limiter, Priority.SWEEP)
    await holder.started()
    late = Caller(limiter, Priority.WIDENING)
    await _settle()
    urgent = Caller(limiter, Priority.NARROWING)
    await _settle()
    assert (limiter.running, limiter.waiting) == (1, 2)
    await holder.finish()
    await urgent.started()
    assert not late.inside.is_set()
    await urgent.finish()
    await late.started()
    await late.finish()
    assert (limiter.running, limiter.waiting) == (0, 0)


async def test_taking_away_does_not_wait_for_what_hangs() -> None:
    limiter = Limiter()
    hanging = [Caller(limiter, Priority.WIDENING) for _ in range(5)]
    await _settle()
    urgent = Caller(limiter, Priority.NARROWING)
    await urgent.started()
    await urgent.finish()
    assert not hanging[4].inside.is_set()
    for caller in hanging:
        await caller.finish()
    assert (limiter.running, limiter.waiting) == (0, 0)


async def test_cancelled_while_waiting() -> None:
    limiter = Limiter(1)
    holder = Caller(limiter, Priority.WIDENING)
    await holder.started()
    first = Caller(limiter, Priority.WIDENING)
    second = Caller(limiter, Priority.WIDENING)
    await _settle()
    await first.cancel()
    await holder.finish()
    await second.started()
    await second.finish()
    assert (limiter.running, limiter.waiting) == (0, 0)


async def test_cancelled_in_the_instant_of_being_served() -> None:
    limiter = Limiter(1)
    async with limiter.slot(Priority.WIDENING):
        unlucky = Caller(limiter, Priority.WIDENING)
        other = Caller(limiter, Priority.WIDENING)
        await _settle()
    # The slot is the next one's, whose task did not run yet.
    assert (limiter.running, limiter.waiting) == (1, 1)
    await unlucky.cancel()
    assert not unlucky.inside.is_set()
    await other.started()
    await other.finish()
    assert (limiter.running, limiter.waiting) == (0, 0)


async def test_cancelled_while_running() -> None:
    limiter = Limiter(1)
    holder = Caller(limiter, Priority.WIDENING)
    await holder.started()
    other = Caller(limiter, Priority.WIDENING)
    await _settle()
    await holder.cancel()
    await other.started()
    await other.finish()


async def test_an_error_gives_the_slot_back() -> None:
    limiter = Limiter(1)
    with pytest.raises(RuntimeError, match="boom"):
        async with limiter.slot(Priority.POLL):
            raise RuntimeError("boom")
    assert limiter.running == 0


async def test_a_pause_ends_by_itself() -> None:
    now = 0.0
    limiter = Limiter(pace=Pace(slowest=50), monotonic=lambda: now)
    limiter.refused(0.01)
    caller = Caller(limiter, Priority.NARROWING)
    await _settle()
    assert not caller.inside.is_set()
    now = 1000.0
    await caller.started()
    await caller.finish()


async def test_no_timer_is_left_behind() -> None:
    limiter = Limiter()
    limiter.refused(60)
    caller = Caller(limiter, Priority.NARROWING)
    await _settle()
    assert limiter._timer is not None
    await caller.cancel()
    assert limiter._timer is None
