"""The benchmarks from the command line."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime
import json
import logging
import os
from pathlib import Path
import platform
import sys
from typing import Final

import custom_components  # noqa: F401 - before a folder of that name is found elsewhere
from demo.process import ROOT

from . import grants, phones, polls, starts, turnover, years
from .figures import Table
from .printing import markdown
from .sizes import FULL, QUICK, TINY, Sizes

type Subject = Callable[[Sizes], AsyncGenerator[Table]]

SUBJECTS: Final[Mapping[str, Subject]] = {
    "grants": grants.measure_grants,
    "changes": grants.measure_changes,
    "phones": phones.measure,
    "polls": polls.measure,
    "starts": starts.measure,
    "years": years.measure,
    "places": turnover.measure,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/benchmark",
        description="Measures the integration beside its floor in the same run.",
    )
    parser.add_argument(
        "subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}"
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small sizes")
    size.add_argument("--tiny", action="store_true", help="only to see that it runs")
    parser.add_argument("--json", type=Path, help="default: in .benchmarks/")
    parser.add_argument(
        "--markdown", action="store_true", help="print nothing but the README's tables"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.subjects) - SUBJECTS.keys():
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    return arguments


async def _measure(names: list[str], sizes: Sizes) -> list[Table]:
    tables = []
    for name in names:
        async for table in SUBJECTS[name](sizes):
            sys.stdout.write(markdown(table) + "\n\n")
            sys.stdout.flush()
            tables.append(table)
    return tables


def main() -> int:
    """Measure, print and write; returns 1 where a budget of the design is missed."""
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING)
    sizes = TINY if arguments.tiny else QUICK if arguments.quick else FULL
    started = datetime.now(UTC)
    tables = asyncio.run(_measure(arguments.subjects or list(SUBJECTS), sizes))
    path = arguments.json or ROOT / ".benchmarks" / f"{started:%Y%m%dT%H%M%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "at": started.isoformat(),
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} × {platform.machine()}",
        "tables": [table.as_json() for table in tables],
    }
    path.write_text(json.dumps(about, indent=1), encoding="utf-8")
    if not arguments.markdown:
        sys.stdout.write(f"{path}\n")
    missed = [one for table in tables for one in table.budgets if not one.met]
    return 1 if missed and not arguments.tiny else 0


if __name__ == "__main__":
    sys.exit(main())
