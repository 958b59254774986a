"""The texts: their form, and that each language has all of them."""

import re
import string
from typing import Any

from homeassistant.helpers import config_validation as cv
import pytest
import voluptuous as vol

from .files import INTEGRATION, LANGUAGES, flatten, load_translations

KEY = vol.Match(r"^(?!.+[_-]{2})(?![_-])[a-z0-9_-]+(?<![_-])$")
ADDRESS = re.compile(r"((ftps?|https?|mqtts?|socket|socks5)://|www\.)\w", re.IGNORECASE)
LONGEST_TITLE = 30
"""Of a dialog: on a phone its title is cut off after 318 pixels."""

QUOTED_PLACEHOLDER = re.compile(r"'\{\w+\}'")


def _placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def _text(value: Any) -> str:
    """A text as hassfest wants it."""
    text: str = cv.string_with_no_html(value)
    if not text or text != text.strip():
        raise vol.Invalid("empty, or blanks at an end")
    if ADDRESS.search(text):
        raise vol.Invalid("an address belongs in a placeholder")
    if QUOTED_PLACEHOLDER.search(text):
        raise vol.Invalid("placeholder in single quotes")
    for name in _placeholders(text):
        if not name.isidentifier():
            raise vol.Invalid(f"placeholder {name!r} is not an identifier")
    return text


def _fixed_text(value: Any) -> str:
    """A text of a state, which no code fills in."""
    text = _text(value)
    if _placeholders(text):
        raise vol.Invalid("a state has no placeholders")
    return text


def _texts(schema: Any = _text) -> vol.Schema:
    return vol.Schema({KEY: schema})


def _described_data(step: dict[str, Any]) -> dict[str, Any]:
    for part in (step, *step.get("sections", {}).values()):
        unknown = part.get("data_description", {}).keys() - part.get("data", {}).keys()
        if unknown:
            raise vol.Invalid(f"described, but not in data: {sorted(unknown)}")
    return step


STEP = vol.All(
    {
        vol.Optional("title"): _text,
        vol.Optional("description"): _text,
        vol.Optional("data"): _texts(),
        vol.Optional("data_description"): _texts(),
        vol.Optional("menu_options"): _texts(),
        vol.Optional("menu_option_descriptions"): _texts(),
        vol.Optional("submit"): _text,
        vol.Optional("sections"): _texts(
            {
                vol.Required("name"): _text,
                vol.Optional("description"): _text,
                vol.Optional("data"): _texts(),
                vol.Optional("data_description"): _texts(),
            }
        ),
    },
    _described_data,
)
FLOW = {
    vol.Optional("flow_title"): _text,
    vol.Required("step"): _texts(STEP),
    vol.Optional("error"): _texts(),
    vol.Optional("abort"): _texts(),
    vol.Optional("progress"): _texts(),
    vol.Optional("create_entry"): {vol.Any("default", KEY): _text},
}
STATE_ATTRIBUTES = _texts(
    {
        vol.Optional("name"): _fixed_text,
        vol.Optional("state"): _texts(_fixed_text),
    }
)
ENTITY = {
    vol.Optional("name"): _text,
    vol.Optional("state"): _texts(_fixed_text),
    vol.Optional("state_attributes"): STATE_ATTRIBUTES,
    vol.Optional("unit_of_measurement"): _fixed_text,
}
NAMED = {vol.Required("name"): _text, vol.Required("description"): _text}
ISSUE = vol.All(
    {
        vol.Required("title"): _text,
        vol.Exclusive("description", "fixable"): _text,
        vol.Exclusive("fix_flow", "fixable"): FLOW,
    },
    cv.has_at_least_one_key("description", "fix_flow"),
)
TEXTS = vol.Schema(
    {
        vol.Optional("title"): _text,
        vol.Required("config"): FLOW,
        vol.Required("options"): FLOW,
        vol.Required("entity"): _texts(_texts(ENTITY)),
        vol.Required("exceptions"): _texts({vol.Required("message"): _text}),
        vol.Required("services"): _texts(
            {
                **NAMED,
                vol.Optional("fields"): _texts(NAMED),
                vol.Optional("sections"): _texts(
                    {vol.Required("name"): _text, vol.Optional("description"): _text}
                ),
            }
        ),
        vol.Optional("common"): _texts(),
        vol.Optional("conditions"): _texts({**NAMED, "fields": _texts(NAMED)}),
        vol.Optional("device"): _texts({vol.Required("name"): _text}),
        vol.Optional("issues"): _texts(ISSUE),
        vol.Optional("selector"): _texts(
            {
                vol.Optional("choices"): _texts(),
                vol.Optional("options"): _texts(),
                vol.Optional("unit_of_measurement"): _texts(),
                vol.Optional("fields"): _texts(NAMED),
            }
        ),
        vol.Optional("system_health"): {vol.Required("info"): _texts()},
        vol.Optional("triggers"): _texts({**NAMED, "fields": _texts(NAMED)}),
    }
)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " blank before",
        "<b>bold</b>",
        "see https://example.com",
        "named '{name}'",
        "{0} doors",
        "{a.b} doors",
    ],
)
def test_unfit_text_is_refused(value: str) -> None:
    with pytest.raises(vol.Invalid):
        _text(value)


def test_description_of_unknown_data_is_refused() -> None:
    with pytest.raises(vol.Invalid):
        STEP({"data": {"host": "Host"}, "data_description": {"port": "The port."}})


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_have_the_form_of_hassfest(language: str) -> None:
    TEXTS(load_translations(language))


def test_there_are_no_other_languages_and_no_strings_file() -> None:
    names = {path.name for path in (INTEGRATION / "translations").iterdir()}
    assert names == {f"{language}.json" for language in LANGUAGES}
    assert not (INTEGRATION / "strings.json").exists()


def test_custom_texts_refer_to_no_shared_ones() -> None:
    """References are resolved when core is built, in custom ones they stay."""
    for language in LANGUAGES:
        texts = flatten(load_translations(language))
        assert not [key for key, text in texts.items() if "[%key:" in text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_dialogs_of_issues_have_short_titles(language: str) -> None:
    """They have one line; what would be cut off there stands in the text."""
    for key, issue in load_translations(language)["issues"].items():
        for step in issue.get("fix_flow", {}).get("step", {}).values():
            title = step.get("title", "")
            assert not _placeholders(title), key
            assert len(title) <= LONGEST_TITLE, key


def test_languages_have_the_same_texts_and_placeholders() -> None:
    english = flatten(load_translations("en"))
    for language in LANGUAGES:
        other = flatten(load_translations(language))
        assert other.keys() ^ english.keys() == set()
        different = {
            key
            for key, text in english.items()
            if _placeholders(text) != _placeholders(other[key])
        }
        assert not different


def test_russian_is_russian() -> None:
    texts = flatten(load_translations("ru"))
    english = flatten(load_translations("en"))
    left = {
        key
        for key, text in texts.items()
        if text == english[key] and re.search(r"[a-z]{4,} [a-z]{4,}", text)
    }
    assert not left
