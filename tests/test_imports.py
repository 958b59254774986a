"""The arrows of ARCHITECTURE.md: who may import whom.

Imports inside functions and for type checking count too: an arrow is an arrow.
"""

from collections import defaultdict
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
import sys

from grimp import ImportGraph, build_graph
from homeassistant.const import Platform
import pytest

INTEGRATION = "custom_components.hikcentral_visitors"

# The inner parts, each with the parts it may know. Since these in turn know only
# what is listed for them, the rule holds for indirect imports as well.
INNER = {
    "const": set[str](),
    "settings": {"const", "visits"},
    "visits": set[str](),
    "hikcentral": set[str](),
    "ledger": {"visits"},
    "contact": {"hikcentral", "const"},
    "reconciler": {"visits", "ledger", "hikcentral", "contact", "const", "settings"},
    "intake": {"visits", "ledger", "hikcentral", "contact", "const", "settings"},
}

# The parts around them, which do the work and are asked by the outer ones.
MIDDLE = {"announce", "book", "coordinator", "doors", "permission"}

# What Home Assistant loads: the root, the actions, the flows, the platforms.
OUTER = {
    "",
    "actions",
    "config_flow",
    "diagnostics",
    "entity",
    "issues",
    "options_flow",
    "repairs",
    "services",
    *Platform,
}

# What the pure parts may import besides the standard library.
LIBRARIES = {
    "visits": set[str](),
    "hikcentral": {"aiohttp", "cryptography", "multidict", "yarl"},
    "ledger": {"sqlalchemy"},
}


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    return build_graph(
        INTEGRATION, "simulator", include_external_packages=True, cache_dir=None
    )


def _modules_of(graph: ImportGraph, package: str) -> set[str]:
    return {package} | graph.find_descendants(package)


def _part(module: str) -> str:
    """Return the part of the integration a module is in, empty for its root."""
    return module.removeprefix(INTEGRATION).lstrip(".").split(".")[0]


def _imports(graph: ImportGraph, modules: Collection[str]) -> set[tuple[str, str]]:
    return {
        (importer, imported)
        for importer in modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }


def _is_ours(module: str) -> bool:
    return module == INTEGRATION or module.startswith(f"{INTEGRATION}.")


@pytest.mark.parametrize("part", INNER)
def test_inner_part_knows_only_what_lies_inside(graph: ImportGraph, part: str) -> None:
    allowed = INNER[part] | {part}
    imports = _imports(graph, _modules_of(graph, f"{INTEGRATION}.{part}"))
    outwards = {
        (importer, imported)
        for importer, imported in imports
        if _is_ours(imported) and _part(imported) not in allowed
    }
    assert not outwards


@pytest.mark.parametrize("part", sorted(MIDDLE))
def test_middle_part_knows_no_outer_one(graph: ImportGraph, part: str) -> None:
    imports = _imports(graph, _modules_of(graph, f"{INTEGRATION}.{part}"))
    outwards = {
        (importer, imported)
        for importer, imported in imports
        if _is_ours(imported) and _part(imported) in OUTER
    }
    assert not outwards


@pytest.mark.parametrize("part", LIBRARIES)
def test_pure_part_needs_only_its_libraries(graph: ImportGraph, part: str) -> None:
    allowed = LIBRARIES[part] | sys.stdlib_module_names
    imports = _imports(graph, _modules_of(graph, f"{INTEGRATION}.{part}"))
    others = {
        (importer, imported)
        for importer, imported in imports
        if not _is_ours(imported) and imported.split(".")[0] not in allowed
    }
    assert not others


def test_simulator_and_integration_know_nothing_of_each_other(
    graph: ImportGraph,
) -> None:
    simulator = _modules_of(graph, "simulator")
    integration = _modules_of(graph, INTEGRATION)
    forbidden_roots = {"custom_components", "homeassistant", "tests", "benchmarks"}
    assert not {
        (importer, imported)
        for importer, imported in _imports(graph, simulator)
        if imported.split(".")[0] in forbidden_roots
    }
    assert not {
        (importer, imported)
        for importer, imported in _imports(graph, integration)
        if imported.split(".")[0] in {"simulator", "tests", "benchmarks", "demo"}
    }


@pytest.mark.parametrize("root", [INTEGRATION, "simulator"])
def test_modules_do_not_import_in_circles(graph: ImportGraph, root: str) -> None:
    modules = _modules_of(graph, root)
    arrows = {
        module: graph.find_modules_directly_imported_by(module) & modules
        for module in modules
    }
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_parts_do_not_import_in_circles(graph: ImportGraph) -> None:
    arrows = defaultdict[str, set[str]](set)
    for importer, imported in _imports(graph, _modules_of(graph, INTEGRATION)):
        if _is_ours(imported) and _part(importer) != _part(imported):
            arrows[_part(importer)].add(_part(imported))
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(part or "(root)" for part in error.args[1]))
