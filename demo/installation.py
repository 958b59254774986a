"""Everything that somebody would click together in a new Home Assistant."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession

from .client import Client, log_in, redeem
from .facility import Facility
from .language import Texts
from .phone import Phone
from .waiting import PATIENCE, StoryError

PASSWORD = "visitors"  # noqa: S105 - printed, and good for this machine only
ADMINISTRATOR, RECEPTIONIST, COLLEAGUE = "admin", "reception", "colleague"
POLL_SECONDS = 300
"""The longest there is: what is seen sooner was pushed by HikCentral."""

_PAUSE = 0.1
FLOW = "/api/config/config_entries/flow"
OPTIONS_FLOW = "/api/config/config_entries/options/flow"


async def create_administrator(
    session: ClientSession, url: str, texts: Texts
) -> Client:
    """Make the first user, as onboarding does, and return it logged in."""
    async with session.post(
        f"{url}/api/onboarding/users",
        json={
            "name": texts.administrator,
            "username": ADMINISTRATOR,
            "password": PASSWORD,
            "client_id": f"{url}/",
            "language": texts.language,
        },
    ) as response:
        answer = await response.json()
        if not response.ok:
            msg = f"the administrator could not be made: {answer}"
            raise StoryError(msg)
    return await redeem(session, url, answer["auth_code"])


async def clear_areas(administrator: Client) -> None:
    """Remove the rooms of a home that onboarding makes."""
    for area in await administrator.command("config/area_registry/list"):
        await administrator.command(
            "config/area_registry/delete", area_id=area["area_id"]
        )


async def create_user(
    session: ClientSession, url: str, administrator: Client, username: str, name: str
) -> Client:
    """Make a user who is no administrator, and log in as that user."""
    created = await administrator.command(
        "config/auth/create", name=name, group_ids=["system-users"], local_only=True
    )
    await administrator.command(
        "config/auth_provider/homeassistant/create",
        user_id=created["user"]["id"],
        username=username,
        password=PASSWORD,
    )
    return await log_in(session, url, username, PASSWORD)


async def connect(administrator: Client, facility: Facility) -> str:
    """Go through the config flow as an administrator would; returns the entry's id.

    Every question but the connection is answered with what the flow suggests.
    """
    step = await administrator.post(FLOW, {"handler": "hikcentral_visitors"})
    answers: dict[str, Mapping[str, Any]] = {
        "user": {
            "url": facility.url,
            "app_key": facility.app_key,
            "app_secret": facility.app_secret,
        },
        "certificate": {"confirmed": True},
    }
    pinned = False
    while step["type"] == "form":
        if step["errors"]:
            msg = f"step {step['step_id']} of the config flow: {step['errors']}"
            raise StoryError(msg)
        pinned = pinned or step["step_id"] == "certificate"
        answer = answers.get(step["step_id"]) or suggested(step["data_schema"])
        step = await administrator.post(f"{FLOW}/{step['flow_id']}", answer)
    if step["type"] != "create_entry" or not pinned:
        msg = f"the config flow ended with {step['type']}, pinned: {pinned}: {step}"
        raise StoryError(msg)
    entry_id: str = step["result"]["entry_id"]
    return entry_id


async def name_entry(administrator: Client, entry_id: str, name: str) -> None:
    """Name the entry; the server's device follows when it is loaded next."""
    await administrator.command("config_entries/update", entry_id=entry_id, title=name)


async def change_options(
    administrator: Client, entry_id: str, subject: str, answer: Mapping[str, Any]
) -> None:
    """Change one subject of the options; what is not answered stays as suggested."""
    menu = await administrator.post(OPTIONS_FLOW, {"handler": entry_id})
    path = f"{OPTIONS_FLOW}/{menu['flow_id']}"
    form = await administrator.post(path, {"next_step_id": subject})
    step = await administrator.post(path, {**suggested(form["data_schema"]), **answer})
    if step["type"] != "create_entry":
        msg = f"the options flow did not take {subject}: {step}"
        raise StoryError(msg)
    await _loaded(administrator, entry_id)


async def _loaded(administrator: Client, entry_id: str) -> None:
    """Wait until the entry, which options that change load anew, is there again."""
    state = ""
    try:
        async with asyncio.timeout(PATIENCE):
            while state != "loaded":
                entry = await administrator.command(
                    "config_entries/get_single", entry_id=entry_id
                )
                state = entry["config_entry"]["state"]
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        msg = f"the integration is not loaded but {state}"
        raise StoryError(msg) from None


def suggested(fields: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the answers that a form of the REST API comes filled in with."""
    answers: dict[str, Any] = {}
    for field in fields:
        description = field.get("description") or {}
        if field.get("type") == "expandable":
            answers[field["name"]] = suggested(field["schema"])
        elif "suggested_value" in description:
            answers[field["name"]] = description["suggested_value"]
        elif field.get("default") is not None:
            answers[field["name"]] = field["default"]
    return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneEntities:
    """What Home Assistant made of a phone that registered."""

    notify: str
    tracker: str


async def phone_entities(administrator: Client, phone: Phone) -> PhoneEntities:
    """Find the entities of a phone by its registration."""
    devices = await administrator.command("config/device_registry/list")
    device = next(
        device["id"]
        for device in devices
        if ["mobile_app", phone.device_id] in device["identifiers"]
    )
    found = {
        entity["entity_id"].partition(".")[0]: entity["entity_id"]
        for entity in await administrator.command("config/entity_registry/list")
        if entity["device_id"] == device
    }
    return PhoneEntities(notify=found["notify"], tracker=found["device_tracker"])


async def create_host(
    administrator: Client, name: str, user: Client, phone: str
) -> str:
    """Make a user a person whom visitors can come to; returns the entity's id."""
    created = await administrator.command(
        "person/create", name=name, user_id=user.user_id, device_trackers=[phone]
    )
    entities = await administrator.command("config/entity_registry/list")
    host: str = next(
        entity["entity_id"]
        for entity in entities
        if entity["platform"] == "person" and entity["unique_id"] == created["id"]
    )
    return host


async def use_blueprints(administrator: Client, texts: Texts, notify: str) -> None:
    """Make the automation and the script from the blueprints, as the editor does."""
    suffix = "" if texts.language == "en" else f"_{texts.language}"
    await administrator.post(
        "/api/config/automation/config/tell_the_host",
        {
            "alias": texts.words["tell_the_host"],
            "use_blueprint": {
                "path": f"hikcentral_visitors/tell_the_host{suffix}.yaml",
                "input": {
                    "recipients": [notify],
                    "language": texts.language,
                    "passages": ["entry", "exit", "denied"],
                },
            },
        },
    )
    await administrator.post(
        "/api/config/script/config/register_visitor",
        {
            "alias": texts.words["register"],
            "use_blueprint": {
                "path": f"hikcentral_visitors/register_visitor{suffix}.yaml",
                "input": {"recipients": [notify]},
            },
        },
    )


async def speak(user: Client, texts: Texts) -> None:
    """Let the frontend speak the language, and the facility's time, to this user."""
    await user.command(
        "frontend/set_user_data",
        key="language",
        value={
            "language": texts.language,
            "number_format": "language",
            "time_format": "24",
            "time_zone": "server",
        },
    )
