"""The benchmarks still run; how long anything takes is not looked at here."""

import json
from pathlib import Path

from demo.process import running

SUBJECTS = ("polls", "starts", "years", "places", "changes")


async def test_all_subjects_of_one_process_measure_something(tmp_path: Path) -> None:
    """At the smallest size, where budgets say nothing and fail nothing."""
    found, log = tmp_path / "found.json", tmp_path / "log"
    async with running(
        "the benchmarks",
        "benchmarks",
        "--tiny",
        "--json",
        str(found),
        *SUBJECTS,
        log=log,
    ) as child:
        code = await child.process.wait()
    assert code == 0, log.read_text()
    tables = json.loads(found.read_text())["tables"]
    assert len(tables) == len(SUBJECTS)
    assert all(table["rows"] for table in tables)
