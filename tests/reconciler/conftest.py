"""A whole facility for each test, and what no test may ever do to it."""

import asyncio
from collections.abc import AsyncIterator
import logging
from pathlib import Path

import aiohttp
import pytest

from simulator import create_app
from simulator.clock import Clock
from tests.unforeseen import nothing_unforeseen

from .house import START, House


@pytest.fixture(autouse=True)
def _no_log_of_sql() -> None:
    """Home Assistant's plugin asks for it, and it costs half of a test's time."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture
def patience() -> float:
    """Seconds that a call may take; tests of calls that hang shorten it."""
    return 20


@pytest.fixture
async def house(
    socket_enabled: None, tmp_path: Path, patience: float
) -> AsyncIterator[House]:
    # Debugging, which Home Assistant's plugin turns on, notes each task's whole stack.
    asyncio.get_running_loop().set_debug(False)
    clock = Clock(START, running=False)
    async with (
        create_app(clock=clock, seed=1) as simulator,
        aiohttp.ClientSession() as session,
    ):
        house = House(simulator, session, tmp_path / "visits.db", patience)
        with nothing_unforeseen():
            await house.start()
            try:
                yield house
            finally:
                await house.stop()
        house.check_calls()
        house.check_staff()
        house.check_handed_on()
