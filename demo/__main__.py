"""The demo from the command line."""

import argparse
import asyncio
import os
import shutil
import signal
import sys

from . import day, story
from .language import LANGUAGES, Texts
from .process import ROOT, free_port
from .report import Report
from .stage import open_stage
from .waiting import StoryError

_PORT = 8123


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Home Assistant with HikCentral Visitors and a simulated "
        "facility, on loopback only, in a configuration of its own.",
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="play one visit from grant to revocation, check it, and end",
    )
    parser.add_argument(
        "--language", choices=sorted(LANGUAGES), default="en", help="default: en"
    )
    parser.add_argument(
        "--port",
        type=int,
        help=f"of Home Assistant; default: {_PORT}, or a free one",
    )
    return parser.parse_args()


async def _run(arguments: argparse.Namespace, texts: Texts, report: Report) -> int:
    """Set up and play; returns the exit code."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    wanted = 0 if arguments.once else _PORT
    port = free_port(wanted if arguments.port is None else arguments.port)
    name = f"once-{os.getpid()}" if arguments.once else str(port)
    folder = ROOT / ".demo" / name
    try:
        async with open_stage(folder, port, texts, report) as stage:
            await (story if arguments.once else day).play(stage)
            report.line(texts.words["ending"])
    except asyncio.CancelledError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except StoryError as error:
        report.line(texts.words["failed"].format(reason=error))
        report.line(texts.words["logs"].format(folder=folder))
        return 1
    await asyncio.to_thread(shutil.rmtree, folder)
    report.line(texts.words["done"].format(seconds=round(report.seconds)))
    return 0


def main() -> int:
    """Run until done or interrupted."""
    arguments = _arguments()
    texts = LANGUAGES[arguments.language]
    try:
        return asyncio.run(_run(arguments, texts, Report(texts.zone)))
    except KeyboardInterrupt, asyncio.CancelledError:
        return 0 if not arguments.once else 130


if __name__ == "__main__":
    sys.exit(main())
