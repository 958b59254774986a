"""Who may change access."""

from aiohttp.web import Request, Response
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hikcentral_visitors.permission import (
    async_authorize,
    requester,
)
from custom_components.hikcentral_visitors.settings import Settings
from custom_components.hikcentral_visitors.visits.visit import (
    SYSTEM,
    Actor,
    ActorKind,
)


async def test_automation_may_and_is_known_by_its_context(hass: HomeAssistant) -> None:
    context = Context()
    assert await async_authorize(hass, Settings(), context) == Actor(
        kind=ActorKind.AUTOMATION, context_id=context.id
    )


async def test_code_without_context_counts_as_automation(hass: HomeAssistant) -> None:
    actor = await async_authorize(hass, Settings(), None)
    assert actor == Actor(kind=ActorKind.AUTOMATION)


async def test_administrator_may(
    hass: HomeAssistant, hass_admin_user: MockUser
) -> None:
    context = Context(user_id=hass_admin_user.id)
    assert await async_authorize(hass, Settings(), context) == Actor(
        kind=ActorKind.USER, user_id=hass_admin_user.id, context_id=context.id
    )


async def test_operator_may_though_no_administrator(
    hass: HomeAssistant, hass_read_only_user: MockUser
) -> None:
    settings = Settings(operators=frozenset({hass_read_only_user.id}))
    context = Context(user_id=hass_read_only_user.id)
    actor = await async_authorize(hass, settings, context)
    assert actor.user_id == hass_read_only_user.id


async def test_other_user_may_not(
    hass: HomeAssistant, hass_read_only_user: MockUser
) -> None:
    """D36: neither an administrator nor an operator."""
    settings = Settings(operators=frozenset({"somebody else"}))
    with pytest.raises(Unauthorized):
        await async_authorize(hass, settings, Context(user_id=hass_read_only_user.id))


async def test_removed_user_may_not(hass: HomeAssistant) -> None:
    settings = Settings(operators=frozenset({"gone"}))
    with pytest.raises(Unauthorized):
        await async_authorize(hass, settings, Context(user_id="gone"))


async def test_deactivated_administrator_and_operator_may_not(
    hass: HomeAssistant, hass_admin_user: MockUser
) -> None:
    await hass.auth.async_update_user(hass_admin_user, is_active=False)
    settings = Settings(operators=frozenset({hass_admin_user.id}))
    with pytest.raises(Unauthorized):
        await async_authorize(hass, settings, Context(user_id=hass_admin_user.id))


def test_without_a_request_it_is_the_system() -> None:
    assert requester() == SYSTEM


async def test_whose_request_it_is(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, hass_admin_user: MockUser
) -> None:
    class Who(HomeAssistantView):
        url = "/api/who"
        name = "api:who"

        async def get(self, _request: Request) -> Response:
            # Flows go on in tasks of their own.
            return Response(text=str((await hass.async_create_task(who())).user_id))

    async def who() -> Actor:
        return requester()

    assert await async_setup_component(hass, "http", {})
    hass.http.register_view(Who)
    client = await hass_client()
    answer = await client.get("/api/who")
    assert await answer.text() == hass_admin_user.id
