"""What only the visits of ours can tell, where nobody was told anything.

When ours is killed before it answers, a command was accepted or not: both are right.
When it forgets somebody by itself, that has to have been long ago.
"""

from custom_components.hikcentral_visitors.ledger.loading import load
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import EntryMode, Visit
from tests.faults.facility import Facility
from tests.faults.promises import Guest, Stay, Step


async def learn_grants(house: Facility, guests: list[Guest], guest: Guest) -> None:
    """See whether somebody was registered, and for what."""
    for record in await house.records():
        if record.visitor.card_no != guest.card:
            continue
        if not guest.visitor_id:
            guest.visitor_id = record.visitor.id
            guests.append(guest)
        known = {stay.id for stay in guest.stays}
        for visit in record.visits:
            if visit.id not in known:
                guest.promise(_stay(visit))


async def learn_stay(house: Facility, guest: Guest, stay: Stay) -> None:
    """See whether a command about a visit was accepted."""
    record = await house.ledger.async_read(
        lambda connection: load(connection, guest.visitor_id, with_visits=[stay.id])
    )
    if record is None:
        return
    seen = _stay(record.visit(stay.id))
    for name in Stay.__dataclass_fields__:
        setattr(stay, name, getattr(seen, name))
    guest.promise(stay)
    _learn_about(guest, record)
    for movement in record.movements:
        if movement.kind in {"check_in", "check_out"}:
            guest.note(Step(movement.at, movement.kind.value, movement.visit_id))


def _learn_about(guest: Guest, record: VisitorRecord) -> None:
    visitor = record.visitor
    guest.name = visitor.given_name
    guest.card = visitor.card_no or ""
    guest.in_hand = guest.card or guest.in_hand
    guest.face_lost = True  # it may be another one


def _stay(visit: Visit) -> Stay:
    return Stay(
        id=visit.id,
        levels=visit.levels,
        begins=visit.valid_from,
        early=visit.early_arrival,
        until=visit.valid_until,
        single=visit.entry_mode is EntryMode.SINGLE,
        revoked_at=visit.revoked_at,
        ended_at=visit.cancelled_at or visit.ended_at,
        left_at=visit.left_at,
    )


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
