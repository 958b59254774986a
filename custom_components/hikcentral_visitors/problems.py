"""What somebody has to look at, from the open visits: pure, one for each cause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .visits.access import AccessState
from .visits.presence import Presence
from .visits.view import VisitView
from .wording import first_names

GONE = "not_found"
"""The reason where the server says that the person or the level does not exist."""

NOT_GIVEN = {AccessState.FAILED, AccessState.PARTIAL}
"""Something is not given that should be, at some doors or at all."""


class Cause(StrEnum):
    """Why somebody has to look; the key of its texts."""

    ACCESS_NOT_GIVEN = "access_not_given"
    ACCESS_NOT_TAKEN = "access_not_taken"
    PERSON_OR_LEVEL_GONE = "person_or_level_gone"
    FACE_REFUSED = "face_refused"
    FACE_GONE = "face_gone"
    PRESENCE_UNKNOWN = "presence_unknown"
    UNJUSTIFIED_PASSAGE = "unjustified_passage"
    NOT_ERASED = "not_erased"
    SERVER_UNREACHABLE = "server_unreachable"
    CERTIFICATE_CHANGED = "certificate_changed"
    CLOCK_SKEW = "clock_skew"
    LEVEL_GONE = "level_gone"
    DOOR_ADDED = "door_added"
    PUSH_LOST = "push_lost"
    PUSH_ELSEWHERE = "push_elsewhere"
    PUSH_REFUSED = "push_refused"
    PUSH_NO_ADDRESS = "push_no_address"
    PUSH_CERTIFICATE = "push_certificate"
    PUSH_SHARED = "push_shared"


_OF_GIVING = {
    Cause.ACCESS_NOT_GIVEN,
    Cause.PERSON_OR_LEVEL_GONE,
    Cause.FACE_REFUSED,
    Cause.FACE_GONE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The visits of one cause, its reasons (stable keys), and since when it lasts.

    `since` is None where no visit tells. `doors` are the ids of those that did not take
    what they were told, `levels` those that it is about. `next_attempt` is when
    something is tried next by itself: None where that is now, or `given_up`.
    """

    cause: Cause
    visits: tuple[VisitView, ...]
    reasons: tuple[str, ...] = ()
    since: datetime | None = None
    doors: tuple[str, ...] = ()
    levels: frozenset[str] = frozenset()
    next_attempt: datetime | None = None
    given_up: bool = False

    @property
    def names(self) -> str:
        """The first names, and a sign that there are more."""
        return first_names([seen.visitor.name for seen in self.visits])


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A visit that somebody has to look at, and why."""

    seen: VisitView
    causes: tuple[Cause, ...]


def concern(seen: VisitView, before: Concern | None = None) -> Concern | None:
    """Return why somebody has to look at a visit, None: nobody has to.

    `before` is what was found when it was seen last: to try again heals nothing, and
    what was not given is a problem until it is.
    """
    found = [*causes(seen)]
    if before is not None and seen.access.state is AccessState.GRANTING:
        found += [one for one in before.causes if one in _OF_GIVING]
        reason = seen.access.reason or before.seen.access.reason
        seen = replace(seen, access=replace(seen.access, reason=reason))
    return Concern(seen=seen, causes=tuple(dict.fromkeys(found))) if found else None


def problems(concerns: Iterable[Concern]) -> list[Problem]:
    """Return the problems that give this concern, one for each cause that there is."""
    found: dict[Cause, list[VisitView]] = {}
    for one in concerns:
        for cause in one.causes:
            found.setdefault(cause, []).append(one.seen)
    return [
        _problem(cause, sorted(visits, key=lambda one: one.visit.created_at))
        for cause, visits in found.items()
    ]


def causes(one: VisitView) -> Iterable[Cause]:
    """Return why somebody has to look at a visit as it is now."""
    state = one.access.state
    if state in NOT_GIVEN:
        gone = one.access.reason == GONE
        yield Cause.PERSON_OR_LEVEL_GONE if gone else Cause.ACCESS_NOT_GIVEN
    if state is AccessState.REVOKING and one.access.reason is not None:
        yield Cause.ACCESS_NOT_TAKEN
    given = state in {AccessState.ACTIVE, AccessState.UNVERIFIED}
    if given and one.visitor.photo is not None and "face" not in one.credentials:
        yield Cause.FACE_GONE if one.face_lost else Cause.FACE_REFUSED
    if one.whereabouts.presence is Presence.UNKNOWN:
        yield Cause.PRESENCE_UNKNOWN


def _problem(cause: Cause, visits: Sequence[VisitView]) -> Problem:
    attempts = [one.access.next_attempt for one in visits]
    doors = dict.fromkeys(door for one in visits for door in one.access.failed_doors)
    refused = all(
        one.access.next_attempt is None and one.access.state in NOT_GIVEN
        for one in visits
    )
    levels = (one.access.still_in or one.visit.levels for one in visits)
    return Problem(
        doors=tuple(doors),
        levels=frozenset[str]().union(*levels),
        next_attempt=min(filter(None, attempts), default=None),
        given_up=refused,
        cause=cause,
        visits=tuple(visits),
        reasons=tuple(
            dict.fromkeys(one.access.reason for one in visits if one.access.reason)
        ),
        since=min(
            filter(None, (_since(cause, one) for one in visits)),
            default=None,
        ),
    )


def _since(cause: Cause, one: VisitView) -> datetime | None:
    visit = one.visit
    match cause:
        case Cause.ACCESS_NOT_TAKEN:
            return visit.over_at
        case Cause.PRESENCE_UNKNOWN:
            return one.whereabouts.since
        case _:
            return None
