"""services.yaml: its form, its texts, and that it tells of the actions there are."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TargetSelector, validate_selector
from homeassistant.setup import async_setup_component
import pytest
import voluptuous as vol

from .files import DOMAIN, LANGUAGES, load_services, load_translations


def _given(value: Any) -> Any:
    if value is None:
        raise vol.Invalid("nothing given")
    return value


FIELD = vol.Schema(
    {
        vol.Optional("default"): _given,
        vol.Optional("example"): _given,
        vol.Optional("required"): bool,
        vol.Required("selector"): validate_selector,
    }
)
SERVICES = vol.Schema(
    {
        vol.Match(r"^[a-z]+(_[a-z]+)*$"): {
            vol.Optional("target"): TargetSelector.CONFIG_SCHEMA,
            vol.Optional("fields"): {
                str: vol.Any(
                    FIELD,
                    {
                        vol.Optional("collapsed"): bool,
                        vol.Required("fields"): {str: FIELD},
                    },
                )
            },
        }
    }
)


def _fields(service: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the fields of an action, those in sections too."""
    fields = list[tuple[str, dict[str, Any]]]()
    for name, field in service.get("fields", {}).items():
        fields += (
            list(field["fields"].items()) if "fields" in field else [(name, field)]
        )
    return fields


def _sections(service: dict[str, Any]) -> set[str]:
    return {name for name, it in service.get("fields", {}).items() if "fields" in it}


def test_descriptions_hold_the_schema() -> None:
    SERVICES(load_services())


def test_no_field_stands_twice() -> None:
    for service in load_services().values():
        names = [name for name, _ in _fields(service)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_action_field_and_section_has_its_texts(language: str) -> None:
    services = load_services()
    texts = load_translations(language)["services"]
    assert texts.keys() == services.keys()
    for name, service in services.items():
        fields = {field for field, _ in _fields(service)}
        assert texts[name].get("fields", {}).keys() == fields, name
        assert texts[name].get("sections", {}).keys() == _sections(service), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_option_to_select_has_a_text(language: str) -> None:
    selectors = load_translations(language)["selector"]
    for service in load_services().values():
        for name, field in _fields(service):
            select = field["selector"].get("select") or {}
            if "translation_key" in select:
                texts = selectors[select["translation_key"]]["options"]
                assert texts.keys() >= set(select["options"]), name


async def test_the_actions_described_are_those_registered(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    registered = hass.services.async_services_for_domain(DOMAIN)
    assert registered.keys() == load_services().keys()
