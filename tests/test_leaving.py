"""Leaving: a server is left with no door open, or it is said which one is.

The judge is the simulated server: who is in its levels, and whom its doors let in.
"""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryDisabler,
    ConfigEntryState,
)
from homeassistant.core import Event, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.files import ledger_path
from simulator import Simulator, create_app

from .facility import ENTRANCE, LEVEL, config_entry, control, present
from .flows import accept, form, submit
from .live import Told, call

CARD = "4711"
DOWN = {"fail": [{"path": "*", "drop_before": True}]}
UP = {"apply_delay_s": 0}


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """A loaded entry; whatever is loaded in the end is unloaded."""
    made = config_entry(simulator)
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    yield made
    for one in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(one.entry_id)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for a server that does not answer."""
    base = "custom_components.hikcentral_visitors"
    monkeypatch.setattr(f"{base}.leaving.PATIENCE_S", 0.5)


def members(simulator: Simulator) -> set[str]:
    """The given names of visitors in the visitors' level."""
    tables = simulator.world.database.tables
    level = tables.levels[LEVEL].members
    return {tables.persons[one].given_name for one in level} & {"Ada", "Bea", "Eve"}


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Our issues, by their cause; each is there once."""
    found = ir.async_get(hass).issues.values()
    return {
        str(one.translation_key): one
        for one in found
        if one.domain == DOMAIN and one.active
    }


def files(hass: HomeAssistant, entry: ConfigEntry[Any]) -> list[str]:
    path = ledger_path(hass, entry.entry_id)
    return [one.name for one in path.parent.glob(f"{path.name}*")]


async def grant(hass: HomeAssistant, name: str = "Ada", **more: Any) -> dict[str, Any]:
    data = {"given_name": name, "card_no": CARD, "wait": 20} | more
    return await call(hass, "grant_access", **data)


async def add_again(hass: HomeAssistant, simulator: Simulator) -> ConfigEntry[Any]:
    """Add the server as somebody does in the browser."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    partner = simulator.partner
    entered = {
        "url": simulator.url,
        "app_key": partner.app_key,
        "app_secret": partner.app_secret,
    }
    result = await submit(hass, result, entered)
    for step in ("access", "doors", "roles"):
        result = await accept(hass, form(result, step))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    made: ConfigEntry[Any] = result["result"]
    assert made.state is ConfigEntryState.LOADED
    return made


async def test_a_removed_server_lets_nobody_in_and_nothing_is_kept(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    visit = await grant(hass)
    assert visit["access"] == "active"
    start = dt_util.utcnow() + timedelta(hours=2)
    await grant(hass, "Bea", card_no="2", valid_from=start.isoformat())
    assert members(simulator) == {"Ada", "Bea"}
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert members(simulator) == set()
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is False
    assert files(hass, entry) == []
    assert issues(hass) == {}


async def test_a_server_that_gave_nothing_is_removed_at_once(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await control(simulator, "faults", DOWN)
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert files(hass, entry) == []
    assert issues(hass) == {}


@pytest.mark.usefixtures("impatient")
async def test_what_a_removal_left_open_is_named_and_taken_up_by_adding_again(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    visit = await grant(hass)
    start = dt_util.utcnow() + timedelta(hours=2)
    later = await grant(hass, "Bea", card_no="2", valid_from=start.isoformat())
    code = simulator.world.database.tables.persons[visit["person_id"]].code
    await control(simulator, "faults", DOWN)
    await hass.config_entries.async_remove(entry.entry_id)
    assert members(simulator) == {"Ada", "Bea"}
    left = issues(hass)
    assert left.keys() == {"left_open"}
    words = left["left_open"].translation_placeholders or {}
    assert words["server"] == "HikCentral"
    assert (words["count"], words["doors"]) == ("2", "Visitors")
    assert words["names"] in {"Ada, Bea", "Bea, Ada"}
    assert words["until"] > dt_util.now().strftime("%Y-%m-%d")
    stored = left["left_open"].to_json()
    assert stored["is_persistent"]
    assert stored["translation_placeholders"] == words
    assert files(hass, entry) == [ledger_path(hass, entry.entry_id).name]

    await control(simulator, "faults", UP)
    told = Told(hass)
    again = await add_again(hass, simulator)
    await told.until(lambda: members(simulator) == set())
    await told.visit("revoked")
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is False
    assert issues(hass) == {}
    assert files(hass, entry) == []
    assert ledger_path(hass, again.entry_id).exists()
    # HikCentral goes on sending to the same webhook, by a token that it has to learn.
    assert again.data["webhook_id"] == entry.data["webhook_id"]
    assert again.data["push_token"] != entry.data["push_token"]
    seen = [
        await again.runtime_data.coordinator.async_settled(one["visit_id"], 20)
        for one in (visit, later)
    ]
    assert [one.visit.outcome for one in seen] == ["revoked", "cancelled"]
    new = await grant(hass, "Ada", visitor_id=visit["visitor_id"])
    person = simulator.world.database.tables.persons[new["person_id"]]
    assert (new["person_id"], person.code) == (visit["person_id"], code)


@pytest.mark.usefixtures("impatient")
async def test_what_was_left_open_can_be_acknowledged(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """The visits stay: adding the server again still takes them up."""
    await grant(hass)
    await control(simulator, "faults", DOWN)
    await hass.config_entries.async_remove(entry.entry_id)
    assert await async_setup_component(hass, REPAIRS, {})
    flows = hass.data[REPAIRS]["flow_manager"]
    issue_id = issues(hass)["left_open"].issue_id
    result = await flows.async_init(DOMAIN, context={"issue_id": issue_id})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "confirm")
    assert result["description_placeholders"]["names"] == "Ada"
    result = await flows.async_configure(result["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert issues(hass) == {}
    assert files(hass, entry) != []


@pytest.mark.usefixtures("impatient")
async def test_a_door_out_of_reach_is_left_open_until_it_is_back(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await grant(hass)
    offline = {"doorIndexCode": ENTRANCE, "offline": True}
    await control(simulator, "operator", {"terminal_offline": offline})
    await hass.config_entries.async_remove(entry.entry_id)
    assert members(simulator) == set()
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is True
    assert issues(hass).keys() == {"left_open"}

    online = offline | {"offline": False}
    await control(simulator, "operator", {"terminal_offline": online})
    told = Told(hass)
    await add_again(hass, simulator)
    await told.visit("revoked")
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is False
    assert issues(hass) == {}


@pytest.mark.usefixtures("impatient")
async def test_several_servers_and_what_they_left_do_not_mix(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    async with create_app(seed=2) as south:
        await control(south, "faults", UP)
        other = config_entry(south)
        other.add_to_hass(hass)
        hass.config_entries.async_update_entry(
            other, title="South", data={**other.data, "installation_key": "11" * 32}
        )
        assert await hass.config_entries.async_setup(other.entry_id)
        await grant(hass, "Ada", config_entry_id=entry.entry_id)
        await grant(hass, "Eve", config_entry_id=other.entry_id)
        for one, server in ((other, south), (entry, simulator)):
            await control(server, "faults", DOWN)
            await hass.config_entries.async_remove(one.entry_id)
            await control(server, "faults", UP)
        told = Told(hass)
        again = await add_again(hass, south)
        assert again.data["installation_key"] == "11" * 32
        await told.until(lambda: members(south) == set())
        await told.visit("revoked")
        assert members(simulator) == {"Ada"}
        left = issues(hass)["left_open"]
        assert (left.translation_placeholders or {})["names"] == "Ada"
        assert files(hass, entry) != []
        assert files(hass, other) == []
        await hass.config_entries.async_unload(again.entry_id)


async def test_a_removed_server_sends_no_events_any_more(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    ours = f"http://127.0.0.1/api/webhook/{entry.data['webhook_id']}"
    await entry.runtime_data.client.subscribe([196893], ours, "", pass_back=True)
    assert simulator.world.push.subscriptions
    await hass.config_entries.async_remove(entry.entry_id)
    assert not simulator.world.push.subscriptions


async def test_visits_that_cannot_be_read_are_kept_and_it_is_said(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await grant(hass)
    await hass.config_entries.async_unload(entry.entry_id)
    path = ledger_path(hass, entry.entry_id)
    path.write_bytes(b"no database" * 1000)
    await hass.config_entries.async_remove(entry.entry_id)
    found = issues(hass)
    assert found.keys() == {"left_unknown"}
    assert (found["left_unknown"].translation_placeholders or {})["file"] == path.name
    assert path.read_bytes() == b"no database" * 1000


async def test_disabled_with_access_to_be_taken_away_it_is_said_until_enabled(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    visit = await grant(hass)
    await control(simulator, "faults", DOWN)
    await call(hass, "revoke_access", visit_id=visit["visit_id"], wait=0)
    changes: list[Event[Any]] = []
    hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, changes.append)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert "disabled_open" not in str(changes)

    by_user = ConfigEntryDisabler.USER
    await hass.config_entries.async_set_disabled_by(entry.entry_id, by_user)
    left = issues(hass)["disabled_open"]
    assert (left.translation_placeholders or {})["names"] == "Ada"
    assert left.is_persistent
    await control(simulator, "faults", UP)
    told = Told(hass)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert "disabled_open" not in issues(hass)
    await told.visit("revoked")
    assert members(simulator) == set()


async def test_disabled_with_nothing_to_be_taken_away_nothing_is_said(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """Whoever has access has it until the end of his visit, which HikCentral knows."""
    await grant(hass)
    by_user = ConfigEntryDisabler.USER
    await hass.config_entries.async_set_disabled_by(entry.entry_id, by_user)
    assert issues(hass) == {}


@pytest.mark.usefixtures("impatient")
async def test_a_disabled_server_is_removed_like_any_other(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await grant(hass)
    by_user = ConfigEntryDisabler.USER
    await control(simulator, "faults", DOWN)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, by_user)
    await hass.config_entries.async_remove(entry.entry_id)
    assert issues(hass).keys() == {"left_open"}
