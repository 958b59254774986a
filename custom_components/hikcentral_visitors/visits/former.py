"""Persons of a visitor who are gone from the server: their terminals have to be told.

Somebody else deleted him, or the server was restored from its backup and he has
another id. Of a person who is gone, a server tells nothing any more (reference 3.9), so
terminals are told some times, and nobody knows whether they heard.
"""

from dataclasses import replace
from datetime import datetime

from .known import Former, Known
from .operations import Operation, OperationKind, Plan
from .terminals import TOLD_AGAIN


def left_behind(known: Known) -> Former:
    """Return whom terminals may know once the person that we knew is gone."""
    if known.person_id is None:
        return known.former
    return Former(ids=known.former.ids | {known.person_id})


def is_back(former: Former, person_id: str) -> Former:
    """A person with this id exists, and is his."""
    ids = former.ids - {person_id}
    return replace(former, ids=ids) if ids else Former()


def terminals_told(known: Known, ids: frozenset[str], now: datetime) -> Known:
    """The terminals were told of these; of others that came meanwhile they were not."""
    former = known.former
    if former.ids != ids:
        return known
    wait = next(iter(TOLD_AGAIN[former.told :]), None)
    if wait is None:
        return replace(known, former=Former())
    return replace(known, former=Former(ids=ids, told=former.told + 1, due=now + wait))


def telling(known: Known) -> Plan:
    """Return what is to be done about it, and when."""
    if not known.former.ids:
        return Plan()
    return Plan(
        operations=(Operation(OperationKind.APPLY_FORMER),),
        narrowing=True,
        not_before=known.former.due,
    )
