"""Event entities: each notice once, where it belongs, and of nobody else."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import (
    EVENT_STATE_CHANGED,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import Event, EventStateChangedData, State
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    mock_restore_cache_with_extra_data,
    snapshot_platform,
)
from syrupy.assertion import SnapshotAssertion

from custom_components.hikcentral_visitors.hikcentral import CannotConnectError
from custom_components.hikcentral_visitors.notices import DoorNotice, VisitNotice
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.passage import (
    Direction,
    PassageOutcome,
)
from tests.stand_in import NOW, SECRETS, StandIn, make_view, passage_notice
from tests.states import state_of

SERVER = "event.head_office_visitor_passage"
VISIT = "event.head_office_visit"
ENTRANCE = "event.head_office_main_entrance_passage"
WAY_OUT = "event.head_office_way_out_passage"
PLACE = "event.visitor_1_passage"


async def test_all_events(
    stand_in: StandIn,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    freezer: FrozenDateTimeFactory,
) -> None:
    freezer.move_to(NOW)
    view = make_view()
    stand_in.held = {1: view}
    await stand_in.load(Platform.EVENT)
    stand_in.coordinator.tell("passages", passage_notice(view))
    await snapshot_platform(
        stand_in.hass, entity_registry, snapshot, stand_in.entry.entry_id
    )


async def test_passage_shows_at_server_door_and_place(stand_in: StandIn) -> None:
    view, other = make_view(), make_view("visit-2", "Grace")
    stand_in.held = {1: view, 2: other}
    await stand_in.load(Platform.EVENT)
    stand_in.coordinator.tell("passages", passage_notice(view))
    assert _type(stand_in, SERVER) == "entry"
    assert _type(stand_in, ENTRANCE) == "entry"
    assert _type(stand_in, PLACE) == "entry"
    assert _state(stand_in, WAY_OUT) == STATE_UNKNOWN
    assert _state(stand_in, "event.visitor_2_passage") == STATE_UNKNOWN


@pytest.mark.parametrize("direction", Direction)
async def test_type_is_the_direction(stand_in: StandIn, direction: Direction) -> None:
    await stand_in.load(Platform.EVENT)
    stand_in.coordinator.tell(
        "passages", passage_notice(make_view(), direction=direction)
    )
    assert _type(stand_in, SERVER) == direction.value


async def test_denied_whatever_the_direction(stand_in: StandIn) -> None:
    await stand_in.load(Platform.EVENT)
    stand_in.coordinator.tell(
        "passages", passage_notice(make_view(), outcome=PassageOutcome.DENIED)
    )
    assert _type(stand_in, SERVER) == "denied"
    assert _type(stand_in, ENTRANCE) == "denied"


async def test_each_notice_is_one_state_change(stand_in: StandIn) -> None:
    """D42: one announcement, one change of state."""
    await stand_in.load(Platform.EVENT)
    changes = async_capture_events(stand_in.hass, EVENT_STATE_CHANGED)
    for _ in range(3):
        stand_in.coordinator.tell("passages", passage_notice(make_view()))
    await stand_in.hass.async_block_till_done()
    assert len(_changes_of(changes, SERVER)) == 3
    assert len({change.state for change in _changes_of(changes, SERVER)}) == 3


async def test_other_updates_are_no_event(stand_in: StandIn) -> None:
    await stand_in.load(Platform.EVENT)
    stand_in.coordinator.tell("passages", passage_notice(make_view()))
    changes = async_capture_events(stand_in.hass, EVENT_STATE_CHANGED)
    stand_in.coordinator.async_set_updated_data(stand_in.coordinator.data)
    await stand_in.hass.async_block_till_done()
    assert changes == []


async def test_only_what_may_be_shown(stand_in: StandIn) -> None:
    view = make_view()
    stand_in.held = {1: view}
    await stand_in.load(Platform.EVENT)
    stand_in.coordinator.tell("passages", passage_notice(view))
    for entity_id in (SERVER, ENTRANCE, PLACE):
        attributes = state_of(stand_in.hass, entity_id).attributes
        assert attributes["name"] == "Ada Lovelace"
        assert not {"notify", "phone", "entity_id", "config_entry_id"} & set(attributes)
        assert not [secret for secret in SECRETS if secret in str(attributes)]


async def test_names_are_not_recorded(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.EVENT)
    personal = {"name", "company", "host"}
    for entity_id in (SERVER, ENTRANCE, PLACE):
        assert personal <= _unrecorded(stand_in, entity_id)
    assert "friendly_name" in _unrecorded(stand_in, PLACE)


@pytest.mark.parametrize("kind", VisitEventType)
async def test_visit(stand_in: StandIn, kind: VisitEventType) -> None:
    await stand_in.load(Platform.EVENT)
    data: dict[str, Any] = {"visit_id": "visit-1", "type": kind.value, "notify": ["x"]}
    stand_in.coordinator.tell(
        "visits", VisitNotice(type=kind, view=make_view(), data=data)
    )
    assert _type(stand_in, VISIT) == kind.value
    assert state_of(stand_in.hass, VISIT).attributes["visit_id"] == "visit-1"
    assert _state(stand_in, SERVER) == STATE_UNKNOWN


@pytest.mark.parametrize("kind", ["face_not_recognised", "forced_open"])
async def test_door(stand_in: StandIn, kind: str) -> None:
    await stand_in.load(Platform.EVENT)
    stand_in.coordinator.tell(
        "doors",
        DoorNotice(
            door_id="2", type=kind, occurred_at=NOW, data={"expected_now": ["visit-1"]}
        ),
    )
    assert _type(stand_in, WAY_OUT) == kind
    assert state_of(stand_in.hass, WAY_OUT).attributes["expected_now"] == ["visit-1"]
    assert _state(stand_in, ENTRANCE) == STATE_UNKNOWN


async def test_outage_leaves_events_available(stand_in: StandIn) -> None:
    """Triggers overlook an event that ends an entity's being unavailable."""
    await stand_in.load(Platform.EVENT)
    stand_in.runtime.contact.failed(CannotConnectError(None, "gone"))
    for entity_id in (SERVER, VISIT, ENTRANCE, WAY_OUT):
        assert _state(stand_in, entity_id) == STATE_UNKNOWN


async def test_next_holder_did_not_do_what_the_last_one_did(stand_in: StandIn) -> None:
    view = make_view()
    stand_in.held = {1: view}
    await stand_in.load(Platform.EVENT)
    stand_in.coordinator.tell("passages", passage_notice(view))
    assert _type(stand_in, PLACE) == "entry"

    await stand_in.seat(1, None)
    assert _state(stand_in, PLACE) == STATE_UNAVAILABLE

    successor = make_view("visit-2", "Grace")
    await stand_in.seat(1, successor)
    state = state_of(stand_in.hass, PLACE)
    assert state.state == STATE_UNKNOWN
    assert state.attributes["event_type"] is None
    assert "name" not in state.attributes

    stand_in.coordinator.tell("passages", passage_notice(view))
    assert _state(stand_in, PLACE) == STATE_UNKNOWN
    stand_in.coordinator.tell("passages", passage_notice(successor))
    assert state_of(stand_in.hass, PLACE).attributes["name"] == "Grace Lovelace"


@pytest.mark.parametrize(
    ("holder", "state"),
    [("visit-1", "2026-11-23T08:00:00.000+00:00"), ("visit-2", STATE_UNKNOWN)],
)
async def test_last_event_returns_with_its_visit_only(
    stand_in: StandIn, holder: str, state: str
) -> None:
    earlier = (NOW - timedelta(hours=1)).isoformat(timespec="milliseconds")
    mock_restore_cache_with_extra_data(
        stand_in.hass,
        [
            (
                State(PLACE, earlier),
                {
                    "last_event_type": "entry",
                    "last_event_attributes": {"visit_id": "visit-1", "name": "Ada"},
                },
            )
        ],
    )
    stand_in.held = {1: make_view(holder)}
    await stand_in.load(Platform.EVENT)
    assert _state(stand_in, PLACE) == state


def _state(stand_in: StandIn, entity_id: str) -> str:
    return state_of(stand_in.hass, entity_id).state


def _type(stand_in: StandIn, entity_id: str) -> str | None:
    kind: str | None = state_of(stand_in.hass, entity_id).attributes["event_type"]
    return kind


def _unrecorded(stand_in: StandIn, entity_id: str) -> frozenset[str]:
    info = state_of(stand_in.hass, entity_id).state_info
    assert info is not None
    return info["unrecorded_attributes"]


def _changes_of(
    changes: list[Event[EventStateChangedData]], entity_id: str
) -> list[State]:
    return [
        event.data["new_state"]
        for event in changes
        if event.data["entity_id"] == entity_id and event.data["new_state"]
    ]
