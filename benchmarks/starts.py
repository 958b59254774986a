"""Setting an entry up with many open visits, and loading it again; memory and disk.

Home Assistant's core with the whole integration in this process; real time.
"""

import asyncio
from collections.abc import AsyncGenerator
import gc
import tracemalloc

from custom_components.hikcentral_visitors.roster import Roster

from .crowd import open_visits
from .figures import Budget, Table
from .meter import collection, measured
from .sizes import Sizes
from .stage import Stage, open_stage


async def measure(sizes: Sizes) -> AsyncGenerator[Table]:
    """Set up, watch for a while, load again."""
    table = Table(
        title="Set-up",
        how="Seconds; the loop's longest hold in ms, while it is set up again and in "
        f"the {sizes.afterwards} s after the first set-up, in which everybody is "
        "looked for on the server, that knows none of them; the longest that Python "
        "collected garbage in all that time, and for how long it does so where Home "
        "Assistant has no visits (floor); memory of the visits in the roster in KiB "
        "each; bytes on disk of each visit with its visitor.",
        columns=(
            "open visits",
            "set-up",
            "reload",
            "held ms",
            "held after",
            "garbage ms",
            "floor",
            "KiB/visit",
            "bytes/visit",
        ),
    )
    for visits in sizes.crowds:
        async with open_stage() as stage:
            floor = collection() * 1000
            size = await open_visits(stage, visits)
            with measured() as first:
                await stage.load()
            with measured() as after:
                await asyncio.sleep(sizes.afterwards)
            with measured() as again:
                await stage.hass.config_entries.async_reload(stage.entry.entry_id)
            memory = await _memory(stage)
        held, held_after = again.hold * 1000, after.hold * 1000
        table.add(
            visits,
            first.wall,
            again.wall,
            held,
            held_after,
            max(one.collection for one in (first, after, again)) * 1000,
            floor,
            memory / visits / 1024,
            size / visits,
        )
        if visits == 10_000:
            table.budgets += [
                Budget(what="set-up with 10,000, s", limit=5, found=first.wall),
                Budget(
                    what="loop held with 10,000, ms",
                    limit=50,
                    found=max(held, held_after),
                ),
            ]
    yield table


async def _memory(stage: Stage) -> int:
    """Return the bytes that a roster of all visits takes."""
    runtime = stage.entry.runtime_data
    gc.collect()
    tracemalloc.start()
    try:
        roster = Roster(runtime.ledger)
        await roster.async_load(runtime.book.moment)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
