"""Many visitors at once: rows put into the ledger in bulk, as if granted before."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

from sqlalchemy import Connection

from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.rows import known_to_row, to_row
from custom_components.hikcentral_visitors.ledger.schema import (
    known,
    passages,
    visitors,
    visits,
)
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.known import (
    Application,
    Existence,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.passage import (
    Direction,
    Passage,
    PassageOutcome,
)
from custom_components.hikcentral_visitors.visits.person_code import issue
from custom_components.hikcentral_visitors.visits.profile import profile_digest
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import Outcome, Visit, Visitor

from .assistant import INSTALLATION, path_of_visits
from .server import DOORS, ENTRANCE, EXIT, LEVEL
from .stage import Stage

_ROWS_AT_ONCE = 5000
_DIGEST = "0123456789abcdef" * 4
_TOLD = frozenset({VisitEventType.SCHEDULED.value, VisitEventType.GRANTED.value})
_OVER = _TOLD | {VisitEventType.EXPIRED.value}


def guest(
    number: int,
    start: datetime,
    stay: timedelta = timedelta(hours=8),
    closed_at: datetime | None = None,
) -> VisitorRecord:
    """Return a visitor with one visit: given and at the doors, or closed."""
    visitor = Visitor(
        id=f"visitor{number:09}",
        person_code=issue(INSTALLATION),
        given_name=f"Guest {number}",
        family_name="Benchmark",
        company="Acme Ltd",
        phone="+7 700 000 00 00",
        email=f"guest{number}@example.org",
        card_no=f"{number:010}",
        photo=_DIGEST,
        created_at=start,
    )
    visit = Visit(
        id=f"visit{number:09}",
        visitor_id=visitor.id,
        valid_from=start,
        valid_until=start + stay,
        levels=frozenset({LEVEL}),
        host=f"Host {number % 100}",
        notify=("notify.mobile_app_host",),
        purpose="A meeting about something",
        created_at=start,
        announced=_OVER if closed_at else _TOLD,
        closed_at=closed_at,
        outcome=Outcome.EXPIRED if closed_at else None,
    )
    held = Known(
        person_id=f"P{number}",
        existence=Existence.PRESENT,
        add_attempted=True,
        proven_at=start,
        window=visit.window,
        profile=profile_digest(visitor),
        face=_DIGEST,
        members=visit.levels,
        application=Application(
            progress=Progress.APPLIED,
            requested_at=start,
            checks=1,
            doors_ready=len(DOORS),
            doors_total=len(DOORS),
        ),
    )
    if closed_at is not None:
        held = replace(held, members=frozenset())
    return VisitorRecord(visitor=visitor, visits=(visit,), known=held)


def admit(connection: Connection, guests: Iterable[VisitorRecord]) -> None:
    """Store these visitors with all that belongs to them."""
    for some in batched(guests, _ROWS_AT_ONCE, strict=False):
        connection.execute(visitors.insert(), [to_row(one.visitor) for one in some])
        stays = [to_row(visit) for one in some for visit in one.visits]
        connection.execute(visits.insert(), stays)
        connection.execute(
            known.insert(),
            [{"visitor_id": one.visitor.id, **known_to_row(one.known)} for one in some],
        )


def walk(
    connection: Connection, guests: Iterable[VisitorRecord], passages_each: int
) -> None:
    """Let each of these visitors go in and out so many times."""
    for some in batched(_rows(guests, passages_each), _ROWS_AT_ONCE, strict=False):
        connection.execute(passages.insert(), list(some))


def _rows(
    guests: Iterable[VisitorRecord], passages_each: int
) -> Iterator[dict[str, Any]]:
    for one in guests:
        for visit in one.visits:
            for number in range(passages_each):
                goes_in = number % 2 == 0
                at = visit.valid_from + timedelta(minutes=20 * number + 1)
                passage = Passage(
                    event_id=f"{visit.id}-{number}",
                    event_type=196893,
                    visitor_id=one.visitor.id,
                    occurred_at=at,
                    door_id=ENTRANCE if goes_in else EXIT,
                    door_name="Turnstile In" if goes_in else "Turnstile Out",
                    reader_id="21" if goes_in else "22",
                    direction=Direction.ENTRY if goes_in else Direction.EXIT,
                    outcome=PassageOutcome.GRANTED,
                    credential="face",
                    picture_uri=f"Vsm://pictures/{visit.id}/{number}",
                    visit_id=visit.id,
                )
                yield {"recorded_at": at, **to_row(passage)}


async def open_visits(stage: Stage, count: int) -> int:
    """Fill the entry's ledger with open visits; returns the bytes that they take."""
    path = path_of_visits(stage.hass, stage.entry)
    ledger = Ledger(path)
    await ledger.async_open()
    now = datetime.now(UTC).replace(microsecond=0)
    before = path.stat().st_size
    await ledger.async_write(
        lambda transaction: admit(
            transaction.connection, (guest(number, now) for number in range(count))
        )
    )
    await ledger.async_close()
    return path.stat().st_size - before
