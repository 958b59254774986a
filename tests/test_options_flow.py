"""Changing the options: each subject on its own, also while the server is away."""

from collections.abc import AsyncGenerator, Generator, Mapping
from datetime import time, timedelta
from typing import Any
from unittest.mock import AsyncMock

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.hikcentral_visitors.const import (
    CONF_ACCESS_LEVELS,
    CONF_DEFAULT_DURATION,
    CONF_DEFAULT_LEVELS,
    CONF_DOOR_LOCKS,
    CONF_DOORS,
    CONF_EARLY_ARRIVAL,
    CONF_EXIT_GRACE,
    CONF_EXIT_LEVELS,
    CONF_EXTEND_STEP,
    CONF_HOURS_FROM,
    CONF_HOURS_UNTIL,
    CONF_OPERATORS,
    CONF_ORGANISATION,
    CONF_POLL_INTERVAL,
    CONF_PRESENCE_TIMEOUT,
    CONF_PROVISION_AHEAD,
    CONF_RE_ENTRY_GRACE,
    CONF_READERS,
    CONF_RETENTION,
    CONF_VISIT_DEVICES,
    CONF_WAY_OUT,
)
from custom_components.hikcentral_visitors.settings import Settings, WayOut
from simulator import Simulator
from simulator.layout import DEFAULT_LAYOUT

from .flows import (
    entry_for,
    fail,
    form,
    labels,
    mend,
    not_set_up,
    serving,
    suggested,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

OPTIONS = {
    CONF_ACCESS_LEVELS: ["7"],
    CONF_DEFAULT_LEVELS: ["7"],
    CONF_ORGANISATION: "2",
    CONF_DOORS: {"11": "entry", "12": "exit"},
    CONF_READERS: {},
}
VISITS = {
    CONF_DEFAULT_DURATION: {"hours": 8, "minutes": 0},
    CONF_EARLY_ARRIVAL: {"hours": 0, "minutes": 15},
    CONF_EXTEND_STEP: {"hours": 1, "minutes": 0},
    CONF_RE_ENTRY_GRACE: {"hours": 0, "minutes": 15},
    CONF_HOURS_FROM: "06:00:00",
    CONF_HOURS_UNTIL: "22:00:00",
    CONF_PROVISION_AHEAD: 7,
    CONF_PRESENCE_TIMEOUT: 16,
    CONF_RETENTION: 90,
    CONF_VISIT_DEVICES: 50,
}


@pytest.fixture(autouse=True)
def setup_entry() -> Generator[AsyncMock]:
    yield from not_set_up()


@pytest.fixture
async def server() -> AsyncGenerator[Simulator]:
    exits = [
        {"privilegeGroupId": "10", "privilegeGroupName": "Way out", "doors": ["12"]},
        {"privilegeGroupId": "20", "privilegeGroupName": "All", "doors": ["12", "11"]},
    ]
    layout = {"levels": [*DEFAULT_LAYOUT["levels"], *exits]}
    async with serving(layout=layout) as simulator:
        yield simulator


@pytest.fixture
async def entry(hass: HomeAssistant, server: Simulator) -> MockConfigEntry:
    entry = entry_for(server.url, options=OPTIONS)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def choose(
    hass: HomeAssistant, entry: MockConfigEntry, subject: str
) -> ConfigFlowResult:
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["type"] is FlowResultType.MENU
    assert result["menu_options"] == [
        "access",
        "doors",
        "way_out",
        "people",
        "visits",
        "push",
        "devices",
        "retire",
    ]
    return await submit(hass, result, {"next_step_id": subject})


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, entered: Mapping[str, Any]
) -> ConfigFlowResult:
    return await hass.config_entries.options.async_configure(
        result["flow_id"], dict(entered)
    )


async def saved(
    hass: HomeAssistant, result: ConfigFlowResult, entry: MockConfigEntry
) -> dict[str, Any]:
    """Return the options that have changed; the others have to be as they were."""
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options.keys() >= OPTIONS.keys()
    return {
        key: value
        for key, value in entry.options.items()
        if key not in OPTIONS or value != OPTIONS[key]
    }


async def test_levels_with_the_same_doors(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    result = form(await choose(hass, entry, "access"), "access")
    assert suggested(result) == {
        CONF_ACCESS_LEVELS: ["7"],
        CONF_DEFAULT_LEVELS: ["7"],
        CONF_ORGANISATION: "2",
    }
    entered = {**suggested(result), CONF_ORGANISATION: "1"}
    result = await submit(hass, result, entered)
    assert await saved(hass, result, entry) == {CONF_ORGANISATION: "1"}


async def test_change_reloads_the_entry(
    hass: HomeAssistant, entry: MockConfigEntry, setup_entry: AsyncMock
) -> None:
    result = await choose(hass, entry, "access")
    result = await submit(hass, result, {**suggested(result), CONF_ORGANISATION: "3"})
    await saved(hass, result, entry)
    assert len(setup_entry.mock_calls) == 2


async def test_added_level_brings_its_doors(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    result = await choose(hass, entry, "access")
    entered = {**suggested(result), CONF_ACCESS_LEVELS: ["7", "8"]}
    result = form(await submit(hass, result, entered), "doors")
    every_door = ["11", "12", "13", "14", "15"]
    assert suggested(result) == {CONF_DOORS: every_door}
    result = await submit(hass, result, {CONF_DOORS: ["11", "12", "15"]})
    form(result, "roles")
    assert suggested(result) == {
        "entrances": ["11"],
        "exits": ["12"],
        "passages": [],
        CONF_READERS: {"entrances": ["25"], "exits": ["26"], "passages": []},
    }
    result = await submit(hass, result, suggested(result))
    assert await saved(hass, result, entry) == {
        CONF_ACCESS_LEVELS: ["7", "8"],
        CONF_DOORS: {"11": "entry", "12": "exit", "15": "unknown"},
        CONF_READERS: {"25": "entry", "26": "exit"},
    }


async def test_level_that_is_gone_is_not_lost_without_a_word(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        entry, options={**OPTIONS, CONF_ACCESS_LEVELS: ["7", "70"]}
    )
    result = await choose(hass, entry, "access")
    assert suggested(result)[CONF_ACCESS_LEVELS] == ["7", "70"]
    assert labels(result, CONF_ACCESS_LEVELS)["70"] == "? (70)"
    result = await submit(hass, result, suggested(result))
    assert await saved(hass, result, entry) == {CONF_ACCESS_LEVELS: ["7", "70"]}


async def test_organisation_that_is_gone_is_chosen_anew(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        entry, options={**OPTIONS, CONF_ORGANISATION: "99"}
    )
    result = await choose(hass, entry, "access")
    assert suggested(result)[CONF_ORGANISATION] == "2"


async def test_doors_and_roles(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = form(await choose(hass, entry, "doors"), "doors")
    assert suggested(result) == {CONF_DOORS: ["11", "12"]}
    result = form(await submit(hass, result, {CONF_DOORS: ["11"]}), "roles")
    result = await submit(hass, result, {"exits": ["11"]})
    assert await saved(hass, result, entry) == {CONF_DOORS: {"11": "exit"}}


async def test_roles_are_guessed_only_once(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    roles = {"11": "unknown", "14": "passage", "98": "exit"}
    readers = {"25": "exit", "26": "unknown"}
    hass.config_entries.async_update_entry(
        entry, options={**OPTIONS, CONF_DOORS: roles, CONF_READERS: readers}
    )
    result = await choose(hass, entry, "doors")
    assert labels(result, CONF_DOORS)["98"] == "? (98)"
    entered = {CONF_DOORS: ["11", "12", "15", "98"]}
    result = form(await submit(hass, result, entered), "roles")
    assert suggested(result) == {
        "entrances": [],
        "exits": ["12", "98"],
        "passages": [],
        CONF_READERS: {"entrances": [], "exits": ["25"], "passages": []},
    }


@pytest.mark.parametrize("subject", ["access", "doors", "way_out"])
async def test_server_cannot_be_asked(
    hass: HomeAssistant, entry: MockConfigEntry, server: Simulator, subject: str
) -> None:
    port = int(server.url.rpartition(":")[2])
    await server.stop()
    result = form(await choose(hass, entry, subject), subject, base="cannot_connect")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["url"] == server.url
    assert suggested(result) == {}

    await server.start(port=port)
    fail(server, "*", code="17")
    result = form(await submit(hass, result, {}), subject, base="not_permitted")
    mend(server)
    result = form(await submit(hass, result, {}), subject)
    assert suggested(result)
    await submit(hass, result, suggested(result))


async def test_nothing_to_choose_from_any_more(
    hass: HomeAssistant, entry: MockConfigEntry, server: Simulator
) -> None:
    nothing: dict[str, Any] = {"levels": [], "persons": []}
    async with serving(layout=nothing) as empty:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, "url": empty.url}
        )
        result = await choose(hass, entry, "access")
        form(result, "access", base="no_access_levels")


async def test_people(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    desk = MockUser(id="desk", name="Reception").add_to_hass(hass)
    MockUser(id="nameless", name=None).add_to_hass(hass)
    MockUser(id="system", name="Supervisor", system_generated=True).add_to_hass(hass)
    result = form(await choose(hass, entry, "people"), "people")
    assert labels(result, CONF_OPERATORS) == {
        "desk": "Reception",
        "nameless": "nameless",
    }
    assert suggested(result) == {CONF_OPERATORS: []}
    result = await submit(hass, result, {CONF_OPERATORS: [desk.id]})
    assert await saved(hass, result, entry) == {CONF_OPERATORS: ["desk"]}

    result = await choose(hass, entry, "people")
    assert suggested(result) == {CONF_OPERATORS: ["desk"]}
    result = await submit(hass, result, {})
    assert await saved(hass, result, entry) == {CONF_OPERATORS: []}


async def test_user_who_is_gone_is_no_operator(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        entry, options={**OPTIONS, CONF_OPERATORS: ["gone"]}
    )
    result = await choose(hass, entry, "people")
    assert suggested(result) == {CONF_OPERATORS: []}


async def test_visits(
    hass: HomeAssistant, entry: MockConfigEntry, server: Simulator
) -> None:
    await server.stop()  # of no matter here
    result = form(await choose(hass, entry, "visits"), "visits")
    assert suggested(result) == VISITS
    entered = {
        CONF_DEFAULT_DURATION: {"hours": 2, "minutes": 30, "seconds": 0},
        CONF_EARLY_ARRIVAL: {"hours": 0, "minutes": 0},
        CONF_EXTEND_STEP: {"minutes": 90},
        CONF_RE_ENTRY_GRACE: {"hours": 0, "minutes": 5},
        CONF_HOURS_FROM: "20:30:00",
        CONF_HOURS_UNTIL: "05:00:00",
        CONF_PROVISION_AHEAD: 3.0,
        CONF_PRESENCE_TIMEOUT: 12.0,
        CONF_RETENTION: 30.0,
        CONF_VISIT_DEVICES: 20.0,
    }
    result = await submit(hass, result, entered)
    assert await saved(hass, result, entry) == {
        CONF_DEFAULT_DURATION: 150,
        CONF_EARLY_ARRIVAL: 0,
        CONF_EXTEND_STEP: 90,
        CONF_RE_ENTRY_GRACE: 5,
        CONF_HOURS_FROM: "20:30:00",
        CONF_HOURS_UNTIL: "05:00:00",
        CONF_PROVISION_AHEAD: 3,
        CONF_PRESENCE_TIMEOUT: 12,
        CONF_RETENTION: 30,
        CONF_VISIT_DEVICES: 20,
    }
    assert Settings.from_options(entry.options) == Settings(
        access_levels=("7",),
        default_levels=("7",),
        organisation="2",
        doors=Settings.from_options(OPTIONS).doors,
        default_duration=timedelta(hours=2, minutes=30),
        early_arrival=timedelta(0),
        extend_step=timedelta(minutes=90),
        re_entry_grace=timedelta(minutes=5),
        hours_from=time(20, 30),
        hours_until=time(5),
        provision_ahead=timedelta(days=3),
        presence_timeout=timedelta(hours=12),
        retention=timedelta(days=30),
        visit_devices=20,
    )
    result = await choose(hass, entry, "visits")
    assert suggested(result)[CONF_DEFAULT_DURATION] == {"hours": 2, "minutes": 30}


@pytest.mark.parametrize("key", [CONF_DEFAULT_DURATION, CONF_EXTEND_STEP])
async def test_visit_and_extension_take_time(
    hass: HomeAssistant, entry: MockConfigEntry, key: str
) -> None:
    result = await choose(hass, entry, "visits")
    entered = {**VISITS, CONF_RETENTION: 10, key: {"hours": 0, "minutes": 0}}
    result = await submit(hass, result, entered)
    form(result, "visits", **{key: "span_of_nothing"})
    assert suggested(result) == entered
    result = await submit(hass, result, {**entered, key: {"minutes": 1}})
    assert (await saved(hass, result, entry))[key] == 1


async def test_devices(
    hass: HomeAssistant, entry: MockConfigEntry, server: Simulator
) -> None:
    await server.stop()  # of no matter here
    result = form(await choose(hass, entry, "devices"), "devices")
    assert suggested(result) == {CONF_POLL_INTERVAL: 15, CONF_DOOR_LOCKS: False}
    with pytest.raises(InvalidData):
        await submit(hass, result, {CONF_POLL_INTERVAL: 1, CONF_DOOR_LOCKS: True})
    result = await submit(
        hass, result, {CONF_POLL_INTERVAL: 30.0, CONF_DOOR_LOCKS: True}
    )
    assert await saved(hass, result, entry) == {
        CONF_POLL_INTERVAL: 30,
        CONF_DOOR_LOCKS: True,
    }


async def test_the_way_out(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = form(await choose(hass, entry, "way_out"), "way_out")
    assert suggested(result) == {
        CONF_WAY_OUT: "free",
        CONF_EXIT_LEVELS: [],
        CONF_EXIT_GRACE: {"hours": 1, "minutes": 0},
    }
    entered = {
        CONF_WAY_OUT: "reader",
        CONF_EXIT_LEVELS: ["10"],
        CONF_EXIT_GRACE: {"hours": 0, "minutes": 30},
    }
    result = await submit(hass, result, entered)
    assert await saved(hass, result, entry) == {
        CONF_WAY_OUT: "reader",
        CONF_EXIT_LEVELS: ["10"],
        CONF_EXIT_GRACE: 30,
    }
    settings = Settings.from_options(entry.options)
    assert settings.way_out is WayOut.READER
    assert settings.policy.exit_levels == {"10"}
    assert settings.policy.exit_grace == timedelta(minutes=30)

    result = await choose(hass, entry, "way_out")
    assert suggested(result) == entered
    result = await submit(hass, result, {**entered, CONF_WAY_OUT: "free"})
    assert (await saved(hass, result, entry))[CONF_EXIT_LEVELS] == ["10"]
    assert Settings.from_options(entry.options).policy.exit_levels == frozenset()


@pytest.mark.parametrize(
    ("levels", "problem"),
    [
        ([], "exit_levels_missing"),
        (["10", "7"], "exit_level_managed"),
        (["10", "20"], "exit_level_lets_in"),
    ],
)
async def test_what_is_for_leaving_lets_nobody_in(
    hass: HomeAssistant, entry: MockConfigEntry, levels: list[str], problem: str
) -> None:
    result = await choose(hass, entry, "way_out")
    entered = {
        CONF_WAY_OUT: "reader",
        CONF_EXIT_LEVELS: levels,
        CONF_EXIT_GRACE: {"hours": 1, "minutes": 0},
    }
    result = await submit(hass, result, entered)
    form(result, "way_out", **{CONF_EXIT_LEVELS: problem})
    assert suggested(result) == entered
    result = await submit(hass, result, {**entered, CONF_EXIT_LEVELS: ["10"]})
    assert (await saved(hass, result, entry))[CONF_EXIT_LEVELS] == ["10"]


async def test_a_level_for_leaving_cannot_let_in(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        entry,
        options={**OPTIONS, CONF_WAY_OUT: "reader", CONF_EXIT_LEVELS: ["10"]},
    )
    result = await choose(hass, entry, "access")
    entered = {**suggested(result), CONF_ACCESS_LEVELS: ["7", "10"]}
    result = await submit(hass, result, entered)
    form(result, "access", **{CONF_ACCESS_LEVELS: "level_for_leaving_chosen"})
