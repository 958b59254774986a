"""Pushes from a simulated HikCentral over Home Assistant's own webhook."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.hikcentral import (
    FAST_TYPES,
    DoorEvent,
    TransientError,
)
from custom_components.hikcentral_visitors.intake.subscription import WANTED
from custom_components.hikcentral_visitors.intake.watch import CLOCKS, GRACE
from custom_components.hikcentral_visitors.issues.problem_flow import ProblemFlow
from custom_components.hikcentral_visitors.push import Push, PushStatus
from custom_components.hikcentral_visitors.push_address import (
    async_certificate_refused,
    guessed_address,
    is_own_machine,
    normalised_address,
)
from custom_components.hikcentral_visitors.repairs import async_create_fix_flow
from simulator import Simulator

from .at_present import at_present
from .facility import ENTRANCE, config_entry, control, present
from .flows import serving_apart
from .live import PATIENCE_S, Told, call
from .states import state_of

CARD = "4711"
SENSOR = "sensor.hikcentral_pushed_events"
OTHER = "http://192.0.2.50/events"


@pytest.fixture
async def web(
    hass: HomeAssistant,
    socket_enabled: None,
    hass_client_no_auth: ClientSessionGenerator,
) -> TestClient[Any, Any]:
    """Home Assistant's web server on a port of its own."""
    for needed in ("webhook", "repairs", DOMAIN):
        assert await async_setup_component(hass, needed, {})
    client: TestClient[Any, Any] = await hass_client_no_auth()
    return client


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator, web: TestClient[Any, Any]
) -> AsyncGenerator[MockConfigEntry]:
    """An entry that has events pushed, not loaded yet."""
    address = f"http://127.0.0.1:{web.port}"
    made = config_entry(simulator, {"push": True, "push_address": address})
    made.add_to_hass(hass)
    yield made
    if made.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(made.entry_id)


async def load(hass: HomeAssistant, entry: MockConfigEntry) -> Push:
    assert await hass.config_entries.async_setup(entry.entry_id)
    push: Push = entry.runtime_data.push
    await until(push, lambda: push.status is not None)
    return push


async def until(push: Push, holds: Callable[[], bool]) -> None:
    news = asyncio.Event()
    stop = push.async_listen(news.set)
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            news.clear()
            await news.wait()
    stop()


def shown(hass: HomeAssistant) -> str:
    return state_of(hass, SENSOR).state


def issues(hass: HomeAssistant) -> set[str]:
    return {
        issue.translation_key or ""
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


async def test_a_passage_is_told_without_a_poll(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """D39: what HikCentral pushes, in its own format, to the end."""
    told = Told(hass)
    push = await load(hass, entry)
    assert at_present(push.status) is PushStatus.WAITING
    assert {one.event_type for one in simulator.world.push.subscriptions} == WANTED
    await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    await entry.runtime_data.poller.async_poll()
    await present(simulator, ENTRANCE, card=CARD)
    passage = await told.passage()
    assert (passage["name"], passage["direction"]) == ("Ada", "entry")
    assert passage["status"] == "inside"
    assert push.status is PushStatus.ARRIVING
    await hass.async_block_till_done()
    assert shown(hass) == "arriving"
    await entry.runtime_data.poller.async_poll()
    await hass.async_block_till_done()
    assert len(told.passages) == 1


async def test_a_restart_keeps_the_subscription_and_the_secrets(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await load(hass, entry)
    data = dict(entry.data)
    before = list(simulator.world.push.subscriptions)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert simulator.world.push.subscriptions == before
    await load(hass, entry)
    assert simulator.world.push.subscriptions == before
    assert dict(entry.data) == data


async def test_switched_off_nothing_comes_any_more(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    web: TestClient[Any, Any],
) -> None:
    await load(hass, entry)
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "push": False}
    )
    assert await hass.config_entries.async_unload(entry.entry_id)
    push = await load(hass, entry)
    await until(push, lambda: not simulator.world.push.subscriptions)
    assert shown(hass) == "off"
    answer = await web.post(f"/api/webhook/{entry.data['webhook_id']}")
    assert answer.status == 200, "Home Assistant's answer where there is no webhook"
    with pytest.raises(ServiceValidationError) as refused:
        await push.async_test()
    assert refused.value.translation_key == "push_off"


async def test_lost_pushes_are_said_and_forgotten_when_they_come_again(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    push = await load(hass, entry)
    watch = push._watch
    now = simulator.world.clock.now() + 2 * CLOCKS
    seen = DoorEvent(id="1", type=196893, time=now, door_id=ENTRANCE)
    watch.polled([seen], now)
    watch.look(now + GRACE)
    await hass.async_block_till_done()
    assert shown(hass) == "lost"
    assert issues(hass) == {"push_lost"}
    await push.async_test()
    await hass.async_block_till_done()
    assert shown(hass) == "waiting"
    watch.pushed([seen], now)
    await hass.async_block_till_done()
    assert shown(hass) == "arriving"
    assert issues(hass) == set()


async def test_events_that_go_elsewhere_are_taken_over_only_when_asked(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    simulator.world.push.subscribe(FAST_TYPES, OTHER, None, passing=False)
    push = await load(hass, entry)
    await hass.async_block_till_done()
    assert shown(hass) == "elsewhere"
    assert issues(hass) == {"push_elsewhere"}
    with pytest.raises(HomeAssistantError) as failed:
        await push.async_test()
    assert failed.value.translation_key == "push_elsewhere"
    (issue,) = ir.async_get(hass).issues.values()
    flow = await async_create_fix_flow(hass, issue.issue_id, issue.data)
    assert isinstance(flow, ProblemFlow)
    flow.hass = hass
    assert (await flow.async_step_init())["menu_options"] == ["take_over", "ignore"]
    await flow.async_step_take_over()
    await hass.async_block_till_done()
    assert shown(hass) == "waiting"
    assert issues(hass) == set()
    assert OTHER not in {one.destination for one in simulator.world.push.subscriptions}


async def test_a_refusal_is_said(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    forbidden = {"forbidden_apis": ["eventService/*"]}
    await control(simulator, "switches", forbidden)
    push = await load(hass, entry)
    await hass.async_block_till_done()
    assert shown(hass) == "refused"
    assert issues(hass) == {"push_refused"}
    with pytest.raises(HomeAssistantError) as failed:
        await push.async_test()
    assert failed.value.translation_key == "push_refused"
    await control(simulator, "switches", {"forbidden_apis": []})
    await push.async_test()
    await hass.async_block_till_done()
    assert issues(hass) == set()


async def test_a_test_finds_an_address_where_nobody_answers(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "push_address": "http://127.0.0.1:1"}
    )
    push = await load(hass, entry)
    with pytest.raises(HomeAssistantError) as failed:
        await push.async_test()
    assert failed.value.translation_key == "push_unanswered"


async def test_a_test_finds_another_home_assistant(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """Which answers 200 to webhooks that it does not have."""
    push = await load(hass, entry)
    await push.async_test()
    push.url = f"{push.address}/api/webhook/{'0' * 64}"
    with pytest.raises(HomeAssistantError) as failed:
        await push.async_test()
    assert failed.value.translation_key == "push_unanswered"


async def test_a_test_says_that_the_server_is_out_of_reach(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    push = await load(hass, entry)
    await control(simulator, "faults", {"fail": [{"path": "*", "drop_before": True}]})
    with pytest.raises(HomeAssistantError) as failed:
        await push.async_test()
    assert failed.value.translation_key == "push_not_checked"
    assert issues(hass) == set(), "that is another issue's subject"


async def test_an_address_for_this_machine_only_is_none_for_a_server_elsewhere(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, "url": "https://192.0.2.20"}
    )
    push = await load(hass, entry)
    assert push.status is PushStatus.NO_ADDRESS
    await hass.async_block_till_done()
    assert "push_no_address" in issues(hass)
    with pytest.raises(ServiceValidationError) as refused:
        await push.async_test()
    assert refused.value.translation_key == "push_no_address"


async def test_a_lost_contact_says_nothing_about_pushes(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    push = await load(hass, entry)
    entry.runtime_data.contact.failed(TransientError(None, "gone"))
    await hass.async_block_till_done()
    assert shown(hass) in {"unknown", "waiting"}
    await until(push, lambda: push.status is PushStatus.WAITING)


async def test_a_certificate_that_nobody_trusts_is_noticed(
    hass: HomeAssistant, socket_enabled: None
) -> None:
    async with serving_apart() as server:
        assert await async_certificate_refused(hass, server.url)
    assert not await async_certificate_refused(hass, "https://127.0.0.1:1")
    assert not await async_certificate_refused(hass, "http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("192.168.1.10:8123", "http://192.168.1.10:8123"),
        (" https://ha.example/ ", "https://ha.example"),
        ("http://ha.example/below/", "http://ha.example/below"),
        ("ftp://ha.example", None),
        ("http://user@ha.example", None),
        ("http://ha.example?x=1", None),
        ("http://", None),
        ("http://[", None),
    ],
)
def test_addresses_are_kept_in_one_form(entered: str, kept: str | None) -> None:
    if kept is None:
        with pytest.raises(ValueError):  # noqa: PT011 - any of the parser's
            normalised_address(entered)
    else:
        assert normalised_address(entered) == kept


def test_what_only_this_machine_can_use() -> None:
    assert is_own_machine("http://127.0.0.1:8123/x")
    assert is_own_machine("http://localhost")
    assert is_own_machine("http://[::1]:8123")
    assert not is_own_machine("http://192.0.2.1")
    assert not is_own_machine("http://ha.example")


async def test_the_guess_is_the_address_in_the_own_network(hass: HomeAssistant) -> None:
    hass.config.internal_url = "http://192.168.1.10:8123"
    hass.config.external_url = "https://ha.example"
    assert guessed_address(hass) == "http://192.168.1.10:8123"
    hass.config.internal_url = None
    assert guessed_address(hass) is None


async def test_the_options_take_an_address_or_say_why_not(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await load(hass, entry)
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    form = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"next_step_id": "push"}
    )
    answers = {"push": True, "push_local_only": False, "poll_behind_push": 3.0}

    async def submit(address: str) -> Any:
        return await hass.config_entries.options.async_configure(
            form["flow_id"], {**answers, "push_address": address}
        )

    result = await submit("ftp://nowhere")
    assert result["errors"] == {"push_address": "push_address_invalid"}
    async with serving_apart() as server:
        result = await submit(server.url)
        assert result["errors"] == {"push_address": "push_certificate"}
    result = await submit("127.0.0.1:8123")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options["push_address"] == "http://127.0.0.1:8123"
    assert entry.options["poll_behind_push"] == 3
    assert entry.options["push_local_only"] is False
