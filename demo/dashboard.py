"""The dashboard of a reception: who is here, who is due, the doors, the form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .client import Client
from .language import Texts

URL_PATH = "visitors-desk"
PLACES_SHOWN = 12
_WIDE = 24
"""Columns of a section that spans two."""

type Card = dict[str, Any]

# What a reception always sees, by the keys of the entities, with the icon's colour.
_NUMBERS = {
    "visitors_inside": "green",
    "at_reception": "blue",
    "expected_today": "blue",
    "overstaying": "orange",
    "denied_today": "red",
    "next_visitor": "blue",
    "pending_changes": "grey",
}

# Shown only while something is wrong: the state that tells so.
_TROUBLES = {"access_problem": "on", "connected": "off"}


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
                "max_columns": 4,
                "badges": [*_numbers(found, words), *_troubles(found)],
                "sections": [
                    _section(
                        _heading(words["visitors"], "mdi:account-group"),
                        *_visitors(words),
                        span=2,
                    ),
                    _section(
                        _heading(words["doors"], "mdi:door"),
                        *_doors(found.doors, words),
                    ),
                    _section(
                        _heading(words["activity"], "mdi:format-list-bulleted"),
                        _activity(found),
                    ),
                ],
            }
        ]
    }


def _section(*cards: Card, span: int = 1) -> Card:
    return {"type": "grid", "cards": list(cards), "column_span": span}


def _heading(text: str, icon: str) -> Card:
    return {"type": "heading", "heading": text, "heading_style": "title", "icon": icon}


def _visitors(words: Mapping[str, str]) -> Iterable[Card]:
    """Yield the form, then a row for every place, shown while somebody holds it."""
    yield {
        "type": "button",
        "entity": "script.register_visitor",
        "name": words["register"],
        "icon": "mdi:account-plus",
        "color": "green",
        "tap_action": {"action": "more-info"},
        "grid_options": {"columns": _WIDE, "rows": 1},
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
        "state_content": ["state", "access", "company"],
        "grid_options": {"columns": 12},
        "visibility": [held],
    }
    yield {
        "type": "tile",
        "entity": f"datetime.visitor_{number}_valid_until",
        "name": words["until"],
        "grid_options": {"columns": 6},
        "visibility": [held],
    }
    for kind, icon, color, question in (
        ("extend", "mdi:clock-plus-outline", "blue", None),
        ("revoke", "mdi:account-cancel-outline", "red", words["sure"]),
    ):
        yield {
            **_press(f"button.visitor_{number}_{kind}", icon, color, question),
            "grid_options": {"columns": 3, "rows": 1},
            "visibility": [held],
        }


def _press(entity_id: str, icon: str, color: str, question: str | None) -> Card:
    """Return a card that presses a button, after a question if there is one."""
    press: Card = {
        "action": "perform-action",
        "perform_action": "button.press",
        "target": {"entity_id": entity_id},
    }
    if question is not None:
        press["confirmation"] = {"text": question}
    return {
        "type": "button",
        "entity": entity_id,
        "icon": icon,
        "color": color,
        "show_name": False,
        "tap_action": press,
    }


def _numbers(found: Entities, words: Mapping[str, str]) -> Iterable[Card]:
    for key, color in _NUMBERS.items():
        yield {
            "type": "entity",
            "entity": found.server[key],
            "name": words[key],
            "color": color,
            "show_name": True,
        }


def _troubles(found: Entities) -> Iterable[Card]:
    for key, wrong in _TROUBLES.items():
        entity = found.server[key]
        yield {
            "type": "entity",
            "entity": entity,
            "color": "red",
            "show_name": True,
            "visibility": [{"condition": "state", "entity": entity, "state": wrong}],
        }


def _doors(doors: Sequence[Door], words: Mapping[str, str]) -> Iterable[Card]:
    for door in doors:
        yield {
            "type": "tile",
            "entity": door.passage,
            "name": door.name,
            "icon": "mdi:door",
            "state_content": ["event_type", "last_changed"],
            "grid_options": {"columns": 9},
        }
        if door.open_once is not None:
            question = f"{words['open']}: {door.name}?"
            yield {
                **_press(door.open_once, "mdi:door-open", "green", question),
                "grid_options": {"columns": 3, "rows": 1},
            }


def _activity(found: Entities) -> Card:
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
