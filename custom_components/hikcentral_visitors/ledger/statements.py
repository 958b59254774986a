"""What is asked and written all the time, put together once.

SQLAlchemy takes several times as long to build a statement as SQLite takes to carry it
out: with these, granting somebody access costs a fifth of the time.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Delete,
    Insert,
    Select,
    Update,
    bindparam,
    delete,
    false,
    or_,
    select,
    type_coerce,
    union_all,
)

from ..visits.passage import Direction, PassageOutcome
from ..visits.presence import MovementKind
from .columns import Instant, Word
from .schema import (
    attendance,
    counters,
    deleted_events,
    journal,
    known,
    outbox,
    passages,
    photos,
    visitors,
    visits,
)

IDS, WITH_VISITS, SINCE, KEY = "ids", "with_visits", "since", "of_key"
"""The parameters of these statements.

Visitors, closed visits to be shown, since when movements count, one id.
"""


def _one_of(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column.in_(bindparam(IDS, expanding=True))


def _is(column: ColumnElement[Any]) -> ColumnElement[bool]:
    return column == bindparam(KEY)


VISITORS: Select[Any] = (
    select(visitors, known)
    .outerjoin(known, known.c.visitor_id == visitors.c.id)
    .where(_one_of(visitors.c.id))
)
"""Visitors, and what is known of them where anything is."""

LAST_VISIT: Select[Any] = (
    select(visits.c.id)
    .where(_is(visits.c.visitor_id))
    .order_by(visits.c.closed_at.desc())
    .limit(1)
)
"""Of somebody without an open one: the visit that was closed last."""

_OPEN = visits.c.closed_at.is_(None)
_OPEN_OR_NAMED = or_(_OPEN, visits.c.id.in_(bindparam(WITH_VISITS, expanding=True)))


def _visits(shown: ColumnElement[bool]) -> Select[Any]:
    return select(visits).where(_one_of(visits.c.visitor_id), shown)


def _movements(shown: ColumnElement[bool]) -> CompoundSelect[Any]:
    def count(visit_id: ColumnElement[Any], at: ColumnElement[Any]) -> Any:
        return or_(visit_id.in_(stays), at >= bindparam(SINCE, type_=Instant()))

    # The visits are found first, by their visitors: SQLite, left to choose, would look
    # through all that are open.
    stays = select(visits.c.id).where(_one_of(visits.c.visitor_id), shown)
    return union_all(
        select(
            passages.c.visitor_id,
            passages.c.visit_id,
            passages.c.occurred_at.label("at"),
            # The words for the ways in and out are those for the movements.
            type_coerce(passages.c.direction, Word(MovementKind)).label("kind"),
        ).where(
            _one_of(passages.c.visitor_id),
            count(passages.c.visit_id, passages.c.occurred_at),
            passages.c.echo == false(),
            passages.c.outcome == PassageOutcome.GRANTED,
            passages.c.direction.in_([Direction.ENTRY, Direction.EXIT]),
        ),
        select(
            attendance.c.visitor_id,
            attendance.c.visit_id,
            attendance.c.at,
            attendance.c.kind,
        ).where(
            _one_of(attendance.c.visitor_id),
            count(attendance.c.visit_id, attendance.c.at),
        ),
    )


OPEN_VISITS, SHOWN_VISITS = _visits(_OPEN), _visits(_OPEN_OR_NAMED)
"""The open visits; and with those closed ones that are named."""

OPEN_MOVEMENTS, SHOWN_MOVEMENTS = _movements(_OPEN), _movements(_OPEN_OR_NAMED)
"""What moved visitors on these visits or since: doors that opened, and the desk."""

VISITOR_OF_VISIT: Select[Any] = select(visits.c.visitor_id).where(_is(visits.c.id))

ADD_VISITOR: Insert = visitors.insert()
ADD_VISIT: Insert = visits.insert()
ADD_ATTENDANCE: Insert = attendance.insert()
ADD_KNOWN: Insert = known.insert()
ADD_ANNOUNCEMENT: Insert = outbox.insert()
ADD_TO_JOURNAL: Insert = journal.insert()

CHANGE_VISITOR: Update = visitors.update().where(_is(visitors.c.id))
CHANGE_VISIT: Update = visits.update().where(_is(visits.c.id))
CHANGE_KNOWN: Update = known.update().where(_is(known.c.visitor_id))
COUNT: Update = (
    counters.update()
    .where(_is(counters.c.key))
    .values(value=counters.c.value + bindparam("by"))
)
DROP_PHOTO: Delete = delete(photos).where(_is(photos.c.visitor_id))
ADD_PHOTO: Insert = photos.insert()
PHOTO: Select[Any] = select(photos.c.jpeg).where(
    _is(photos.c.visitor_id), photos.c.digest == bindparam("digest")
)

RECORDED: CompoundSelect[Any] = union_all(
    select(passages.c.event_id).where(_is(passages.c.event_id)),
    select(deleted_events.c.event_id).where(_is(deleted_events.c.event_id)),
)
"""An event that was recorded, whether or not it was deleted since."""

TWIN: Select[Any] = (
    select(visits.c.id)
    .join(visitors, visitors.c.id == visits.c.visitor_id)
    .where(
        visits.c.closed_at.is_(None),
        visitors.c.id != bindparam(KEY),
        visitors.c.given_name == bindparam("given_name"),
        visitors.c.family_name == bindparam("family_name"),
        visits.c.valid_from < bindparam("valid_until"),
        visits.c.valid_until > bindparam("valid_from"),
    )
    .limit(1)
)
"""An open visit of somebody else who is called the same, at the same time."""
