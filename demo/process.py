"""Child processes: output in a log file, ended by their own pid."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
import socket
import sys

from .waiting import StoryError

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds the integration, the simulator and this package."""

_LAST_WORDS = 2000
_GRACE = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A running child process."""

    name: str
    process: Process
    log: Path

    def check(self) -> None:
        """Raise `StoryError`, with its last words, if it has ended."""
        if self.process.returncode is not None:
            words = self.log.read_text(encoding="utf-8", errors="replace")
            msg = (
                f"{self.name} ended with code {self.process.returncode}:\n"
                f"{words[-_LAST_WORDS:]}"
            )
            raise StoryError(msg)

    async def first_line(self, patience: float) -> str:
        """Return the first line it prints; raises `StoryError` if there is none."""
        if self.process.stdout is None:
            msg = f"{self.name} prints to its log only"
            raise StoryError(msg)
        try:
            async with asyncio.timeout(patience):
                line = await self.process.stdout.readline()
                if not line:
                    await self.process.wait()
        except TimeoutError:
            msg = f"{self.name} is not ready after {patience:g} s, see {self.log}"
            raise StoryError(msg) from None
        self.check()
        return line.decode()


@asynccontextmanager
async def running(
    name: str, module: str, *arguments: str, log: Path, listen: bool = False
) -> AsyncGenerator[Child]:
    """Run a Python module as a child until the context is left.

    It gets a session of its own, so that a Ctrl-C in the terminal reaches only us,
    and children are ended in order. With `listen` its output can be read here.
    """
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=DEVNULL,
            stdout=PIPE if listen else file,
            stderr=file,
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        yield Child(name=name, process=process, log=log)
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def free_port(wanted: int = 0) -> int:
    """Return the wanted loopback port if it is free, else one that is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
