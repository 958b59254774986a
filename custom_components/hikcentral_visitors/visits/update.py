"""Changing what was asked for: a visit's times, doors and details, and who comes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypedDict

from .checks import (
    CommandRefusedError,
    check_levels,
    check_start,
    check_times,
    names,
    require_in_service,
    require_not_withdrawn,
    require_open,
    require_remembered,
)
from .commands import retried, with_end
from .events import VisitEventType
from .known import Existence
from .movements import presence_of
from .policy import Policy
from .presence import Presence
from .record import Change, VisitorRecord, tell, unchanged
from .visit import EntryMode, Visit, Visitor, VisitorType
from .window import round_up

_OPENS_DOORS = ("valid_from", "early_arrival", "entry_mode", "levels")


class VisitChanges(TypedDict, total=False):
    """What shall be different about the visit, named like the fields of a visit."""

    valid_from: datetime
    valid_until: datetime
    early_arrival: timedelta
    entry_mode: EntryMode
    levels: frozenset[str]
    visitor_type: VisitorType
    host: str | None
    notify: tuple[str, ...]
    purpose: str | None
    vehicle_plate: str | None
    note: str | None


class VisitorChanges(TypedDict, total=False):
    """What shall be different about the visitor, named like the fields of a visitor.

    `photo` is the digest of another picture, None takes the picture away.
    """

    given_name: str
    family_name: str
    company: str | None
    phone: str
    email: str
    card_no: str
    photo: str | None


def update(
    record: VisitorRecord,
    visit_id: str,
    about_visit: VisitChanges,
    about_visitor: VisitorChanges,
    policy: Policy,
    now: datetime,
) -> Change:
    """Change a visit and its visitor.

    Another end is an extension, and told as such; whatever else becomes different is
    told as an update. Raises CommandRefusedError.
    """
    require_remembered(record)
    if not about_visit and not about_visitor:
        raise CommandRefusedError("nothing_to_update")
    before = record.visit(visit_id)
    if "valid_from" in about_visit:
        check_start(about_visit["valid_from"], now)
    visit = _without_the_end(before, about_visit)
    visitor = _changed_visitor(record, about_visitor)
    told = []
    if visit != before or visitor != record.visitor:
        told.append(VisitEventType.UPDATED)
    if (end := about_visit.get("valid_until")) is not None:
        visit = with_end(visit, end, policy, now)
        if visit.valid_until != before.valid_until:
            told.append(VisitEventType.EXTENDED)
    require_open(visit)
    if any(getattr(visit, name) != getattr(before, name) for name in _OPENS_DOORS):
        _check_access(visit, policy, now)
        if presence_of(before, record, policy, now).presence is Presence.INSIDE:
            _check_is_now(visit, now)
        visit = replace(visit, announced=visit.announced - {VisitEventType.GRANTED})
    if not told:
        return unchanged(record)
    known = record.known
    if "photo" in about_visitor:
        # Also the same one: somebody wants it tried again.
        known = replace(known, face_refused=None)
    changed = replace(record, visitor=visitor, known=known)
    return tell(retried(changed), visit, told, now)


def _without_the_end(visit: Visit, changes: VisitChanges) -> Visit:
    others = changes.copy()
    others.pop("valid_until", None)
    if "valid_from" in others:
        others["valid_from"] = round_up(others["valid_from"])
    return replace(visit, **others)


def _check_access(visit: Visit, policy: Policy, now: datetime) -> None:
    require_in_service(policy)
    require_not_withdrawn(visit)
    check_times(visit.valid_from, visit.valid_until, now)
    check_levels(visit.levels, policy)


def _check_is_now(visit: Visit, now: datetime) -> None:
    """Whoever is inside is on a visit that has begun."""
    if visit.valid_from > now:
        raise CommandRefusedError("visitor_inside")


def _changed_visitor(record: VisitorRecord, changes: VisitorChanges) -> Visitor:
    visitor = replace(record.visitor, **changes)
    given, family = names(visitor.given_name, visitor.family_name)
    there = record.known.existence is not Existence.ABSENT
    if visitor.photo is None and record.visitor.photo is not None and there:
        # No call takes a face from a person (reference 3.3).
        raise CommandRefusedError("photo_stays")
    return replace(visitor, given_name=given, family_name=family)
