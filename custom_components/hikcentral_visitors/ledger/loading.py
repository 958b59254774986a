"""Visitor records as they are read, whole, and whom anything is to be read of."""

from collections.abc import (
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import CompoundSelect, Connection, and_, or_, select, true

from ..visits.attempts import OUT_OF_REACH
from ..visits.known import UNSETTLED, Existence, Known, Progress
from ..visits.policy import LONGEST_STAY
from ..visits.presence import Movement, in_order
from ..visits.record import VisitorRecord
from ..visits.visit import Visit, Visitor
from .columns import UNREADABLE
from .rows import UnreadableRowError, known_from_row, values, visitor_from_row
from .schema import known, visitors, visits
from .statements import (
    IDS,
    OPEN_MOVEMENTS,
    OPEN_VISITS,
    SHOWN_MOVEMENTS,
    SHOWN_VISITS,
    SINCE,
    VISITORS,
    WITH_VISITS,
)

_IDS_AT_ONCE = 500


def load(
    connection: Connection, visitor_id: str, *, with_visits: Collection[str] = ()
) -> VisitorRecord | None:
    """Return one visitor's record, with those closed visits that are named."""
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
            visits=by_time(stays.get(visitor.id, ())),
            movements=in_order(moves.get(visitor.id, ())),
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
        visitor_id: min(visit.window.start for visit in own) - LONGEST_STAY
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
            known.c.former_ids != [],
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


def ids_out_of_reach(connection: Connection) -> list[str]:
    """Return the visitors of whom something waits since no connection came about."""
    query = select(known.c.visitor_id).where(
        or_(
            known.c.widening_reason == OUT_OF_REACH,
            known.c.narrowing_reason == OUT_OF_REACH,
        )
    )
    return list(connection.scalars(query))


def ids_to_audit(connection: Connection) -> list[str]:
    """Return the visitors of whom the server may hold anything at all.

    Persons without access too, for somebody may give them some in HikCentral's own
    client, and those who were deleted, for a backup may bring them back.
    """
    query = select(known.c.visitor_id).where(
        or_(known.c.existence != Existence.ABSENT, known.c.add_attempted == true())
    )
    return list(connection.scalars(query))


def levels_held(connection: Connection) -> frozenset[str]:
    """Return the levels that anybody is in, or may be."""
    rows = connection.execute(select(known.c.members, known.c.unsure).distinct())
    readable = (held for row in rows for held in row if held is not UNREADABLE)
    return frozenset[str]().union(*readable)


def by_time(stays: Iterable[Visit]) -> tuple[Visit, ...]:
    """Return visits as a record holds them."""
    return tuple(sorted(stays, key=lambda visit: (visit.window, visit.id)))
