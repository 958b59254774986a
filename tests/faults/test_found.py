"""Cases that the stateful property test found, as small as it could make them."""

from collections.abc import AsyncIterator
import logging
from pathlib import Path

import aiohttp
import pytest

from simulator import create_app
from simulator.clock import Clock
from tests.reconciler.house import HOUR, MINUTE, START, UPDATE

from .facility import Facility


@pytest.fixture
async def facility(socket_enabled: None, tmp_path: Path) -> AsyncIterator[Facility]:
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    async with (
        create_app(clock=Clock(START, running=False), seed=1) as simulator,
        aiohttp.ClientSession() as session,
    ):
        house = Facility(simulator, session, tmp_path / "visits.db")
        await house.start()
        try:
            yield house
        finally:
            await house.stop()
        house.check_calls()
        house.check_staff()


@pytest.mark.parametrize("refused", [False, True], ids=["taken", "refused"])
async def test_a_server_clock_far_ahead_makes_no_storm(
    facility: Facility, refused: bool
) -> None:
    """An end "now" by the server's clock was not over by ours, and was sent again."""
    facility.switch(past_end_refused=refused)
    facility.world.faults.clock_skew_s = 600
    visit = await facility.grant()
    await facility.pass_time(MINUTE)
    facility.calls()
    await facility.revoke(visit)
    await facility.pass_time(HOUR)
    assert facility.calls()[UPDATE] <= 3
    assert facility.open_to_us() == set()
    assert await facility.differences() == []
