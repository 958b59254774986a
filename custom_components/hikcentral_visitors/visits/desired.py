"""What the visits of one visitor justify: the wish that HikCentral is driven to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .known import Existence, Known
from .policy import Policy
from .presence import Presence, whereabouts
from .record import VisitorRecord
from .visit import Visit
from .window import Window, intersection, runs


class Wish(StrEnum):
    """Whether the visitor should be a person on the server."""

    REQUIRED = "required"
    TOLERATED = "tolerated"
    """No access, but kept until retention takes him away."""
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """The person, the levels he is in, and his window (None: no access at any time).

    `leaving`: he is only to get out any more, so that no door may let him in.
    """

    person: Wish = Wish.TOLERATED
    levels: frozenset[str] = frozenset()
    window: Window | None = None
    leaving: bool = False

    @property
    def digest(self) -> str:
        """A name for this wish, so that a refusal of it is not mistaken for another."""
        window = f"{self.window.start}/{self.window.end}" if self.window else "-"
        return f"{self.person}|{','.join(sorted(self.levels))}|{window}"


def desired(record: VisitorRecord, now: datetime, policy: Policy) -> Desired:
    """Return what the visitor's live visits justify at `now`.

    Each level has its run, the chain of touching or overlapping visits that ask for it.
    Held are the levels whose run contains `now`, else those of the earliest next run.
    The window is the intersection of the held runs, so that a server which is never
    told anything again opens nothing unjustified. Windows of visits begin with the
    early arrival; a visit counts from `provision_ahead` before that.

    Where the way out needs a right, each visit asks for the levels for leaving too, and
    for somebody inside also for a while after its end; whoever is forgotten has no more
    than that, and then is no person any longer.

    Where nothing may be given, it is what of this the server holds already.
    """
    wish = _justified(record, now, policy)
    return wish if policy.giving else _what_is_held(wish, record.known)


def _justified(record: VisitorRecord, now: datetime, policy: Policy) -> Desired:
    forgotten = record.visitor.forgotten_at is not None
    nothing = Desired(person=Wish.FORBIDDEN if forgotten else Wish.TOLERATED)
    if forgotten and record.known.existence is Existence.ABSENT:
        return nothing
    ways_out = _exit_levels(record, policy)
    spans: dict[str, list[Window]] = {}
    for visit in record.visits:
        if visit.window.start - policy.provision_ahead > now:
            continue
        if visit.live(now) and not forgotten:
            for level in visit.levels:
                spans.setdefault(level, []).append(visit.window)
        until = may_leave_until(visit, record, policy, now)
        if now < until and visit.window.start < until:
            for level in ways_out:
                stay = Window(visit.window.start, until)
                spans.setdefault(level, []).append(stay)
    held = _held(_runs_by_level(spans, now), now)
    window = intersection(held.values())
    if window is None:
        return nothing
    return Desired(
        person=Wish.REQUIRED,
        levels=frozenset(held),
        window=window,
        leaving=held.keys() <= ways_out,
    )


def _what_is_held(wish: Desired, known: Known) -> Desired:
    """Return the part of the wish that is so already; the rest is not asked for."""
    if wish.person is not Wish.REQUIRED:
        return wish
    windows = [window for window in (wish.window, known.window) if window is not None]
    return replace(
        wish,
        person=Wish.TOLERATED,
        levels=wish.levels & known.possible_levels,
        window=intersection(windows) if len(windows) > 1 else None,
    )


def may_leave_until(
    visit: Visit, record: VisitorRecord, policy: Policy, now: datetime
) -> datetime:
    """Return until when the visit lets him out where the way out needs a right."""
    if not policy.exit_levels or now < visit.window.start:
        return visit.over_at
    where = whereabouts(record.movements, now, policy.presence_timeout)
    # Of whom nobody knows whether he has left, he may still be inside.
    inside = where.presence in {Presence.INSIDE, Presence.UNKNOWN}
    return visit.over_at + policy.exit_grace if inside else visit.over_at


def _exit_levels(record: VisitorRecord, policy: Policy) -> frozenset[str]:
    """The levels for leaving; none that could ever let him in."""
    asked = frozenset[str]().union(*(visit.levels for visit in record.visits))
    return policy.exit_levels - policy.managed_levels - asked


def _runs_by_level(
    spans: Mapping[str, Sequence[Window]], now: datetime
) -> dict[str, Window]:
    """Return the current or next run of each level."""
    return {
        level: next(run for run in runs(windows) if now < run.end)
        for level, windows in spans.items()
    }


def _held(by_level: Mapping[str, Window], now: datetime) -> dict[str, Window]:
    current = {level: run for level, run in by_level.items() if now in run}
    if current or not by_level:
        return current
    earliest = min(run.start for run in by_level.values())
    return {level: run for level, run in by_level.items() if run.start == earliest}
