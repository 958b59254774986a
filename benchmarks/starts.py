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
from .meter import LONGEST_HOLD_MS, budget_of_loop, collection, measured
from .sizes import Sizes
from .stage import Stage, open_stage


async def measure(sizes: Sizes) -> AsyncGenerator[Table]:
    """Set up, watch for a while, load again."""
    table = Table(
        title="Set-up",
        how="Seconds; the longest turn of the event loop in ms, while it is set up and "
        f"again, and in the {sizes.afterwards} s after the first set-up, in which "
        "everybody is looked for on the server, that knows none of them; the longest "
        "that Python collected garbage in all that time, how often it looked at all "
        "objects for that, and how long that takes where Home Assistant has no visits "
        "(floor); memory of the visits in the roster in KiB each, and how many objects "
        "the collector has to look at for each; bytes on disk of each visit with its "
        "visitor.",
        columns=(
            "open visits",
            "set-up",
            "reload",
            "held ms",
            "held after",
            "garbage ms",
            "times all",
            "floor",
            "KiB/visit",
            "objects/visit",
            "bytes/visit",
        ),
    )
    for visits in sizes.crowds:
        async with open_stage() as stage:
            size = await open_visits(stage, visits)
            floor = collection() * 1000
            with measured() as first:
                await stage.load()
            with measured() as after:
                await asyncio.sleep(sizes.afterwards)
            with measured() as again:
                await stage.hass.config_entries.async_reload(stage.entry.entry_id)
            memory, objects = await _memory(stage)
        whole = (first, after, again)
        held, held_after = max(first.hold, again.hold) * 1000, after.hold * 1000
        garbage = max(one.collection for one in whole) * 1000
        table.add(
            visits,
            first.wall,
            again.wall,
            held,
            held_after,
            garbage,
            sum(one.full for one in whole),
            floor,
            memory / visits / 1024,
            objects / visits,
            size / visits,
        )
        if visits == 10_000:
            table.budgets += [
                Budget(what="set-up with 10,000, s", limit=5, found=first.wall),
                budget_of_loop(" with 10,000", *whole),
                Budget(
                    what="held by Python's garbage collector with 10,000, ms",
                    limit=LONGEST_HOLD_MS,
                    found=garbage,
                ),
            ]
    yield table


async def _memory(stage: Stage) -> tuple[int, int]:
    """Return the bytes, and the objects that are looked at, of a roster of all."""
    runtime = stage.entry.runtime_data
    gc.collect()
    before = len(gc.get_objects())
    tracemalloc.start()
    try:
        roster = Roster(runtime.ledger)
        await roster.async_load(runtime.book.moment)
        roster.take_changed()
        gc.collect()
        memory = tracemalloc.get_traced_memory()[0]
        return memory, len(gc.get_objects()) - before
    finally:
        tracemalloc.stop()
