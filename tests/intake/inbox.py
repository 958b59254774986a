"""Where a simulated HikCentral pushes to, without Home Assistant in between."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from custom_components.hikcentral_visitors.intake import Pushes

WEBHOOK, TOKEN = "our-webhook-id", "our-token"


@dataclass(slots=True)
class Inbox:
    """A receiver at `url`; `pushes` is what messages are handed to, if anything."""

    url: str = ""
    pushes: Pushes | None = None
    tokens: list[str] = field(default_factory=list)
    status: int = 200

    async def receive(self, request: web.Request) -> web.Response:
        """Take a message."""
        self.tokens.append(request.headers.get("token", ""))
        if self.pushes is not None and self.status == 200:
            self.pushes.take(await request.json())
        return web.Response(status=self.status)


@asynccontextmanager
async def open_inbox() -> AsyncGenerator[Inbox]:
    """Serve an inbox on loopback."""
    inbox = Inbox()
    app = web.Application()
    app.router.add_post(f"/api/webhook/{WEBHOOK}", inbox.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        inbox.url = f"http://127.0.0.1:{port}/api/webhook/{WEBHOOK}"
        yield inbox
    finally:
        await runner.cleanup()
