"""The actions on the whole integration, against a simulated server."""

from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors.const import DOMAIN
from simulator import Simulator, create_app
from tests.facility import LEVEL, config_entry
from tests.states import state_of


@pytest.fixture
async def server(socket_enabled: None) -> AsyncGenerator[Simulator]:
    async with create_app(seed=1) as simulator:
        yield simulator


@pytest.fixture
async def entry(
    hass: HomeAssistant, server: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    entry = config_entry(server)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


async def _call(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert answer is not None
    return dict(answer)


async def test_a_stay_from_grant_to_revoke(
    hass: HomeAssistant, server: Simulator, entry: MockConfigEntry
) -> None:
    granted = await _call(
        hass,
        "grant_access",
        given_name="Maria",
        family_name="Rossi",
        card_no="4711",
        access_levels="7",
        wait=60,
    )
    visit_id = granted["visit_id"]
    assert granted["access"] == "active"
    assert granted["status"] == "expected"
    assert granted["doors"]["ready"] == granted["doors"]["total"] > 0
    assert granted["credentials"] == ["card"]
    assert granted["entity_id"] == "sensor.visitor_1"
    assert granted["person_id"] in server.world.database.tables.persons

    state = state_of(hass, "sensor.visitor_1")
    assert state.attributes["visit_id"] == visit_id
    before = granted["valid_until"]
    extended = await _call(
        hass, "extend_access", entity_id="sensor.visitor_1", by="01:00:00", wait=60
    )
    (visit,) = extended["visits"]
    assert visit["access"] == "active"
    assert visit["valid_until"] > before

    revoked = await _call(hass, "revoke_access", entity_id="sensor.visitor_1", wait=60)
    assert revoked["visits"][0]["access"] == "removed"
    members = server.world.database.tables.levels[LEVEL].members
    assert granted["person_id"] not in members

    listed = await _call(hass, "get_visits", visit_id=visit_id)
    assert listed["visits"][0]["outcome"] in {None, "revoked"}


async def test_doors_and_server_are_no_visitors(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert entities
    for entity in entities:
        with pytest.raises(ServiceValidationError) as refused:
            await _call(hass, "revoke_access", entity_id=entity.entity_id)
        assert refused.value.translation_key == "not_a_visitor"
