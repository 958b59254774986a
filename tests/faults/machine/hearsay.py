"""What only the visits of ours can tell, where nobody was told anything.

When ours is killed before it answers, a command was accepted as a whole or not at all:
which of the two, only it can say. When it forgets somebody by itself, that has to have
been long ago.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any

from custom_components.hikcentral_visitors.ledger.loading import load
from custom_components.hikcentral_visitors.visits.presence import DESK
from custom_components.hikcentral_visitors.visits.profile import photo_digest
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import EntryMode
from tests.faults.facility import Facility
from tests.faults.promises import AT_THE_DESK, Guest, Stay
from tests.reconciler.house import MINUTE

type Facts = dict[str, Any]
"""What is so of a visit and of whoever comes, by name."""


async def learn_grant(house: Facility, guest: Guest, promised: Stay) -> bool:
    """See whether a visit was registered; if so, it is the one that was asked for."""
    known = {stay.id for stay in guest.stays}
    registered = [
        (record, visit)
        for record in await house.records()
        if guest.visitor_id == record.visitor.id
        or (not guest.visitor_id and guest.card == record.visitor.card_no)
        for visit in record.visits
        if visit.id not in known
    ]
    if not registered:
        return False
    ((record, visit),) = registered
    seen = _facts_of(record, visit.id)
    expected = facts(guest, promised)
    assert _same(seen, expected, expected.keys()), f"{seen}, not {expected}"
    guest.visitor_id = record.visitor.id
    promised.id = visit.id
    return True


async def was_accepted(
    house: Facility, guest: Guest, stay: Stay, before: Facts, after: Facts
) -> bool:
    """See whether a command was accepted that makes facts of a visit other ones."""
    record = await house.ledger.async_read(
        lambda connection: load(connection, guest.visitor_id, with_visits=[stay.id])
    )
    if record is None:
        return False
    seen = _facts_of(record, stay.id)
    changed = {name for name in before if before[name] != after[name]}
    accepted = _same(seen, after, changed)
    assert accepted or _same(seen, before, changed), (
        f"torn: {seen}, neither {before} nor {after}"
    )
    # Leaving may have ended it meanwhile.
    rest = before.keys() - changed - {"revoked", "ended", "noted"}
    assert _same(seen, before, rest), f"{seen}, which was {before}"
    return accepted


def facts(guest: Guest, stay: Stay) -> Facts:
    """Return what was promised, in the words of this module."""
    return {
        "levels": stay.levels,
        "begins": stay.begins,
        "early": stay.early,
        "until": stay.until,
        "single": stay.single,
        "revoked": stay.revoked_at,
        "ended": stay.ended_at,
        "name": guest.name,
        "card": guest.card,
        "photo": photo_digest(guest.face) if guest.face else None,
        "noted": _times(
            (step.kind, step.at)
            for step in guest.told
            if step.kind in AT_THE_DESK and step.stay_id == stay.id
        ),
    }


def _facts_of(record: VisitorRecord, visit_id: str) -> Facts:
    visit, visitor = record.visit(visit_id), record.visitor
    return {
        "levels": visit.levels,
        "begins": visit.valid_from,
        "early": visit.early_arrival,
        "until": visit.valid_until,
        "single": visit.entry_mode is EntryMode.SINGLE,
        "revoked": visit.revoked_at,
        "ended": visit.cancelled_at or visit.ended_at,
        "name": visitor.given_name,
        "card": visitor.card_no or "",
        "photo": visitor.photo,
        "noted": _times(
            (step.kind.value, step.at)
            for step in record.movements
            if step.kind in DESK and step.visit_id == visit_id
        ),
    }


def _times(steps: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    """Return when something of a kind was noted last."""
    return dict(sorted(steps, key=lambda step: step[1]))


def _same(some: Facts, other: Facts, names: Collection[str]) -> bool:
    return all(_alike(some[name], other[name]) for name in names)


def _alike(one: Any, other: Any) -> bool:
    """Tell whether two facts are the same, where they are times nearly so."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return abs(one - other) <= MINUTE
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and _same(one, other, one.keys())
    return bool(one == other)


def keeping(*things: Guest | Stay) -> Callable[[], None]:
    """Return what makes them again what they are now."""
    kept = [
        (thing, {one.name: _copy(thing, one.name) for one in fields(thing)})
        for thing in things
    ]

    def undo() -> None:
        for thing, values in kept:
            for name, value in values.items():
                setattr(thing, name, value)

    return undo


def _copy(thing: Guest | Stay, name: str) -> Any:
    value = getattr(thing, name)
    return value[:] if isinstance(value, list) else value


async def learn_forgotten(
    house: Facility, guests: list[Guest], *, asked: Guest | None = None
) -> None:
    """See who is forgotten: whoever was asked for, or left long ago."""
    remembered = {
        record.visitor.id
        for record in await house.records()
        if record.visitor.forgotten_at is None
    }
    now = house.now()
    for guest in guests:
        if guest.forgotten or guest.visitor_id in remembered:
            continue
        long_ago = guest.may_be_forgotten(now)
        assert long_ago or guest is asked, f"{guest.visitor_id} was forgotten"
        # Of whom nothing is known any more, no backup can remind us.
        house.world.snapshots.clear()
        guest.forgotten = True
        for stay in guest.stays:
            if stay.counts:
                stay.ended_at = now
