"""manifest.json, hacs.json and the brand's pictures."""

import ast
import json
from pathlib import Path
import tomllib

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
import homeassistant
from homeassistant.const import Platform
from packaging.requirements import Requirement
from PIL import Image
import pytest
import voluptuous as vol

from .files import DOMAIN, INTEGRATION, ROOT, load_json, source_files

# What every installation has loaded (script/hassfest/dependencies.py).
ALWAYS_THERE = {
    *Platform,
    "automation",
    "conversation",
    "device_automation",
    "frontend",
    "group",
    "homeassistant",
    "media_source",
    "persistent_notification",
    "person",
    "script",
    "system_health",
    "webhook",
    "websocket_api",
    "zone",
}


def _https(value: str) -> str:
    if not value.startswith("https://"):
        raise vol.Invalid("not an https address")
    return value


def _documentation(value: str) -> str:
    if value.startswith("https://www.home-assistant.io/integrations"):
        raise vol.Invalid("the pages of Home Assistant are for its own integrations")
    return _https(value)


def _version(value: str) -> str:
    AwesomeVersion(
        value,
        ensure_strategy=[AwesomeVersionStrategy.SEMVER, AwesomeVersionStrategy.PEP440],
    )
    return value


MANIFEST = vol.Schema(
    {
        vol.Required("domain"): DOMAIN,
        vol.Required("name"): "HikCentral Visitors",
        vol.Required("codeowners"): vol.All(
            [vol.Match(r"^@[\w-]+$")], vol.Length(min=1)
        ),
        vol.Required("config_flow"): True,
        vol.Required("dependencies"): [str],
        vol.Optional("after_dependencies"): [str],
        vol.Required("documentation"): _documentation,
        vol.Required("integration_type"): "hub",
        vol.Required("iot_class"): vol.Any("local_polling", "local_push"),
        # Required by HACS.
        vol.Required("issue_tracker"): _https,
        vol.Required("loggers"): [str],
        vol.Optional("quality_scale"): vol.Any("bronze", "silver", "gold", "platinum"),
        vol.Required("requirements"): [str],
        vol.Optional("single_config_entry"): bool,
        vol.Required("version"): _version,
    }
)


def test_manifest_holds_the_schema() -> None:
    MANIFEST(load_json("manifest.json"))


def test_manifest_keys_are_in_hassfest_order() -> None:
    keys = list(load_json("manifest.json"))
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]


def test_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert load_json("manifest.json")["version"] == project["project"]["version"]


def test_requirements_are_pinned_and_not_those_of_home_assistant() -> None:
    folder = Path(homeassistant.__path__[0])
    constraints = (folder / "package_constraints.txt").read_text(encoding="utf-8")
    names = {
        Requirement(line).name.lower()
        for line in constraints.splitlines()
        if line and not line.startswith(("#", "-"))
    }
    for text in load_json("manifest.json")["requirements"]:
        requirement = Requirement(text)
        assert str(requirement.specifier).startswith("=="), text
        assert requirement.name.lower() not in names, text


def test_imported_components_are_declared() -> None:
    manifest = load_json("manifest.json")
    declared = {
        *ALWAYS_THERE,
        *manifest["dependencies"],
        *manifest.get("after_dependencies", []),
        # diagnostics.py is loaded by diagnostics, and so on.
        *(file.stem for file in INTEGRATION.glob("*.py")),
    }
    undeclared = {
        str(path): missing
        for path, tree in source_files().items()
        if (missing := _components(tree) - declared)
    }
    assert not undeclared


def _components(tree: ast.Module) -> set[str]:
    """Return the components of Home Assistant that a module imports."""
    modules = set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=aliases):
                modules |= {f"{module}.{alias.name}" for alias in aliases}
            case ast.Import(names=aliases):
                modules |= {alias.name for alias in aliases}
    prefix = "homeassistant.components."
    return {
        module.removeprefix(prefix).split(".")[0]
        for module in modules
        if module.startswith(prefix)
    }


def test_set_up_without_yaml_is_declared() -> None:
    """Hassfest asks for CONFIG_SCHEMA wherever there is an async_setup."""
    top = source_files()[Path("__init__.py")].body
    assert any(
        isinstance(node, ast.AsyncFunctionDef) and node.name == "async_setup"
        for node in top
    )
    names = {
        ast.unparse(target)
        for node in top
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }
    assert "CONFIG_SCHEMA" in names


def test_hacs_file_has_only_known_keys() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))
    vol.Schema(
        {
            vol.Required("name"): load_json("manifest.json")["name"],
            vol.Required("homeassistant"): "2026.10.0",
            vol.Optional("zip_release"): True,
            vol.Optional("filename"): f"{DOMAIN}.zip",
            vol.Optional("hide_default_branch"): bool,
            vol.Optional("render_readme"): bool,
        }
    )(hacs)
    assert ("filename" in hacs) == ("zip_release" in hacs)


def test_hacs_finds_readme_and_licence() -> None:
    assert "HikCentral" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


@pytest.mark.parametrize("theme", ["", "dark_"])
@pytest.mark.parametrize(("name", "size"), [("icon", 256), ("icon@2x", 512)])
def test_brand_pictures_have_the_sizes_asked_for(
    theme: str, name: str, size: int
) -> None:
    with Image.open(INTEGRATION / "brand" / f"{theme}{name}.png") as image:
        assert image.format == "PNG"
        assert image.mode == "RGBA"
        assert image.size == (size, size)
        # Trimmed, as Home Assistant asks for.
        left, top, right, bottom = image.getbbox() or (0, 0, 0, 0)
        assert max(right - left, bottom - top) >= size - 4
