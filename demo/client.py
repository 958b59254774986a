"""A user of Home Assistant: its REST API and its WebSocket."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from .waiting import PATIENCE, StoryError

type Message = Mapping[str, Any]


class RefusedError(StoryError):
    """Home Assistant answered no: `code` is its own, or the HTTP status.

    A refusal by permission has the status 401, or by WebSocket the message
    "Unauthorized".
    """

    @property
    def unauthorized(self) -> bool:
        """Whether it was refused because this user may not."""
        return self.code == "401" or self.message == "Unauthorized"

    def __init__(self, request: str, code: str, message: str) -> None:
        """Say what was asked and what came back."""
        super().__init__(f"{request}: {message} ({code})")
        self.code = code
        self.message = message


class Client:
    """One logged-in user."""

    def __init__(self, session: ClientSession, url: str, token: str) -> None:
        """Use `token` for requests; `open_client` adds the WebSocket."""
        self._session = session
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._socket: ClientWebSocketResponse | None = None
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._listeners: dict[int, Callable[[Any], None]] = {}
        self.user_id = ""

    async def get(self, path: str) -> Any:
        """Return what the REST API has at `path`; raises `RefusedError`."""
        return await self._request("GET", path, None)

    async def post(self, path: str, body: Message) -> Any:
        """Send `body` to the REST API; returns its answer, raises `RefusedError`."""
        return await self._request("POST", path, body)

    async def _request(self, method: str, path: str, body: Message | None) -> Any:
        async with self._session.request(
            method, f"{self._url}{path}", json=body, headers=self._headers
        ) as response:
            if response.status >= 400:
                text = await response.text()
                raise RefusedError(f"{method} {path}", str(response.status), text)
            return await response.json()

    async def command(self, kind: str, **fields: Any) -> Any:
        """Send a WebSocket command; returns its result, raises `RefusedError`."""
        return await self._send(next(self._numbers), kind, fields)

    async def listen(
        self, listener: Callable[[Any], None], kind: str, **fields: Any
    ) -> None:
        """Send a command that subscribes, and pass its events to the listener."""
        number = next(self._numbers)
        self._listeners[number] = listener
        await self._send(number, kind, fields)

    async def act(
        self,
        action: str,
        data: Message,
        *,
        entity_id: str | None = None,
        respond: bool = False,
    ) -> Any:
        """Perform an action as this user; returns its response data if asked."""
        domain, service = action.split(".")
        target = {} if entity_id is None else {"target": {"entity_id": entity_id}}
        result = await self.command(
            "call_service",
            domain=domain,
            service=service,
            service_data=data,
            return_response=respond,
            **target,
        )
        return result.get("response")

    async def _send(self, number: int, kind: str, fields: Message) -> Any:
        if self._socket is None:
            msg = "the WebSocket is not open"
            raise StoryError(msg)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._socket.send_json({"id": number, "type": kind, **fields})
        try:
            async with asyncio.timeout(2 * PATIENCE):
                message = await answer
        except TimeoutError:
            msg = f"{kind}: no answer within {2 * PATIENCE:g} s"
            raise StoryError(msg) from None
        if not message["success"]:
            error = message["error"]
            raise RefusedError(kind, error["code"], error["message"])
        return message["result"]

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[None]:
        """Keep a WebSocket open until the context is left."""
        token = self._headers["Authorization"].removeprefix("Bearer ")
        async with self._session.ws_connect(
            f"{self._url}/api/websocket", max_msg_size=0
        ) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": token})
            answer = await socket.receive_json()
            if answer["type"] != "auth_ok":
                raise RefusedError("auth", answer["type"], str(answer))
            self._socket = socket
            reader = asyncio.create_task(self._read(socket))
            try:
                self.user_id = (await self.command("auth/current_user"))["id"]
                yield
            finally:
                self._socket = None
                reader.cancel()
                with suppress(asyncio.CancelledError):
                    await reader

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                self._receive(message.json())
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(StoryError("the WebSocket was closed"))
            self._answers.clear()

    def _receive(self, message: Message) -> None:
        number = message["id"]
        if message["type"] == "event":
            self._listeners[number](message["event"])
        elif answer := self._answers.pop(number, None):
            answer.set_result(message)


async def log_in(
    session: ClientSession, url: str, username: str, password: str
) -> Client:
    """Log a user in with name and password, as the login page does."""
    client_id = f"{url}/"
    async with session.post(
        f"{url}/auth/login_flow",
        json={
            "client_id": client_id,
            "handler": ["homeassistant", None],
            "redirect_uri": client_id,
        },
    ) as response:
        flow = await response.json()
    async with session.post(
        f"{url}/auth/login_flow/{flow['flow_id']}",
        json={"client_id": client_id, "username": username, "password": password},
    ) as response:
        answer = await response.json()
    if answer["type"] != "create_entry":
        raise RefusedError("login", answer["type"], str(answer.get("errors")))
    return await redeem(session, url, answer["result"])


async def redeem(session: ClientSession, url: str, code: str) -> Client:
    """Turn an authorisation code into a client with a token."""
    async with session.post(
        f"{url}/auth/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "client_id": f"{url}/",
        },
    ) as response:
        answer = await response.json()
        if not response.ok:
            raise RefusedError("token", str(response.status), str(answer))
    return Client(session, url, answer["access_token"])
