"""A simulator on a standing clock, and somebody who calls it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import aiohttp
import pytest

from simulator import Clock, Simulator, create_app

from .gateway import Caller

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
"""Two hours into the window that `Caller.add_person` gives."""


@pytest.fixture
async def sim(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """A simulator that has just started, at `START`."""
    async with create_app(clock=Clock(START, running=False), seed=1) as simulator:
        yield simulator


@pytest.fixture
async def caller(sim: Simulator) -> AsyncGenerator[Caller]:
    """Somebody who knows key and secret."""
    async with aiohttp.ClientSession() as session:
        yield Caller(sim, session)
