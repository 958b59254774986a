"""Work that goes on: begun again after a defect, ended in order."""

import asyncio
from functools import partial

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors import background
from custom_components.hikcentral_visitors.background import Background
from custom_components.hikcentral_visitors.const import DOMAIN

PATIENCE_S = 10


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    made = MockConfigEntry(domain=DOMAIN)
    made.add_to_hass(hass)
    return made


async def test_what_fails_begins_again_and_the_rest_goes_on(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(background, "_PAUSE_S", 0)
    tries = 0
    again, other = asyncio.Event(), asyncio.Event()

    async def fails() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ZeroDivisionError
        again.set()
        await asyncio.Event().wait()

    async def works() -> None:
        other.set()
        await asyncio.Event().wait()

    work = Background()
    work.start(hass, entry, {"bad": fails, "good": works})
    async with asyncio.timeout(PATIENCE_S):
        await again.wait()
        await other.wait()
    assert caplog.text.count("bad begins again") == 2
    await work.async_stop()


async def test_stopping_waits_until_all_has_ended(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    ended: list[str] = []

    async def run(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(name)

    work = Background()
    work.start(hass, entry, {name: partial(run, name) for name in "ab"})
    await work.async_stop()
    assert ended == ["a", "b"]
    await work.async_stop()
    assert ended == ["a", "b"]


async def test_home_assistant_does_not_wait_for_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    begun = asyncio.Event()

    async def run() -> None:
        begun.set()
        await asyncio.Event().wait()

    work = Background()
    work.start(hass, entry, {"work": run})
    await begun.wait()
    await hass.async_block_till_done()
    await work.async_stop()
