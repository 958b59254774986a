"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of visitors, milliseconds per call, and so on."""

    groups: tuple[int, ...] = (1, 100, 1000)
    latencies: tuple[int, ...] = (0, 50, 200)
    previous: int = 3
    walkers: int = 20
    crowds: tuple[int, ...] = (100, 1000, 10_000)
    staff_events: tuple[int, ...] = (0, 500, 5000)
    visits_of_a_year: int = 100_000
    passages_each: int = 10
    turnover: int = 10_000
    at_a_time: int = 200
    afterwards: int = 5
    """Seconds in which the work that a set-up starts is watched."""


FULL = Sizes()
QUICK = Sizes(
    groups=(1, 100),
    latencies=(0, 50),
    previous=1,
    walkers=8,
    crowds=(100, 1000),
    staff_events=(0, 500),
    visits_of_a_year=2000,
    turnover=1000,
    at_a_time=100,
)
TINY = Sizes(
    groups=(1, 2),
    latencies=(0,),
    previous=1,
    walkers=2,
    crowds=(5,),
    staff_events=(0, 3),
    visits_of_a_year=20,
    passages_each=2,
    turnover=20,
    at_a_time=10,
    afterwards=1,
)
"""Enough to see that everything still runs."""
