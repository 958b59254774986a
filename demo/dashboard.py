"""The dashboard of a reception: who is here, who is due, the doors, the form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .client import Client
from .language import Texts

URL_PATH = "visitors-desk"
PLACES_SHOWN = 12

type Card = dict[str, Any]

# The numbers that a reception looks at, by the keys of their entities.
_NUMBERS = (
    "visitors_inside",
    "at_reception",
    "expected_today",
    "overstaying",
    "denied_today",
    "pending_changes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A door's device with its entities."""

    name: str
    passage: str
    open_once: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """The entities of the integration: the server's by key, and the doors."""

    server: Mapping[str, str]
    doors: Sequence[Door]


async def entities(administrator: Client, entry_id: str) -> Entities:
    """Find the integration's entities in the registries."""
    devices = {
        device["id"]: device
        for device in await administrator.command("config/device_registry/list")
    }
    server: dict[str, str] = {}
    doors: dict[str, dict[str, str]] = {}
    for entity in await administrator.command("config/entity_registry/list"):
        if entity["platform"] != "hikcentral_visitors" or entity["disabled_by"]:
            continue
        device = devices[entity["device_id"]]
        identifier = device["identifiers"][0][1].removeprefix(entry_id)
        entity_id = entity["entity_id"]
        if not identifier:
            key = entity["unique_id"].removeprefix(f"{entry_id}_")
            server[key] = entity_id
        elif identifier.startswith("_door_"):
            domain = entity_id.partition(".")[0]
            doors.setdefault(device["id"], {})[domain] = entity_id
    return Entities(
        server=server,
        doors=[
            Door(
                name=devices[device]["name"],
                passage=found["event"],
                open_once=found.get("button"),
            )
            for device, found in doors.items()
        ],
    )


def dashboard(found: Entities, texts: Texts) -> dict[str, Any]:
    """Return the dashboard's configuration, as its editor would save it."""
    words = texts.words
    return {
        "views": [
            {
                "type": "sections",
                "title": words["visitors"],
                "path": "desk",
                "icon": "mdi:badge-account-horizontal",
                "max_columns": 3,
                "sections": [
                    _section(
                        _heading(words["visitors"], "mdi:account-group"),
                        *_visitors(words),
                    ),
                    _section(
                        _heading(words["today"], "mdi:calendar-today"),
                        *_today(found, words),
                        _heading(words["doors"], "mdi:door"),
                        *_doors(found.doors),
                    ),
                    _section(
                        _heading(words["activity"], "mdi:format-list-bulleted"),
                        _activity(found, words),
                    ),
                ],
            }
        ]
    }


def _section(*cards: Card) -> Card:
    return {"type": "grid", "cards": list(cards)}


def _heading(text: str, icon: str) -> Card:
    return {"type": "heading", "heading": text, "heading_style": "title", "icon": icon}


def _visitors(words: Mapping[str, str]) -> Iterable[Card]:
    """Yield the form, then a row for every place, shown while somebody holds it."""
    yield {
        "type": "tile",
        "entity": "script.register_visitor",
        "name": words["register"],
        "icon": "mdi:account-plus",
        "color": "green",
        "hide_state": True,
        "tap_action": {"action": "more-info"},
        "icon_tap_action": {"action": "more-info"},
        "grid_options": {"columns": 12},
    }
    for number in range(1, PLACES_SHOWN + 1):
        yield from _visitor(number, words)


def _visitor(number: int, words: Mapping[str, str]) -> Iterable[Card]:
    """Yield who holds a place, until when, and what can be done about it."""
    held = {
        "condition": "state",
        "entity": f"sensor.visitor_{number}",
        "state_not": ["unavailable", "unknown"],
    }
    yield {
        "type": "tile",
        "entity": f"sensor.visitor_{number}",
        "state_content": ["state", "valid_until", "company"],
        "grid_options": {"columns": 8},
        "visibility": [held],
    }
    for kind, icon, color in (
        ("extend", "mdi:clock-plus-outline", "blue"),
        ("revoke", "mdi:account-cancel-outline", "red"),
    ):
        yield {
            "type": "button",
            "entity": f"button.visitor_{number}_{kind}",
            "name": words[kind],
            "icon": icon,
            "color": color,
            "show_state": False,
            "tap_action": {"action": "toggle"},
            "grid_options": {"columns": 2, "rows": 1},
            "visibility": [held],
        }


def _today(found: Entities, words: Mapping[str, str]) -> Iterable[Card]:
    for key in _NUMBERS:
        if entity_id := found.server.get(key):
            yield {
                "type": "tile",
                "entity": entity_id,
                "grid_options": {"columns": 6},
            }
    if entity_id := found.server.get("next_visitor"):
        yield {
            "type": "tile",
            "entity": entity_id,
            "grid_options": {"columns": 12},
        }


def _doors(doors: Sequence[Door]) -> Iterable[Card]:
    for door in doors:
        yield {
            "type": "tile",
            "entity": door.passage,
            "name": door.name,
            "icon": "mdi:boom-gate" if "ark" in door.name else "mdi:door",
            "grid_options": {"columns": 10},
        }
        if door.open_once is not None:
            yield {
                "type": "button",
                "entity": door.open_once,
                "icon": "mdi:door-open",
                "show_name": False,
                "tap_action": {"action": "toggle"},
                "grid_options": {"columns": 2, "rows": 1},
            }


def _activity(found: Entities, words: Mapping[str, str]) -> Card:
    passages = [door.passage for door in found.doors]
    places = [f"sensor.visitor_{number}" for number in range(1, PLACES_SHOWN + 1)]
    return {
        "type": "logbook",
        "target": {"entity_id": [*passages, *places]},
        "hours_to_show": 12,
        "grid_options": {"columns": "full", "rows": 10},
    }


async def show(administrator: Client, entry_id: str, texts: Texts) -> None:
    """Make the dashboard, and everybody's first page of it."""
    await administrator.command(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title=texts.words["visitors"],
        icon="mdi:badge-account-horizontal",
        show_in_sidebar=True,
        require_admin=False,
    )
    await administrator.command(
        "lovelace/config/save",
        url_path=URL_PATH,
        config=dashboard(await entities(administrator, entry_id), texts),
    )
    await administrator.command(
        "frontend/set_system_data", key="core", value={"default_panel": URL_PATH}
    )
