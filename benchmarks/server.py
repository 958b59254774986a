"""The simulated HikCentral in a process of its own, so that its CPU is not ours."""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from demo.process import running

KEY, SECRET = "benchmark", "secret-of-the-benchmark"
PATIENCE_S = 60

LEVEL = "7"
ORGANISATION = "2"
ENTRANCE, EXIT = "11", "12"
DOORS = {ENTRANCE: "entry", EXIT: "exit", "13": "passage", "14": "passage"}
"""The doors of the simulator's own layout that the level opens, and their roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running simulator."""

    session: ClientSession
    url: str
    control: str

    async def reset(self, latency_ms: float = 0) -> None:
        """Begin anew with an empty facility; terminals take changes over at once."""
        await self._post("reset", {})
        await self._post("faults", {"latency_ms": latency_ms, "apply_delay_s": 0})

    async def calls(self) -> Counter[str]:
        """Return how often each path was called so far."""
        async with self.session.get(
            f"{self.control}/state", params={"only": "calls"}
        ) as answer:
            return Counter((await answer.json())["calls"])

    async def present(self, card_no: str, door: str = ENTRANCE) -> bool:
        """Let somebody stand at a door with his card; tell whether it opened."""
        event = await self._post(
            "present", {"cardNo": card_no, "with": "card", "doorIndexCode": door}
        )
        return bool(event["granted"])

    async def record(self, events: list[dict[str, Any]]) -> None:
        """Put events into the log, as of people whom we do not know."""
        await self._post("events", {"events": events})

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        async with self.session.post(f"{self.control}/{path}", json=body) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found


@asynccontextmanager
async def open_server(folder: Path) -> AsyncGenerator[Server]:
    """Run a simulator until the context is left."""
    arguments = ("--app-key", KEY, "--app-secret", SECRET, "--seed", "1")
    async with (
        ClientSession() as session,
        running(
            "the simulator",
            "simulator",
            *arguments,
            log=folder / "simulator.log",
            listen=True,
        ) as child,
    ):
        ready = json.loads(await child.first_line(PATIENCE_S))
        yield Server(session=session, url=ready["url"], control=ready["control"])
