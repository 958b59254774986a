"""Files that nobody has open: recognised, moved with all that is in them, deleted."""

from pathlib import Path
import shutil

import pytest

from custom_components.hikcentral_visitors.ledger import Ledger, LedgerError
from custom_components.hikcentral_visitors.ledger.files import move, recalled, remove
from custom_components.hikcentral_visitors.ledger.memory import remember


async def killed(path: Path) -> None:
    """Make a ledger whose last commit is in the write-ahead log only."""
    ledger = Ledger(path.with_name("open.db"))
    await ledger.async_open()
    await ledger.async_hold_checkpoints()
    await ledger.async_write(lambda one: remember(one, "what", "committed"))
    for tail in ("", "-wal", "-shm"):
        shutil.copy(f"{ledger.path}{tail}", f"{path}{tail}")
    await ledger.async_close()
    remove(ledger.path)


async def test_a_ledger_is_moved_with_its_log(tmp_path: Path) -> None:
    source, target = tmp_path / "one.db", tmp_path / "two.db"
    await killed(source)
    assert Path(f"{source}-wal").stat().st_size > 0
    move(source, target)
    assert [one.name for one in tmp_path.iterdir()] == ["two.db"]
    assert recalled(target, "what") == "committed"


async def test_a_ledger_that_is_open_is_not_moved(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "one.db")
    await ledger.async_open()
    await ledger.async_write(lambda one: remember(one, "what", "committed"))
    with pytest.raises(LedgerError):
        move(ledger.path, tmp_path / "two.db")
    await ledger.async_close()
    assert recalled(ledger.path, "what") == "committed"
    assert not (tmp_path / "two.db").exists()


async def test_a_ledger_is_deleted_with_its_copies_and_no_other(tmp_path: Path) -> None:
    await killed(tmp_path / "one.db")
    for name in ("one.db.v1", "one.db.corrupt.2026", "one.db2", "another.db"):
        (tmp_path / name).touch()
    remove(tmp_path / "one.db")
    left = sorted(one.name for one in tmp_path.iterdir())
    assert left == ["another.db", "one.db.corrupt.2026", "one.db2"]


def test_of_what_is_no_ledger_nothing_is_recalled(tmp_path: Path) -> None:
    (tmp_path / "one.db").write_bytes(b"no database" * 1000)
    assert recalled(tmp_path / "one.db", "what") is None
