"""The download for fault finding: useful, and silent about people."""

from dataclasses import fields
import json

from homeassistant.const import Platform
from homeassistant.helpers.json import JSONEncoder
import pytest
from syrupy.assertion import SnapshotAssertion

from custom_components.hikcentral_visitors.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.hikcentral_visitors.hikcentral import CannotConnectError
from custom_components.hikcentral_visitors.settings import Settings
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.presence import Presence
from custom_components.hikcentral_visitors.visits.status import Status
from tests.stand_in import NAMES, NOW, SECRETS, StandIn, make_view


@pytest.fixture
async def loaded(stand_in: StandIn) -> StandIn:
    stand_in.settings = Settings(
        doors=stand_in.settings.doors,
        access_levels=("10", "11"),
        operators=frozenset({"user-of-reception"}),
    )
    stand_in.held = {
        1: make_view(status=Status.INSIDE, presence=Presence.INSIDE),
        2: make_view("visit-2", status=Status.FAILED, access=AccessState.FAILED),
    }
    await stand_in.load(Platform.BINARY_SENSOR)
    statistics = stand_in.runtime.client.statistics
    statistics.succeeded(NOW)
    statistics.failed(
        CannotConnectError(None, "Ada Lovelace is gone", "acs/v1/door/events"), NOW
    )
    return stand_in


async def test_diagnostics(loaded: StandIn, snapshot: SnapshotAssertion) -> None:
    shown = await async_get_config_entry_diagnostics(loaded.hass, loaded.entry)
    assert shown == snapshot


async def test_every_option_is_told_of(loaded: StandIn) -> None:
    shown = await async_get_config_entry_diagnostics(loaded.hass, loaded.entry)
    secret = {"organisation", "push_address"}
    assert shown["settings"].keys() == {one.name for one in fields(Settings)} - secret


async def test_nobody_is_named(loaded: StandIn) -> None:
    """D37: the download tells of numbers and states only."""
    shown = json.dumps(
        await async_get_config_entry_diagnostics(loaded.hass, loaded.entry),
        cls=JSONEncoder,
    )
    personal = (*SECRETS, *NAMES, "visit-1", "user-of-reception", "Main entrance")
    assert "by_status" in shown
    assert not [text for text in personal if text in shown]
