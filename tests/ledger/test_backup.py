"""A copy that is made while writing holds a consistent state."""

import asyncio
from pathlib import Path
import shutil

from custom_components.hikcentral_visitors.ledger import Ledger, Transaction
from custom_components.hikcentral_visitors.ledger.memory import recall, remember

_WRITES = 300


def fill(number: int) -> list[str]:
    """Return something that takes pages, so that a checkpoint would come soon."""
    return [f"{number}-{part}" for part in range(2000)]


async def write(ledger: Ledger, numbers: range) -> None:
    for number in numbers:

        def work(transaction: Transaction, number: int = number) -> None:
            remember(transaction, f"pad{number % 50}", fill(number))
            remember(transaction, "first", number)
            remember(transaction, "second", number)

        await ledger.async_write(work)


async def test_a_copy_of_file_and_log_opens_with_all_that_was_committed(
    ledger: Ledger, path: Path, tmp_path: Path
) -> None:
    """As Home Assistant's backup does it: the file first, the log a while later."""
    await write(ledger, range(50))
    await ledger.async_hold_checkpoints()
    copies = tmp_path / "restored"
    await asyncio.to_thread(copies.mkdir)
    writing = asyncio.create_task(write(ledger, range(50, _WRITES)))
    await asyncio.to_thread(shutil.copy, path, copies / path.name)
    main_file = await asyncio.to_thread(path.read_bytes)
    await writing
    assert await asyncio.to_thread(path.read_bytes) == main_file
    log = path.with_name(f"{path.name}-wal")
    await asyncio.to_thread(shutil.copy, log, copies / log.name)
    await ledger.async_release_checkpoints()

    restored = Ledger(copies / path.name)
    await restored.async_open()
    first = await restored.async_read(lambda one: recall(one, "first"))
    second = await restored.async_read(lambda one: recall(one, "second"))
    await restored.async_close()
    assert first == second == _WRITES - 1


async def test_afterwards_the_log_flows_back(ledger: Ledger, path: Path) -> None:
    await ledger.async_hold_checkpoints()
    await write(ledger, range(_WRITES))
    held = await asyncio.to_thread(path.read_bytes)
    await ledger.async_release_checkpoints()
    await write(ledger, range(_WRITES))
    assert await asyncio.to_thread(path.read_bytes) != held
