"""The files under test, read once."""

import ast
from functools import cache
import json
from pathlib import Path
from typing import Any

from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "hikcentral_visitors"
DOMAIN = INTEGRATION.name
LANGUAGES = ("en", "ru")


def load_json(name: str) -> dict[str, Any]:
    """Return an object from a JSON file of the integration."""
    content = json.loads((INTEGRATION / name).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def load_translations(language: str) -> dict[str, Any]:
    """Return the texts of one language."""
    return load_json(f"translations/{language}.json")


def load_services() -> dict[str, Any]:
    """Return the descriptions of the actions, an empty one as an empty mapping."""
    services = load_yaml_dict(str(INTEGRATION / "services.yaml"))
    return {name: service or {} for name, service in services.items()}


@cache
def source_files() -> dict[Path, ast.Module]:
    """Return the syntax trees of the integration by path below its folder."""
    return {
        path.relative_to(INTEGRATION): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(INTEGRATION.rglob("*.py"))
    }


def flatten(tree: dict[str, Any], *above: str) -> dict[str, str]:
    """Return the texts of nested objects by the dotted path of their keys."""
    texts = dict[str, str]()
    for key, value in tree.items():
        if isinstance(value, dict):
            texts |= flatten(value, *above, key)
        else:
            texts[".".join((*above, key))] = value
    return texts
