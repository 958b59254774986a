"""icons.json: its form, and that it speaks of what exists."""

from typing import Any

import voluptuous as vol

from .files import load_json, load_services, load_translations

ICON = vol.Match(r"^mdi:[a-z0-9]+(-[a-z0-9]+)*$")
KEY = vol.Match(r"^[a-z0-9]+(_[a-z0-9]+)*$")


def _states_differ(entity: dict[str, Any]) -> dict[str, Any]:
    if entity.get("default") in entity.get("state", {}).values():
        raise vol.Invalid("the icon of a state is the default one")
    return entity


ENTITY = vol.All(
    {
        vol.Required("default"): ICON,
        vol.Optional("state"): {KEY: ICON},
        vol.Optional("state_attributes"): {
            KEY: {vol.Required("default"): ICON, vol.Optional("state"): {KEY: ICON}}
        },
    },
    _states_differ,
)
ICONS = vol.Schema(
    {
        vol.Required("entity"): {KEY: {KEY: ENTITY}},
        vol.Required("services"): {
            KEY: {
                vol.Required("service"): ICON,
                vol.Optional("sections"): {KEY: ICON},
            }
        },
        vol.Optional("triggers"): {KEY: {vol.Required("trigger"): ICON}},
        vol.Optional("conditions"): {KEY: {vol.Required("condition"): ICON}},
    }
)


def test_icons_hold_the_schema() -> None:
    ICONS(load_json("icons.json"))


def test_each_action_has_an_icon() -> None:
    assert load_json("icons.json")["services"].keys() == load_services().keys()


def test_icons_are_for_entities_and_states_that_exist() -> None:
    texts = load_translations("en")["entity"]
    for platform, entities in load_json("icons.json")["entity"].items():
        for key, entity in entities.items():
            assert key in texts[platform], f"{platform}.{key}"
            if "state" in texts[platform][key]:
                states = entity.get("state", {}).keys()
                assert states <= texts[platform][key]["state"].keys(), key
