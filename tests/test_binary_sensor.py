"""Binary sensors of the server, the doors and the places."""

from homeassistant.const import (
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.hikcentral_visitors.overview import Overview
from custom_components.hikcentral_visitors.visits.presence import Presence
from tests.stand_in import StandIn, make_view
from tests.states import state_of


async def test_all_binary_sensors(
    stand_in: StandIn, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    stand_in.held = {1: make_view(presence=Presence.INSIDE)}
    await stand_in.load(Platform.BINARY_SENSOR)
    await snapshot_platform(
        stand_in.hass, entity_registry, snapshot, stand_in.entry.entry_id
    )


@pytest.mark.parametrize(
    ("overview", "key", "state"),
    [
        (Overview(connected=True), "connection", STATE_ON),
        (Overview(connected=False), "connection", STATE_OFF),
        (Overview(inside=1), "anyone_inside", STATE_ON),
        (Overview(inside=0), "anyone_inside", STATE_OFF),
        (Overview(access_problem=True), "access_problem", STATE_ON),
        (Overview(access_problem=False), "access_problem", STATE_OFF),
    ],
)
async def test_server(
    stand_in: StandIn, overview: Overview, key: str, state: str
) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    stand_in.coordinator.async_set_updated_data(overview)
    assert state_of(stand_in.hass, f"binary_sensor.head_office_{key}").state == state


@pytest.mark.parametrize(
    ("presence", "state"),
    [
        (Presence.INSIDE, STATE_ON),
        (Presence.OUTSIDE, STATE_OFF),
        (Presence.ARRIVED, STATE_OFF),
        (Presence.UNKNOWN, STATE_UNKNOWN),
    ],
)
async def test_inside(stand_in: StandIn, presence: Presence, state: str) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    await stand_in.seat(3, make_view())
    stand_in.show(make_view(presence=presence))
    assert state_of(stand_in.hass, "binary_sensor.visitor_3_inside").state == state


async def test_free_place_is_unavailable(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view(presence=Presence.INSIDE)}
    await stand_in.load(Platform.BINARY_SENSOR)
    await stand_in.seat(1, None)
    state = state_of(stand_in.hass, "binary_sensor.visitor_1_inside").state
    assert state == STATE_UNAVAILABLE
