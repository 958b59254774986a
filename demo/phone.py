"""A pretend phone with the Home Assistant app: gets pushes, taps their buttons."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import secrets
from typing import Any

from aiohttp import ClientSession, web

from .client import Client
from .waiting import Board, StoryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A notification as it came: `buttons` are the ids of their actions by label."""

    title: str
    message: str
    tag: str | None
    buttons: dict[str, str] = field(default_factory=dict)

    @property
    def visit_id(self) -> str | None:
        """The visit that its buttons act on."""
        for action in self.buttons.values():
            return action.rpartition("_")[2]
        return None


class Phone:
    """Registered with Home Assistant as the app does, by whoever holds it."""

    def __init__(self, session: ClientSession, url: str) -> None:
        """Belong to nobody yet."""
        self._session = session
        self._url = url
        self._webhook: str | None = None
        self._token = secrets.token_hex(16)
        self.device_id = secrets.token_hex(8)
        self.pushes: list[Push] = []
        self._read = 0
        self.board = Board()
        self.shown: Callable[[Push], None] | None = None

    async def register(self, holder: Client, name: str, push_url: str) -> None:
        """Register at Home Assistant in the name of its holder."""
        answer = await holder.post(
            "/api/mobile_app/registrations",
            {
                "device_id": self.device_id,
                "app_id": "io.homeassistant.demo",
                "app_name": "Home Assistant",
                "app_version": "2026.10.1",
                "device_name": name,
                "manufacturer": "Pretend",
                "model": "Phone",
                "os_name": "Android",
                "os_version": "16",
                "supports_encryption": False,
                "app_data": {"push_token": self._token, "push_url": push_url},
            },
        )
        self._webhook = answer["webhook_id"]

    async def receive(self, request: web.Request) -> web.Response:
        """Take a push as the push service does."""
        body: dict[str, Any] = await request.json()
        if body.get("push_token") != self._token:
            return web.json_response({"errorMessage": "unknown token"}, status=403)
        data = body.get("data") or {}
        push = Push(
            title=body.get("title", ""),
            message=body.get("message", ""),
            tag=data.get("tag"),
            buttons={
                button["title"]: button["action"] for button in data.get("actions", [])
            },
        )
        self.pushes.append(push)
        if self.shown is not None:
            self.shown(push)
        self.board.changed()
        return web.json_response(
            {
                "rateLimits": {
                    "successful": len(self.pushes),
                    "errors": 0,
                    "maximum": 500,
                    "resetsAt": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
                }
            },
            status=201,
        )

    async def next_push(self) -> Push:
        """Wait for the push after the one that was asked for last."""
        number = self._read
        push = await self.board.until(
            f"push number {number + 1}",
            lambda: self.pushes[number] if len(self.pushes) > number else None,
        )
        self._read += 1
        return push

    @property
    def unread(self) -> list[Push]:
        """The pushes that nobody has asked for yet."""
        return self.pushes[self._read :]

    async def tap(self, push: Push, label: str) -> None:
        """Tap a button of a push; the app then tells Home Assistant."""
        if label not in push.buttons:
            msg = f"the push «{push.title}» has no button «{label}»: {push.buttons}"
            raise StoryError(msg)
        async with self._session.post(
            f"{self._url}/api/webhook/{self._webhook}",
            json={
                "type": "fire_event",
                "data": {
                    "event_type": "mobile_app_notification_action",
                    "event_data": {"action": push.buttons[label], "tag": push.tag},
                },
            },
        ) as response:
            response.raise_for_status()


@asynccontextmanager
async def open_phone(
    session: ClientSession, url: str
) -> AsyncGenerator[tuple[Phone, str]]:
    """Serve a phone's push address on loopback; gives the phone and that address."""
    phone = Phone(session, url)
    app = web.Application()
    app.router.add_post("/push", phone.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield phone, f"http://127.0.0.1:{port}/push"
    finally:
        await runner.cleanup()
