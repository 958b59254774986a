"""Numbered places for visits, like the badges of a reception: who holds which.

Home Assistant's registries keep removed entries for ever, so visits do not get devices
of their own: they borrow one of a few (design, section 5). Pure: values in, values out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice, takewhile

from .visits.presence import Presence
from .visits.status import DUE
from .visits.view import VisitView

# Somebody of whom nobody knows whether he has left may still be inside.
_MAYBE_INSIDE = frozenset({Presence.INSIDE, Presence.UNKNOWN})


type Rank = tuple[bool, datetime, str]
"""How a visit stands in the line for a place: the lower rank is served first."""


def rank(view: VisitView) -> Rank:
    """Return an open visit's rank: visitors inside come first, then by their start."""
    outside = view.whereabouts.presence not in _MAYBE_INSIDE
    return (outside, view.visit.window.start, view.visit.id)


def wanted(ranks: Iterable[Rank], now: datetime, capacity: int) -> list[str]:
    """Return the ids of the visits that should hold a place, the most important first.

    `ranks` are those of all open visits, in order. Served are visitors inside, and
    those whose visits have begun or are due within 24 hours.
    """
    due = takewhile(lambda one: not one[0] or one[1] - now <= DUE, ranks)
    return [visit_id for _, _, visit_id in islice(due, capacity)]


def allocate(
    current: Mapping[int, str], wanted: Sequence[str], capacity: int
) -> dict[int, str]:
    """Return who holds which place, numbers 1 to `capacity`, in order of the numbers.

    The first `capacity` of the wanted visits get one. A visit that is among them keeps
    the place that it has; freed places are taken up, the lowest number first.
    """
    served = list(dict.fromkeys(wanted))[: max(capacity, 0)]
    kept = {
        number: visit_id
        for number, visit_id in current.items()
        if 1 <= number <= capacity and visit_id in served
    }
    seated = set(kept.values())
    free = (number for number in range(1, capacity + 1) if number not in kept)
    new = (visit_id for visit_id in served if visit_id not in seated)
    return dict(sorted({**kept, **dict(zip(free, new, strict=False))}.items()))
