"""How facts are written into the texts of issues and dialogs."""

from collections.abc import Sequence
from datetime import datetime

from homeassistant.util import dt as dt_util

NAMED = 3
"""So many are named; of the others there is a sign, or their number beside it."""

NOTHING = "—"
"""Stands where there is nothing to say; the texts tell what it means there."""


def first_names(names: Sequence[str]) -> str:
    """Return the first of these names, and a sign that there are more.

    Whoever is forgotten has none.
    """
    first = ", ".join(name or NOTHING for name in names[:NAMED]) or NOTHING
    return f"{first} …" if len(names) > NAMED else first


def shown(moment: datetime | None) -> str:
    """Return an instant in the facility's zone; a narrow dialog does not break it."""
    if moment is None:
        return NOTHING
    return f"{dt_util.as_local(moment):%Y\u2011%m\u2011%d\u00a0%H:%M}"
