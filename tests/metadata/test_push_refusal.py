"""Why HikCentral pushes nothing: ours in words, and the server's own as it is."""

import ast
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations
import pytest

from custom_components.hikcentral_visitors.reasons import push_text

from .files import DOMAIN, LANGUAGES, load_translations, source_files

OURS = "subscribed_without_effect"


def test_exactly_what_the_subscriber_finds_itself_has_words() -> None:
    subscriber = source_files()[Path("intake", "subscriber.py")]
    written = {
        node.value.value
        for node in ast.walk(subscriber)
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "self.reason"
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and node.value.value
    }
    texts = load_translations("en")["selector"]["push_refusal"]["options"]
    assert written == texts.keys()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_is_told_in_the_language_of_home_assistant(
    hass: HomeAssistant, language: str
) -> None:
    hass.config.language = language
    await async_load_integrations(hass, {DOMAIN})
    texts = load_translations(language)["selector"]["push_refusal"]["options"]
    assert push_text(hass, OURS) == texts["subscribed_without_effect"]
    assert push_text(hass, "[17] no_such_right") == "[17] no_such_right"
    assert push_text(hass, "") == ""
