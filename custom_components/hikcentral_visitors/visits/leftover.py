"""What HikCentral or its terminals may hold of a visitor that is to be taken away."""

from dataclasses import dataclass
from datetime import datetime

from .desired import Desired, Wish, desired
from .known import UNSETTLED, Existence, Known, Progress
from .plan import exceeds, needs_ending
from .policy import Policy
from .record import VisitorRecord
from .visit import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """Somebody for whom doors may open although they should not.

    `levels` are those that he may still be in, `doors` those that are known not to have
    been told yet, by id. `until` is when it ends by itself in HikCentral, None where
    nobody can tell.
    """

    visitor: Visitor
    levels: frozenset[str] = frozenset()
    doors: tuple[str, ...] = ()
    until: datetime | None = None


def unjustified(
    record: VisitorRecord, now: datetime, policy: Policy
) -> Leftover | None:
    """Return what is held of a visitor and no visit of his justifies, if anything."""
    return _leftover(record, desired(record, now, policy), now)


def anything(record: VisitorRecord, now: datetime, policy: Policy) -> Leftover | None:
    """Return what is held of a visitor at all, his way out included, if anything."""
    forgotten = record.visitor.forgotten_at is not None
    nothing = Desired(person=Wish.FORBIDDEN if forgotten else Wish.TOLERATED)
    return _leftover(record, nothing, now)


def _leftover(record: VisitorRecord, wish: Desired, now: datetime) -> Leftover | None:
    known = record.known
    if not _open(known, wish, now):
        return None
    return Leftover(
        visitor=record.visitor,
        levels=known.possible_levels - wish.levels,
        doors=known.application.failed_doors,
        until=_end(known, now),
    )


def _end(known: Known, now: datetime) -> datetime | None:
    """Return when it ends by itself: not by a window that is over and ended nothing."""
    if not known.window_known or known.window is None or known.window.end <= now:
        return None  # what terminals hold that were not told of it is longer
    return known.window.end


def _open(known: Known, wish: Desired, now: datetime) -> bool:
    if known.possible_levels - wish.levels or known.former.untold:
        return True
    if wish.levels:
        # The window matters to somebody who is in a level; a new one comes with it.
        wide = bool(known.possible_levels) and (
            not known.window_known or exceeds(known, wish, now)
        )
        return wide or known.application.progress is Progress.NARROWED
    if known.existence is Existence.UNKNOWN:
        return True
    if known.application.progress in UNSETTLED:
        return True
    if known.existence is Existence.ABSENT:
        return False
    return wish.person is Wish.FORBIDDEN or needs_ending(known, now)
