"""Doors: their states, and opening them once."""

from datetime import timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, Platform
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.hikcentral_visitors.doors import DoorStatus
from custom_components.hikcentral_visitors.hikcentral import (
    AccessDevice,
    AmbiguousError,
    CannotConnectError,
    DoorCommand,
    DoorControlResult,
    DoorState,
    NotPermittedError,
)
from custom_components.hikcentral_visitors.visits.visit import SYSTEM
from tests.stand_in import StandIn
from tests.states import state_of

PROBLEM = "binary_sensor.head_office_main_entrance_problem"


@pytest.mark.parametrize(
    ("state", "device_online", "offline", "closed"),
    [
        (DoorState.CLOSED, True, False, True),
        (DoorState.REMAIN_CLOSED, None, False, True),
        (DoorState.OPEN, True, False, False),
        (DoorState.REMAIN_OPEN, True, False, False),
        (DoorState.OFFLINE, True, True, None),
        (DoorState.CLOSED, False, True, True),
        (None, None, None, None),
        (None, True, False, None),
    ],
)
def test_status(
    state: DoorState | None,
    device_online: bool | None,
    offline: bool | None,
    closed: bool | None,
) -> None:
    status = DoorStatus(state=state, device_online=device_online)
    assert (status.offline, status.closed) == (offline, closed)


async def test_only_chosen_doors_are_kept(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    assert stand_in.runtime.doors.data == {
        "1": DoorStatus(
            name="Main entrance", state=DoorState.CLOSED, device_online=True
        ),
        "2": DoorStatus(name="Way out", state=DoorState.CLOSED, device_online=True),
    }


async def test_no_doors_chosen_asks_nothing(stand_in: StandIn) -> None:
    stand_in.settings = type(stand_in.settings)()
    await stand_in.load(Platform.BINARY_SENSOR)
    assert stand_in.runtime.doors.data == {}
    assert stand_in.server.reads == 0


async def test_problem_follows_the_door_and_its_device(
    stand_in: StandIn, freezer: FrozenDateTimeFactory
) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    hass = stand_in.hass
    assert state_of(hass, PROBLEM).state == STATE_OFF

    stand_in.server.devices[0] = AccessDevice(id="a", online=False)
    await _later(stand_in, freezer, 61)
    assert state_of(hass, PROBLEM).state == STATE_ON


async def test_devices_that_may_not_be_read_do_not_matter(stand_in: StandIn) -> None:
    stand_in.server.devices_error = NotPermittedError("130", "no", "acsDeviceList")
    await stand_in.load(Platform.BINARY_SENSOR)
    assert state_of(stand_in.hass, PROBLEM).state == STATE_OFF


async def test_outage_and_return(
    stand_in: StandIn, freezer: FrozenDateTimeFactory
) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    hass, contact = stand_in.hass, stand_in.runtime.contact

    stand_in.server.error = CannotConnectError(None, "gone")
    await _later(stand_in, freezer, 61)
    assert state_of(hass, PROBLEM).state == STATE_UNAVAILABLE
    assert not contact.connected

    # Somebody else hears that the server is back: nobody waits for the next poll.
    stand_in.server.error = None
    contact.answered()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, PROBLEM).state == STATE_OFF


async def test_contact_lost_elsewhere_shows_at_once(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    stand_in.runtime.contact.failed(CannotConnectError(None, "gone"))
    assert state_of(stand_in.hass, PROBLEM).state == STATE_UNAVAILABLE


async def test_open_once_is_journalled_and_looked_after(
    stand_in: StandIn, freezer: FrozenDateTimeFactory
) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    doors, server = stand_in.runtime.doors, stand_in.server
    reads = server.reads

    await doors.async_open("1", SYSTEM)

    assert server.commands == [(("1",), DoorCommand.OPEN)]
    stand_in.book.note.assert_awaited_once_with("open_door", SYSTEM, door="1")
    assert server.reads == reads + 1
    # Read again while it falls shut, then as slowly as before.
    for seconds, more in ((11, 2), (11, 3), (11, 4), (15, 5), (15, 5), (50, 6)):
        await _later(stand_in, freezer, seconds)
        assert server.reads == reads + more


async def test_close(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    await stand_in.runtime.doors.async_close("2", SYSTEM)
    assert stand_in.server.commands == [(("2",), DoorCommand.CLOSE)]
    stand_in.book.note.assert_awaited_once_with("close_door", SYSTEM, door="2")


async def test_door_that_was_not_chosen_stays_shut(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    with pytest.raises(ServiceValidationError) as raised:
        await stand_in.runtime.doors.async_open("3", SYSTEM)
    assert raised.value.translation_key == "door_not_chosen"
    assert stand_in.server.commands == []


@pytest.mark.parametrize(
    ("error", "result", "key", "note"),
    [
        (CannotConnectError(None, "gone"), None, "door_failed", "open_door_failed"),
        (NotPermittedError("130", "no"), None, "door_failed", "open_door_failed"),
        (
            AmbiguousError(None, "cut"),
            None,
            "door_uncertain",
            "open_door_uncertain",
        ),
        (
            None,
            DoorControlResult(door_id="1", done=False, code="5", message="jammed"),
            "door_failed",
            "open_door_failed",
        ),
    ],
)
async def test_command_that_failed_is_said_and_never_repeated(
    stand_in: StandIn,
    error: CannotConnectError | None,
    result: DoorControlResult | None,
    key: str,
    note: str,
) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    stand_in.server.error, stand_in.server.result = error, result
    with pytest.raises(HomeAssistantError) as raised:
        await stand_in.runtime.doors.async_open("1", SYSTEM)
    assert raised.value.translation_key == key
    words = raised.value.translation_placeholders
    assert words is not None
    assert words["door"] == "Main entrance"
    assert len(stand_in.server.commands) == 1
    noted = [call.args[0] for call in stand_in.book.note.await_args_list]
    assert noted == ["open_door", note]


async def test_silent_answer_counts_as_done(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    stand_in.server.result = DoorControlResult(door_id="1", done=None)
    await stand_in.runtime.doors.async_open("1", SYSTEM)
    stand_in.book.note.assert_awaited_once()


async def test_door_appears_once_its_name_is_known(
    stand_in: StandIn, freezer: FrozenDateTimeFactory
) -> None:
    """A first start during an outage must not make ids out of numbers."""
    stand_in.door_names.clear()
    stand_in.server.error = CannotConnectError(None, "gone")
    await stand_in.load(Platform.BINARY_SENSOR)
    assert stand_in.hass.states.get(PROBLEM) is None

    stand_in.server.error = None
    await _later(stand_in, freezer, 61)
    assert state_of(stand_in.hass, PROBLEM).state == STATE_OFF


async def test_renamed_door_renames_its_device(
    stand_in: StandIn, freezer: FrozenDateTimeFactory
) -> None:
    await stand_in.load(Platform.BINARY_SENSOR)
    stand_in.server.set_door("1", name="Turnstile")
    await _later(stand_in, freezer, 61)
    state = state_of(stand_in.hass, PROBLEM)
    assert state.attributes["friendly_name"] == "Turnstile Problem"


async def _later(
    stand_in: StandIn, freezer: FrozenDateTimeFactory, seconds: float
) -> None:
    freezer.tick(timedelta(seconds=seconds))
    async_fire_time_changed(stand_in.hass)
    await stand_in.hass.async_block_till_done(wait_background_tasks=True)
