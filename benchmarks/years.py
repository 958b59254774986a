"""A year of a busy site: what questions cost, and forgetting. The ledger alone."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
import tempfile
import time

from custom_components.hikcentral_visitors.book import VisitBook
from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.memory import remember
from custom_components.hikcentral_visitors.ledger.passage_queries import PassageQuery
from custom_components.hikcentral_visitors.ledger.records import Moment
from custom_components.hikcentral_visitors.ledger.visit_queries import VisitQuery
from custom_components.hikcentral_visitors.retention import Retention
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.status import Status

from .assistant import INSTALLATION
from .crowd import admit, guest, walk
from .figures import Table
from .sizes import Sizes

_YEAR = timedelta(days=365)
_BETWEEN_S = 0.01


def _guests(count: int, now: datetime) -> Iterator[VisitorRecord]:
    for number in range(count):
        start = now - _YEAR + _YEAR * number / count
        yield guest(number, start, closed_at=start + timedelta(hours=8))


async def measure(sizes: Sizes) -> AsyncGenerator[Table]:
    """Ask and forget."""
    visits = sizes.visits_of_a_year
    table = Table(
        title=f"A year with {visits:,} visits, "
        f"{visits * sizes.passages_each:,} passages",
        how="Milliseconds; bytes for the sizes.",
        columns=("what", "figure"),
    )
    now = datetime.now(UTC).replace(microsecond=0)
    moment = Moment(now, Policy())
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = Path(folder) / "visits.db"
        ledger = Ledger(path)
        await ledger.async_open()
        book = VisitBook(ledger, INSTALLATION, moment.policy, lambda: now)
        await ledger.async_write(
            lambda transaction: admit(transaction.connection, _guests(visits, now))
        )
        await _flush(ledger)
        size = path.stat().st_size
        await ledger.async_write(
            lambda transaction: walk(
                transaction.connection, _guests(visits, now), sizes.passages_each
            )
        )
        await _flush(ledger)
        passages = visits * sizes.passages_each
        table.add("bytes of a visit", size / visits)
        table.add("bytes of a passage", (path.stat().st_size - size) / passages)
        day = now - timedelta(days=30)
        for name, query in (
            ("first page", VisitQuery()),
            ("a day", VisitQuery(since=day, until=day + timedelta(days=1))),
            ("by name", VisitQuery(name="guest 12")),
            ("by host", VisitQuery(host="Host 7")),
            ("who is inside", VisitQuery(status=frozenset({Status.INSIDE}))),
        ):
            started = time.perf_counter()
            await book.visits(query)
            table.add(f"get_visits, {name}", _ms(started))
        for name, asked in (
            ("newest page", PassageQuery()),
            ("a day", PassageQuery(since=day, until=day + timedelta(days=1))),
            ("by host", PassageQuery(host="Host 7")),
            ("by name", PassageQuery(name="guest 12")),
        ):
            started = time.perf_counter()
            await book.passages(asked)
            table.add(f"get_passages, {name}", _ms(started))
        started = time.perf_counter()
        others = asyncio.create_task(_longest_wait(ledger))
        await Retention(ledger, lambda: moment).async_forget()
        others.cancel()
        table.add("retention, nine months at once", _ms(started))
        table.add("… the longest that another write waits", await others)
        started = time.perf_counter()
        later = Moment(now + timedelta(hours=1), Policy())
        await Retention(ledger, lambda: later).async_forget()
        table.add("retention, the next hour", _ms(started))
        await ledger.async_close()
    yield table


async def _longest_wait(ledger: Ledger) -> float:
    """Write next to nothing until cancelled; returns how long the slowest took."""
    longest = 0.0
    with suppress(asyncio.CancelledError):
        while True:
            started = time.perf_counter()
            await ledger.async_write(lambda transaction: remember(transaction, "a", 1))
            longest = max(longest, _ms(started))
            await asyncio.sleep(_BETWEEN_S)
    return longest


async def _flush(ledger: Ledger) -> None:
    """Let everything be in the main file."""
    await ledger.async_hold_checkpoints()
    await ledger.async_release_checkpoints()


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
