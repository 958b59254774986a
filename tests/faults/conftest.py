"""A facility whose process can die, and the list of where it did."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
import logging
from pathlib import Path
from unittest.mock import AsyncMock

import aiohttp
import pytest

from custom_components.hikcentral_visitors import announce
from custom_components.hikcentral_visitors.ledger import engines
from simulator import create_app
from simulator.clock import Clock
from tests.reconciler.house import START
from tests.unforeseen import nothing_unforeseen

from .crashes import CrashedError, MortalHouse

type NewHouse = Callable[[], AbstractAsyncContextManager[MortalHouse]]


@pytest.fixture
async def new_house(
    socket_enabled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> NewHouse:
    """Build a facility without a process, each time another one."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    asyncio.get_running_loop().set_debug(False)
    # A process that dies takes nothing with it that is written but not flushed.
    pragmas = (*engines.PRAGMAS, "PRAGMA synchronous=OFF")
    monkeypatch.setattr(engines, "PRAGMAS", pragmas)
    # Texts are Home Assistant's, of which there is none.
    monkeypatch.setattr(announce, "async_reason_text", AsyncMock())
    numbers = count()

    @asynccontextmanager
    async def build() -> AsyncIterator[MortalHouse]:
        clock = Clock(START, running=False)
        path = tmp_path / f"visits{next(numbers)}.db"
        async with (
            create_app(clock=clock, seed=1) as simulator,
            aiohttp.ClientSession() as session,
        ):
            house = MortalHouse(simulator, session, path, 20)
            with nothing_unforeseen(CrashedError):
                yield house
                await house.bury()

    return build


@pytest.fixture
async def mortal_house(new_house: NewHouse) -> AsyncIterator[MortalHouse]:
    """A facility without a process."""
    async with new_house() as house:
        yield house
