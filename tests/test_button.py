"""Buttons: what a press does, and who may press."""

from datetime import timedelta
from typing import Any

from homeassistant.components.button.const import SERVICE_PRESS
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, Platform
from homeassistant.core import Context
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.hikcentral_visitors.hikcentral import (
    CannotConnectError,
    DoorCommand,
)
from custom_components.hikcentral_visitors.ledger import LedgerError
from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from custom_components.hikcentral_visitors.visits.visit import Actor, ActorKind
from tests.stand_in import StandIn, make_view, user_context
from tests.states import state_of

REPAIR = "button.head_office_check_and_repair_now"
TEST_PUSH = "button.head_office_test_pushed_events"
OPEN = "button.head_office_main_entrance_open_once"
EXTEND = "button.visitor_1_extend"
REVOKE = "button.visitor_1_revoke"


async def test_all_buttons(
    stand_in: StandIn, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.BUTTON)
    await snapshot_platform(
        stand_in.hass, entity_registry, snapshot, stand_in.entry.entry_id
    )


async def test_extend_and_revoke_whoever_holds_the_place(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view(), 2: make_view("visit-2")}
    await stand_in.load(Platform.BUTTON)
    context = Context()
    actor = Actor(kind=ActorKind.AUTOMATION, context_id=context.id)

    await _press(stand_in, EXTEND, context)
    stand_in.book.extend.assert_awaited_once_with(
        "visit-1", actor, by=timedelta(hours=1)
    )
    await _press(stand_in, REVOKE, context)
    stand_in.book.revoke.assert_awaited_once_with("visit-1", actor)


async def test_open_once(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BUTTON)
    await _press(stand_in, OPEN)
    assert stand_in.server.commands == [(("1",), DoorCommand.OPEN)]


async def test_check_and_repair(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BUTTON)
    await _press(stand_in, REPAIR)
    stand_in.runtime.auditor.async_check_and_repair.assert_awaited_once_with()


async def test_test_push(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BUTTON)
    await _press(stand_in, TEST_PUSH)
    stand_in.push.async_test.assert_awaited_once_with()


@pytest.mark.parametrize("button", [REPAIR, TEST_PUSH, OPEN, EXTEND, REVOKE])
async def test_others_may_not(stand_in: StandIn, button: str) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.BUTTON)
    with pytest.raises(Unauthorized):
        await _press(stand_in, button, user_context(stand_in.hass, "somebody"))
    stand_in.runtime.auditor.async_check_and_repair.assert_not_called()
    stand_in.push.async_test.assert_not_called()
    assert stand_in.server.commands == []
    assert stand_in.book.mock_calls == []


async def test_operator_is_journalled_as_himself(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    stand_in.operators("receptionist")
    await stand_in.load(Platform.BUTTON)
    context = user_context(stand_in.hass, "receptionist")
    await _press(stand_in, REVOKE, context)
    stand_in.book.revoke.assert_awaited_once_with(
        "visit-1",
        Actor(kind=ActorKind.USER, user_id="receptionist", context_id=context.id),
    )


async def test_press_while_the_place_changes_hands_is_for_the_first_holder(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.BUTTON)

    async def authorize(*_: Any) -> Actor:
        await stand_in.seat(1, make_view("visit-2", "Grace"))
        return Actor(kind=ActorKind.AUTOMATION)

    monkeypatch.setattr(
        "custom_components.hikcentral_visitors.entity.async_authorize", authorize
    )
    await _press(stand_in, REVOKE)
    assert stand_in.book.revoke.await_args.args[0] == "visit-1"


async def test_free_place_has_nobody_to_revoke(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.BUTTON)
    await stand_in.seat(1, None)
    await _press(stand_in, REVOKE)
    assert stand_in.book.mock_calls == []


@pytest.mark.parametrize(
    ("error", "raised", "key"),
    [
        (CommandRefusedError("visit_closed"), ServiceValidationError, "visit_closed"),
        (LedgerError("full"), HomeAssistantError, "not_saved"),
    ],
)
async def test_refusals_are_explained(
    stand_in: StandIn, error: Exception, raised: type[HomeAssistantError], key: str
) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.BUTTON)
    stand_in.book.extend.side_effect = error
    with pytest.raises(raised) as caught:
        await _press(stand_in, EXTEND)
    assert caught.value.translation_key == key


async def test_doors_cannot_be_opened_without_contact(stand_in: StandIn) -> None:
    await stand_in.load(Platform.BUTTON)
    stand_in.runtime.contact.failed(CannotConnectError(None, "gone"))
    assert state_of(stand_in.hass, OPEN).state == STATE_UNAVAILABLE
    assert state_of(stand_in.hass, REPAIR).state != STATE_UNAVAILABLE


async def _press(
    stand_in: StandIn, entity_id: str, context: Context | None = None
) -> None:
    await stand_in.hass.services.async_call(
        Platform.BUTTON,
        SERVICE_PRESS,
        {ATTR_ENTITY_ID: entity_id},
        blocking=True,
        context=context,
    )
