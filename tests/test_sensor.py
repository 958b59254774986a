"""Sensors of the server, and the status of each place."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import PropertyMock

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.overview import Overview
from custom_components.hikcentral_visitors.push import PushStatus
from custom_components.hikcentral_visitors.sensor import ServerSensor
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.presence import Presence
from custom_components.hikcentral_visitors.visits.status import Status
from tests.stand_in import NOW, SECRETS, StandIn, make_view
from tests.states import state_of

OVERVIEW = Overview(
    inside=3,
    arrived=1,
    expected_today=12,
    overstaying=1,
    next_visit=make_view(starts_in=timedelta(hours=1)),
    denied_today=2,
    pending_changes=4,
    oldest_pending=NOW - timedelta(minutes=1),
    last_passage=NOW - timedelta(minutes=5),
    version="2.6.1",
    connected=True,
    counters={
        "entries": 100,
        "exits": 97,
        "denials": 5,
        "grants": 60,
        "grants_failed": 1,
        "revocations": 20,
        "requests": 1234,
        "request_errors": 7,
    },
)


async def test_all_sensors(
    stand_in: StandIn,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        ServerSensor, "entity_registry_enabled_default", PropertyMock(return_value=True)
    )
    stand_in.held = {7: make_view(status=Status.INSIDE, presence=Presence.INSIDE)}
    stand_in.settings = replace(stand_in.settings, visit_devices=10)
    await stand_in.load(Platform.SENSOR)
    stand_in.coordinator.async_set_updated_data(OVERVIEW)
    await snapshot_platform(
        stand_in.hass, entity_registry, snapshot, stand_in.entry.entry_id
    )


async def test_a_host_who_is_a_person_is_shown_by_name(stand_in: StandIn) -> None:
    view = make_view(status=Status.INSIDE)
    view = replace(view, visit=replace(view.visit, host="person.charles"))
    stand_in.held = {1: view}
    stand_in.hass.states.async_set(
        "person.charles", "home", {"friendly_name": "Charles"}
    )
    await stand_in.load(Platform.SENSOR)
    stand_in.coordinator.async_set_updated_data(replace(OVERVIEW, next_visit=view))
    hosts = [
        state.attributes["host"]
        for state in stand_in.hass.states.async_all("sensor")
        if "host" in state.attributes
    ]
    assert hosts == ["Charles", "Charles"]


async def test_pushed_events_are_shown_as_they_are(stand_in: StandIn) -> None:
    await stand_in.load(Platform.SENSOR)

    def shown() -> str:
        return _state(stand_in, "head_office_pushed_events")

    assert shown() == "arriving"
    for status in PushStatus:
        stand_in.push.become(status)
        assert shown() == status.value
    stand_in.push.become(None)
    assert shown() == STATE_UNKNOWN


async def test_only_what_is_noisy_is_disabled(
    stand_in: StandIn, entity_registry: er.EntityRegistry
) -> None:
    await stand_in.load(Platform.SENSOR)
    entries = er.async_entries_for_config_entry(entity_registry, "entry")
    assert {entry.unique_id for entry in entries if entry.disabled} == {
        "entry_version",
        "entry_requests",
        "entry_request_errors",
    }


async def test_server_sensors_outlast_an_outage(stand_in: StandIn) -> None:
    await stand_in.load(Platform.SENSOR)
    stand_in.coordinator.async_set_updated_data(replace(OVERVIEW, connected=False))
    stand_in.coordinator.async_set_update_error(ConnectionError())
    assert _state(stand_in, "head_office_visitors_inside") == "3"
    assert _state(stand_in, "head_office_total_entries") == "100"


async def test_nobody_comes_next(stand_in: StandIn) -> None:
    await stand_in.load(Platform.SENSOR)
    state = state_of(stand_in.hass, "sensor.head_office_next_visitor")
    assert state.state == STATE_UNKNOWN
    assert "name" not in state.attributes


async def test_place_appears_when_first_used_and_stays(
    stand_in: StandIn, entity_registry: er.EntityRegistry
) -> None:
    await stand_in.load(Platform.SENSOR)
    assert stand_in.hass.states.get("sensor.visitor_2") is None

    await stand_in.seat(2, make_view())
    state = state_of(stand_in.hass, "sensor.visitor_2")
    assert (state.state, state.name) == ("expected", "Ada Lovelace")

    await stand_in.seat(2, None)
    assert _state(stand_in, "visitor_2") == STATE_UNAVAILABLE
    registered = entity_registry.async_get("sensor.visitor_2")
    assert registered is not None
    assert registered.unique_id == "entry_place_2_status"

    await stand_in.seat(2, make_view("visit-2", "Grace"))
    assert state_of(stand_in.hass, "sensor.visitor_2").name == "Grace Lovelace"


async def test_place_waits_for_its_next_holder_after_a_restart(
    stand_in: StandIn,
) -> None:
    await stand_in.load(Platform.SENSOR)
    await stand_in.seat(2, make_view())
    await stand_in.seat(2, None)
    await stand_in.unload()
    await stand_in.load(Platform.SENSOR)
    state = state_of(stand_in.hass, "sensor.visitor_2")
    assert state.state == STATE_UNAVAILABLE
    assert "restored" not in state.attributes


async def test_device_is_named_after_the_holder(
    stand_in: StandIn, device_registry: dr.DeviceRegistry
) -> None:
    await stand_in.load(Platform.SENSOR)

    def device(identifier: str = "entry_place_2") -> dr.DeviceEntry:
        found = device_registry.async_get_device_by_identifier(
            (DOMAIN, identifier), "entry"
        )
        assert found is not None
        return found

    await stand_in.seat(2, make_view())
    assert device().name == "Ada Lovelace"
    stand_in.show(make_view(name="Augusta"))
    assert device().name == "Augusta Lovelace"
    await stand_in.seat(2, None)
    assert device().name == "Visitor place 2"
    assert device().via_device_id == device("entry").id


async def test_one_write_for_each_change_of_a_visit(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view(), 2: make_view("other", "Grace")}
    await stand_in.load(Platform.SENSOR)
    changes = async_capture_events(stand_in.hass, "state_changed")

    stand_in.show(
        make_view(
            status=Status.INSIDE, presence=Presence.INSIDE, access=AccessState.PARTIAL
        )
    )
    await stand_in.hass.async_block_till_done()

    assert [event.data["entity_id"] for event in changes] == ["sensor.visitor_1"]
    state = state_of(stand_in.hass, "sensor.visitor_1")
    assert (state.state, state.attributes["access"]) == ("inside", "partial")


async def test_no_secret_in_any_state(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.SENSOR)
    shown = str([state.as_dict() for state in stand_in.hass.states.async_all()])
    assert "Ada Lovelace" in shown
    assert not [secret for secret in SECRETS if secret in shown]


async def test_names_are_not_recorded(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.SENSOR)
    for entity_id, personal in (
        ("sensor.visitor_1", {"host", "company", "purpose", "friendly_name"}),
        ("sensor.head_office_next_visitor", {"name", "host"}),
    ):
        info = state_of(stand_in.hass, entity_id).state_info
        assert info is not None
        assert personal <= info["unrecorded_attributes"]


async def test_names_are_in_no_id(
    stand_in: StandIn, entity_registry: er.EntityRegistry
) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.SENSOR)
    ids = [
        (entry.entity_id, entry.unique_id)
        for entry in er.async_entries_for_config_entry(entity_registry, "entry")
    ]
    assert ("sensor.visitor_1", "entry_place_1_status") in ids
    assert "lovelace" not in str(ids).lower()


async def test_nobody_listens_after_unloading(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.SENSOR, Platform.EVENT, Platform.BUTTON)
    coordinator = stand_in.coordinator
    assert coordinator.listening
    await stand_in.unload()
    assert coordinator.listening == 0


def _state(stand_in: StandIn, object_id: str) -> str:
    return state_of(stand_in.hass, f"sensor.{object_id}").state
