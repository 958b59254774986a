"""Retiring a server from its options; the judge is the simulated server."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.data_entry_flow import (
    EVENT_DATA_ENTRY_FLOW_PROGRESSED,
    FlowResultType,
)
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from sqlalchemy import select

from custom_components.hikcentral_visitors.const import CONF_RETIREMENT, DOMAIN
from custom_components.hikcentral_visitors.ledger.schema import journal
from simulator import Simulator

from .at_present import at_present
from .facility import ENTRANCE, LEVEL, config_entry, control, present
from .flows import form
from .live import PATIENCE_S, Told, call
from .metadata.files import LANGUAGES, load_translations

CARD = "4711"
DOWN = {"fail": [{"path": "*", "drop_before": True}]}
UP = {"apply_delay_s": 0}


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    made = config_entry(simulator)
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    yield made
    for one in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(one.entry_id)


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, **entered: Any
) -> ConfigFlowResult:
    return await hass.config_entries.options.async_configure(result["flow_id"], entered)


async def choose(
    hass: HomeAssistant, entry: MockConfigEntry, subject: str
) -> ConfigFlowResult:
    result = await hass.config_entries.options.async_init(entry.entry_id)
    return await submit(hass, result, next_step_id=subject)


async def retire(
    hass: HomeAssistant, entry: MockConfigEntry, how: str
) -> ConfigFlowResult:
    """Retire, see the progress to its end, and return what is shown then."""
    progressed = asyncio.Event()

    @callback
    def told(_event: Event[Any]) -> None:
        progressed.set()

    stop = hass.bus.async_listen(EVENT_DATA_ENTRY_FLOW_PROGRESSED, told)
    result = form(await choose(hass, entry, "retire"), "retire")
    result = await submit(hass, result, **{CONF_RETIREMENT: how})
    assert at_present(result["type"]) is FlowResultType.SHOW_PROGRESS
    while result["type"] is FlowResultType.SHOW_PROGRESS:
        assert (result["step_id"], result["progress_action"]) == ("retiring",) * 2
        for language in LANGUAGES:
            text = load_translations(language)["options"]["progress"]["retiring"]
            text.format(**(result["description_placeholders"] or {}))
        async with asyncio.timeout(PATIENCE_S):
            await progressed.wait()
        progressed.clear()
        result = await hass.config_entries.options.async_configure(result["flow_id"])
    stop()
    return result


async def grant(hass: HomeAssistant, name: str = "Ada", **more: Any) -> dict[str, Any]:
    data = {"given_name": name, "card_no": CARD, "wait": 20} | more
    return await call(hass, "grant_access", **data)


async def refused(hass: HomeAssistant, action: str, **data: Any) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await call(hass, action, **data)
    assert error.value.translation_key == "server_retired"


def members(simulator: Simulator) -> set[str]:
    tables = simulator.world.database.tables
    level = tables.levels[LEVEL].members
    return {tables.persons[one].given_name for one in level} & {"Ada", "Bea"}


async def test_everything_is_revoked_and_nothing_new_given_until_undone(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    visit = await grant(hass)
    await grant(hass, "Bea", card_no="2")
    result = form(await retire(hass, entry, "revoke"), "retired_nothing_open")
    assert members(simulator) == set()
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is False
    await submit(hass, result)

    await refused(hass, "grant_access", given_name="Cyd")
    await refused(hass, "grant_access", given_name="Cyd", dry_run=True)
    await refused(hass, "restore_access", visit_id=visit["visit_id"])
    assert await hass.config_entries.async_reload(entry.entry_id)
    await refused(hass, "grant_access", given_name="Cyd")

    result = form(await choose(hass, entry, "reinstate"), "reinstate")
    result = await submit(hass, result)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert CONF_RETIREMENT not in entry.options
    assert members(simulator) == set()
    assert (await grant(hass, "Cyd", card_no="5"))["access"] == "active"


async def test_what_was_given_runs_out_and_is_not_lengthened(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    visit = await grant(hass)
    result = form(await retire(hass, entry, "run_out"), "retired_running_out")
    assert (result["description_placeholders"] or {})["count"] == "1"
    await submit(hass, result)
    assert members(simulator) == {"Ada"}
    await refused(hass, "grant_access", given_name="Cyd")
    await refused(hass, "extend_access", visit_id=visit["visit_id"])
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            "button",
            "press",
            {"entity_id": "button.visitor_1_extend"},
            blocking=True,
        )
    assert error.value.translation_key == "server_retired"
    answer = await call(
        hass, "extend_access", visit_id=visit["visit_id"], by="-01:00:00", wait=20
    )
    assert answer["visits"][0]["valid_until"] < visit["valid_until"]
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is True


async def test_what_is_still_open_is_said_and_taken_away_after_a_restart(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base = "custom_components.hikcentral_visitors"
    monkeypatch.setattr(f"{base}.retirement.PATIENCE_S", 0.5)
    await grant(hass)
    await control(simulator, "faults", DOWN)
    result = form(await retire(hass, entry, "revoke"), "retired_still_open")
    words = result["description_placeholders"] or {}
    assert (words["names"], words["count"], words["doors"]) == ("Ada", "1", "Visitors")
    assert members(simulator) == {"Ada"}
    assert await hass.config_entries.async_unload(entry.entry_id)

    await control(simulator, "faults", UP)
    told = Told(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await told.visit("revoked")
    assert members(simulator) == set()
    await refused(hass, "grant_access", given_name="Cyd")


async def test_a_crash_before_anything_was_revoked_loses_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """The options were written; what follows from them follows at the next start."""
    await grant(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, CONF_RETIREMENT: "revoke"}
    )
    told = Told(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await told.visit("revoked")
    assert members(simulator) == set()


async def test_whoever_closes_the_dialog_stops_nothing(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await grant(hass)
    told = Told(hass)
    result = await choose(hass, entry, "retire")
    result = await submit(hass, result, **{CONF_RETIREMENT: "revoke"})
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    hass.config_entries.options.async_abort(result["flow_id"])
    await told.visit("revoked")
    assert members(simulator) == set()
    await refused(hass, "grant_access", given_name="Cyd")


async def test_a_server_that_is_not_loaded_is_not_retired(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    result = await choose(hass, entry, "retire")
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_loaded")
    assert CONF_RETIREMENT not in entry.options


async def test_the_journal_keeps_who_retired_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_admin_user: MockUser,
) -> None:
    assert await async_setup_component(hass, "config", {})
    await grant(hass)
    client = await hass_client()
    flows = "/api/config/config_entries/options/flow"
    answer = await client.post(flows, json={"handler": entry.entry_id})
    flow = f"{flows}/{(await answer.json())['flow_id']}"
    await client.post(flow, json={"next_step_id": "retire"})
    await client.post(flow, json={CONF_RETIREMENT: "revoke"})
    async with asyncio.timeout(PATIENCE_S):
        shown = "progress"
        while shown == "progress":
            shown = (await (await client.get(flow)).json())["type"]
    rows = await entry.runtime_data.ledger.async_read(
        lambda connection: connection.execute(
            select(journal).where(journal.c.action == "revoke_access")
        ).all()
    )
    assert [row.user_id for row in rows] == [hass_admin_user.id]
