"""Visitor records: read whole, changed by a pure decision, written where they differ.

Every change of a visitor goes through `change`. It lets time and facts take their
course afterwards, so that whatever follows from a change is in the same commit, with
what is to be told of it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import Connection, Select, and_, false, or_, select, true

from ..visits.events import VisitEvent, VisitEventType
from ..visits.known import UNSETTLED, Existence, Known, Progress
from ..visits.lifecycle import advance
from ..visits.passage import Direction, PassageOutcome
from ..visits.policy import Policy
from ..visits.presence import Movement, MovementKind
from ..visits.record import Change, VisitorRecord
from ..visits.visit import Visit, Visitor
from .columns import UNREADABLE
from .counters import count
from .database import Transaction
from .rows import (
    UnreadableRowError,
    known_from_row,
    known_to_row,
    to_row,
    values,
    visitor_from_row,
)
from .schema import (
    attendance,
    former_persons,
    known,
    outbox,
    passages,
    visitors,
    visits,
)

_IDS_AT_ONCE = 500

_MOVES = {Direction.ENTRY: MovementKind.ENTRY, Direction.EXIT: MovementKind.EXIT}
_DESK = {MovementKind.CHECK_IN, MovementKind.CHECK_OUT}

_COUNTED = {
    VisitEventType.GRANTED: "grants",
    VisitEventType.GRANT_FAILED: "grants_failed",
    VisitEventType.REVOKED: "revocations",
    VisitEventType.REVOKE_FAILED: "revocations_failed",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """When and under which rules something is decided."""

    now: datetime
    policy: Policy


def load(
    connection: Connection, visitor_id: str, *, with_visit: str | None = None
) -> VisitorRecord | None:
    """Return one visitor's record, with a closed visit too where it is named."""
    return load_many(connection, [visitor_id], with_visit=with_visit).get(visitor_id)


def load_many(
    connection: Connection,
    visitor_ids: Iterable[str],
    *,
    with_visit: str | None = None,
) -> dict[str, VisitorRecord]:
    """Return the records of these visitors, by their ids; unknown ones are left out."""
    found: dict[str, VisitorRecord] = {}
    for ids in batched(visitor_ids, _IDS_AT_ONCE, strict=False):
        found |= _load_batch(connection, ids, with_visit)
    return found


def _load_batch(
    connection: Connection, ids: Sequence[str], with_visit: str | None
) -> dict[str, VisitorRecord]:
    shown = or_(visits.c.closed_at.is_(None), visits.c.id == with_visit)
    stays = _grouped(
        connection, select(visits).where(visits.c.visitor_id.in_(ids), shown)
    )
    moves: dict[str, list[Movement]] = {}
    _load_movements(connection, ids, shown, moves)
    facts = {
        row["visitor_id"]: known_from_row(row)
        for row in connection.execute(
            select(known).where(known.c.visitor_id.in_(ids))
        ).mappings()
    }
    return {
        visitor.id: VisitorRecord(
            visitor=visitor,
            visits=tuple(
                sorted(
                    values(Visit, stays.get(visitor.id, ())),
                    key=lambda visit: (visit.window, visit.id),
                )
            ),
            movements=tuple(sorted(moves.get(visitor.id, ()))),
            known=facts.get(visitor.id, Known()),
        )
        for visitor in _visitors(connection, ids)
    }


def _visitors(connection: Connection, ids: Sequence[str]) -> Iterator[Visitor]:
    rows = connection.execute(select(visitors).where(visitors.c.id.in_(ids)))
    for row in rows.mappings():
        try:
            yield visitor_from_row(row)
        except UnreadableRowError:
            continue


def _grouped(connection: Connection, query: Select[Any]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for row in connection.execute(query).mappings():
        groups.setdefault(row["visitor_id"], []).append(row)
    return groups


def _load_movements(
    connection: Connection,
    ids: Sequence[str],
    shown: Any,
    moves: dict[str, list[Movement]],
) -> None:
    """Read what moved them on the visits shown: doors that opened, and the desk."""
    through_doors = (
        select(
            passages.c.visitor_id,
            passages.c.visit_id,
            passages.c.occurred_at,
            passages.c.direction,
        )
        .join(visits, visits.c.id == passages.c.visit_id)
        .where(
            passages.c.visitor_id.in_(ids),
            shown,
            passages.c.echo == false(),
            passages.c.outcome == PassageOutcome.GRANTED,
            passages.c.direction.in_(list(_MOVES)),
        )
    )
    for row in connection.execute(through_doors):
        if UNREADABLE not in row:
            moves.setdefault(row.visitor_id, []).append(
                Movement(row.occurred_at, _MOVES[row.direction], row.visit_id)
            )
    at_the_desk = (
        select(attendance)
        .join(visits, visits.c.id == attendance.c.visit_id)
        .where(attendance.c.visitor_id.in_(ids), shown)
    )
    for row in connection.execute(at_the_desk):
        if UNREADABLE not in row:
            moves.setdefault(row.visitor_id, []).append(
                Movement(row.at, row.kind, row.visit_id)
            )


def ids_to_care_for(connection: Connection, now: datetime) -> list[str]:
    """Return the visitors that may still need something: now, or when time comes.

    Those with a visit that is not closed, and those of whom the server may hold more
    than a person without access.
    """
    open_visits = select(visits.c.visitor_id).where(visits.c.closed_at.is_(None))
    in_doubt = select(known.c.visitor_id).where(
        or_(
            known.c.existence.not_in([Existence.ABSENT, Existence.PRESENT]),
            known.c.members != [],
            known.c.unsure != [],
            known.c.window_known != true(),
            known.c.window_end > now,
            known.c.application_progress.not_in(sorted(set(Progress) - UNSETTLED)),
        )
    )
    forgotten = (
        select(known.c.visitor_id)
        .join(visitors, visitors.c.id == known.c.visitor_id)
        .where(
            and_(
                visitors.c.forgotten_at.is_not(None),
                known.c.existence != Existence.ABSENT,
            )
        )
    )
    return list(connection.scalars(open_visits.union(in_doubt, forgotten)))


def ids_to_audit(connection: Connection) -> list[str]:
    """Return the visitors of whom the server may hold anything at all.

    Persons without access too, for somebody may give them some in HikCentral's own
    client, and those who were deleted, for a backup may bring them back.
    """
    query = select(known.c.visitor_id).where(
        or_(known.c.existence != Existence.ABSENT, known.c.add_attempted == true())
    )
    return list(connection.scalars(query))


def change(
    transaction: Transaction,
    moment: Moment,
    visitor_id: str,
    decide: Callable[[VisitorRecord], Change],
    *,
    with_visit: str | None = None,
) -> VisitorRecord:
    """Change a visitor's record by a pure decision, and store what follows from it.

    Raises KeyError for an unknown visitor, and whatever `decide` raises.
    """
    before = load(transaction.connection, visitor_id, with_visit=with_visit)
    if before is None:
        raise KeyError(visitor_id)
    changed = decide(before).then(
        lambda record: advance(record, moment.policy, moment.now)
    )
    _store(transaction, moment, before, changed.record)
    announce(transaction, changed.events)
    return changed.record


def insert(transaction: Transaction, moment: Moment, decided: Change) -> VisitorRecord:
    """Store the record of a visitor who is new."""
    changed = decided.then(lambda record: advance(record, moment.policy, moment.now))
    visitor = changed.record.visitor
    transaction.connection.execute(visitors.insert().values(to_row(visitor)))
    _store(transaction, moment, VisitorRecord(visitor=visitor), changed.record)
    transaction.touched.add(visitor.id)
    announce(transaction, changed.events)
    return changed.record


def announce(transaction: Transaction, events: Iterable[VisitEvent]) -> None:
    """Put what is to be told into the outbox, and count what is counted."""
    for event in events:
        transaction.announces = True
        transaction.connection.execute(
            outbox.insert().values(
                visit_id=event.visit_id,
                type=event.type.value,
                occurred_at=event.occurred_at,
                reason=event.reason,
            )
        )
        if (counter := _COUNTED.get(event.type)) is not None:
            count(transaction, counter)


def _store(
    transaction: Transaction,
    moment: Moment,
    before: VisitorRecord,
    after: VisitorRecord,
) -> None:
    connection = transaction.connection
    visitor_id = after.visitor.id
    if before == after:
        return
    transaction.touched.add(visitor_id)
    if before.visitor != after.visitor:
        connection.execute(
            visitors.update()
            .where(visitors.c.id == visitor_id)
            .values(to_row(after.visitor))
        )
    earlier = {visit.id: visit for visit in before.visits}
    for visit in after.visits:
        if visit.id not in earlier:
            connection.execute(visits.insert().values(to_row(visit)))
        elif visit != earlier[visit.id]:
            connection.execute(
                visits.update().where(visits.c.id == visit.id).values(to_row(visit))
            )
    for movement in set(after.movements) - set(before.movements):
        if movement.kind in _DESK:
            connection.execute(
                attendance.insert().values(
                    visitor_id=visitor_id,
                    visit_id=movement.visit_id,
                    at=movement.at,
                    kind=movement.kind,
                )
            )
    if before.known != after.known:
        _store_known(connection, visitor_id, after.known)
    former = before.known.person_id
    if former is not None and former != after.known.person_id:
        _store_former(connection, visitor_id, former, moment.now)


def _store_known(connection: Connection, visitor_id: str, facts: Known) -> None:
    row = known_to_row(facts)
    stored = connection.execute(
        known.update().where(known.c.visitor_id == visitor_id).values(row)
    )
    if stored.rowcount == 0:
        connection.execute(known.insert().values(visitor_id=visitor_id, **row))


def _store_former(
    connection: Connection, visitor_id: str, person_id: str, until: datetime
) -> None:
    connection.execute(
        former_persons.delete().where(former_persons.c.person_id == person_id)
    )
    connection.execute(
        former_persons.insert().values(
            person_id=person_id, visitor_id=visitor_id, until=until
        )
    )
