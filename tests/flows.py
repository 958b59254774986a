"""What the tests of setup and options share: a server to talk to, and filling in."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager
import json
from pathlib import Path
import sys
from typing import Any
from unittest.mock import AsyncMock, patch

import aiohttp
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors.const import (
    CONF_APP_KEY,
    CONF_APP_SECRET,
    CONF_KEY,
    CONF_MARK,
    CONF_URL,
    DOMAIN,
)
from simulator import Simulator, create_app
from simulator.faults import parse_faults

from .metadata.files import LANGUAGES, ROOT, load_translations

KEY = "20240001"
SECRET = "sim-secret-not-real-0001"
INTEGRATION = "custom_components.hikcentral_visitors"


@asynccontextmanager
async def serving(
    layout: Mapping[str, Any] | None = None,
) -> AsyncGenerator[Simulator]:
    """A server without TLS at a free port of this machine."""
    async with create_app(app_key=KEY, app_secret=SECRET, layout=layout) as simulator:
        yield simulator


class ServerApart:
    """A server with a self-signed certificate, in a process of its own.

    In the test's loop, a client that does not like its certificate would count as an
    error that nobody caught.
    """

    url = control = ""
    certificate = Path()
    _process: asyncio.subprocess.Process

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def calls(self) -> int:
        """How many calls came in so far."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.control}/state", params={"only": "calls"}) as answer,
        ):
            return sum((await answer.json())["calls"].values())

    async def start(self, port: int = 0) -> None:
        arguments = ["--tls", "--port", str(port), "--app-key", KEY]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "simulator", *arguments, "--app-secret", SECRET),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        ready = json.loads(await self._process.stdout.readline())
        self.url, self.control = ready["url"], ready["control"]
        self.certificate = Path(ready["certificate"])

    async def restart(self) -> None:
        """Come back with another certificate."""
        port = self.port
        await self.stop()
        await self.start(port)

    async def stop(self) -> None:
        self._process.terminate()
        await self._process.communicate()


@asynccontextmanager
async def serving_apart() -> AsyncGenerator[ServerApart]:
    """A server with a self-signed certificate."""
    server = ServerApart()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def fail(simulator: Simulator, path: str, **how: Any) -> None:
    """Have calls on a path fail from now on."""
    simulator.world.faults = parse_faults({"fail": [{"path": path, **how}]})


def mend(simulator: Simulator) -> None:
    """Take all faults away."""
    simulator.world.faults = parse_faults({})


def not_set_up() -> Generator[AsyncMock]:
    """Keep entries from being set up: flows are what is tested here."""
    setup_entry, other = AsyncMock(return_value=True), AsyncMock(return_value=True)
    with (
        patch(f"{INTEGRATION}.async_setup", other, create=True),
        patch(f"{INTEGRATION}.async_setup_entry", setup_entry, create=True),
        patch(f"{INTEGRATION}.async_unload_entry", other, create=True),
    ):
        yield setup_entry


def entry_for(
    simulator_url: str, *, options: Mapping[str, Any] | None = None, **data: Any
) -> MockConfigEntry:
    """An entry for a server, as a flow makes it."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=f"HikCentral ({simulator_url.partition('://')[2]})",
        data={
            CONF_URL: simulator_url,
            CONF_APP_KEY: KEY,
            CONF_APP_SECRET: SECRET,
            CONF_MARK: "ABC",
            CONF_KEY: "00" * 32,
            **data,
        },
        options=options or {},
    )


def form(result: ConfigFlowResult, step: str, **errors: str) -> ConfigFlowResult:
    """Insist that a step is shown, with these errors and no others, in words."""
    assert result["type"] is FlowResultType.FORM
    assert (result["step_id"], result["errors"]) == (step, errors)
    for language in LANGUAGES:
        _insist_on_texts(result, load_translations(language))
    return result


def _insist_on_texts(result: ConfigFlowResult, texts: dict[str, Any]) -> None:
    """Insist that everything in a form has a text, and all gaps in it are filled."""
    flow = texts["config" if result["handler"] == DOMAIN else "options"]
    step = flow["step"][result["step_id"]]
    shown = [step["title"], step.get("description", "")]
    shown += [flow["error"][key] for key in (result["errors"] or {}).values()]
    _insist_on_fields(result["data_schema"], step)
    placeholders = result["description_placeholders"] or {}
    for text in shown:
        text.format(**placeholders)


def _insist_on_fields(schema: Any, step: dict[str, Any]) -> None:
    for marker, selector in schema.schema.items():
        if isinstance(selector, section):
            assert step["sections"][marker.schema]["name"]
            _insist_on_fields(selector.schema, step["sections"][marker.schema])
        else:
            assert step["data"][marker.schema]
            assert step["data_description"][marker.schema]


def suggested(result: ConfigFlowResult) -> dict[str, Any]:
    """Return what a form is filled in with."""
    schema = result["data_schema"]
    assert schema is not None
    return _suggested(schema.schema)


def _suggested(fields: Mapping[Any, Any]) -> dict[str, Any]:
    found = {}
    for marker, selector in fields.items():
        if isinstance(selector, section):
            found[marker.schema] = _suggested(selector.schema.schema)
        elif marker.description and "suggested_value" in marker.description:
            found[marker.schema] = marker.description["suggested_value"]
    return found


def labels(result: ConfigFlowResult, name: str) -> dict[str, str]:
    """Return what can be chosen in a field of a form, by value."""
    schema = result["data_schema"]
    assert schema is not None
    options = schema.schema[name].config["options"]
    return {option["value"]: option["label"] for option in options}


async def submit(
    hass: HomeAssistant, result: ConfigFlowResult, entered: Mapping[str, Any]
) -> ConfigFlowResult:
    """Send a form of a config flow."""
    return await hass.config_entries.flow.async_configure(
        result["flow_id"], dict(entered)
    )


async def accept(hass: HomeAssistant, result: ConfigFlowResult) -> ConfigFlowResult:
    """Send a form as it is filled in already."""
    return await submit(hass, result, suggested(result))
