"""Entities on the whole integration, with a simulated HikCentral behind them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from homeassistant.const import (
    ATTR_ENTITY_ID,
    EVENT_STATE_CHANGED,
    STATE_UNAVAILABLE,
    Platform,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Simulator, create_app

from .facility import ENTRANCE, config_entry, control, present
from .live import PATIENCE_S, Told, call
from .states import state_of

CARD = "4711"


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """A facility whose terminals take a change over at once."""
    async with create_app(seed=1) as made:
        await control(made, "faults", {"apply_delay_s": 0})
        yield made


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """An entry that is loaded, with locks."""
    made = config_entry(simulator, {"door_locks": True})
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    yield made
    await hass.config_entries.async_unload(made.entry_id)


async def test_a_visit_holds_a_place_until_it_is_over(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    told = Told(hass)
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    await _until(hass, lambda: hass.states.get("event.visitor_1_passage") is not None)
    assert visit["entity_id"] == "sensor.visitor_1"
    assert state_of(hass, "sensor.visitor_1").attributes["access"] == "active"
    assert state_of(hass, "sensor.visitor_1").name == "Ada"

    await present(simulator, ENTRANCE, card=CARD)
    await entry.runtime_data.poller.async_poll()
    await told.passage()
    assert state_of(hass, "sensor.visitor_1").state == "inside"
    assert state_of(hass, "binary_sensor.visitor_1_inside").state == "on"
    passed = state_of(hass, "event.visitor_1_passage").attributes
    assert (passed["event_type"], passed["name"]) == ("entry", "Ada")

    before = state_of(hass, "datetime.visitor_1_valid_until").state
    await _press(hass, "button.visitor_1_extend")
    await _until(
        hass, lambda: state_of(hass, "datetime.visitor_1_valid_until").state > before
    )

    await _press(hass, "button.visitor_1_revoke")
    await told.visit("revoked")
    assert state_of(hass, "sensor.visitor_1").attributes["overstaying"] is True
    await call(hass, "check_out", visit_id=visit["visit_id"])
    await _until(hass, lambda: _is(hass, "sensor.visitor_1", STATE_UNAVAILABLE))
    assert _is(hass, "event.visitor_1_passage", STATE_UNAVAILABLE)


async def test_a_door_is_opened_once_and_falls_shut(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    async def of_entrance(platform: Platform, key: str) -> str:
        def found() -> str | None:
            return er.async_get(hass).async_get_entity_id(
                platform, entry.domain, f"{entry.entry_id}_door_{ENTRANCE}_{key}"
            )

        await _until(hass, lambda: found() is not None)
        entity_id = found()
        assert entity_id is not None
        return entity_id

    lock = await of_entrance(Platform.LOCK, "lock")
    button = await of_entrance(Platform.BUTTON, "open")
    assert not any(word.isdigit() for word in lock.split("_"))
    await _until(hass, lambda: _is(hass, lock, "locked"))

    await _press(hass, button)
    (command,) = simulator.world.door_commands
    assert command.door == ENTRANCE
    await _until(hass, lambda: _is(hass, lock, "open"))

    await control(simulator, "clock", {"advance_s": 60})
    await entry.runtime_data.doors.async_refresh()
    await _until(hass, lambda: _is(hass, lock, "locked"))


def _is(hass: HomeAssistant, entity_id: str, state: str) -> bool:
    found = hass.states.get(entity_id)
    return found is not None and found.state == state


async def _until(hass: HomeAssistant, holds: Callable[[], bool]) -> None:
    """Wait until it holds; it is asked again after each change of a state."""
    changed = asyncio.Event()

    @callback
    def on_change(_: Any) -> None:
        changed.set()

    stop = hass.bus.async_listen(EVENT_STATE_CHANGED, on_change)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                await changed.wait()
                changed.clear()
    finally:
        stop()


async def _press(hass: HomeAssistant, entity_id: str) -> None:
    await hass.services.async_call(
        Platform.BUTTON, "press", {ATTR_ENTITY_ID: entity_id}, blocking=True
    )
