"""The end of a visit as an entity."""

from datetime import timedelta
from typing import Any

from homeassistant.components.datetime import ATTR_DATETIME
from homeassistant.components.datetime.const import SERVICE_SET_VALUE
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNAVAILABLE, Platform
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from custom_components.hikcentral_visitors.visits.visit import Actor, ActorKind
from tests.stand_in import NOW, StandIn, make_view, user_context
from tests.states import state_of

VALID_UNTIL = "datetime.visitor_1_valid_until"
LATER = NOW + timedelta(hours=5)


async def test_all_datetimes(
    stand_in: StandIn, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.DATETIME)
    await snapshot_platform(
        stand_in.hass, entity_registry, snapshot, stand_in.entry.entry_id
    )


async def test_follows_the_visit_that_holds_the_place(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.DATETIME)
    assert state_of(stand_in.hass, VALID_UNTIL).state == "2026-11-23T11:00:00+00:00"
    stand_in.show(make_view(starts_in=timedelta(hours=1)))
    assert state_of(stand_in.hass, VALID_UNTIL).state == "2026-11-23T12:00:00+00:00"
    await stand_in.seat(1, None)
    assert state_of(stand_in.hass, VALID_UNTIL).state == STATE_UNAVAILABLE


async def test_setting_it_extends(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.DATETIME)
    context = Context()
    await _set(stand_in, context)
    stand_in.book.extend.assert_awaited_once_with(
        "visit-1",
        Actor(kind=ActorKind.AUTOMATION, context_id=context.id),
        until=LATER,
    )


async def test_refusal_is_explained(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.DATETIME)
    stand_in.book.extend.side_effect = CommandRefusedError("end_in_past")
    with pytest.raises(ServiceValidationError) as caught:
        await _set(stand_in, Context())
    assert caught.value.translation_key == "end_in_past"


async def test_others_may_not(stand_in: StandIn) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.DATETIME)
    with pytest.raises(Unauthorized):
        await _set(stand_in, user_context(stand_in.hass, "somebody"))
    assert stand_in.book.mock_calls == []


async def test_setting_it_while_the_place_changes_hands_is_for_the_first_holder(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.held = {1: make_view()}
    await stand_in.load(Platform.DATETIME)

    async def authorize(*_: Any) -> Actor:
        await stand_in.seat(1, make_view("visit-2", "Grace"))
        return Actor(kind=ActorKind.AUTOMATION)

    monkeypatch.setattr(
        "custom_components.hikcentral_visitors.entity.async_authorize", authorize
    )
    await _set(stand_in, Context())
    assert stand_in.book.extend.await_args.args[0] == "visit-1"


async def _set(stand_in: StandIn, context: Context) -> None:
    await stand_in.hass.services.async_call(
        Platform.DATETIME,
        SERVICE_SET_VALUE,
        {ATTR_ENTITY_ID: VALID_UNTIL, ATTR_DATETIME: LATER},
        blocking=True,
        context=context,
    )
