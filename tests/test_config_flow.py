"""Setting up a server, mending its credentials, moving it."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import replace
import hashlib
import ssl
from typing import Any
from unittest.mock import AsyncMock, patch

from aioresponses import aioresponses
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
)
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hikcentral_visitors.connection import (
    create_client,
    fingerprint_text,
)
from custom_components.hikcentral_visitors.const import (
    CONF_ACCESS_LEVELS,
    CONF_APP_KEY,
    CONF_APP_SECRET,
    CONF_CERTIFICATE,
    CONF_DEFAULT_LEVELS,
    CONF_DOORS,
    CONF_KEY,
    CONF_MARK,
    CONF_ORGANISATION,
    CONF_READERS,
    CONF_URL,
    DOMAIN,
)
from custom_components.hikcentral_visitors.hikcentral import (
    CannotConnectError,
    Certificate,
    fetch_certificate,
)
from custom_components.hikcentral_visitors.visits.person_code import (
    Installation,
    is_ours,
    issue,
)
from simulator import Simulator

from .flows import (
    INTEGRATION,
    KEY,
    SECRET,
    ServerApart,
    accept,
    entry_for,
    fail,
    form,
    labels,
    mend,
    not_set_up,
    serving,
    serving_apart,
    submit,
    suggested,
)

pytestmark = pytest.mark.usefixtures("socket_enabled")

ORGANISATIONS = "resource/v1/org/orgList"
LEVELS = "acs/v1/privilege/group"
DOORS = "resource/v1/acsDoor/acsDoorList"
EVENTS = "acs/v1/door/events"
VERSION = "common/v1/version"
READERS = "resource/v1/reader/search"


@pytest.fixture(autouse=True)
def setup_entry() -> Generator[AsyncMock]:
    yield from not_set_up()


@pytest.fixture
async def server() -> AsyncGenerator[Simulator]:
    async with serving() as simulator:
        yield simulator


@pytest.fixture
async def tls_server() -> AsyncGenerator[ServerApart]:
    async with serving_apart() as simulator:
        yield simulator


def connection(url: str, **other: str) -> dict[str, str]:
    return {CONF_URL: url, CONF_APP_KEY: KEY, CONF_APP_SECRET: SECRET, **other}


async def start(hass: HomeAssistant) -> ConfigFlowResult:
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    return form(result, "user")


async def finish(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigEntry:
    """Accept what is suggested from the step on access on, until there is an entry."""
    for step in ("access", "doors", "roles"):
        result = await accept(hass, form(result, step))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    return result["result"]


def pin_of(server: ServerApart) -> str:
    assert server.certificate is not None
    der = ssl.PEM_cert_to_DER_cert(server.certificate.read_text())
    return hashlib.sha256(der).hexdigest()


async def test_server_is_set_up(
    hass: HomeAssistant, server: Simulator, setup_entry: AsyncMock
) -> None:
    """D46: what the forms ask for is all that is needed."""
    result = await submit(
        hass,
        await start(hass),
        connection(f"  {server.url}/artemis/ ", app_key=f"{KEY} "),
    )

    form(result, "access")
    assert labels(result, CONF_ACCESS_LEVELS) == {
        "7": "Visitors (Turnstile In, Turnstile Out, Parking In, Parking Out)",
        "8": "Visitors VIP (Turnstile In, Turnstile Out, Parking In, Parking Out +1)",
        "9": "Staff (Turnstile In, Turnstile Out, Parking In, Parking Out +1)",
    }
    assert labels(result, CONF_ORGANISATION)["2"] == "All Departments / Visitors"
    assert suggested(result) == {
        CONF_ACCESS_LEVELS: ["7", "8"],
        CONF_DEFAULT_LEVELS: ["7"],
        CONF_ORGANISATION: "2",
    }
    result = await submit(
        hass,
        result,
        {
            CONF_ACCESS_LEVELS: ["7"],
            CONF_DEFAULT_LEVELS: ["7"],
            CONF_ORGANISATION: "2",
        },
    )

    form(result, "doors")
    assert suggested(result) == {CONF_DOORS: ["11", "12", "13", "14"]}
    result = await submit(hass, result, {CONF_DOORS: ["11", "12", "13", "15"]})

    form(result, "roles")
    assert suggested(result) == {
        "entrances": ["11"],
        "exits": ["12"],
        "passages": ["13"],
        CONF_READERS: {"entrances": ["25"], "exits": ["26"], "passages": []},
    }
    result = await accept(hass, result)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == f"HikCentral ({server.url.partition('://')[2]})"
    data = dict(result["data"])
    installation = Installation(data.pop(CONF_MARK), bytes.fromhex(data.pop(CONF_KEY)))
    assert is_ours(installation, issue(installation))
    assert data == connection(server.url)
    assert result["options"] == {
        CONF_ACCESS_LEVELS: ["7"],
        CONF_DEFAULT_LEVELS: ["7"],
        CONF_ORGANISATION: "2",
        CONF_DOORS: {"11": "entry", "12": "exit", "13": "passage", "15": "unknown"},
        CONF_READERS: {"25": "entry", "26": "exit"},
    }
    assert len(setup_entry.mock_calls) == 1


async def test_forms_reach_the_browser(
    hass: HomeAssistant, server: Simulator, hass_client: ClientSessionGenerator
) -> None:
    """Go the same way over Home Assistant's own API, as the browser does."""
    for needed in ("config", "webhook"):
        assert await async_setup_component(hass, needed, {})
    client = await hass_client()
    path = "/api/config/config_entries/flow"
    answer = await client.post(path, json={"handler": DOMAIN})
    result = await answer.json()
    for entered in (
        connection(server.url),
        {
            CONF_ACCESS_LEVELS: ["7", "8"],
            CONF_DEFAULT_LEVELS: ["7"],
            CONF_ORGANISATION: "2",
        },
        {CONF_DOORS: ["11", "15"]},
        {"entrances": ["11"], CONF_READERS: {"exits": ["26"]}},
    ):
        answer = await client.post(f"{path}/{result['flow_id']}", json=entered)
        result = await answer.json()
    assert result["type"] == FlowResultType.CREATE_ENTRY
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.options[CONF_DOORS] == {"11": "entry", "15": "unknown"}
    assert entry.options[CONF_READERS] == {"25": "unknown", "26": "exit"}


async def test_each_entry_has_its_own_mark(
    hass: HomeAssistant, server: Simulator
) -> None:
    first = await finish(
        hass, await submit(hass, await start(hass), connection(server.url))
    )
    hass.config_entries.async_update_entry(
        first, data={**first.data, CONF_APP_KEY: "another"}
    )
    second = await finish(
        hass, await submit(hass, await start(hass), connection(server.url))
    )
    assert first.data[CONF_KEY] != second.data[CONF_KEY]


async def test_self_signed_certificate_is_shown_and_pinned(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    pin = pin_of(tls_server)
    result = await submit(hass, await start(hass), connection(tls_server.url))

    form(result, "certificate")
    shown = result["description_placeholders"]
    assert shown is not None
    assert shown[CONF_URL] == tls_server.url
    assert shown["subject"] == shown["issuer"] == "CN=HikCentral simulator"
    assert shown["valid_from"] < shown["valid_until"]
    assert shown["fingerprint"] == fingerprint_text(pin)
    assert not await tls_server.calls()  # nothing was sent so far

    result = await submit(hass, result, {"confirmed": False})
    form(result, "certificate", base="certificate_not_confirmed")
    assert not await tls_server.calls()

    entry = await finish(hass, await submit(hass, result, {"confirmed": True}))
    assert entry.data[CONF_CERTIFICATE] == pin
    assert await create_client(hass, entry.data).version()


def test_fingerprint_is_shown_in_groups() -> None:
    assert fingerprint_text("00a1ff") == "00:A1:FF"


async def test_trusted_certificate_needs_no_step(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    with trusting(tls_server):
        result = await submit(hass, await start(hass), connection(tls_server.url))
        entry = await finish(hass, result)
    assert CONF_CERTIFICATE not in entry.data


def trusting(server: ServerApart) -> Any:
    """Have Home Assistant know who made the server's certificate."""
    context = ssl.create_default_context(cafile=server.certificate)
    return patch(
        "homeassistant.helpers.aiohttp_client.ssl_util.client_context",
        return_value=context,
    )


async def test_other_certificate_after_confirming_is_shown_again(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    result = await submit(hass, await start(hass), connection(tls_server.url))
    await tls_server.restart()
    result = await submit(hass, result, {"confirmed": True})
    form(result, "certificate", base="certificate_other")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["fingerprint"] == fingerprint_text(pin_of(tls_server))
    entry = await finish(hass, await submit(hass, result, {"confirmed": True}))
    assert entry.data[CONF_CERTIFICATE] == pin_of(tls_server)


async def test_certificate_that_changes_while_connecting_is_refused(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    result = await submit(hass, await start(hass), connection(tls_server.url))
    host, port = "127.0.0.1", tls_server.port
    before = await fetch_certificate(host, port)
    await tls_server.restart()
    with patch(f"{INTEGRATION}.config_flow.fetch_certificate", return_value=before):
        result = await submit(hass, result, {"confirmed": True})
    form(result, "user", base="certificate_changed")
    assert not await tls_server.calls()

    result = await submit(hass, result, connection(tls_server.url))
    form(result, "certificate", base="certificate_other")
    await finish(hass, await submit(hass, result, {"confirmed": True}))


async def test_server_may_vanish_before_its_certificate_is_seen(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    with patch(
        f"{INTEGRATION}.config_flow.fetch_certificate",
        side_effect=CannotConnectError(None, "gone"),
    ):
        result = await submit(hass, await start(hass), connection(tls_server.url))
    form(result, "user", base="cannot_connect")
    result = await submit(hass, result, connection(tls_server.url))
    await finish(hass, await submit(hass, result, {"confirmed": True}))


async def test_confirmed_certificate_is_not_asked_about_twice(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    wrong = connection(tls_server.url, app_secret="wrong")
    result = await submit(hass, await start(hass), wrong)
    result = await submit(hass, result, {"confirmed": True})
    form(result, "user", base="invalid_auth")
    result = await submit(hass, result, connection(tls_server.url))
    entry = await finish(hass, result)
    assert entry.data[CONF_CERTIFICATE] == pin_of(tls_server)


async def test_text_of_certificate_cannot_break_out_of_its_place(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    host, port = "127.0.0.1", tls_server.port
    real = await fetch_certificate(host, port)
    forged = Certificate(
        sha256=real.sha256,
        subject="CN=`[click](x)`\n\n# Trusted",
        issuer="",
        not_before=real.not_before,
        not_after=real.not_after,
    )
    with patch(f"{INTEGRATION}.config_flow.fetch_certificate", return_value=forged):
        result = await submit(hass, await start(hass), connection(tls_server.url))
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["subject"] == "CN='[click](x)' # Trusted"
    assert placeholders["issuer"] == "-"


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("not a host", "invalid_url"),
        ("ftp://127.0.0.1", "invalid_url"),
        ("http://hikcentral.example.org", "insecure_url"),
    ],
)
async def test_unusable_address(
    hass: HomeAssistant, server: Simulator, address: str, error: str
) -> None:
    result = await submit(hass, await start(hass), connection(address))
    form(result, "user", url=error)
    assert suggested(result) == connection(address)
    await finish(hass, await submit(hass, result, connection(server.url)))


async def test_nobody_answers(hass: HomeAssistant, server: Simulator) -> None:
    port = int(server.url.rpartition(":")[2])
    await server.stop()
    result = await submit(hass, await start(hass), connection(server.url))
    form(result, "user", base="cannot_connect")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders[CONF_URL] == server.url
    await server.start(port=port)
    await finish(hass, await submit(hass, result, connection(server.url)))


@pytest.mark.parametrize("wrong", [{"app_key": "99999999"}, {"app_secret": "wrong"}])
async def test_wrong_credentials(
    hass: HomeAssistant, server: Simulator, wrong: dict[str, str]
) -> None:
    result = await submit(hass, await start(hass), connection(server.url, **wrong))
    form(result, "user", base="invalid_auth")
    await finish(hass, await submit(hass, result, connection(server.url)))


async def test_clock_skew_is_measured(hass: HomeAssistant, server: Simulator) -> None:
    world = server.world
    world.switches = replace(world.switches, timestamp_window_s=900)
    world.faults = replace(world.faults, clock_skew_s=7200)
    result = await submit(hass, await start(hass), connection(server.url))
    form(result, "user", base="clock_skew")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["skew"].startswith(("+2:00:0", "+1:59:5"))
    world.faults = replace(world.faults, clock_skew_s=0)
    await finish(hass, await submit(hass, result, connection(server.url)))


async def test_missing_permissions_are_named_all_at_once(
    hass: HomeAssistant, server: Simulator
) -> None:
    world = server.world
    world.switches = replace(world.switches, forbidden_apis=(ORGANISATIONS, EVENTS))
    result = await submit(hass, await start(hass), connection(server.url))
    form(result, "user", base="not_permitted")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["api"] == f"{ORGANISATIONS}, {EVENTS}"
    world.switches = replace(world.switches, forbidden_apis=())
    await finish(hass, await submit(hass, result, connection(server.url)))


@pytest.mark.parametrize("path", [VERSION, ORGANISATIONS, LEVELS, DOORS, EVENTS])
@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"code": "17"}, "not_permitted"),
        ({"code": "8"}, "unsupported"),
        ({"code": "6"}, "no_answer"),
        ({"code": "1"}, "refused"),
        ({"http": 404}, "not_exposed"),
        ({"cut": "drop_before"}, "no_answer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_failing_call_is_explained(
    hass: HomeAssistant, server: Simulator, path: str, how: dict[str, Any], error: str
) -> None:
    if "cut" in how:
        how = {how["cut"]: True}
    fail(server, path, **how)
    result = await submit(hass, await start(hass), connection(server.url))
    form(result, "user", base=error)
    if error != "not_exposed":
        placeholders = result["description_placeholders"]
        assert placeholders is not None
        assert placeholders["api"] == path
    mend(server)
    await finish(hass, await submit(hass, result, connection(server.url)))


@pytest.mark.parametrize(
    ("lacking", "error"),
    [
        ({"levels": [], "persons": []}, "no_access_levels"),
        ({"organisations": [], "persons": []}, "no_organisations"),
        ({"doors": [], "levels": [], "persons": []}, "no_access_levels"),
        (
            {
                "doors": [],
                "levels": [
                    {"privilegeGroupId": "7", "privilegeGroupName": "X", "doors": []}
                ],
                "persons": [],
            },
            "no_doors",
        ),
    ],
    ids=["levels", "organisations", "doors and levels", "doors"],
)
async def test_nothing_to_choose_from(
    hass: HomeAssistant, server: Simulator, lacking: dict[str, Any], error: str
) -> None:
    async with serving(layout=lacking) as empty:
        result = await submit(hass, await start(hass), connection(empty.url))
    form(result, "user", base=error)
    await finish(hass, await submit(hass, result, connection(server.url)))


async def test_answer_that_makes_no_sense(
    hass: HomeAssistant, mock_http: aioresponses
) -> None:
    url = "https://hikcentral.example.org/artemis/api/"
    mock_http.post(url + VERSION, payload={"code": "0", "data": {}})
    mock_http.post(url + ORGANISATIONS, payload={"code": "0", "data": "what?"})
    result = await submit(hass, await start(hass), connection("hikcentral.example.org"))
    form(result, "user", base="unknown_answer")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["api"] == ORGANISATIONS

    def page(**item: str) -> dict[str, Any]:
        return {"code": "0", "data": {"total": 1, "list": [item]}}

    mock_http.post(url + VERSION, payload={"code": "0", "data": {}})
    mock_http.post(url + ORGANISATIONS, payload=page(orgIndexCode="1"))
    mock_http.post(url + LEVELS, payload=page(privilegeGroupId="7"))
    mock_http.post(url + DOORS, payload=page(doorIndexCode="11"))
    mock_http.post(url + EVENTS, payload={"code": "0", "data": {"total": 0}})
    mock_http.post(url + READERS, payload={"code": "128", "msg": ""})
    entry = await finish(
        hass, await submit(hass, result, connection("hikcentral.example.org"))
    )
    assert entry.title == "HikCentral (hikcentral.example.org)"
    assert entry.options[CONF_DOORS] == {"11": "unknown"}


async def test_same_address_and_key_is_refused(
    hass: HomeAssistant, server: Simulator
) -> None:
    entry_for(server.url).add_to_hass(hass)
    result = await submit(
        hass, await start(hass), connection(server.url, app_secret="another")
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert not server.world.traffic.per_path


async def test_same_address_and_key_set_up_meanwhile_is_refused(
    hass: HomeAssistant, server: Simulator
) -> None:
    result = await submit(hass, await start(hass), connection(server.url))
    result = await accept(hass, await accept(hass, result))
    entry_for(server.url).add_to_hass(hass)
    result = await accept(hass, form(result, "roles"))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


@pytest.mark.parametrize(
    ("levels", "default", "errors"),
    [
        ([], [], {CONF_ACCESS_LEVELS: "levels_missing"}),
        (["7"], [], {CONF_DEFAULT_LEVELS: "default_levels_missing"}),
        (["7"], ["9"], {CONF_DEFAULT_LEVELS: "default_levels_not_chosen"}),
    ],
)
async def test_levels_that_do_not_go_together(
    hass: HomeAssistant,
    server: Simulator,
    levels: list[str],
    default: list[str],
    errors: dict[str, str],
) -> None:
    result = await submit(hass, await start(hass), connection(server.url))
    entered = {
        CONF_ACCESS_LEVELS: levels,
        CONF_DEFAULT_LEVELS: default,
        CONF_ORGANISATION: "3",
    }
    result = await submit(hass, result, entered)
    form(result, "access", **errors)
    assert suggested(result) == entered
    entered = {**entered, CONF_ACCESS_LEVELS: ["8"], CONF_DEFAULT_LEVELS: ["8"]}
    result = await submit(hass, result, entered)
    assert suggested(form(result, "doors"))[CONF_DOORS] == [
        "11",
        "12",
        "13",
        "14",
        "15",
    ]


async def test_no_door(hass: HomeAssistant, server: Simulator) -> None:
    result = await submit(hass, await start(hass), connection(server.url))
    result = await submit(hass, await accept(hass, result), {})
    form(result, "doors", doors="doors_missing")
    result = await submit(hass, result, {CONF_DOORS: ["11"]})
    await accept(hass, form(result, "roles"))


async def test_readers_cannot_be_asked_for(
    hass: HomeAssistant, server: Simulator
) -> None:
    result = await submit(hass, await start(hass), connection(server.url))
    result = await accept(hass, result)
    fail(server, READERS, code="17")
    result = await submit(hass, result, {CONF_DOORS: ["11", "15"]})
    form(result, "doors", base="not_permitted")
    assert suggested(result) == {CONF_DOORS: ["11", "15"]}
    mend(server)
    result = await accept(hass, result)
    assert CONF_READERS in suggested(form(result, "roles"))


async def test_server_without_readers_leaves_the_doors(
    hass: HomeAssistant, server: Simulator
) -> None:
    result = await submit(hass, await start(hass), connection(server.url))
    result = await accept(hass, result)
    fail(server, READERS, code="8")
    result = await submit(hass, result, {CONF_DOORS: ["11", "15"]})
    assert CONF_READERS not in suggested(form(result, "roles"))
    result = await accept(hass, result)
    assert result["options"][CONF_READERS] == {}


async def test_door_in_two_lists(hass: HomeAssistant, server: Simulator) -> None:
    result = await submit(hass, await start(hass), connection(server.url))
    result = await submit(hass, await accept(hass, result), {CONF_DOORS: ["11", "15"]})
    entered = {
        "entrances": ["11"],
        "exits": [],
        "passages": [],
        CONF_READERS: {"entrances": ["26"], "exits": ["25", "26"]},
    }
    result = await submit(hass, result, entered)
    form(result, "roles", base="two_roles")
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders["name"] == "Meeting Room – Meeting Room Reader Out"
    assert suggested(result)[CONF_READERS]["exits"] == ["25", "26"]
    entered[CONF_READERS] = {"entrances": ["26"], "exits": ["25"]}
    result = await submit(hass, result, entered)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"][CONF_READERS] == {"25": "exit", "26": "entry"}
    assert result["options"][CONF_DOORS] == {"11": "entry", "15": "unknown"}


# Reauthentication


async def reauth(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    entry.add_to_hass(hass)
    return form(await entry.start_reauth_flow(hass), "reauth_confirm")


async def test_reauth(hass: HomeAssistant, server: Simulator) -> None:
    entry = entry_for(server.url, app_secret="outdated")
    result = await reauth(hass, entry)
    placeholders = result["description_placeholders"]
    assert placeholders is not None
    assert placeholders[CONF_URL] == server.url
    assert suggested(result) == {}

    before = dict(entry.data)
    credentials = {CONF_APP_KEY: KEY, CONF_APP_SECRET: "wrong"}
    result = await submit(hass, result, credentials)
    form(result, "reauth_confirm", base="invalid_auth")
    assert entry.data == before

    credentials = {CONF_APP_KEY: KEY, CONF_APP_SECRET: f" {SECRET}"}
    result = await submit(hass, result, credentials)
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "reauth_successful",
    )
    assert entry.data == {**before, CONF_APP_SECRET: SECRET}


@pytest.mark.parametrize(
    ("path", "code", "error"),
    [(EVENTS, "17", "not_permitted"), (VERSION, "6", "no_answer")],
)
async def test_reauth_proves_that_it_works(
    hass: HomeAssistant, server: Simulator, path: str, code: str, error: str
) -> None:
    entry = entry_for(server.url, app_secret="outdated")
    result = await reauth(hass, entry)
    fail(server, path, code=code)
    credentials = {CONF_APP_KEY: KEY, CONF_APP_SECRET: SECRET}
    result = await submit(hass, result, credentials)
    form(result, "reauth_confirm", base=error)
    mend(server)
    result = await submit(hass, result, credentials)
    assert result["reason"] == "reauth_successful"


async def test_reauth_trusts_the_pinned_certificate_only(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    entry = entry_for(tls_server.url, certificate=pin_of(tls_server))
    await tls_server.restart()
    result = await reauth(hass, entry)
    credentials = {CONF_APP_KEY: KEY, CONF_APP_SECRET: SECRET}
    result = await submit(hass, result, credentials)
    form(result, "reauth_confirm", base="certificate_changed")
    assert not await tls_server.calls()


async def test_reauth_with_the_key_of_another_entry(
    hass: HomeAssistant, server: Simulator
) -> None:
    entry_for(server.url).add_to_hass(hass)
    entry = entry_for(server.url, app_key="outdated")
    result = await reauth(hass, entry)
    credentials = {CONF_APP_KEY: KEY, CONF_APP_SECRET: SECRET}
    result = await submit(hass, result, credentials)
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )


# Reconfiguration


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    entry.add_to_hass(hass)
    return form(await entry.start_reconfigure_flow(hass), "reconfigure")


async def test_reconfigure_moves_an_entry(
    hass: HomeAssistant, server: Simulator
) -> None:
    entry = entry_for("https://old.example.org", options={CONF_DOORS: {"11": "exit"}})
    result = await reconfigure(hass, entry)
    assert suggested(result) == {
        CONF_URL: "https://old.example.org",
        CONF_APP_KEY: KEY,
    }

    entered = {CONF_URL: "http://192.0.2.1", CONF_APP_KEY: KEY}
    result = await submit(hass, result, entered)
    form(result, "reconfigure", url="insecure_url")

    wrong = {CONF_URL: server.url, CONF_APP_KEY: "12345678"}
    result = await submit(hass, result, wrong)
    form(result, "reconfigure", base="invalid_auth")
    assert suggested(result) == wrong

    entered = {CONF_URL: server.url, CONF_APP_KEY: KEY, CONF_APP_SECRET: ""}
    result = await submit(hass, result, entered)
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "reconfigure_successful",
    )
    assert entry.data == {
        **connection(server.url),
        CONF_MARK: "ABC",
        CONF_KEY: "00" * 32,
    }
    assert entry.options == {CONF_DOORS: {"11": "exit"}}
    assert entry.title == f"HikCentral ({server.url.partition('://')[2]})"


async def test_a_server_that_is_left_pushes_no_more(
    hass: HomeAssistant, server: Simulator
) -> None:
    ours, others = "http://192.0.2.9/api/webhook/ours", "http://192.0.2.50/"
    async with serving() as former:
        entry = entry_for(former.url)
        entry.add_to_hass(hass)
        data = {**entry.data, CONF_WEBHOOK_ID: "ours"}
        hass.config_entries.async_update_entry(entry, data=data)
        client = create_client(hass, data)
        await client.subscribe([196893], ours, "", pass_back=False)
        await client.subscribe([198914], others, "", pass_back=False)
        result = form(await entry.start_reconfigure_flow(hass), "reconfigure")
        result = await submit(hass, result, connection(server.url))
        assert result["reason"] == "reconfigure_successful"
        left = {one.destination for one in former.world.push.subscriptions}
        assert left == {others}


async def test_reconfigure_keeps_the_name_that_somebody_gave(
    hass: HomeAssistant, server: Simulator
) -> None:
    entry = entry_for(server.url, app_secret="outdated")
    result = await reconfigure(hass, entry)
    hass.config_entries.async_update_entry(entry, title="Campus")
    result = await submit(hass, result, connection(server.url))
    assert result["reason"] == "reconfigure_successful"
    assert (entry.title, entry.data[CONF_APP_SECRET]) == ("Campus", SECRET)


async def test_reconfigure_confirms_a_new_certificate(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    entry = entry_for(tls_server.url, certificate=pin_of(tls_server))
    result = await reconfigure(hass, entry)
    entered = {CONF_URL: tls_server.url, CONF_APP_KEY: KEY}
    await tls_server.restart()
    result = await submit(hass, result, entered)
    form(result, "certificate", base="certificate_other")
    result = await submit(hass, result, {"confirmed": True})
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_CERTIFICATE] == pin_of(tls_server)


async def test_reconfigure_does_not_ask_about_the_pinned_certificate(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    entry = entry_for(tls_server.url, certificate=pin_of(tls_server))
    result = await reconfigure(hass, entry)
    result = await submit(hass, result, connection(tls_server.url))
    assert result["reason"] == "reconfigure_successful"
    assert entry.data[CONF_CERTIFICATE] == pin_of(tls_server)


async def test_reconfigure_drops_the_pin_of_a_certificate_trusted_by_now(
    hass: HomeAssistant, tls_server: ServerApart
) -> None:
    entry = entry_for(tls_server.url, certificate=pin_of(tls_server))
    result = await reconfigure(hass, entry)
    with trusting(tls_server):
        result = await submit(hass, result, connection(tls_server.url))
    assert result["reason"] == "reconfigure_successful"
    assert CONF_CERTIFICATE not in entry.data


async def test_reconfigure_to_address_and_key_of_another_entry(
    hass: HomeAssistant, server: Simulator
) -> None:
    entry_for(server.url).add_to_hass(hass)
    entry = entry_for("https://old.example.org")
    result = await reconfigure(hass, entry)
    result = await submit(hass, result, connection(server.url))
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )
