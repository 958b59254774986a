"""The one way in for door events, pushed or polled."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import batched

from ..hikcentral import (
    ALARM_TYPES,
    DoorEvent,
    HikCentralError,
    Outcome,
    event_type,
)
from ..ledger import Ledger, Transaction
from ..ledger.memory import move_cursor
from ..ledger.passages import Owner, record_passages
from ..ledger.records import Moment, change
from ..visits import facts
from ..visits.passage import SLACK, DoorRole, Passage, PassageOutcome, direction
from ..visits.record import Change, VisitorRecord
from .cursors import Cursor
from .owners import Owners, owners_of
from .questions import Questions

_AT_ONCE = 500
"""How many events are looked at in one turn of the loop, or recorded in one commit."""

_REMEMBERED = 2000
_OUTCOMES = {
    Outcome.GRANTED: PassageOutcome.GRANTED,
    Outcome.DENIED: PassageOutcome.DENIED,
}


type _Facts = tuple[int, str, str, int]
"""Type, door, reader and second of an event: its id may differ in push and poll."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some events.

    `recorded` is how many passages were new. Not `complete` is that some could not be
    read, or nobody could say whose they are: the daily look at totals brings them.
    """

    recorded: int
    complete: bool


class Found:
    """Events of our visitors, each once, kept until they are recorded together.

    Those of one visitor are judged together, whatever types and times were asked for.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._events: dict[str, dict[str, DoorEvent]] = {}

    def add(self, visitor_id: str, event: DoorEvent) -> None:
        """Keep an event; one that comes again is the same."""
        self._events.setdefault(visitor_id, {}).setdefault(event.id, event)

    def portions(self) -> list[list[DoorEvent]]:
        """Return all of them in portions for a commit each, by whole visitors."""
        portions: list[list[DoorEvent]] = []
        for events in self._events.values():
            if not portions or len(portions[-1]) + len(events) > _AT_ONCE:
                portions.append([])
            portions[-1] += events.values()
        return portions


class Intake:
    """Keeps what is of our visitors and passes over all else.

    Events of staff are dropped in memory and stored nowhere. Events that name nobody,
    such as a face that was not recognised, and alarms of doors, whoever caused them,
    are handed to `unknown`, each once.
    """

    def __init__(
        self,
        ledger: Ledger,
        questions: Questions,
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
        self.complaints = ledger.complaints
        self._questions = questions
        self._moment = moment
        self._doors = doors
        self._readers = readers
        self._unknown = unknown
        self._skew = skew
        self._strangers: set[tuple[str, Owner]] = set()
        """Ids that are somebody else's now, and whose they were."""
        self._seen: dict[_Facts, None] = {}
        """What was handed to `unknown`, the oldest first."""

    async def async_take(self, events: Sequence[DoorEvent]) -> Taken:
        """Record the passages among these events; raises LedgerError."""
        found = Found()
        for some in batched(events, _AT_ONCE, strict=False):
            await self.async_sift(some, found)
        return await self.async_record(found)

    async def async_sift(self, events: Sequence[DoorEvent], found: Found) -> None:
        """Add to `found` what may be of our visitors; pass on what names nobody.

        For a page of events at a time. Raises LedgerError.
        """
        if not events:
            return
        owners = await self._ledger.async_read(
            lambda connection: owners_of(connection, events)
        )
        self._pass_on(
            event
            for event in events
            if event.person_id is None or event.type in ALARM_TYPES
        )
        for event in events:
            if (visitor_id := _concerned(event, owners)) is not None:
                found.add(visitor_id, event)

    async def async_record(self, found: Found, cursors: Sequence[Cursor] = ()) -> Taken:
        """Record the passages among these and, in the last commit, how far was read.

        Raises LedgerError; then some may be recorded, and none is a second time.
        """
        *before, last = found.portions() or [[]]
        taken = [await self._record(events, ()) for events in before]
        taken.append(await self._record(last, cursors))
        return Taken(
            sum(one.recorded for one in taken), all(one.complete for one in taken)
        )

    async def _record(
        self, events: Sequence[DoorEvent], cursors: Sequence[Cursor]
    ) -> Taken:
        if not events and not cursors:
            return Taken(0, complete=True)
        slack = SLACK + abs(self._skew())
        owners = await self._owners(events, slack)
        moment = self._moment()
        passages = [
            passage
            for event in sorted(events, key=lambda event: event.time)
            if (visitor_id := owners.whose(event, slack)) is not None
            and (passage := self._passage(event, visitor_id)) is not None
        ]
        passages = [*self._until_now(passages, slack, moment.now)]
        mistaken = [one for one in events if owners.mistaken(one)]
        if not passages and not cursors and not mistaken:
            return Taken(0, owners.complete)

        def work(transaction: Transaction) -> int:
            for event in mistaken:
                person_id = event.person_id or ""
                visitor_id = owners.persons[person_id].visitor_id
                _look_who_it_is(transaction, moment, visitor_id, person_id)
            recorded = record_passages(
                transaction, moment, passages, slack, self._quiet_before
            )
            for cursor in cursors:
                move_cursor(transaction, cursor.event_type, cursor.doors, cursor.until)
            return recorded

        return Taken(await self._ledger.async_write(work), owners.complete)

    async def _owners(self, events: Sequence[DoorEvent], slack: timedelta) -> Owners:
        """Return whose these events are, after asking where nobody could know."""
        found = await self._ledger.async_read(
            lambda connection: owners_of(connection, events)
        )
        doubtful = {one.person_id for one in events if found.doubtful(one, slack)}
        unclaimed, complete = set[str](), True
        for person_id in filter(None, doubtful):
            try:
                if await self._unclaimed(person_id, found.former[person_id]):
                    unclaimed.add(person_id)
            except HikCentralError:
                complete = False
        return replace(found, unclaimed=frozenset(unclaimed), complete=complete)

    async def _unclaimed(self, person_id: str, owner: Owner) -> bool:
        """Whether nobody else has an id that was ours; raises HikCentralError."""
        if (person_id, owner) in self._strangers:
            return False
        code = await self._questions.async_code(person_id)
        if code not in {None, owner.person_code}:
            self._strangers.add((person_id, owner))
            return False
        return True

    def _until_now(
        self, passages: Iterable[Passage], slack: timedelta, now: datetime
    ) -> Iterator[Passage]:
        """Yield passages; those that a terminal says are yet to come are of now.

        They keep their order, and their stamps beside it.
        """
        latest = self._questions.latest_now()
        for passage in passages:
            if passage.occurred_at - slack <= latest:
                yield passage
            else:
                yield replace(passage, occurred_at=now, stamped_at=passage.occurred_at)
                now += timedelta.resolution

    def _pass_on(self, events: Iterable[DoorEvent]) -> None:
        for event in events:
            if (facts := _facts(event)) not in self._seen:
                self._seen[facts] = None
                if len(self._seen) > _REMEMBERED:
                    del self._seen[next(iter(self._seen))]
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


def _concerned(event: DoorEvent, owners: Owners) -> str | None:
    """Return the visitor whom an event may be about: he, or somebody with his id."""
    person_id = event.person_id or ""
    if (by_code := owners.codes.get(event.person_code or "")) is not None:
        return by_code
    owner = owners.persons.get(person_id) or owners.former.get(person_id)
    return None if owner is None else owner.visitor_id


def _facts(event: DoorEvent) -> _Facts:
    return event.type, event.door_id, event.reader_id, int(event.time.timestamp())


def _look_who_it_is(
    transaction: Transaction, moment: Moment, visitor_id: str, person_id: str
) -> None:
    def decide(record: VisitorRecord) -> Change:
        known = facts.mistaken(record.known, person_id)
        return Change(replace(record, known=known))

    with suppress(KeyError):  # forgotten meanwhile
        change(transaction, moment, visitor_id, decide)
