"""Names of doors and levels: asked of the server, kept for outages."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
from homeassistant.util import dt as dt_util
import pytest

from custom_components.hikcentral_visitors import directory as module
from custom_components.hikcentral_visitors.contact import Contact
from custom_components.hikcentral_visitors.directory import Directory
from custom_components.hikcentral_visitors.hikcentral import (
    HikCentralClient,
    HikCentralError,
)
from custom_components.hikcentral_visitors.ledger import Ledger
from simulator import Simulator, create_app

from .facility import ENTRANCE, LEVEL, control

DOWN = {"fail": [{"path": "*", "drop_before": True}]}
PATIENCE_S = 10

type Make = Callable[[], Directory]


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """A facility."""
    async with create_app(seed=1) as made:
        yield made


@pytest.fixture
async def contact() -> Contact:
    """Nothing heard yet."""
    return Contact(dt_util.utcnow)


@pytest.fixture
async def make(
    simulator: Simulator, contact: Contact, tmp_path: Path
) -> AsyncGenerator[Make]:
    """Make directories of one server and one ledger, as after restarts."""
    ledger = Ledger(tmp_path / "visits.db")
    await ledger.async_open()
    async with aiohttp.ClientSession() as session:
        client = HikCentralClient(
            session,
            simulator.url,
            simulator.partner.app_key,
            simulator.partner.app_secret,
            observer=contact,
        )
        yield lambda: Directory(ledger, client)
    await ledger.async_close()


async def test_names_and_version_are_asked_for(make: Make, contact: Contact) -> None:
    names = make()
    assert (names.door_names, names.version) == ({}, None)
    await names.async_refresh()
    assert names.door_names[ENTRANCE] == "Turnstile In"
    assert LEVEL in names.level_names
    assert names.version
    assert contact.connected


async def test_they_are_known_during_an_outage(
    make: Make, simulator: Simulator
) -> None:
    before = make()
    await before.async_refresh()
    await control(simulator, "faults", DOWN)
    after = make()
    await after.async_load()
    with pytest.raises(HikCentralError):
        await after.async_refresh()
    assert after.door_names == before.door_names
    assert after.level_names == before.level_names
    assert after.version == before.version


async def test_a_server_that_is_away_is_asked_again(
    make: Make,
    simulator: Simulator,
    contact: Contact,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_RETRY", timedelta(milliseconds=1))
    lost, found = asyncio.Event(), asyncio.Event()

    def heard() -> None:
        event = found if contact.connected else lost
        event.set()

    contact.async_listen(heard)
    await control(simulator, "faults", DOWN)
    names = make()
    task = asyncio.create_task(names.async_run())
    async with asyncio.timeout(PATIENCE_S):
        await lost.wait()
        await control(simulator, "faults", {})
        await found.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
