"""An old copy of the visits is always noticed, a restart never taken for one."""

from collections.abc import Callable
from pathlib import Path, PurePath

from homeassistant.components.backup.const import EXCLUDE_FROM_BACKUP
from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.epoch import Epoch, EpochFiles

SUPERVISOR_EXCLUDES = ("*.db-shm", "*.corrupt.*", "*.log.*", "*.log")
"""What the Supervisor leaves out of the configuration folder in any version."""


class Machine:
    """What lies on a disk, and a process on it that may be killed at any point."""

    def __init__(self) -> None:
        self.ledger: Epoch | None = None
        self.file: int | None = None

    def start(self, dies_after: int) -> bool:
        """Begin as `Epochs.async_begin` does; returns whether an old copy was seen."""
        stored = self.ledger
        epoch = stored or Epoch.begin()
        is_old = stored is not None and stored.is_old(self.file)
        following = epoch.following(self.file)
        self._carry_out(following, dies_after)
        return is_old

    def advance(self, dies_after: int) -> None:
        assert self.ledger is not None
        self._carry_out(self.ledger.following(None), dies_after)

    def _carry_out(self, epoch: Epoch, dies_after: int) -> None:
        kept = Epoch(lineage=epoch.lineage, number=epoch.number, kept=True)
        steps: tuple[Callable[[], None], ...] = (
            lambda: setattr(self, "ledger", epoch),
            lambda: setattr(self, "file", epoch.number),
            lambda: setattr(self, "ledger", kept),
        )
        for step in steps[:dies_after]:
            step()


ANYWHERE = st.integers(0, 3)
LIFE = st.lists(st.tuples(st.booleans(), ANYWHERE), max_size=12)
"""Starts (True) and advances, each killed after so many of its three steps."""


def _live(machine: Machine, life: list[tuple[bool, int]]) -> list[bool]:
    seen = []
    for starts, dies_after in life:
        if starts or machine.ledger is None or dies_after < 3:
            seen.append(machine.start(dies_after))
        else:
            machine.advance(dies_after)
    return seen


@given(LIFE)
def test_no_restart_is_taken_for_an_old_copy(life: list[tuple[bool, int]]) -> None:
    """Wherever the process was killed."""
    assert not any(_live(Machine(), life))


@given(LIFE, LIFE)
def test_a_copy_from_before_a_start_is_noticed(
    before: list[tuple[bool, int]], after: list[tuple[bool, int]]
) -> None:
    machine = Machine()
    _live(machine, [(True, 3), *before])
    copy = machine.ledger
    _live(machine, [*after, (True, 3)])
    machine.ledger = copy
    assert machine.start(3)
    assert not machine.start(3), "it is noticed once"


@given(LIFE)
def test_a_copy_on_a_machine_without_the_file_is_noticed(
    life: list[tuple[bool, int]],
) -> None:
    machine = Machine()
    _live(machine, [(True, 3), *life])
    machine.file = None
    assert machine.start(3)


def test_no_backup_takes_the_file_along(tmp_path: Path) -> None:
    """Neither Home Assistant's own nor the Supervisor's."""
    name = EpochFiles(tmp_path).path("a" * 32).name
    for excludes in (EXCLUDE_FROM_BACKUP, SUPERVISOR_EXCLUDES):
        assert any(PurePath("data", name).full_match(f"data/{one}") for one in excludes)


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    files = EpochFiles(tmp_path)
    epoch = Epoch.begin().following(None)
    assert files.read(epoch.lineage) is None
    files.write(epoch, "entry")
    assert files.read(epoch.lineage) == epoch.number
    assert files.others("entry", epoch.lineage) == []
    assert files.others("entry", "another") == [files.path(epoch.lineage)]
    assert files.others("other entry", "another") == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"number": "7"}', b"\xff"])
def test_a_file_that_says_nothing_is_none(tmp_path: Path, content: bytes) -> None:
    files = EpochFiles(tmp_path)
    files.path("lineage").write_bytes(content)
    assert files.read("lineage") is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_anything_stored_is_an_epoch_or_none(stored: object) -> None:
    found = Epoch.from_json(stored)
    assert found is None or found.to_json() == stored


def test_an_epoch_survives_being_stored() -> None:
    epoch = Epoch.begin().following(7)
    assert Epoch.from_json(epoch.to_json()) == epoch
    assert epoch.number == 8
