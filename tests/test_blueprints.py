"""The blueprints as Home Assistant runs them: what is sent to whom, and when."""

from collections.abc import Mapping
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.persistent_notification import (
    DOMAIN as PERSISTENT_NOTIFICATION,
)
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import validate_selector
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

ROOT = Path(__file__).parent.parent / "blueprints"
AUTOMATION = "hikcentral_visitors/tell_the_host.yaml"
AUTOMATION_RU = "hikcentral_visitors/tell_the_host_ru.yaml"
SCRIPT = "hikcentral_visitors/register_visitor.yaml"
SCRIPT_RU = "hikcentral_visitors/register_visitor_ru.yaml"
PUSH_URL = "http://127.0.0.1:9/push"
PHONE = "notify.rita_s_phone"
PHONE_ACTION = "notify.mobile_app_rita_s_phone"
PLACE = "sensor.visitor_1"

ENTRY: Mapping[str, Any] = {
    "visit_id": "v1",
    "visitor_id": "p1",
    "name": "Anna O'Berg",
    "visitor_type": "guest",
    "company": None,
    "host": "Rita",
    "notify": [],
    "direction": "entry",
    "outcome": "granted",
    "reason": None,
    "reason_text": None,
    "credential": "card",
    "door": "Turnstile",
    "door_id": "11",
    "first": True,
    "first_today": True,
    "count": 1,
    "delayed": False,
    "status": "inside",
    "entity_id": PLACE,
    "config_entry_id": "e1",
}


@pytest.fixture(autouse=True)
async def time_zone(hass: HomeAssistant) -> None:
    """Local time is not that of the events."""
    await hass.config.async_set_time_zone("Asia/Tashkent")


@pytest.fixture(autouse=True)
def blueprints(hass: HomeAssistant) -> None:
    shutil.copytree(ROOT, hass.config.path("blueprints"), dirs_exist_ok=True)


class Pushes:
    """What came to the phone, by the mobile app's own way."""

    def __init__(self, mocker: AiohttpClientMocker) -> None:
        self._mocker = mocker

    @property
    def all(self) -> list[dict[str, Any]]:
        return [call[2] for call in self._mocker.mock_calls if call[2]]


@pytest.fixture
async def pushes(hass: HomeAssistant, aioclient_mock: AiohttpClientMocker) -> Pushes:
    """A phone that registered with the app, in the usual two shapes of an address."""
    aioclient_mock.post(PUSH_URL, status=201, json={})
    MockConfigEntry(
        domain="mobile_app",
        title="Rita's phone",
        data={
            "app_data": {"push_token": "t", "push_url": PUSH_URL},
            "app_id": "a",
            "app_name": "App",
            "app_version": "1",
            "device_id": "d1",
            "device_name": "Rita's phone",
            "manufacturer": "Pretend",
            "model": "Phone",
            "os_name": "Android",
            "os_version": "16",
            "supports_encryption": False,
            "user_id": "u1",
            "webhook_id": "w1",
        },
    ).add_to_hass(hass)
    assert await async_setup_component(hass, "mobile_app", {})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.states.get(PHONE)
    return Pushes(aioclient_mock)


async def automate(hass: HomeAssistant, **inputs: object) -> None:
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "id": "tell",
                "alias": "Tell",
                "use_blueprint": {"path": AUTOMATION, "input": inputs},
            }
        },
    )
    await hass.async_block_till_done()
    assert hass.states.get("automation.tell")


async def fire(hass: HomeAssistant, kind: str = "passage", **changes: object) -> None:
    event = {**ENTRY, "occurred_at": dt_util.now().isoformat(), **changes}
    hass.bus.async_fire(f"hikcentral_visitors_{kind}", event)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("file", sorted(ROOT.rglob("*.yaml")), ids=lambda f: f.stem)
def test_blueprint_is_valid(file: Path) -> None:
    domain, folder = file.relative_to(ROOT).parts[:2]
    blueprint = Blueprint(
        load_yaml_dict(file), expected_domain=domain, schema=lambda c: c
    )
    assert folder == "hikcentral_visitors"
    assert blueprint.data["blueprint"]["homeassistant"]["min_version"] == "2026.10.0"
    assert blueprint.validate() is None
    for field in blueprint.data.get("fields", {}).values():
        validate_selector(field["selector"])


async def test_entry_is_pushed_with_buttons(
    hass: HomeAssistant, pushes: Pushes
) -> None:
    await automate(hass, recipients=[PHONE])
    now = dt_util.now()
    hass.states.async_set(PLACE, "inside", {"valid_until": now.isoformat()})
    await fire(hass, occurred_at=now.astimezone(dt_util.UTC).isoformat())

    (push,) = pushes.all
    assert push["title"] == "Anna O'Berg has come in"
    assert push["message"] == f"Turnstile · {now:%H:%M} · until {now:%H:%M}"
    assert push["data"]["tag"] == "hikcentral_visitors_v1"
    assert [(a["action"], a["title"]) for a in push["data"]["actions"]] == [
        ("HIKCENTRAL_VISITORS_EXTEND_v1", "Extend 1 h"),
        ("HIKCENTRAL_VISITORS_REVOKE_v1", "Revoke"),
    ]


async def test_russian_texts(hass: HomeAssistant, pushes: Pushes) -> None:
    await automate(hass, recipients=[PHONE], language="ru")
    await fire(hass)
    (push,) = pushes.all
    assert push["title"] == "Anna O'Berg: вход"
    assert [a["title"] for a in push["data"]["actions"]] == [
        "Продлить на 1 ч",
        "Отозвать",
    ]


async def test_exit_has_no_buttons_and_replaces_the_entry(
    hass: HomeAssistant, pushes: Pushes
) -> None:
    await automate(hass, recipients=[PHONE])
    await fire(hass)
    await fire(hass, direction="exit", status="outside")
    came, went = pushes.all
    assert went["title"] == "Anna O'Berg has left"
    assert went["data"]["actions"] == []
    assert went["data"]["tag"] == came["data"]["tag"]


SELDOM_TOLD = [
    ({"outcome": "denied", "reason_text": "Expired"}, {"passages": ["denied"]}),
    ({"delayed": True}, {"delayed": True}),
    ({"direction": "passage"}, {"passages": ["passage"]}),
    ({"direction": "unknown"}, {"passages": ["passage"]}),
]


@pytest.mark.parametrize(("changes", "inputs"), SELDOM_TOLD)
async def test_told_if_chosen(
    hass: HomeAssistant,
    pushes: Pushes,
    changes: dict[str, Any],
    inputs: dict[str, Any],
) -> None:
    await automate(hass, recipients=[PHONE], **inputs)
    await fire(hass, **changes)
    (push,) = pushes.all
    assert str(changes.get("reason_text", "")) in push["message"]


@pytest.mark.parametrize("changes", [changes for changes, _ in SELDOM_TOLD])
async def test_not_told_unless_chosen(
    hass: HomeAssistant, pushes: Pushes, changes: dict[str, Any]
) -> None:
    await automate(hass, recipients=[PHONE])
    await fire(hass, **changes)
    assert not pushes.all


async def test_first_entry_only(hass: HomeAssistant, pushes: Pushes) -> None:
    await automate(hass, recipients=[PHONE], first_only=True)
    await fire(hass, first_today=False)
    assert not pushes.all
    await fire(hass, first_today=False, direction="exit")
    await fire(hass)
    assert [push["title"] for push in pushes.all] == [
        "Anna O'Berg has left",
        "Anna O'Berg has come in",
    ]


async def test_extended_stay_is_confirmed(hass: HomeAssistant, pushes: Pushes) -> None:
    await automate(hass, recipients=[PHONE])
    await fire(hass, "visit", type="extended", valid_until=dt_util.now().isoformat())
    await fire(hass, "visit", type="checked_in")
    (push,) = pushes.all
    assert push["title"] == "Anna O'Berg: stay extended"
    assert len(push["data"]["actions"]) == 2


@pytest.mark.parametrize(
    ("whom", "named", "told"),
    [
        ("visit_first", [], {"phone"}),
        ("visit_first", ["notify.other"], {"other"}),
        ("both", ["notify.other"], {"other", "phone"}),
        ("visit", [], set()),
        ("visit", ["notify.other"], {"other"}),
        ("phones", ["notify.other"], {"phone"}),
        ("both", [PHONE, PHONE_ACTION], {"phone"}),
        ("visit", PHONE_ACTION, {"phone"}),
    ],
)
async def test_who_is_told(
    hass: HomeAssistant, pushes: Pushes, whom: str, named: Any, told: set[str]
) -> None:
    other = async_mock_service(hass, "notify", "other")
    await automate(hass, recipients=[PHONE], whom=whom)
    await fire(hass, notify=named)
    assert len(pushes.all) == ("phone" in told)
    assert len(other) == ("other" in told)


async def test_other_notify_entities_get_the_text(
    hass: HomeAssistant, pushes: Pushes
) -> None:
    sent = async_mock_service(hass, "notify", "send_message")
    hass.states.async_set("notify.pager", "unknown")
    await automate(hass, recipients=["notify.pager", PHONE])
    await fire(hass)
    (call,) = sent
    assert call.data["entity_id"] == ["notify.pager"]
    assert call.data["title"] == "Anna O'Berg has come in"
    assert len(pushes.all) == 1


async def test_action_that_is_gone_keeps_nobody_else_from_knowing(
    hass: HomeAssistant, pushes: Pushes
) -> None:
    await automate(hass, recipients=[])
    await fire(hass, notify=["notify.mobile_app_lost_phone", PHONE])
    assert len(pushes.all) == 1


async def test_run_from_the_editor(hass: HomeAssistant, pushes: Pushes) -> None:
    await automate(hass, recipients=[PHONE])
    await hass.services.async_call(
        "automation", "trigger", {"entity_id": "automation.tell"}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    (push,) = pushes.all
    assert push["title"] == "Maria Rossi has come in"
    assert len(push["data"]["actions"]) == 2


async def test_run_from_the_editor_without_phone(hass: HomeAssistant) -> None:
    shown = async_mock_service(hass, PERSISTENT_NOTIFICATION, "create")
    await automate(hass)
    await hass.services.async_call(
        "automation", "trigger", {"entity_id": "automation.tell"}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    (call,) = shown
    assert "Maria Rossi" in call.data["title"]


class Desk:
    """Takes the place of the action that grants access."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def grant(self, call: ServiceCall) -> ServiceResponse:
        self.calls.append(dict(call.data))
        return {
            "visit_id": None if call.data["dry_run"] else "v1",
            "status": "expected",
            "access": "active",
            "doors": {"ready": 4, "total": 4},
            "warnings": ["nothing_to_show"],
            "valid_until": "2026-11-23T17:00:00+00:00",
        }


@pytest.fixture
def desk(hass: HomeAssistant) -> Desk:
    desk = Desk()
    hass.services.async_register(
        "hikcentral_visitors",
        "grant_access",
        desk.grant,
        supports_response=SupportsResponse.OPTIONAL,
    )
    return desk


async def register(
    hass: HomeAssistant, path: str, fields: Mapping[str, Any], **inputs: object
) -> ServiceResponse:
    assert await async_setup_component(
        hass,
        "script",
        {"script": {"desk": {"use_blueprint": {"path": path, "input": inputs}}}},
    )
    return await hass.services.async_call(
        "script", "desk", dict(fields), blocking=True, return_response=True
    )


async def test_form_registers_a_visitor(hass: HomeAssistant, desk: Desk) -> None:
    shown = async_mock_service(hass, PERSISTENT_NOTIFICATION, "create")
    answer = await register(
        hass,
        SCRIPT,
        {
            "given_name": "Anna",
            "family_name": "007",
            "card_no": "0012345678",
            "phone": "+998901234567",
            "host_name": "Rita",
            "until_day": "2026-11-23",
            "until_time": "18:00:00",
            "company": "",
        },
        recipients=["notify.desk"],
    )
    # Digits stay text, what was left empty is left out.
    assert desk.calls == [
        {
            "given_name": "Anna",
            "family_name": "007",
            "card_no": "0012345678",
            "phone": "+998901234567",
            "host": "Rita",
            "valid_until": "2026-11-23 18:00:00",
            "visitor_type": "guest",
            "notify": ["notify.desk"],
            "dry_run": False,
        }
    ]
    assert answer is not None
    assert answer["visit_id"] == "v1"
    (call,) = shown
    assert call.data["notification_id"] == "hikcentral_visitors_v1"
    assert call.data["message"] == (
        "**Anna 007** until 23 Nov 2026, 22:00: the doors know the visitor "
        "(doors ready: 4 of 4). The visitor has nothing to show at a door yet: "
        "add a card or a photo."
    )


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({}, {}),
        ({"until_time": "18:00"}, {"valid_until": "2026-11-20 18:00"}),
        ({"until_day": "2026-11-24"}, {"valid_until": "2026-11-24 23:59"}),
        (
            {"from_day": "2026-11-24", "until_time": "18:00:00"},
            {"valid_from": "2026-11-24 00:00", "valid_until": "2026-11-24 18:00:00"},
        ),
        ({"from_time": "09:30"}, {"valid_from": "2026-11-20 09:30"}),
        ({"from_time": "", "until_time": "", "until_day": None}, {}),
    ],
)
async def test_days_and_times_of_the_form(
    hass: HomeAssistant,
    desk: Desk,
    freezer: FrozenDateTimeFactory,
    fields: dict[str, Any],
    times: dict[str, str],
) -> None:
    freezer.move_to("2026-11-19T20:00:00+00:00")  # the next day has begun here
    await register(hass, SCRIPT, {"given_name": "Anna", **fields}, show_result=False)
    (call,) = desk.calls
    assert {key: call[key] for key in call if key.startswith("valid")} == times


async def test_host_is_told_on_his_own_phone(
    hass: HomeAssistant, desk: Desk, pushes: Pushes
) -> None:
    registry = er.async_get(hass)
    device = registry.async_get(PHONE)
    assert device is not None
    tracker = next(
        entity.entity_id
        for entity in er.async_entries_for_device(registry, device.device_id or "")
        if entity.domain == "device_tracker"
    )
    hass.states.async_set("person.rita", "home", {"device_trackers": [tracker]})
    await register(
        hass, SCRIPT, {"given_name": "Anna", "host": "person.rita"}, show_result=False
    )
    assert desk.calls[0]["host"] == "person.rita"
    assert desk.calls[0]["notify"] == [PHONE]


@pytest.mark.parametrize("path", [SCRIPT, SCRIPT_RU])
async def test_form_run_from_the_editor_changes_nothing(
    hass: HomeAssistant, desk: Desk, path: str
) -> None:
    shown = async_mock_service(hass, PERSISTENT_NOTIFICATION, "create")
    await register(hass, path, {})
    assert [call["dry_run"] for call in desk.calls] == [True]
    assert len(shown) == 1


def _skeleton(value: Any) -> Any:
    """Return the blueprint without what people read in it."""
    if isinstance(value, dict):
        return {
            key: _skeleton(inner)
            for key, inner in value.items()
            if key not in {"name", "description", "label", "texts", "stop"}
        }
    return [_skeleton(inner) for inner in value] if isinstance(value, list) else value


def test_both_languages_of_the_automation_do_the_same() -> None:
    english, russian = (
        load_yaml_dict(ROOT / "automation" / path)
        for path in (AUTOMATION, AUTOMATION_RU)
    )
    languages = [
        one["blueprint"]["input"]["language"].pop("default")
        for one in (english, russian)
    ]
    assert languages == ["en", "ru"]
    assert _skeleton(english) == _skeleton(russian)
    assert english["variables"] == russian["variables"]


def test_both_languages_of_the_form_do_the_same() -> None:
    english, russian = (
        load_yaml_dict(ROOT / "script" / path) for path in (SCRIPT, SCRIPT_RU)
    )
    assert _skeleton(english) == _skeleton(russian)
    texts = [one["variables"]["texts"] for one in (english, russian)]
    assert texts[0].keys() == texts[1].keys()
    for part in ("access", "warnings"):
        assert texts[0][part].keys() == texts[1][part].keys()
