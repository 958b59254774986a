"""What is kept no longer: who is due to be forgotten, and what is deleted.

A visitor is forgotten first, which drives his person out of HikCentral, and deleted
only when nothing of him is left there.
"""

from datetime import datetime

from sqlalchemy import Connection, and_, delete, exists, or_, select, update

from ..visits.commands import forget
from ..visits.known import UNSETTLED, Existence
from .database import Transaction
from .photos import drop_photo
from .records import Moment, change
from .schema import journal, known, visitors, visits

_PERSONAL = ("host", "purpose", "vehicle_plate", "note", "reference", "revoked_reason")


def visitors_due(connection: Connection, before: datetime) -> list[str]:
    """Return visitors all of whose visits were closed before then."""
    recent = (
        exists()
        .where(visits.c.visitor_id == visitors.c.id)
        .where(or_(visits.c.closed_at.is_(None), visits.c.closed_at >= before))
    )
    return list(
        connection.scalars(
            select(visitors.c.id).where(
                visitors.c.forgotten_at.is_(None),
                visitors.c.created_at < before,
                ~recent,
            )
        )
    )


def forget_visitor(transaction: Transaction, moment: Moment, visitor_id: str) -> None:
    """Wipe at once all that says who he is; raises KeyError for an unknown visitor."""
    change(transaction, moment, visitor_id, lambda record: forget(record, moment.now))
    drop_photo(transaction, visitor_id)
    transaction.connection.execute(
        update(visits)
        .where(visits.c.visitor_id == visitor_id)
        .values(dict.fromkeys(_PERSONAL) | {"notify": ()})
    )


def delete_forgotten(transaction: Transaction) -> int:
    """Delete forgotten visitors of whom the server holds nothing any more."""
    held = exists().where(
        and_(
            known.c.visitor_id == visitors.c.id,
            or_(
                known.c.existence != Existence.ABSENT,
                known.c.application_progress.in_(sorted(UNSETTLED)),
            ),
        )
    )
    deleted = transaction.connection.execute(
        delete(visitors).where(visitors.c.forgotten_at.is_not(None), ~held)
    )
    return deleted.rowcount


def delete_old_visits(transaction: Transaction, before: datetime) -> int:
    """Delete visits closed before then with their passages, and the journal."""
    connection = transaction.connection
    connection.execute(delete(journal).where(journal.c.at < before))
    return connection.execute(
        delete(visits).where(visits.c.closed_at < before)
    ).rowcount
