"""Persons on the server of whom the ledger knew nothing, to be decided on."""

from collections.abc import Collection, Iterable
from itertools import batched

from sqlalchemy import Connection, and_, false, or_, select

from ..visits.found import undecided
from ..visits.known import Existence
from ..visits.record import Change, VisitorRecord
from ..visits.view import VisitView
from ..visits.visit import SYSTEM
from . import journal
from .memory import recall_texts, remember
from .records import Moment, insert
from .schema import known, visitors
from .transaction import Transaction
from .visit_queries import view_of_visit

_KEY = "found"
_CODES_AT_ONCE = 500


def unknown_codes(connection: Connection, codes: Collection[str]) -> set[str]:
    """Return those of these person codes that are no visitor's."""
    return set(codes) - {
        code
        for some in batched(codes, _CODES_AT_ONCE, strict=False)
        for code in connection.scalars(
            select(visitors.c.person_code).where(visitors.c.person_code.in_(some))
        )
    }


def unexpected_visitors(connection: Connection, codes: Iterable[str]) -> set[str]:
    """Return those with one of these codes of whom we never sent anything."""
    there = set(codes)
    never_sent = (
        select(visitors.c.id, visitors.c.person_code)
        .outerjoin(known, known.c.visitor_id == visitors.c.id)
        .where(
            or_(
                known.c.visitor_id.is_(None),
                and_(
                    known.c.existence == Existence.ABSENT,
                    known.c.add_attempted == false(),
                ),
            ),
        )
    )
    return {
        row.id for row in connection.execute(never_sent) if row.person_code in there
    }


def take_in(
    transaction: Transaction, moment: Moment, records: Iterable[VisitorRecord]
) -> list[str]:
    """Store visitors who were found; returns who is new.

    Not those whose code is somebody's meanwhile.
    """
    connection = transaction.connection
    found = {record.visitor.person_code: record for record in records}
    new = [found[code] for code in sorted(unknown_codes(connection, found))]
    waiting = recall_texts(connection, _KEY)
    for record in new:
        (visit,) = record.visits
        insert(transaction, moment, Change(record))
        journal.write(
            transaction,
            moment.now,
            SYSTEM,
            "person_found",
            visitor_id=record.visitor.id,
            visit_id=visit.id,
        )
        if undecided(visit, moment.now):
            waiting.append(visit.id)
    remember(transaction, _KEY, waiting)
    return [record.visitor.id for record in new]


def waiting_for_decision(connection: Connection, moment: Moment) -> list[VisitView]:
    """Return the visits of persons found that somebody may still want to give back."""
    seen = (
        view_of_visit(connection, moment, visit_id)
        for visit_id in recall_texts(connection, _KEY)
    )
    return [one for one in seen if one and undecided(one.visit, moment.now)]


def decide(transaction: Transaction) -> None:
    """Ask no more about those who were found so far."""
    remember(transaction, _KEY, [])
