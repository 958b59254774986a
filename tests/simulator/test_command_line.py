"""The simulator as a process of its own."""

import asyncio
from collections.abc import AsyncGenerator
import json
import os
from pathlib import Path
import signal
import ssl
import sys
from typing import Any

import aiohttp
import pytest

from .gateway import APP_KEY, APP_SECRET, Caller

ROOT = Path(__file__).parents[2]


class Process:
    """A running simulator, as its one line describes it."""

    def __init__(self, process: asyncio.subprocess.Process, ready: Any) -> None:
        self.process = process
        self.url: str = ready["url"]
        self.control_url: str = ready["control"]
        self.certificate: str | None = ready["certificate"]

    async def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 20)


async def launch(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        *("--app-key", APP_KEY, "--app-secret", APP_SECRET),
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ready(process: asyncio.subprocess.Process) -> Process:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    return Process(process, json.loads(line))


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as found:
        yield found


async def test_plain(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    layout = tmp_path / "layout.json"
    layout.write_text(json.dumps({"persons": []}))
    found = await ready(await launch("--seed", "1", "--layout", str(layout)))
    caller = Caller(found, session)  # type: ignore[arg-type] # has the same addresses
    try:
        assert found.certificate is None
        assert found.url.startswith("http://127.0.0.1:")
        assert found.control_url.startswith("http://127.0.0.1:")
        assert found.control_url != found.url
        assert await caller.state("persons") == {}
        assert await caller.code("common/v1/version") == "0"
        for page in ({"pageNo": 1, "pageSize": 501}, {"pageNo": 1}):
            answer = await caller.call("resource/v1/org/orgList", **page)
            assert answer["msg"].endswith("[pageSize parameter error]")
        person = await caller.add_person(
            beginTime="2020-01-01T00:00:00+00:00", endTime="2037-01-01T00:00:00+00:00"
        )
        await caller.enrol(person)
        await caller.apply(person)
        assert (await caller.present(person))["granted"] is True
        assert "required" in await caller.refused("/present")
    finally:
        assert await found.end() == 0


def files_beside(file: str) -> tuple[str, dict[str, bytes]]:
    folder = Path(file).parent
    return str(folder), {str(item): item.read_bytes() for item in folder.iterdir()}


async def test_tls(session: aiohttp.ClientSession) -> None:
    found = await ready(await launch("--tls"))
    try:
        assert found.url.startswith("https://127.0.0.1:")
        assert found.certificate is not None
        folder, files = files_beside(found.certificate)
        assert list(files) == [found.certificate]
        assert b"PRIVATE" not in files[found.certificate]
        trusting = ssl.create_default_context(cafile=found.certificate)
        for host in ("127.0.0.1", "localhost"):
            async with session.post(
                found.url + "/artemis/api/x", ssl=trusting, server_hostname=host
            ) as answer:
                assert (await answer.json())["code"] == "0x02401000"
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.post(found.url + "/artemis/api/x")
    finally:
        assert await found.end() == 0
    assert not os.access(folder, os.F_OK)


@pytest.mark.parametrize("content", ["[]", "{", '{"nothing": 1}'])
async def test_bad_layout(content: str, tmp_path: Path) -> None:
    layout = tmp_path / "layout.json"
    layout.write_text(content)
    process = await launch("--layout", str(layout))

    _, error = await asyncio.wait_for(process.communicate(), 30)

    assert process.returncode == 2
    assert b"--layout" in error.splitlines()[-1]
