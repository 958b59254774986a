"""Doors as locks."""

from dataclasses import replace

from homeassistant.components.lock.const import LockState
from homeassistant.const import (
    ATTR_ENTITY_ID,
    SERVICE_LOCK,
    SERVICE_OPEN,
    SERVICE_UNLOCK,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    Platform,
)
from homeassistant.core import Context
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.hikcentral_visitors.hikcentral import (
    CannotConnectError,
    DoorCommand,
    DoorState,
)
from tests.stand_in import StandIn, user_context
from tests.states import state_of

LOCK = "lock.head_office_main_entrance_lock"


@pytest.fixture
def stand_in(stand_in: StandIn) -> StandIn:
    stand_in.settings = replace(stand_in.settings, door_locks=True)
    return stand_in


async def test_all_locks(
    stand_in: StandIn, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    await stand_in.load(Platform.LOCK)
    await snapshot_platform(
        stand_in.hass, entity_registry, snapshot, stand_in.entry.entry_id
    )


async def test_no_locks_unless_asked_for(stand_in: StandIn) -> None:
    stand_in.settings = replace(stand_in.settings, door_locks=False)
    await stand_in.load(Platform.LOCK)
    assert stand_in.hass.states.async_entity_ids("lock") == []


@pytest.mark.parametrize(
    ("door", "lock"),
    [
        (DoorState.CLOSED, LockState.LOCKED),
        (DoorState.REMAIN_CLOSED, LockState.LOCKED),
        (DoorState.OPEN, LockState.OPEN),
        (DoorState.REMAIN_OPEN, LockState.OPEN),
        (DoorState.OFFLINE, STATE_UNKNOWN),
        (None, STATE_UNKNOWN),
    ],
)
async def test_state(stand_in: StandIn, door: DoorState | None, lock: str) -> None:
    stand_in.server.set_door("1", state=door)
    await stand_in.load(Platform.LOCK)
    assert state_of(stand_in.hass, LOCK).state == lock


async def test_unknown_without_contact(stand_in: StandIn) -> None:
    await stand_in.load(Platform.LOCK)
    stand_in.runtime.contact.failed(CannotConnectError(None, "gone"))
    assert state_of(stand_in.hass, LOCK).state == STATE_UNAVAILABLE


@pytest.mark.parametrize(
    ("service", "command"),
    [
        (SERVICE_OPEN, DoorCommand.OPEN),
        (SERVICE_UNLOCK, DoorCommand.OPEN),
        (SERVICE_LOCK, DoorCommand.CLOSE),
    ],
)
async def test_commands_never_leave_a_door_open(
    stand_in: StandIn, service: str, command: DoorCommand
) -> None:
    await stand_in.load(Platform.LOCK)
    await _call(stand_in, service)
    assert stand_in.server.commands == [(("1",), command)]


@pytest.mark.parametrize("service", [SERVICE_OPEN, SERVICE_UNLOCK, SERVICE_LOCK])
async def test_others_may_not(stand_in: StandIn, service: str) -> None:
    await stand_in.load(Platform.LOCK)
    with pytest.raises(Unauthorized):
        await _call(stand_in, service, user_context(stand_in.hass, "somebody"))
    assert stand_in.server.commands == []


async def _call(
    stand_in: StandIn, service: str, context: Context | None = None
) -> None:
    await stand_in.hass.services.async_call(
        Platform.LOCK,
        service,
        {ATTR_ENTITY_ID: LOCK},
        blocking=True,
        context=context,
    )
