"""The real Home Assistant as a child process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientError, ClientSession

from .process import Child, running
from .waiting import StoryError

_PATIENCE = 180.0
_PAUSE = 0.1


@asynccontextmanager
async def open_home_assistant(
    session: ClientSession, folder: Path, url: str
) -> AsyncGenerator[None]:
    """Run Home Assistant until the context is left; serves when it is entered."""
    async with running(
        "Home Assistant",
        "homeassistant",
        "--config",
        str(folder),
        "--skip-pip",
        "--log-no-color",
        log=folder / "output.log",
    ) as child:
        await _serving(session, url, child)
        yield


async def _serving(session: ClientSession, url: str, child: Child) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                child.check()
                try:
                    async with session.get(f"{url}/manifest.json") as response:
                        if response.ok:
                            return
                except ClientError:
                    pass  # not listening yet
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        msg = f"Home Assistant does not answer after {_PATIENCE:g} s, see {child.log}"
        raise StoryError(msg) from None
