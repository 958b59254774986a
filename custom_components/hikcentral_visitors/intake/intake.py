"""The one way in for door events, pushed or polled."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from ..hikcentral import ALARM_TYPES, DoorEvent, Outcome, event_type
from ..ledger import Ledger, Transaction
from ..ledger.memory import move_cursor
from ..ledger.passages import (
    Owner,
    former_visitors_of_persons,
    owners_of_persons,
    record_passage,
)
from ..ledger.records import Moment, change
from ..visits import facts
from ..visits.passage import SLACK, DoorRole, Passage, PassageOutcome, direction
from ..visits.record import Change, VisitorRecord
from .cursors import Cursor

_REMEMBERED = 2000
_OUTCOMES = {
    Outcome.GRANTED: PassageOutcome.GRANTED,
    Outcome.DENIED: PassageOutcome.DENIED,
}


type _Facts = tuple[int, str, str, int]
"""Type, door, reader and second of an event: its id may differ in push and poll."""


class Intake:
    """Keeps what is of our visitors and passes over all else.

    Events of staff are dropped in memory and stored nowhere. Events that name nobody,
    such as a face that was not recognised, and alarms of doors, whoever caused them,
    are handed to `unknown`, each once.
    """

    def __init__(
        self,
        ledger: Ledger,
        moment: Callable[[], Moment],
        doors: Mapping[str, DoorRole],
        readers: Mapping[str, DoorRole],
        unknown: Callable[[DoorEvent], None],
        quiet_before: datetime | None = None,
        skew: Callable[[], timedelta] = timedelta,
    ) -> None:
        """Take events in, with the roles of doors and readers by id.

        What happened before `quiet_before` is recorded and not announced. `skew` tells
        how far the terminals' clocks may be from ours.
        """
        self._quiet_before = quiet_before
        self._ledger = ledger
        self._moment = moment
        self._doors = doors
        self._readers = readers
        self._unknown = unknown
        self._skew = skew
        self._seen: deque[_Facts] = deque(maxlen=_REMEMBERED)

    async def async_take(
        self, events: Sequence[DoorEvent], cursors: Sequence[Cursor] = ()
    ) -> int:
        """Record the passages among these events and, in the same commit, how far.

        Returns how many passages were new. Raises LedgerError.
        """
        persons = {event.person_id for event in events if event.person_id is not None}
        ours, before = await self._ledger.async_read(
            lambda connection: (
                owners_of_persons(connection, persons),
                former_visitors_of_persons(connection, persons),
            )
        )
        self._pass_on(
            event
            for event in events
            if event.person_id is None or event.type in ALARM_TYPES
        )
        slack = SLACK + abs(self._skew())
        passages = [
            passage
            for event in sorted(events, key=lambda event: event.time)
            if (visitor_id := _whose(event, ours, before, slack)) is not None
            and (passage := self._passage(event, visitor_id)) is not None
        ]
        mistaken = [one for one in events if _is_mistaken(one, ours)]
        if not passages and not cursors and not mistaken:
            return 0
        moment = self._moment()

        def work(transaction: Transaction) -> int:
            for event in mistaken:
                _look_who_it_is(transaction, moment, event, ours)
            recorded = sum(
                record_passage(
                    transaction,
                    moment,
                    passage,
                    slack,
                    quiet=self._is_quiet(passage),
                )
                for passage in passages
            )
            for cursor in cursors:
                move_cursor(transaction, cursor.event_type, cursor.doors, cursor.until)
            return recorded

        return await self._ledger.async_write(work)

    def _is_quiet(self, passage: Passage) -> bool:
        return self._quiet_before is not None and (
            passage.occurred_at < self._quiet_before
        )

    def _pass_on(self, events: Iterable[DoorEvent]) -> None:
        for event in events:
            if (facts := _facts(event)) not in self._seen:
                self._seen.append(facts)
                self._unknown(event)

    def _passage(self, event: DoorEvent, visitor_id: str) -> Passage | None:
        kind = event_type(event.type)
        outcome = _OUTCOMES.get(kind.outcome)
        if outcome is None:
            return None
        return Passage(
            event_id=event.id,
            event_type=event.type,
            visitor_id=visitor_id,
            occurred_at=event.time,
            door_id=event.door_id,
            door_name=event.door_name,
            reader_id=event.reader_id,
            direction=direction(
                self._readers.get(event.reader_id, DoorRole.UNKNOWN),
                self._doors.get(event.door_id, DoorRole.UNKNOWN),
                event.check_in_out,
            ),
            outcome=outcome,
            credential=kind.credential,
            reason=(kind.reason or "denied")
            if outcome is PassageOutcome.DENIED
            else None,
            picture_uri=event.picture_uri,
        )


def _facts(event: DoorEvent) -> _Facts:
    return event.type, event.door_id, event.reader_id, int(event.time.timestamp())


def _whose(
    event: DoorEvent,
    ours: Mapping[str, Owner],
    before: Mapping[str, tuple[str, datetime]],
    slack: timedelta,
) -> str | None:
    """Return the visitor whose person it is, or was at that time.

    Later such an id may be anybody's.
    """
    person_id = event.person_id or ""
    if _is_mistaken(event, ours):
        return None  # a poll brings it, once it is known whose it is
    if person_id in ours:
        return ours[person_id].visitor_id
    visitor_id, until = before.get(person_id, (None, event.time))
    return visitor_id if event.time <= until + slack else None


def _is_mistaken(event: DoorEvent, ours: Mapping[str, Owner]) -> bool:
    """Whether the person bears another code than the one we take him for.

    HikCentral may have been set back to a backup, and the id be somebody else's.
    """
    owner = ours.get(event.person_id or "")
    return owner is not None and event.person_code not in {None, owner.person_code}


def _look_who_it_is(
    transaction: Transaction,
    moment: Moment,
    event: DoorEvent,
    ours: Mapping[str, Owner],
) -> None:
    person_id = event.person_id or ""

    def decide(record: VisitorRecord) -> Change:
        known = facts.mistaken(record.known, person_id)
        return Change(replace(record, known=known))

    with suppress(KeyError):  # forgotten meanwhile
        change(transaction, moment, ours[person_id].visitor_id, decide)
