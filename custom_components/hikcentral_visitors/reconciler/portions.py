"""Many visitors read and changed a portion at a time: others have their turn between.

Nobody waits for all of them, neither in the event loop nor for the ledger, and no more
than a portion of them is in memory.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from functools import partial
from itertools import batched

from ..ledger import Ledger
from ..ledger.loading import load_many
from ..ledger.records import Moment, change_many
from ..visits.record import Change, VisitorRecord

AT_ONCE = 100


async def async_records(
    ledger: Ledger, visitor_ids: Iterable[str]
) -> AsyncIterator[VisitorRecord]:
    """Read these visitors; unknown ones are left out. Raises LedgerError."""
    for ids in batched(visitor_ids, AT_ONCE, strict=False):
        found: Mapping[str, VisitorRecord] = await ledger.async_read(
            partial(load_many, visitor_ids=ids)
        )
        for record in found.values():
            yield record
        await asyncio.sleep(0)  # a read that is quick gives nobody a turn


async def async_change_all(
    ledger: Ledger,
    moment: Moment,
    visitor_ids: Iterable[str],
    decide: Callable[[VisitorRecord], Change],
) -> None:
    """Change the records of those who are still there; raises LedgerError."""
    for ids in batched(visitor_ids, AT_ONCE, strict=False):
        await ledger.async_write(
            partial(change_many, moment=moment, visitor_ids=ids, decide=decide)
        )
