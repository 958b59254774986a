"""What a flow is, and how it is before most of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from custom_components.hikcentral_visitors.ledger.migrations import Migration
from custom_components.hikcentral_visitors.visits.access import AccessState
from tests.faults.crashes import MortalHouse
from tests.reconciler.house import (
    HOUR,
)

OTHER_FACE = b"\xff\xd8\xff\xe0 another face \xff\xd9"


@dataclass
class Played:
    """What a flow left for its check: its visits, and which requests were answered.

    `crashes` is how often the process died on the way.
    """

    visits: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    events: list[str] = field(default_factory=list)
    crashes: int = 0


type Part = Callable[[MortalHouse, Played], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A flow: `before` it all is at rest; `act` is crashed; `check` comes after.

    After a crash, and without one, time goes on until `lasts` after the beginning.
    """

    before: Part
    act: Part
    check: Part
    lasts: timedelta = timedelta(minutes=6)
    migrations: tuple[Migration, ...] = ()
    """What a newer release, which starts then, does to the ledger first."""


async def nothing(house: MortalHouse, played: Played) -> None:
    await house.settle()


async def one_polled(house: MortalHouse, played: Played) -> None:
    await one_visitor(house, played)
    await house.poll()


async def one_visitor(house: MortalHouse, played: Played) -> None:
    played.visits = [await house.grant(stay=HOUR)]
    await house.settle()


async def one_with_a_card(house: MortalHouse, played: Played) -> None:
    """A picture is not kept once the doors have it, so it cannot be given again."""
    played.visits = [await house.grant(stay=HOUR, photo=None)]
    await house.settle()


async def states(house: MortalHouse, played: Played) -> list[AccessState]:
    return [(await house.access(visit)).state for visit in played.visits]
