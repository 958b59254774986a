"""What work costs: wall time, CPU time, and how long the event loop was held by it."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
import gc
import time
from typing import Final

from .figures import Budget

LONGEST_HOLD_MS: Final = 50

_ALL: Final = 2
"""The generation that holds all objects which live long."""


@dataclass(slots=True)
class Cost:
    """What passed while something was done; all in seconds.

    `cpu` is of the whole process with its threads. `hold` is the longest single turn of
    the event loop, in which nothing else could run there, less what Python collected
    garbage in it. `collection` is the longest that it did so, in whatever thread:
    nothing of the process runs then. `full` counts the collections of all objects.
    """

    wall: float = 0.0
    cpu: float = 0.0
    hold: float = 0.0
    holder: str = ""
    """What held the loop longest."""
    collection: float = 0.0
    full: int = 0


def budget_of_loop(what: str, *costs: Cost) -> Budget:
    """Return how long the event loop may be held (design, section 9), and was."""
    worst = max(costs, key=lambda cost: cost.hold)
    return Budget(
        what=f"loop held{what}, ms",
        limit=LONGEST_HOLD_MS,
        found=worst.hold * 1000,
        due_to=worst.holder,
    )


def _name(handle: asyncio.Handle) -> str:
    """Return which coroutine a turn was of, where it was of one."""
    task = getattr(handle._callback, "__self__", None)  # type: ignore[attr-defined] # noqa: SLF001
    work = task.get_coro() if isinstance(task, asyncio.Task) else None
    return getattr(work, "__qualname__", repr(handle))


class _TimedLoop:
    """Times each callback that event loops run, for whoever measures now."""

    def __init__(self) -> None:
        self._costs: list[Cost] = []
        self._run = asyncio.Handle._run  # noqa: SLF001 - where all callbacks pass
        self._collecting: float | None = None
        self._collected = 0.0

    def add(self, cost: Cost) -> None:
        if not self._costs:
            self._install()
        self._costs.append(cost)

    def remove(self, cost: Cost) -> None:
        self._costs.remove(cost)
        if not self._costs:
            gc.callbacks.remove(self._note_collection)
            setattr(asyncio.Handle, "_run", self._run)  # noqa: B010

    def _install(self) -> None:
        run, costs, at_work = self._run, self._costs, self._at_work

        def timed(handle: asyncio.Handle) -> None:
            started = at_work()
            run(handle)
            took = at_work() - started
            for cost in costs:
                if took > cost.hold:
                    cost.hold = took
                    cost.holder = _name(handle)

        self._collecting = None
        gc.callbacks.append(self._note_collection)
        asyncio.Handle._run = timed  # type: ignore[assignment, method-assign] # noqa: SLF001

    def _at_work(self) -> float:
        """Return the time, less all in which garbage was collected.

        A collection in another thread may be over and not yet noted: the event loop
        has its turn first.
        """
        began = self._collecting
        now = time.perf_counter() if began is None else began
        return now - self._collected

    def _note_collection(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting = time.perf_counter()
            return
        if self._collecting is None:
            return  # it began before anything was measured
        took = time.perf_counter() - self._collecting
        self._collected += took
        self._collecting = None
        for cost in self._costs:
            cost.collection = max(cost.collection, took)
            cost.full += info["generation"] == _ALL


_LOOP = _TimedLoop()


def collection() -> float:
    """Collect all garbage; returns the seconds that this takes at least."""
    gc.collect()
    started = time.perf_counter()
    gc.collect()
    return time.perf_counter() - started


@contextmanager
def measured() -> Generator[Cost]:
    """Measure what is done in the context; the cost is complete when it is left.

    Must be entered in the event loop that does it.
    """
    cost = Cost()
    _LOOP.add(cost)
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        yield cost
    finally:
        cost.wall = time.perf_counter() - wall
        cost.cpu = time.process_time() - cpu
        _LOOP.remove(cost)
