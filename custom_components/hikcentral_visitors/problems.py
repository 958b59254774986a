"""What somebody has to look at, from the open visits: pure, one for each cause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .visits.access import AccessState
from .visits.presence import Presence
from .visits.view import VisitView

NAMED = 3
"""So many visitors are named in a problem; of the others there is the number."""


class Cause(StrEnum):
    """Why somebody has to look; the key of its texts."""

    ACCESS_NOT_GIVEN = "access_not_given"
    ACCESS_NOT_TAKEN = "access_not_taken"
    FACE_REFUSED = "face_refused"
    PRESENCE_UNKNOWN = "presence_unknown"
    UNJUSTIFIED_PASSAGE = "unjustified_passage"
    SERVER_UNREACHABLE = "server_unreachable"
    CLOCK_SKEW = "clock_skew"
    PUSH_LOST = "push_lost"
    PUSH_ELSEWHERE = "push_elsewhere"
    PUSH_REFUSED = "push_refused"
    PUSH_NO_ADDRESS = "push_no_address"
    PUSH_CERTIFICATE = "push_certificate"
    PUSH_SHARED = "push_shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """The visits of one cause, its reason (stable key), and since when it lasts."""

    cause: Cause
    visits: tuple[VisitView, ...]
    reason: str | None = None
    since: datetime | None = None

    @property
    def names(self) -> str:
        """The first names, and a sign that there are more."""
        return first_names([seen.visitor.name for seen in self.visits])


def first_names(names: Sequence[str]) -> str:
    """Return the first of these names, and a sign that there are more."""
    first = ", ".join(names[:NAMED])
    return f"{first} …" if len(names) > NAMED else first


def problems(seen: Iterable[VisitView]) -> list[Problem]:
    """Return the problems of these visits, one for each cause that there is."""
    found: dict[Cause, list[VisitView]] = {}
    for one in seen:
        for cause in causes(one):
            found.setdefault(cause, []).append(one)
    return [_problem(cause, visits) for cause, visits in found.items()]


def causes(one: VisitView) -> Iterable[Cause]:
    """Return why somebody has to look at a visit."""
    state = one.access.state
    if state in {AccessState.FAILED, AccessState.PARTIAL}:
        yield Cause.ACCESS_NOT_GIVEN
    if state is AccessState.REVOKING and one.access.reason is not None:
        yield Cause.ACCESS_NOT_TAKEN
    given = state in {AccessState.ACTIVE, AccessState.UNVERIFIED}
    if given and one.visitor.photo is not None and "face" not in one.credentials:
        yield Cause.FACE_REFUSED
    if one.whereabouts.presence is Presence.UNKNOWN:
        yield Cause.PRESENCE_UNKNOWN


def _problem(cause: Cause, visits: Sequence[VisitView]) -> Problem:
    return Problem(
        cause=cause,
        visits=tuple(visits),
        reason=next((one.access.reason for one in visits if one.access.reason), None),
        since=min(
            filter(None, (_since(cause, one) for one in visits)),
            default=None,
        ),
    )


def _since(cause: Cause, one: VisitView) -> datetime | None:
    visit = one.visit
    match cause:
        case Cause.ACCESS_NOT_TAKEN:
            stops = (visit.revoked_at, visit.cancelled_at, visit.ended_at)
            return next(filter(None, stops), visit.valid_until)
        case Cause.PRESENCE_UNKNOWN:
            return one.whereabouts.since
        case _:
            return visit.created_at
