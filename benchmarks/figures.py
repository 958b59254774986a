"""What a subject found out: tables of figures, each beside its floor."""

from dataclasses import asdict, dataclass, field
from typing import Any

type Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A limit of the design, and what was measured; in the same unit.

    `due_to` is what made it so much, where that is known.
    """

    what: str
    limit: float
    found: float
    due_to: str = ""

    @property
    def met(self) -> bool:
        """Whether it is kept."""
        return self.found <= self.limit


@dataclass(slots=True, kw_only=True)
class Table:
    """Rows of figures; `how` says what was measured, and in what."""

    title: str
    how: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)

    def add(self, *cells: Cell) -> None:
        """Add a row; raises ValueError where it does not fit the columns."""
        if len(cells) != len(self.columns):
            msg = f"{len(cells)} cells for {len(self.columns)} columns"
            raise ValueError(msg)
        self.rows.append(cells)

    def as_json(self) -> dict[str, Any]:
        """Return all of it for the JSON file."""
        return asdict(self) | {
            "budgets": [asdict(one) | {"met": one.met} for one in self.budgets]
        }
