"""Passages, each recorded once and told once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched

from sqlalchemy import Connection, func, or_, select

from ..visits.events import VisitEvent
from ..visits.lifecycle import advance
from ..visits.movements import moved
from ..visits.passage import (
    DENIALS_WITHIN,
    ECHO,
    SLACK,
    Direction,
    Passage,
    PassageOutcome,
    attributed,
    conclusions,
    is_echo,
)
from ..visits.presence import Presence, whereabouts
from ..visits.record import Change, VisitorRecord
from ..visits.visit import Visit
from .columns import UNREADABLE
from .counters import count
from .loading import load
from .records import Moment, announce, change
from .rows import to_row, values
from .schema import former_persons, known, outbox, passages, visitors, visits
from .statements import KEY, RECORDED
from .transaction import Transaction

_IDS_AT_ONCE = 500

_COUNTED = {Direction.ENTRY: "entries", Direction.EXIT: "exits"}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a person is, or was `until` it was found to be no more.

    Whoever has its id and this code is the same visitor.
    """

    visitor_id: str
    person_code: str
    until: datetime | None = None


def visitors_of_codes(connection: Connection, codes: Iterable[str]) -> dict[str, str]:
    """Return which of these person codes are ours, and whose."""
    return {
        row.person_code: row.id
        for some in batched(codes, _IDS_AT_ONCE, strict=False)
        for row in connection.execute(
            select(visitors.c.id, visitors.c.person_code).where(
                visitors.c.person_code.in_(some)
            )
        )
        if UNREADABLE not in row
    }


def owners_of_persons(
    connection: Connection, person_ids: Iterable[str]
) -> dict[str, Owner]:
    """Return which of these persons are ours, and whose, by person id."""
    return {
        row.person_id: Owner(row.visitor_id, row.person_code)
        for some in batched(person_ids, _IDS_AT_ONCE, strict=False)
        for row in connection.execute(
            select(known.c.person_id, known.c.visitor_id, visitors.c.person_code)
            .join(visitors, visitors.c.id == known.c.visitor_id)
            .where(known.c.person_id.in_(some))
        )
        if UNREADABLE not in row
    }


def former_visitors_of_persons(
    connection: Connection, person_ids: Iterable[str]
) -> dict[str, Owner]:
    """Return whose persons these were, of those that are no more.

    A person may be deleted in HikCentral and made again: what he did at doors before is
    often heard of later.
    """
    return {
        row.person_id: Owner(row.visitor_id, row.person_code, row.until)
        for some in batched(person_ids, _IDS_AT_ONCE, strict=False)
        for row in connection.execute(
            select(former_persons, visitors.c.person_code)
            .join(visitors, visitors.c.id == former_persons.c.visitor_id)
            .where(former_persons.c.person_id.in_(some))
        )
        if UNREADABLE not in row
    }


def record_passages(
    transaction: Transaction,
    moment: Moment,
    passages: Sequence[Passage],
    slack: timedelta,
    quiet_before: datetime | None,
) -> int:
    """Record passages, in the order that they happened; returns how many were new.

    They are judged together: what time makes of a visitor is told after his last. What
    happened before `quiet_before` is not told.
    """
    whose = Counter(passage.visitor_id for passage in passages)
    recorded = [
        passage.visitor_id
        for passage in passages
        if record_passage(
            transaction,
            moment,
            passage,
            slack,
            quiet=quiet_before is not None and passage.occurred_at < quiet_before,
            followed=whose[passage.visitor_id] > 1,
        )
    ]
    for visitor_id in dict.fromkeys(recorded):
        if whose[visitor_id] > 1:
            change(transaction, moment, visitor_id, Change)
    return len(recorded)


def record_passage(
    transaction: Transaction,
    moment: Moment,
    passage: Passage,
    slack: timedelta = SLACK,
    *,
    quiet: bool = False,
    followed: bool = False,
) -> bool:
    """Record a passage of one of our visitors; False where it was recorded before.

    It is attributed to a visit, recognised where it is an echo of another report, and
    put into the outbox with what it means; what it makes of the visitor follows in the
    same commit. `slack` is how far the terminal's clock may be from ours. A `quiet` one
    was announced by others, who went on while this ledger did not. With `followed` time
    makes nothing of him yet (`record_passages`).
    """
    connection = transaction.connection
    if connection.scalar(RECORDED, {KEY: passage.event_id}) is not None:
        return False
    rows = connection.execute(
        select(visits).where(visits.c.visitor_id == passage.visitor_id)
    )
    stays = list(values(Visit, rows.mappings()))
    around = _around(connection, passage)
    visit = attributed(stays, *passage.times)
    passage = replace(
        passage,
        visit_id=visit.id if visit else None,
        echo=is_echo(passage, around),
    )
    inside = _was_inside(load(connection, passage.visitor_id), moment)
    number = connection.execute(
        passages.insert().values(recorded_at=moment.now, **to_row(passage))
    ).inserted_primary_key
    transaction.touched[passage.visitor_id] = None
    if passage.echo:
        return True
    _count(transaction, passage)
    if not quiet:
        connection.execute(
            outbox.insert().values(
                visit_id=passage.visit_id,
                passage_id=number[0] if number else None,
                occurred_at=passage.occurred_at,
            )
        )
        transaction.announces = True
    if visit is not None and not quiet:
        hours = moment.policy.hours
        announce(
            transaction,
            [
                VisitEvent(
                    visit_id=visit.id, type=kind, occurred_at=passage.occurred_at
                )
                for kind in conclusions(
                    passage, stays, around, slack, inside=inside, hours=hours
                )
            ],
        )
    if visit is not None:
        change(
            transaction,
            moment,
            passage.visitor_id,
            Change,
            with_visits=(visit.id,),
            course=moved if followed else advance,
        )
    return True


def _around(connection: Connection, passage: Passage) -> list[Passage]:
    at, stamp = passage.occurred_at, passage.by_terminal
    rows = connection.execute(
        select(passages).where(
            passages.c.visitor_id == passage.visitor_id,
            or_(
                passages.c.occurred_at.between(
                    at - DENIALS_WITHIN, at + DENIALS_WITHIN
                ),
                passages.c.stamped_at.between(stamp - ECHO, stamp + ECHO),
            ),
        )
    )
    return list(values(Passage, rows.mappings()))


def _was_inside(record: VisitorRecord | None, moment: Moment) -> bool:
    if record is None:
        return False
    timeout = moment.policy.presence_timeout
    where = whereabouts(record.movements, moment.now, timeout)
    return where.presence is Presence.INSIDE


def _count(transaction: Transaction, passage: Passage) -> None:
    if passage.outcome is PassageOutcome.DENIED:
        count(transaction, "denials")
    elif (key := _COUNTED.get(passage.direction)) is not None:
        count(transaction, key)


def place_in_row(
    connection: Connection, passage: Passage
) -> tuple[int, datetime | None]:
    """Return the how manieth of its kind on its visit a passage is.

    And when the one before it was.
    """
    earlier = connection.execute(
        select(func.count(), func.max(passages.c.occurred_at)).where(
            passages.c.visitor_id == passage.visitor_id,
            passages.c.visit_id == passage.visit_id,
            passages.c.direction == passage.direction,
            passages.c.outcome == passage.outcome,
            passages.c.echo.is_(False),
            passages.c.occurred_at <= passage.occurred_at,
            passages.c.event_id != passage.event_id,
        )
    ).one()
    return earlier[0] + 1, None if earlier[1] is UNREADABLE else earlier[1]


def denials_since(connection: Connection, since: datetime) -> int:
    """Return how often visitors were denied at doors since then."""
    return (
        connection.scalar(
            select(func.count())
            .select_from(passages)
            .where(
                passages.c.occurred_at >= since,
                passages.c.outcome == PassageOutcome.DENIED,
                passages.c.echo.is_(False),
            )
        )
        or 0
    )


def last_passage(connection: Connection) -> datetime | None:
    """Return when the newest recorded passage happened."""
    newest: datetime | None = connection.scalar(
        select(func.max(passages.c.occurred_at))
    )
    return None if newest is UNREADABLE else newest
