"""Passages: which way, whose visit, and which reports are of one and the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
import re

from .events import VisitEventType
from .hours import Hours
from .visit import Visit

ECHO = timedelta(seconds=5)
"""Turnstiles report one passage twice (reference 6, 10)."""

SLACK = timedelta(minutes=2)
"""How far terminals' clocks, and a revocation on its way, may be from ours."""

DENIALS = 3
DENIALS_WITHIN = timedelta(minutes=5)
"""So many denials of one visitor within this time are worth telling."""


class DoorRole(StrEnum):
    """What passing a door or reader means."""

    ENTRY = "entry"
    EXIT = "exit"
    PASSAGE = "passage"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Which way somebody went; only entry and exit move him."""

    ENTRY = "entry"
    EXIT = "exit"
    PASSAGE = "passage"
    UNKNOWN = "unknown"


class PassageOutcome(StrEnum):
    """Whether the door opened."""

    GRANTED = "granted"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Somebody at a door, as the server's event tells it.

    `reason` says why somebody was denied (stable key). `visit_id` is None until the
    passage is attributed, and where his visits cannot be read. `stamped_at` is what the
    terminal's clock said where that is yet to come: it happened when it was heard of.
    """

    event_id: str
    event_type: int
    visitor_id: str
    occurred_at: datetime
    door_id: str
    door_name: str = ""
    reader_id: str = ""
    direction: Direction = Direction.UNKNOWN
    outcome: PassageOutcome = PassageOutcome.GRANTED
    credential: str = ""
    reason: str | None = None
    picture_uri: str = field(default="", repr=False)
    visit_id: str | None = None
    echo: bool = False
    stamped_at: datetime | None = None

    @property
    def by_terminal(self) -> datetime:
        """When it was by the terminal's clock, which every report of it bears."""
        return self.stamped_at or self.occurred_at

    @property
    def times(self) -> tuple[datetime, datetime]:
        """When it was by all that know, and by the terminal, which opened by that."""
        return self.occurred_at, self.by_terminal


# checkInAndOutType: 1 check-in, 2 check-out; breaks and overtime come in pairs with the
# same sense (reference 3.7).
_CHECK_IN_OUT = {
    1: Direction.ENTRY,
    2: Direction.EXIT,
    3: Direction.EXIT,
    4: Direction.ENTRY,
    5: Direction.ENTRY,
    6: Direction.EXIT,
}


def direction(
    reader_role: DoorRole, door_role: DoorRole, check_in_out: int
) -> Direction:
    """Return which way somebody went: the reader knows best, then the door."""
    for role in (reader_role, door_role):
        if role is not DoorRole.UNKNOWN:
            return Direction(role.value)
    return _CHECK_IN_OUT.get(check_in_out, Direction.UNKNOWN)


_SAYS_PASSAGE = re.compile(r"parking|парков|паркинг|barrier|шлагбаум")
_SAYS_EXIT = re.compile(r"exit|выход|выезд|chiqish|шығу|ausgang|sortie|\bвых|\bout\b")
_SAYS_ENTRY = re.compile(r"entrance|вход|въезд|kirish|кіру|eingang|\bentr|\bin\b")
_BETWEEN_WORDS = re.compile(r"[\W\d_]+")


def role_from_name(name: str) -> DoorRole:
    """Guess a role from the name that the facility gave a door or reader.

    A name that says both ways says nothing.
    """
    words = _BETWEEN_WORDS.sub(" ", name.casefold())
    if _SAYS_PASSAGE.search(words):
        return DoorRole.PASSAGE
    leads_out = _SAYS_EXIT.search(words) is not None
    leads_in = _SAYS_ENTRY.search(words) is not None
    if leads_in is leads_out:
        return DoorRole.UNKNOWN
    return DoorRole.EXIT if leads_out else DoorRole.ENTRY


def attributed(visits: Iterable[Visit], *times: datetime) -> Visit | None:
    """Return the visit that a passage belongs to, of all visits of a visitor.

    `times` are when it was, by the clocks that tell, the surest first. The visit that
    goes on then; else the one that ended last, as planned or before; else the next one,
    for somebody who is early.
    """
    candidates, at = list(visits), times[0]
    for time in times:
        live = [
            one for one in candidates if time in one.window and not _stopped(one, time)
        ]
        if live:
            return min(live, key=lambda visit: visit.window.start)
    ended = [one for one in candidates if one.window.start < one.over_at <= at]
    if ended:
        return max(ended, key=lambda visit: visit.over_at)
    return min(
        candidates,
        key=lambda visit: (_stopped(visit, at), visit.window.start),
        default=None,
    )


def _stopped(visit: Visit, at: datetime) -> bool:
    return any(stop <= at for stop in visit.stops)


def justified(visits: Iterable[Visit], at: datetime, slack: timedelta) -> bool:
    """Tell whether some visit allowed an entry at `at`.

    `slack` is for the clocks of terminals, and the time that a revocation takes to
    reach them.
    """
    return any(
        visit.window.start - slack <= at < visit.window.end + slack
        and not _stopped(visit, at - slack)
        for visit in visits
    )


def is_echo(passage: Passage, earlier: Sequence[Passage]) -> bool:
    """Tell whether the passage was reported before, as another event.

    `earlier` are recorded passages of the same visitor around that time.
    """
    return any(
        other.event_id != passage.event_id
        and not other.echo
        and other.door_id == passage.door_id
        and other.reader_id == passage.reader_id
        and other.outcome is passage.outcome
        and abs(other.by_terminal - passage.by_terminal) <= ECHO
        for other in earlier
    )


def conclusions(
    passage: Passage,
    visits: Sequence[Visit],
    earlier: Sequence[Passage],
    slack: timedelta = SLACK,
    *,
    inside: bool,
    hours: Hours | None = None,
) -> list[VisitEventType]:
    """Return what a passage means beyond itself.

    `visits` are all visits of the visitor, `earlier` his recorded passages around that
    time, `slack` what the terminal's clock may be off, `inside` where he was before it,
    `hours` when people are expected to come.
    """
    if passage.echo:
        return []
    found = []
    if passage.outcome is PassageOutcome.GRANTED:
        comes = passage.direction is Direction.ENTRY
        leaving = passage.direction is Direction.EXIT
        if comes and hours is not None and passage.occurred_at not in hours:
            found.append(VisitEventType.OFF_HOURS)
        if not leaving and not any(
            justified(visits, at, slack) for at in passage.times
        ):
            found.append(VisitEventType.UNJUSTIFIED_ACCESS)
        return found
    if passage.direction is Direction.EXIT and inside:
        found.append(VisitEventType.CANNOT_LEAVE)
    if _repeats(passage, earlier):
        found.append(VisitEventType.REPEATED_DENIAL)
    return found


def _repeats(denial: Passage, others: Iterable[Passage]) -> bool:
    """Whether this denial makes them too many, in whatever order they are heard of."""
    at = denial.occurred_at
    times = [
        other.occurred_at
        for other in others
        if other.outcome is PassageOutcome.DENIED and not other.echo
    ]
    before = max(
        sum(end - DENIALS_WITHIN < time <= end for time in times)
        for end in (at, *times)
        if at <= end < at + DENIALS_WITHIN
    )
    return before + 1 == DENIALS
