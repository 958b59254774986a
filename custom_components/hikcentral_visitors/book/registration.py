"""From a request to the visitor and the visit that it makes."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid7

from sqlalchemy import Connection, select

from ..ledger.schema import visits
from ..ledger.statements import KEY, TWIN
from ..visits import person_code
from ..visits.checks import CommandRefusedError, names
from ..visits.profile import photo_digest
from ..visits.visit import Visit, Visitor
from ..visits.window import round_down, round_up
from .requests import GrantRequest, Receipt


def newcomer(
    request: GrantRequest, installation: person_code.Installation, now: datetime
) -> Visitor:
    """Return a visitor who was never here; raises CommandRefusedError."""
    given, family = names(request.given_name, request.family_name)
    return Visitor(
        id=uuid7().hex,
        person_code=person_code.issue(installation),
        given_name=given,
        family_name=family,
        company=request.company,
        phone=request.phone,
        email=request.email,
        card_no=request.card_no,
        photo=photo_digest(request.photo) if request.photo else None,
        created_at=now,
    )


def returning(visitor: Visitor, request: GrantRequest) -> Visitor:
    """Return a visitor who was here before, with what is given of him anew."""
    return replace(
        visitor,
        given_name=request.given_name.strip() or visitor.given_name,
        family_name=request.family_name.strip() or visitor.family_name,
        company=request.company or visitor.company,
        phone=request.phone or visitor.phone,
        email=request.email or visitor.email,
        card_no=request.card_no or visitor.card_no,
        photo=photo_digest(request.photo) if request.photo else visitor.photo,
    )


def visit_of(request: GrantRequest, visitor_id: str, now: datetime) -> Visit:
    """Return the visit that is asked for; raises CommandRefusedError."""
    start = request.valid_from or now
    until = request.valid_until
    if until is None:
        if request.duration is None:
            raise CommandRefusedError("end_missing")
        until = start + request.duration
    return Visit(
        id=uuid7().hex,
        visitor_id=visitor_id,
        valid_from=round_up(start) if request.valid_from else round_down(start),
        valid_until=round_down(until),
        early_arrival=request.early_arrival,
        entry_mode=request.entry_mode,
        levels=request.levels,
        visitor_type=request.visitor_type,
        host=request.host,
        notify=request.notify,
        purpose=request.purpose,
        vehicle_plate=request.vehicle_plate,
        note=request.note,
        reference=request.reference,
        reference_digest=request.digest if request.reference is not None else None,
        created_at=now,
    )


def of_reference(connection: Connection, request: GrantRequest) -> Receipt | None:
    """Return the visit that was made under this reference; none is made twice.

    Raises CommandRefusedError where it was made with other content.
    """
    if request.reference is None:
        return None
    row = connection.execute(
        select(visits.c.id, visits.c.visitor_id, visits.c.reference_digest).where(
            visits.c.reference == request.reference
        )
    ).one_or_none()
    if row is None:
        return None
    if row.reference_digest != request.digest:
        raise CommandRefusedError("reference_conflict", reference=request.reference)
    return Receipt(visit_id=row.id, visitor_id=row.visitor_id, created=False)


def warnings(connection: Connection, visitor: Visitor, visit: Visit) -> tuple[str, ...]:
    """Return what whoever asks should know, as stable keys."""
    found = []
    if visitor.photo is None and not visitor.card_no:
        found.append("nothing_to_show")
    like_him = {
        KEY: visitor.id,
        "given_name": visitor.given_name,
        "family_name": visitor.family_name,
        "valid_from": visit.valid_from,
        "valid_until": visit.valid_until,
    }
    if connection.scalar(TWIN, like_him) is not None:
        found.append("possible_duplicate")
    return tuple(found)
