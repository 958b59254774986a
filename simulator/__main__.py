"""The simulator from the command line."""

import argparse
import asyncio
from collections.abc import Mapping
import json
from pathlib import Path
import signal
import sys
from typing import Any

import voluptuous as vol

from .layout import build_database, read_layout
from .server import create_app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A HikCentral Professional gateway with terminals. Prints one "
        "line of JSON (url, control, certificate) when ready, and runs until it "
        "is terminated.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the gateway's address")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--tls", action="store_true", help="self-signed https")
    parser.add_argument("--app-key", required=True)
    parser.add_argument("--app-secret", required=True)
    parser.add_argument("--layout", type=Path, help="JSON file, see simulator.layout")
    parser.add_argument("--seed", type=int, help="makes chance repeatable")
    return parser


async def _run(arguments: argparse.Namespace, layout: Mapping[str, Any] | None) -> None:
    simulator = create_app(
        app_key=arguments.app_key,
        app_secret=arguments.app_secret,
        layout=layout,
        seed=arguments.seed,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await simulator.start(arguments.host, arguments.port, tls=arguments.tls)
    try:
        ready = {
            "url": simulator.url,
            "control": simulator.control_url,
            "certificate": simulator.certificate and str(simulator.certificate),
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await simulator.stop()


def main() -> None:
    """Run until terminated."""
    parser = _parser()
    arguments = parser.parse_args()
    layout = None
    if arguments.layout:
        try:
            layout = read_layout(arguments.layout)
            build_database(layout)
        except (OSError, ValueError, vol.Invalid) as error:
            parser.error(f"--layout: {error}")
    asyncio.run(_run(arguments, layout))


if __name__ == "__main__":
    main()
