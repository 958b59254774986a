"""Visitor records: read whole, changed by a pure decision, written where they differ.

Every change of a visitor goes through `change`. It lets time and facts take their
course afterwards, so that whatever follows from a change is in the same commit, with
what is to be told of it.
"""

from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from sqlalchemy import CompoundSelect, Connection, and_, or_, select, true

from ..visits.events import VisitEvent, VisitEventType
from ..visits.known import UNSETTLED, Existence, Known, Progress
from ..visits.lifecycle import advance
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
from .schema import former_persons, known, visitors, visits
from .statements import (
    ADD_ANNOUNCEMENT,
    ADD_ATTENDANCE,
    ADD_KNOWN,
    ADD_VISIT,
    ADD_VISITOR,
    CHANGE_KNOWN,
    CHANGE_VISIT,
    CHANGE_VISITOR,
    DROP_PHOTO,
    IDS,
    KEY,
    OPEN_MOVEMENTS,
    OPEN_VISITS,
    SHOWN_MOVEMENTS,
    SHOWN_VISITS,
    SINCE,
    VISITORS,
    WITH_VISITS,
)

_IDS_AT_ONCE = 500

_LONGEST_STAY = timedelta(days=7)
"""So long, at most, somebody is believed to be inside who was not seen again."""

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
    with_visits = () if with_visit is None else (with_visit,)
    return load_many(connection, [visitor_id], with_visits=with_visits).get(visitor_id)


def load_many(
    connection: Connection,
    visitor_ids: Iterable[str],
    *,
    with_visits: Collection[str] = (),
) -> dict[str, VisitorRecord]:
    """Return the records of these visitors, by their ids; unknown ones are left out.

    With those closed visits that are named.
    """
    found: dict[str, VisitorRecord] = {}
    for ids in batched(visitor_ids, _IDS_AT_ONCE, strict=False):
        found |= _load_batch(connection, ids, with_visits)
    return found


def up_to_date(
    connection: Connection, seen: Mapping[str, VisitorRecord | None]
) -> dict[str, VisitorRecord]:
    """Return these visitors' records, read where they are not at hand already."""
    unseen = [visitor_id for visitor_id, record in seen.items() if record is None]
    at_hand = {
        visitor_id: record for visitor_id, record in seen.items() if record is not None
    }
    return at_hand | load_many(connection, unseen)


def _load_batch(
    connection: Connection, ids: Sequence[str], with_visits: Collection[str]
) -> dict[str, VisitorRecord]:
    whose: dict[str, Sequence[str]] = {IDS: ids}
    asked, moved = OPEN_VISITS, OPEN_MOVEMENTS
    if with_visits:
        whose[WITH_VISITS] = list(with_visits)
        asked, moved = SHOWN_VISITS, SHOWN_MOVEMENTS
    stays: dict[str, list[Visit]] = {}
    for visit in values(Visit, connection.execute(asked, whose).mappings()):
        stays.setdefault(visit.visitor_id, []).append(visit)
    moves: dict[str, list[Movement]] = {}
    for visitor_id, movement in _movements(connection, moved, whose, stays):
        moves.setdefault(visitor_id, []).append(movement)
    return {
        visitor.id: VisitorRecord(
            visitor=visitor,
            visits=_in_order(stays.get(visitor.id, ())),
            movements=tuple(sorted(moves.get(visitor.id, ()))),
            known=facts,
        )
        for visitor, facts in _visitors(connection, ids)
    }


def _movements(
    connection: Connection,
    statement: CompoundSelect[Any],
    whose: Mapping[str, Sequence[str]],
    stays: Mapping[str, Sequence[Visit]],
) -> Iterator[tuple[str, Movement]]:
    """Yield what moved visitors as far as it says where they are now.

    On whatever visit: he may have left on one that is closed since.
    """
    if not stays:
        return
    since = {
        visitor_id: min(visit.window.start for visit in own) - _LONGEST_STAY
        for visitor_id, own in stays.items()
    }
    shown = {visit.id for own in stays.values() for visit in own}
    asked = {**whose, IDS: list(stays), SINCE: min(since.values())}
    for row in connection.execute(statement, asked):
        if UNREADABLE in row:
            continue
        if row.visit_id in shown or row.at >= since[row.visitor_id]:
            yield row.visitor_id, Movement(row.at, row.kind, row.visit_id)


def _visitors(
    connection: Connection, ids: Sequence[str]
) -> Iterator[tuple[Visitor, Known]]:
    for row in connection.execute(VISITORS, {IDS: ids}).mappings():
        try:
            visitor = visitor_from_row(row)
        except UnreadableRowError:
            continue
        heard_of = row["visitor_id"] is not None
        yield visitor, known_from_row(row) if heard_of else Known()


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
    before = transaction.record(visitor_id) if with_visit is None else None
    if before is None:
        before = load(transaction.connection, visitor_id, with_visit=with_visit)
    if before is None:
        raise KeyError(visitor_id)
    return _change(transaction, moment, before, decide)


def change_many(
    transaction: Transaction,
    moment: Moment,
    visitor_ids: Iterable[str],
    decide: Callable[[VisitorRecord], Change],
) -> list[VisitorRecord]:
    """Change the records of all these visitors who are still there."""
    at_hand = {visitor_id: transaction.record(visitor_id) for visitor_id in visitor_ids}
    return [
        _change(transaction, moment, before, decide)
        for before in up_to_date(transaction.connection, at_hand).values()
    ]


def _change(
    transaction: Transaction,
    moment: Moment,
    before: VisitorRecord,
    decide: Callable[[VisitorRecord], Change],
) -> VisitorRecord:
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
    transaction.connection.execute(ADD_VISITOR, to_row(visitor))
    _store(transaction, moment, VisitorRecord(visitor=visitor), changed.record)
    transaction.touched[visitor.id] = _as_read(changed.record)
    announce(transaction, changed.events)
    return changed.record


def announce(transaction: Transaction, events: Iterable[VisitEvent]) -> None:
    """Put what is to be told into the outbox, and count what is counted."""
    for event in events:
        transaction.announces = True
        told = {
            "visit_id": event.visit_id,
            "type": event.type.value,
            "occurred_at": event.occurred_at,
            "reason": event.reason,
        }
        transaction.connection.execute(ADD_ANNOUNCEMENT, told)
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
    same = _runs(before) == _runs(after)
    transaction.touched[visitor_id] = _as_read(after) if same else None
    if before.visitor != after.visitor:
        connection.execute(CHANGE_VISITOR, {KEY: visitor_id, **to_row(after.visitor)})
    earlier = {visit.id: visit for visit in before.visits}
    for visit in after.visits:
        if visit.id not in earlier:
            connection.execute(ADD_VISIT, to_row(visit))
        elif visit != earlier[visit.id]:
            connection.execute(CHANGE_VISIT, {KEY: visit.id, **to_row(visit)})
    if _all_closed(after) and not _all_closed(before):
        # There is no more use for his picture, whether or not a door confirmed it.
        connection.execute(DROP_PHOTO, {KEY: visitor_id})
    for movement in set(after.movements) - set(before.movements):
        if movement.kind in _DESK:
            at_the_desk = {
                "visitor_id": visitor_id,
                "visit_id": movement.visit_id,
                "at": movement.at,
                "kind": movement.kind,
            }
            connection.execute(ADD_ATTENDANCE, at_the_desk)
    if before.known != after.known:
        _store_known(connection, visitor_id, after.known)
    former = before.known.person_id
    if former is not None and former != after.known.person_id:
        _store_former(connection, visitor_id, former, moment.now)


def _runs(record: VisitorRecord) -> Mapping[str, datetime]:
    """What says which movements are read with a record: its visits' beginnings."""
    return {visit.id: visit.window.start for visit in record.visits}


def _as_read(record: VisitorRecord) -> VisitorRecord | None:
    """Return a record as reading it again would; None where that leaves things out."""
    if any(visit.closed_at is not None for visit in record.visits):
        return None
    return replace(
        record,
        visits=_in_order(record.visits),
        movements=tuple(sorted(record.movements)),
    )


def _in_order(stays: Iterable[Visit]) -> tuple[Visit, ...]:
    return tuple(sorted(stays, key=lambda visit: (visit.window, visit.id)))


def _all_closed(record: VisitorRecord) -> bool:
    return all(visit.closed_at is not None for visit in record.visits)


def _store_known(connection: Connection, visitor_id: str, facts: Known) -> None:
    row = known_to_row(facts)
    stored = connection.execute(CHANGE_KNOWN, {KEY: visitor_id, **row})
    if stored.rowcount == 0:
        connection.execute(ADD_KNOWN, {"visitor_id": visitor_id, **row})


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
