"""The facility's rules, chosen in the options."""

from dataclasses import dataclass
from datetime import timedelta

from .hours import Hours

LONGEST_STAY = timedelta(days=7)
"""The longest `presence_timeout`: what is older tells nothing about who is inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How the facility treats its visits; every span has the design's default.

    `exit_levels` are the levels for leaving only, where the way out needs a right; none
    where everybody can leave. A visitor who is inside keeps them for `exit_grace` after
    his visit is over. Who comes outside the `hours`, if there are any, is told of.
    Where `retired`, no access is given any more; what was given goes on, or is taken
    away by commands.
    Without `giving` nothing is given beyond what the server holds already.
    """

    provision_ahead: timedelta = timedelta(days=7)
    presence_timeout: timedelta = timedelta(hours=16)
    re_entry_grace: timedelta = timedelta(minutes=15)
    ending_soon: timedelta = timedelta(minutes=15)
    reopen_grace: timedelta = timedelta(hours=1)
    retention: timedelta = timedelta(days=90)
    managed_levels: frozenset[str] = frozenset()
    default_levels: frozenset[str] = frozenset()
    exit_levels: frozenset[str] = frozenset()
    exit_grace: timedelta = timedelta(hours=1)
    hours: Hours | None = None
    retired: bool = False
    giving: bool = True

    @property
    def levels_of_ours(self) -> frozenset[str]:
        """The levels that visitors may be in: to get in, or only to get out."""
        return self.managed_levels | self.exit_levels
