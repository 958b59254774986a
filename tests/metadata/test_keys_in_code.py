"""Each translation key in the code has its text, and each text of an error its use."""

import ast
from typing import Any

import pytest

from .files import load_translations, source_files


def _section(call: ast.Call) -> str:
    """Return the section of the texts that a call takes its translation key from."""
    name = ast.unparse(call.func).split(".")[-1].lower()
    if "issue" in name:
        return "issues"
    if "selector" in name:
        return "selector"
    if "device" in name:
        return "device"
    if "entity" in name or name.endswith("description"):
        return "entity"
    return "exceptions"


def _keys(tree: ast.Module) -> set[tuple[str, str]]:
    """Return section and key of each translation key that is written out."""
    keys = set[tuple[str, str]]()
    for node in ast.walk(tree):
        match node:
            case ast.Call(keywords=keywords):
                keys |= {
                    (_section(node), keyword.value.value)
                    for keyword in keywords
                    if keyword.arg == "translation_key"
                    and isinstance(keyword.value, ast.Constant)
                    and isinstance(keyword.value.value, str)
                }
            case (
                ast.Assign(
                    targets=[
                        ast.Name("_attr_translation_key")
                        | ast.Attribute(attr="_attr_translation_key")
                    ],
                    value=ast.Constant(str(key)),
                )
                | ast.AnnAssign(
                    target=ast.Name("_attr_translation_key"),
                    value=ast.Constant(str(key)),
                )
            ):
                keys.add(("entity", key))
    return keys


def _missing(
    texts: dict[str, Any], module: str, keys: set[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return the keys without text. A module is named like the platform it is."""
    platforms: dict[str, dict[str, Any]] = texts["entity"]
    own = platforms.get(module)
    of_entities = own.keys() if own is not None else set().union(*platforms.values())
    return {
        (section, key)
        for section, key in keys
        if key not in (of_entities if section == "entity" else texts.get(section, {}))
    }


def test_keys_are_found_in_every_form() -> None:
    tree = ast.parse(
        "raise HomeAssistantError(translation_domain=DOMAIN, translation_key='a')\n"
        "ir.async_create_issue(hass, DOMAIN, 'id', translation_key='b')\n"
        "SelectSelectorConfig(options=[], translation_key='c')\n"
        "DoorSensorEntityDescription(key='x', translation_key='d')\n"
        "class Door:\n"
        "    _attr_translation_key = 'e'\n"
        "    def __init__(self):\n"
        "        self._attr_translation_key = 'f'\n"
    )
    assert _keys(tree) == {
        ("exceptions", "a"),
        ("issues", "b"),
        ("selector", "c"),
        ("entity", "d"),
        ("entity", "e"),
        ("entity", "f"),
    }


def test_missing_text_is_noticed() -> None:
    texts = {
        "entity": {"sensor": {"inside": {}}, "button": {"open": {}}},
        "exceptions": {"gone": {}},
    }
    keys = {("entity", "open"), ("exceptions", "gone"), ("issues", "clock")}
    assert _missing(texts, "sensor", keys) == {("entity", "open"), ("issues", "clock")}
    assert _missing(texts, "entity", keys) == {("issues", "clock")}


def test_keys_in_code_have_texts() -> None:
    texts = load_translations("en")
    without = {
        str(path): missing
        for path, tree in source_files().items()
        if (missing := _missing(texts, path.stem, _keys(tree)))
    }
    assert not without


@pytest.mark.parametrize("section", ["exceptions", "issues"])
def test_texts_of_errors_are_used(section: str) -> None:
    written = {
        node.value
        for tree in source_files().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert load_translations("en").get(section, {}).keys() <= written
