"""A server on a real socket that answers byte for byte what a test says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import ssl
from typing import Any

KEY = "20240001"
SECRET = "sim-secret-not-real-0001"


@dataclass(frozen=True)
class Request:
    """What arrived; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


# Bytes to send back, None to close the connection without a word.
type Answering = Callable[[Request], bytes | None]


def http(
    value: Any = None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    length: int | None = None,
) -> bytes:
    """Return an HTTP response: JSON, or bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    lines = [
        f"HTTP/1.1 {status} X",
        f"Content-Length: {len(body) if length is None else length}",
        *(f"{name}: {text}" for name, text in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def success(data: Any = "", **more: Any) -> bytes:
    return http({"code": "0", "msg": "Success", "data": data}, **more)


class Wire:
    """The running server."""

    def __init__(self, answering: Answering) -> None:
        self.requests: list[Request] = []
        self.arrived = asyncio.Event()
        self.url = ""
        self.port = 0
        self._answering = answering
        self._tasks: set[asyncio.Task[None]] = set()

    async def connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (answer := await self._one(reader)) is not None:
                writer.write(answer)
                await writer.drain()
                if b"Content-Length: 100\r\n" in answer:
                    break  # promised more than it gave
        except asyncio.IncompleteReadError, ConnectionError:
            pass  # the client has gone
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader) -> bytes | None:
        first = await reader.readexactly(1)
        if first == b"\x16":  # TLS, where none is spoken
            return None
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(head[0].split(" ")[1], headers, body)
        self.requests.append(request)
        self.arrived.set()
        return self._answering(request)

    async def gone(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def serve(
    answering: Answering, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Wire]:
    """Run a server; sessions must be closed before it ends."""
    wire = Wire(answering)
    server = await asyncio.start_server(wire.connected, "127.0.0.1", 0, ssl=tls)
    wire.port = server.sockets[0].getsockname()[1]
    wire.url = f"{'https' if tls else 'http'}://127.0.0.1:{wire.port}"
    try:
        yield wire
    finally:
        server.close()
        await wire.gone()
        await server.wait_closed()
