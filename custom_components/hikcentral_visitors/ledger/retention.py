"""What is kept no longer: who is due to be forgotten, and what is deleted.

A visitor is forgotten first, which drives his person out of HikCentral, and deleted
only when nothing of him is left there.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from ..visits.commands import forget
from ..visits.known import Existence
from ..visits.lifecycle import REVOKE_FAILED_AFTER
from ..visits.record import VisitorRecord
from ..visits.visit import WIPED
from .columns import UNREADABLE
from .photos import drop_photo
from .records import Moment, change
from .recovery import close_unreadable
from .schema import (
    deleted_events,
    former_persons,
    journal,
    known,
    passages,
    visitors,
    visits,
)
from .transaction import Transaction


def visitors_due(
    connection: Connection,
    before: datetime,
    *,
    after: str = "",
    limit: int | None = None,
) -> list[str]:
    """Return visitors all of whose visits were closed before then, in their order.

    At most `limit` of them, and none up to `after`. An id that is no text is nobody's.
    """
    recent = (
        exists()
        .where(visits.c.visitor_id == visitors.c.id)
        .where(or_(visits.c.closed_at.is_(None), visits.c.closed_at >= before))
    )
    return list(
        connection.scalars(
            select(visitors.c.id)
            .where(
                visitors.c.id > after,
                func.typeof(visitors.c.id) == "text",
                visitors.c.forgotten_at.is_(None),
                visitors.c.created_at < before,
                ~recent,
            )
            .order_by(visitors.c.id)
            .limit(limit)
        )
    )


def forget_visitor(
    transaction: Transaction, moment: Moment, visitor_id: str
) -> VisitorRecord:
    """Wipe at once all that says who he is; raises KeyError for an unknown visitor."""
    connection = transaction.connection
    of_visitor = visits.c.visitor_id == visitor_id
    # First: a visit may be readable again without what is wiped.
    connection.execute(update(visits).where(of_visitor).values(WIPED))
    forgotten = change(
        transaction,
        moment,
        visitor_id,
        lambda record: forget(record, moment.policy, moment.now),
    )
    close_unreadable(transaction, moment, visitor_id)
    drop_photo(transaction, visitor_id)
    connection.execute(
        update(passages)
        .where(passages.c.visitor_id == visitor_id)
        .values(picture_uri="")
    )
    transaction.touched[visitor_id] = None
    transaction.forgotten.add(visitor_id)
    return forgotten


def delete_forgotten(transaction: Transaction, at_most: int | None = None) -> int:
    """Delete forgotten visitors who are out, and of whom the server holds nothing."""
    held = exists().where(
        and_(
            known.c.visitor_id == visitors.c.id,
            or_(
                known.c.existence != Existence.ABSENT,
                known.c.former_ids != [],
            ),
        )
    )
    here = exists().where(
        and_(visits.c.visitor_id == visitors.c.id, visits.c.closed_at.is_(None))
    )
    gone = and_(visitors.c.forgotten_at.is_not(None), ~held, ~here)
    return _delete(transaction, visitors.c.id, gone, at_most)


def not_erased(connection: Connection) -> list[str]:
    """Return of each forgotten visitor who is not deleted from HikCentral why not.

    Reasons are stable keys, as those of access. A try or two may fail.
    """
    query = (
        select(known.c.narrowing_reason)
        .join(visitors, visitors.c.id == known.c.visitor_id)
        .where(
            visitors.c.forgotten_at.is_not(None),
            known.c.existence != Existence.ABSENT,
            known.c.narrowing_failures >= REVOKE_FAILED_AFTER,
        )
    )
    reasons = connection.scalars(query)
    return ["unclear" if one in {None, UNREADABLE} else one for one in reasons]


def delete_old_visits(
    transaction: Transaction,
    before: datetime,
    told_since: datetime,
    at_most: int | None = None,
) -> int:
    """Delete visits closed before then, with their passages, unless some are younger.

    Only of visitors who have another: the last one goes with him, so that there is
    something to tell of whoever still gets in. HikCentral goes on telling of what
    happened since `told_since`: the ids of these events are kept, or they would be
    recorded and announced once more.
    """
    connection = transaction.connection
    younger = exists().where(
        and_(passages.c.visit_id == visits.c.id, passages.c.occurred_at >= before)
    )
    others = visits.alias()
    comes_again = exists().where(
        and_(
            others.c.visitor_id == visits.c.visitor_id,
            or_(others.c.closed_at.is_(None), others.c.closed_at >= before),
        )
    )
    old = and_(visits.c.closed_at < before, ~younger, comes_again)
    ids = connection.scalars(select(visits.c.id).where(old).limit(at_most)).all()
    told = select(passages.c.event_id, passages.c.occurred_at).where(
        passages.c.visit_id.in_(ids), passages.c.occurred_at >= told_since
    )
    kept = [deleted_events.c.event_id, deleted_events.c.occurred_at]
    connection.execute(deleted_events.insert().from_select(kept, told))
    return _delete(transaction, visits.c.id, visits.c.id.in_(ids))


def delete_deleted_events(
    transaction: Transaction, before: datetime, at_most: int | None = None
) -> int:
    """Forget passages of before then that were deleted: nobody tells of them."""
    of_old = deleted_events.c.occurred_at < before
    return _delete(transaction, deleted_events.c.event_id, of_old, at_most)


def delete_old_entries(
    transaction: Transaction, before: datetime, at_most: int | None = None
) -> int:
    """Delete what the journal says of the time before then."""
    return _delete(transaction, journal.c.id, journal.c.at < before, at_most)


def delete_former_persons(
    transaction: Transaction, before: datetime, at_most: int | None = None
) -> int:
    """Delete who was whose before then."""
    of_old = former_persons.c.until < before
    return _delete(transaction, former_persons.c.person_id, of_old, at_most)


def _delete(
    transaction: Transaction,
    key: Column[Any],
    which: ColumnElement[bool],
    at_most: int | None = None,
) -> int:
    """Delete so many of these rows; returns how many there were."""
    chosen = select(key).where(which).limit(at_most)
    deleted = transaction.connection.execute(delete(key.table).where(key.in_(chosen)))
    return deleted.rowcount
