"""Fixtures for all tests.

Tests of the pure packages and of the simulator use none of Home Assistant's
fixtures, and so do not pay for them.
"""

from collections.abc import AsyncGenerator, Generator
import logging
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aiohttp
from aioresponses import aioresponses
from homeassistant import loader
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from syrupy.assertion import SnapshotAssertion

# First import wins: the test plugin has a package of the same name, with which
# the integration would not be found.
import custom_components  # noqa: F401

# The plugin logs all SQL; a failing test should show its own log.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

CRASH_POINTS = "crash points"
"""The property under which a test notes where it let a process die."""

POINTS = re.compile(r"(\d+) points")
"""How many of them a flow has, in that note."""

FAULTS_TRIED = "faults tried"
"""The property under which a test notes how many days with faults it tried."""

_SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
_SHORT = settings(
    deadline=None,
    derandomize=True,
    max_examples=6,
    stateful_step_count=15,
    suppress_health_check=_SLOW,
)
_LONG = settings(
    _SHORT,
    derandomize=False,
    max_examples=30,
    stateful_step_count=40,
    print_blob=True,
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long",
        action="store_true",
        help="let the test of faults try far more, and other cases each time",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Part the test of faults, so that it is tried on several cores at a time."""
    if "shard" in metafunc.fixturenames:
        shards = 10 if metafunc.config.getoption("--long") else 2
        metafunc.parametrize("shard", range(shards))


@pytest.fixture
def faults(request: pytest.FixtureRequest) -> settings:
    """How much the test of faults tries: always the same few, or many new ones."""
    return _LONG if request.config.getoption("--long") else _SHORT


if TYPE_CHECKING:
    from simulator import Simulator
    from tests.stand_in import StandIn


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """A configuration folder of the test's own.

    The plugin's default lies inside the installed package, where the ledger and
    the blueprints would be written.
    """
    return hass_tmp_config_dir


@pytest.fixture
def hass(hass: HomeAssistant) -> HomeAssistant:
    """A Home Assistant that looks for custom integrations.

    What the plugin's ``enable_custom_integrations`` does, but only where a test
    has a Home Assistant at all, and after ``recorder_mock`` if it has that too.
    """
    hass.data.pop(loader.DATA_CUSTOM_COMPONENTS)
    return hass


class _ClientResponse(aiohttp.ClientResponse):
    """A response that aioresponses can make with aiohttp 3.14 and later."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("stream_writer", SimpleNamespace(output_size=0))
        super().__init__(*args, **kwargs)


@pytest.fixture
def mock_http(monkeypatch: pytest.MonkeyPatch) -> Generator[aioresponses]:
    """Answers to requests of aiohttp clients, set up by the test."""
    monkeypatch.setattr("aioresponses.core.ClientResponse", _ClientResponse)
    with aioresponses() as mock:
        yield mock


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots in Home Assistant's own form: without times and random ids."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
async def stand_in(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[StandIn]:
    """A config entry whose coordinator, book and server obey the test."""
    # Only here: the pure tests must not pay for importing all of the integration.
    import custom_components.hikcentral_visitors as integration  # noqa: PLC0415
    from tests.stand_in import StandIn  # noqa: PLC0415

    house = StandIn(hass=hass)
    monkeypatch.setattr(
        integration,
        "async_setup_entry",
        lambda _hass, _entry: house.async_setup_entry(),
    )
    monkeypatch.setattr(
        integration,
        "async_unload_entry",
        lambda hass, entry: hass.config_entries.async_unload_platforms(
            entry, house.platforms
        ),
    )
    yield house
    if house.entry.state is ConfigEntryState.LOADED:
        await house.unload()


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """A facility whose terminals take a change over at once."""
    from simulator import create_app  # noqa: PLC0415

    async with create_app(seed=1) as made:
        made.world.faults.apply_delay_s = 0
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was tried; only here is the hook heard by all ways to run."""
    flows = _summarise(
        terminalreporter,
        "crash points, each tried: before and after each step",
        CRASH_POINTS,
    )
    if flows:
        points = sum(int(number) for flow in flows for number in POINTS.findall(flow))
        terminalreporter.write_line(f"{points} points in {len(flows)} flows")
    _summarise(terminalreporter, "random days with faults", FAULTS_TRIED)


def _summarise(
    terminalreporter: pytest.TerminalReporter, title: str, noted: str
) -> list[str]:
    rows = [
        str(row)
        for report in terminalreporter.getreports("passed")
        for name, row in report.user_properties
        if name == noted
    ]
    if rows:
        terminalreporter.section(title)
    for row in sorted(rows):
        terminalreporter.write_line(row)
    return rows
