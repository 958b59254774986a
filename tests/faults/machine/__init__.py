"""Random days at a facility where everything goes wrong, until it does not."""

from collections.abc import Callable

from hypothesis import note, strategies as st
from hypothesis.stateful import rule

from .days import Days
from .doors import Doors
from .operators import Operators
from .troubles import Troubles
from .updates import Updates

__all__ = ["FaultyDays"]


class FaultyDays(Updates, Doors, Operators, Troubles):
    """People command, people walk, things break; the model knows what was promised."""

    @rule(
        what=st.sampled_from(
            (
                Operators.snapshot_is_taken,
                Operators.everything_is_applied,
                Operators.server_restarts,
                Days.faults_end,
            )
        )
    )
    def something_else_happens(self, what: Callable[[FaultyDays], None]) -> None:
        """Of these, one rule: each would be as frequent as a revocation."""
        note(what.__name__)
        self.act(lambda: what(self))

    @rule()
    def calm(self) -> None:
        self.calm_down()
