"""A facility whose process can die, and the list of where it did."""

import asyncio
from collections.abc import AsyncIterator
import logging
from pathlib import Path

import aiohttp
import pytest

from custom_components.hikcentral_visitors.ledger import engines
from simulator import create_app
from simulator.clock import Clock
from tests.reconciler.house import START

from .crashes import MortalHouse


@pytest.fixture
async def mortal_house(
    socket_enabled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MortalHouse]:
    """A facility without a process; whatever happens, staff stays as it is."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    asyncio.get_running_loop().set_debug(False)
    # A process that dies takes nothing with it that is written but not flushed.
    pragmas = (*engines.PRAGMAS, "PRAGMA synchronous=OFF")
    monkeypatch.setattr(engines, "PRAGMAS", pragmas)
    clock = Clock(START, running=False)
    async with (
        create_app(clock=clock, seed=1) as simulator,
        aiohttp.ClientSession() as session,
    ):
        house = MortalHouse(simulator, session, tmp_path / "visits.db", 20)
        yield house
        await house.bury()
