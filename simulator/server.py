"""The simulator as a whole: a world behind a gateway, with its control API."""

from collections.abc import Mapping
from pathlib import Path
import tempfile
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from .background import Background
from .certificate import make_certificate
from .clock import Clock
from .control.app import Control
from .gateway.app import Gateway
from .gateway.signature import Partner
from .world import World

SHUTDOWN_S = 0.5
"""Real seconds that a stopping server gives to calls under way."""


class Simulator:
    """A HikCentral Professional gateway on a real socket, with its control API.

    - `world`: everything in it, for assertions; `background`: its staff;
    - `url`: the gateway's address, without path; `control_url`: that of the
      control API; both once started;
    - `certificate`: the gateway's certificate (PEM), `None` without TLS.

    It starts as an async context manager (plain HTTP on a free loopback port) or
    by `start`; it can be started again after `stop`, with its world as it was.
    """

    def __init__(self, world: World, partner: Partner) -> None:
        """Put a gateway for this partner in front of a world."""
        self.world = world
        self.partner = partner
        self.url = ""
        self.control_url = ""
        self.certificate: Path | None = None
        self._gateway = Gateway(world, partner)
        self.background = Background(world)
        self._control = Control(world, self.background)
        self._runners: list[web.AppRunner] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def start(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: bool = False,
        control_port: int = 0,
    ) -> Self:
        """Open both ports; 0 takes a free one. The control API is on loopback."""
        context = None
        if tls:
            self._folder = tempfile.TemporaryDirectory(prefix="simulator-")
            self.certificate, context = make_certificate(Path(self._folder.name))
        self.world.clock.attach()
        await self.world.push.start()
        gateway = await self._serve(self._gateway.app(), host, port, context)
        self.url = f"{'https' if tls else 'http'}://{host}:{gateway}"
        control = await self._serve(self._control.app(), "127.0.0.1", control_port)
        self.control_url = f"http://127.0.0.1:{control}"
        return self

    async def stop(self) -> None:
        """Close both ports, cut what hangs, and remove the certificate."""
        self.world.release()
        for runner in reversed(self._runners):
            await runner.cleanup()
        self._runners.clear()
        await self.world.push.stop()
        self.world.clock.detach()
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = self.certificate = None

    async def advance(self, seconds: float) -> None:
        """Move the clock, do what falls due, and let pushes arrive."""
        self.world.clock.advance(seconds)
        await self.world.push.settle()

    async def __aenter__(self) -> Self:
        """Start."""
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    async def _serve(
        self, app: web.Application, host: str, port: int, context: Any = None
    ) -> int:
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=SHUTDOWN_S, handle_signals=False
        )
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, host, port, ssl_context=context)
        await site.start()
        return int(runner.addresses[0][1])


def create_app(
    *,
    clock: Clock | None = None,
    app_key: str = "20240001",
    app_secret: str = "sim-secret-not-real-0001",  # noqa: S107 - invented
    layout: Mapping[str, Any] | None = None,
    seed: int | None = None,
) -> Simulator:
    """Make a simulator that is not started yet.

    `clock` defaults to one that starts now and runs; `layout` is what a layout
    file holds (see `simulator.layout`); `seed` makes chance repeatable.
    """
    world = World(clock=clock, layout=layout, seed=seed)
    return Simulator(world, Partner(app_key, app_secret))
