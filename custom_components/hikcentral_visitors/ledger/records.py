"""Visitor records: changed by a pure decision, written where they differ.

Every change of a visitor goes through `change`. It lets time and facts take their
course afterwards, so that whatever follows from a change is in the same commit, with
what is to be told of it.
"""

from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Mapping,
)
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, update

from ..visits.events import VisitEvent, VisitEventType
from ..visits.known import Known
from ..visits.lifecycle import advance, opened_again, resists
from ..visits.policy import Policy
from ..visits.presence import DESK, in_order
from ..visits.record import Change, VisitorRecord
from .counters import count
from .loading import by_time, load, up_to_date
from .rows import (
    known_to_row,
    to_row,
)
from .schema import former_persons, visits
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
    KEY,
    LAST_VISIT,
)
from .transaction import Transaction

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


type Course = Callable[[VisitorRecord, Policy, datetime], Change]
"""What time and facts make of a record by themselves (`visits/lifecycle.py`)."""


def change(
    transaction: Transaction,
    moment: Moment,
    visitor_id: str,
    decide: Callable[[VisitorRecord], Change],
    *,
    with_visits: Collection[str] = (),
    course: Course = advance,
) -> VisitorRecord:
    """Change a visitor's record by a pure decision, and store what follows from it.

    `with_visits` are closed visits that it is about too. Raises KeyError for an unknown
    visitor, and whatever `decide` raises.
    """
    before = None if with_visits else transaction.record(visitor_id)
    if before is None:
        before = load(transaction.connection, visitor_id, with_visits=with_visits)
    if before is None:
        raise KeyError(visitor_id)
    return _change(transaction, moment, before, decide, course)


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
    course: Course = advance,
) -> VisitorRecord:
    changed = decide(before).then(
        lambda record: course(record, moment.policy, moment.now)
    )
    _store(transaction, moment, before, changed.record)
    announce(transaction, changed.events)
    if resists(changed.record):
        return _open_last_visit(transaction, moment, changed.record)
    return changed.record


def _open_last_visit(
    transaction: Transaction, moment: Moment, record: VisitorRecord
) -> VisitorRecord:
    """Open somebody's last visit, as far as that says what is left open of him."""
    connection, visitor_id = transaction.connection, record.visitor.id
    last = connection.scalar(LAST_VISIT, {KEY: visitor_id})
    before = load(connection, visitor_id, with_visits=[last]) if last else None
    if before is None or not before.visits:
        return record
    return _change(
        transaction,
        moment,
        before,
        lambda record: opened_again(record, last, moment.policy, moment.now),
    )


def insert(transaction: Transaction, moment: Moment, decided: Change) -> VisitorRecord:
    """Store the record of a visitor who is new."""
    changed = decided.then(lambda record: advance(record, moment.policy, moment.now))
    visitor = changed.record.visitor
    transaction.connection.execute(ADD_VISITOR, to_row(visitor))
    _store(transaction, moment, VisitorRecord(visitor=visitor), changed.record)
    transaction.touched[visitor.id] = _as_read(changed.record)
    announce(transaction, changed.events)
    return changed.record


def end_for_good(transaction: Transaction) -> None:
    """Let no visit go on that ended by leaving, whatever is heard of late.

    Comes before any change in this transaction: records at hand are not read again.
    """
    transaction.connection.execute(
        update(visits).where(visits.c.left_at.is_not(None)).values(left_at=None)
    )


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
        if movement.kind in DESK:
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
        visits=by_time(record.visits),
        movements=in_order(record.movements),
    )


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
