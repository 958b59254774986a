"""What has happened to the file itself, kept in it until somebody has decided."""

from datetime import datetime

from sqlalchemy import (
    ColumnClause,
    Connection,
    delete,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)

from ..visits import restoration
from ..visits.known import Existence
from ..visits.record import Change, VisitorRecord
from ..visits.visit import Actor, Visit
from ..visits.window import round_down
from . import journal
from .columns import UNREADABLE
from .loading import load_many
from .memory import instant, recall, remember
from .records import Moment, change, end_for_good
from .rows import values
from .schema import known, outbox, visitors, visits
from .transaction import Transaction

_ROW: ColumnClause[int] = literal_column("visits.rowid")
"""What names a row of which nothing can be read, not even its id."""

_NO_TIME: ColumnClause[str] = literal_column("''")
"""SQLite sorts text and blobs after all numbers."""

_LOST = "visits_lost"
_RESTORED = "backup_restored"
_QUIET = "quiet_before"


def mark_lost(transaction: Transaction, at: datetime, file: str | None) -> None:
    """Keep that the visits before these were lost, and what was set aside."""
    remember(transaction, _LOST, {"at": at.isoformat(), "file": file})


def lost(connection: Connection) -> tuple[datetime, str | None] | None:
    """Return when visits were lost, and the name of the file that was set aside."""
    stored = recall(connection, _LOST)
    if not isinstance(stored, dict) or (at := instant(stored.get("at"))) is None:
        return None
    file = stored.get("file")
    return at, file if isinstance(file, str) else None


def loss_seen(transaction: Transaction) -> None:
    """Somebody knows that visits were lost."""
    remember(transaction, _LOST, None)


def mark_restored(transaction: Transaction, moment: Moment) -> None:
    """Take everything for what an old copy is worth, until somebody decides.

    What was to be told was told by those who went on without this copy.
    """
    connection = transaction.connection
    remember(transaction, _RESTORED, moment.now.isoformat())
    # Events know whole seconds only.
    remember(transaction, _QUIET, round_down(moment.now).isoformat())
    open_visits = select(visits.c.visitor_id).where(visits.c.closed_at.is_(None))
    ids = connection.scalars(open_visits.union(select(known.c.visitor_id))).all()
    for visitor_id in load_many(connection, ids):
        change(
            transaction,
            moment,
            visitor_id,
            lambda record: Change(restoration.restored(record, moment.now)),
        )
    connection.execute(delete(outbox))


def restored_at(connection: Connection) -> datetime | None:
    """Return when an old copy was noticed that nobody has decided about yet."""
    return instant(recall(connection, _RESTORED))


def quiet_before(connection: Connection) -> datetime | None:
    """Return until when passages were told by those who went on without this copy."""
    return instant(recall(connection, _QUIET))


def unread_persons(connection: Connection, moment: Moment) -> int:
    """Return of how many visitors with open visits nobody knows what they hold."""
    query = (
        select(known.c.visitor_id)
        .join(visits, visits.c.visitor_id == known.c.visitor_id)
        .where(
            visits.c.closed_at.is_(None),
            visits.c.valid_until > moment.now,
            known.c.existence == Existence.UNKNOWN,
        )
        .distinct()
    )
    return len(connection.scalars(query).all())


def close_what_is_not_given(
    transaction: Transaction, moment: Moment, actor: Actor
) -> None:
    """End all visits whose access is not given now."""
    connection = transaction.connection
    end_for_good(transaction)
    open_visits = select(visits.c.visitor_id).where(visits.c.closed_at.is_(None))
    for visitor_id in connection.scalars(open_visits.distinct()).all():
        if visitor_id in load_many(connection, [visitor_id]):
            change(transaction, moment, visitor_id, lambda one: _closed(one, moment))
    journal.write(transaction, moment.now, actor, "close_after_restoration")
    remember(transaction, _RESTORED, None)


def go_on(transaction: Transaction, moment: Moment, actor: Actor) -> None:
    """Give again what the visits justify, as they came from the copy."""
    journal.write(transaction, moment.now, actor, "grant_after_restoration")
    remember(transaction, _RESTORED, None)


def _closed(record: VisitorRecord, moment: Moment) -> Change:
    return restoration.closed(record, moment.policy, moment.now)


def unreadable_visits(
    connection: Connection, visitor_id: str | None = None
) -> dict[int, str]:
    """Return open visits that cannot be read, by their rows, and whose they are.

    Of one visitor, or of all. They justify nothing. A name that cannot be read is "".
    """
    rows = connection.execute(
        select(visits, _ROW.label("row"), visitors.c.given_name, visitors.c.family_name)
        .join(visitors, visitors.c.id == visits.c.visitor_id)
        .where(
            or_(
                visits.c.closed_at.is_(None),
                visits.c.closed_at >= _NO_TIME,
            ),
            true() if visitor_id is None else visitors.c.id == visitor_id,
        )
    ).mappings()
    return {
        row["row"]: " ".join(
            part
            for part in (row["given_name"], row["family_name"])
            if part and part is not UNREADABLE
        )
        for row in rows.all()
        if not any(values(Visit, [row]))
    }


def close_unreadable(
    transaction: Transaction, moment: Moment, visitor_id: str | None = None
) -> None:
    """End and close visits that cannot be read: nothing else can be done with them.

    One of which not even the id can be read is deleted: nothing refers to it.
    """
    connection = transaction.connection
    these = _ROW.in_(unreadable_visits(connection, visitor_id))
    over = {"ended_at": moment.now, "closed_at": moment.now, "left_at": None}
    connection.execute(delete(visits).where(these, func.typeof(visits.c.id) != "text"))
    connection.execute(update(visits).where(these).values(over))
