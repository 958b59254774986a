"""Noticing that the visits were set back to an old copy of themselves.

The visits carry a number that grows; a small file beside them says how far it has come.
The number is raised in the visits first, so a process that is killed at any instant
leaves a file that lags, never one that is ahead. Only an old copy is behind its file.

The file has a name that Home Assistant and its Supervisor leave out of backups
(`*.log.*` in the configuration folder), and a restoration empties that folder. Whoever
restores a backup finds no file at all or, where only the visits were put back, one that
is ahead. A copy of the whole machine takes the file along and cannot be noticed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
import json
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from homeassistant.util.file import write_utf8_file_atomic

from .const import DOMAIN

_NAME = f"{DOMAIN}_{{}}.log.epoch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How far the visits of one lineage have come; a new ledger begins a lineage.

    `kept` tells that the file beside them was written at least once.
    """

    lineage: str
    number: int = 0
    kept: bool = False

    @classmethod
    def begin(cls) -> Self:
        """Return the beginning of a lineage."""
        return cls(lineage=uuid4().hex)

    @classmethod
    def from_json(cls, stored: Any) -> Self | None:
        """Return what was stored with the visits, None where nothing readable was."""
        match stored:
            case {"lineage": str(lineage), "number": int(number), "kept": bool(kept)}:
                return cls(lineage=lineage, number=number, kept=kept)
        return None

    def to_json(self) -> dict[str, str | int | bool]:
        """Return what is stored with the visits."""
        return {"lineage": self.lineage, "number": self.number, "kept": self.kept}

    def is_old(self, beside: int | None) -> bool:
        """Tell whether an old copy carries this, by the number in the file."""
        return self.kept if beside is None else self.number < beside

    def following(self, beside: int | None) -> Epoch:
        """Return the next one, which is ahead of the file too."""
        return replace(self, number=max(self.number, beside or 0) + 1)


class EpochFiles:
    """The files beside the visits; every call blocks."""

    def __init__(self, folder: Path) -> None:
        """Keep them in the configuration folder."""
        self._folder = folder

    def path(self, lineage: str) -> Path:
        """Return where the number of a lineage is kept."""
        return self._folder / _NAME.format(lineage)

    def read(self, lineage: str) -> int | None:
        """Return how far a lineage has come, None where no file says so."""
        found = _content(self.path(lineage)).get("number")
        return found if isinstance(found, int) else None

    def write(self, epoch: Epoch, entry_id: str) -> None:
        """Keep how far a lineage has come; raises HomeAssistantError, OSError."""
        content = {"entry_id": entry_id, "number": epoch.number}
        write_utf8_file_atomic(
            str(self.path(epoch.lineage)), json.dumps(content), private=True
        )

    def others(self, entry_id: str, lineage: str) -> list[Path]:
        """Return the files of other lineages that this entry had."""
        return [path for path in self._of_entry(entry_id) if path != self.path(lineage)]

    def _of_entry(self, entry_id: str) -> Iterator[Path]:
        for path in sorted(self._folder.glob(_NAME.format("*"))):
            if _content(path).get("entry_id") == entry_id:
                yield path


def _content(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except OSError, ValueError:
        return {}
    return found if isinstance(found, dict) else {}
