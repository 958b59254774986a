"""The smallest server: persons, levels and terminals as plain values.

It carries out the plan's operations as the reconciler does: what the call concerns is
assumed unknown, the call is made or not, and the answer is written down or lost. What
the design forbids is asserted here, so that every test that lets it work proves it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from custom_components.hikcentral_visitors.visits import (
    attempts,
    facts,
    former,
    terminals,
)
from custom_components.hikcentral_visitors.visits.attempts import Failure, FailureKind
from custom_components.hikcentral_visitors.visits.desired import Desired, desired
from custom_components.hikcentral_visitors.visits.known import Existence, Known
from custom_components.hikcentral_visitors.visits.operations import (
    BY_PERSON_ID,
    Operation,
    OperationKind as Kind,
    Plan,
)
from custom_components.hikcentral_visitors.visits.plan import (
    PROOF_LASTS,
    plan,
    wish_key,
)
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.profile import profile_digest
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.terminals import DoorsReading
from custom_components.hikcentral_visitors.visits.window import Window

from .values import MINUTE, POLICY

type Learnt = Callable[[Known], Known]
"""What an answer makes of what is known."""


class Answer(StrEnum):
    """What becomes of a call."""

    DONE = "done"
    REFUSED = "refused"
    TRANSIENT = "transient"
    LOST_DONE = "lost_done"
    """Carried out, but the answer was lost, or we died before it was written down."""
    LOST_NOT_DONE = "lost_not_done"
    CRASH_DONE = "crash_done"
    CRASH_NOT_DONE = "crash_not_done"


@dataclass
class Person:
    """A person on the server."""

    id: str
    window: Window
    profile: str
    face: str | None = None
    levels: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Held:
    """What the terminals hold of a person: this is what opens doors."""

    window: Window
    levels: frozenset[str]


@dataclass
class Server:
    """One server, and the one person that may be ours."""

    person: Person | None = None
    terminals: dict[str, Held] = field(default_factory=dict)
    calls: list[Kind] = field(default_factory=list)
    ids_given: int = 0
    policy: Policy = POLICY
    read_since_add: bool = True

    def opens(self, level: str, now: datetime) -> bool:
        """Tell whether some terminal of a level lets our visitor in."""
        return any(
            level in held.levels and now in held.window
            for held in self.terminals.values()
        )

    def carry_out(
        self,
        record: VisitorRecord,
        wish: Desired,
        todo: Plan,
        operation: Operation,
        now: datetime,
        answer: Answer = Answer.DONE,
    ) -> VisitorRecord:
        """Make one call and return the record with what was learnt."""
        before = record.known
        self._check_rules(before, operation, now)
        known = facts.assumed(before, [operation])
        answered = answer is Answer.DONE
        reached = answer in {Answer.DONE, Answer.LOST_DONE, Answer.CRASH_DONE}
        self.calls.append(operation.kind)
        if reached:
            learnt = self._call(record, known, wish, operation, now)
            if answered:
                known = learnt(
                    attempts.succeeded(known, operation, taking=todo.narrowing)
                )
        if answer in {
            Answer.REFUSED,
            Answer.TRANSIENT,
            Answer.LOST_DONE,
            Answer.LOST_NOT_DONE,
        }:
            known = self._failed(record, known, wish, todo, operation, now, answer)
        return replace(record, known=known)

    def _check_rules(self, known: Known, operation: Operation, now: datetime) -> None:
        if operation.kind in BY_PERSON_ID and known.existence is Existence.PRESENT:
            assert known.person_id is not None
            assert known.proven_at is not None
            assert now - known.proven_at < PROOF_LASTS
        if operation.kind is Kind.ADD_PERSON:
            assert self.read_since_add, "a second add without a reading"

    def _failed(
        self,
        record: VisitorRecord,
        known: Known,
        wish: Desired,
        todo: Plan,
        operation: Operation,
        now: datetime,
        answer: Answer,
    ) -> Known:
        kinds = {
            Answer.REFUSED: FailureKind.REFUSED,
            Answer.TRANSIENT: FailureKind.TRANSIENT,
        }
        kind = kinds.get(answer, FailureKind.AMBIGUOUS)
        if kind is not FailureKind.AMBIGUOUS:
            known = facts.not_carried_out(known, record.known, operation)
        if kind is FailureKind.REFUSED and operation.kind is Kind.UPDATE_FACE:
            return facts.face_refused(known, record.visitor.photo or "")
        if kind is FailureKind.REFUSED and operation.kind is Kind.CHECK_APPLICATION:
            return terminals.doors_unreadable(known, now)
        return attempts.failed(
            known,
            operation,
            Failure(kind=kind, reason=answer.value),
            now,
            taking=todo.narrowing,
            wish=wish_key(record, wish),
        )

    def _call(
        self,
        record: VisitorRecord,
        known: Known,
        wish: Desired,
        operation: Operation,
        now: datetime,
    ) -> Learnt:
        match operation.kind:
            case Kind.CHECK_APPLICATION | Kind.APPLY | Kind.APPLY_FORMER:
                return self._at_the_terminals(known, operation.kind, now)
            case Kind.READ_PERSON:
                return self._read(profile_digest(record.visitor), now)
            case Kind.ADD_PERSON:
                return self._add(record, wish, now)
        person = self.person
        if operation.kind is Kind.DELETE_PERSON and person is None:
            return facts.doubted
        assert person is not None
        assert person.id == known.person_id
        return self._change(person, record, wish, operation, now)

    def _at_the_terminals(self, known: Known, kind: Kind, now: datetime) -> Learnt:
        person = self.person
        if kind is Kind.CHECK_APPLICATION:
            reading = self._doors(person)
            return lambda known: terminals.doors_read(known, reading, now)
        if kind is Kind.APPLY:
            if person is not None:
                held = Held(person.window, frozenset(person.levels))
                self.terminals[person.id] = held
            return lambda known: terminals.application_requested(known, now)
        ids = known.former.ids
        for person_id in ids - {person.id if person else None}:
            self.terminals.pop(person_id, None)
        return lambda known: former.terminals_told(known, ids, now)

    def _read(self, profile: str, now: datetime) -> Learnt:
        person = self.person
        self.read_since_add = True
        if person is None:
            return lambda known: facts.person_not_found(known, now)
        reading = facts.PersonReading(
            person_id=person.id,
            window=person.window,
            has_photo=person.face is not None,
        )
        same = person.profile == profile
        return lambda known: facts.person_read(
            known, reading, now, known.profile or (profile if same else None)
        )

    def _add(self, record: VisitorRecord, wish: Desired, now: datetime) -> Learnt:
        window, visitor = wish.window, record.visitor
        assert self.person is None, "added twice"
        assert window is not None
        self.ids_given += 1
        self.read_since_add = False
        profile = profile_digest(visitor)
        made = Person(str(self.ids_given), window, profile, visitor.photo)
        self.person = made
        return lambda known: facts.person_added(
            known, made.id, window, profile, visitor.photo, now
        )

    def _change(
        self,
        person: Person,
        record: VisitorRecord,
        wish: Desired,
        operation: Operation,
        now: datetime,
    ) -> Learnt:
        profile = profile_digest(record.visitor)
        level = operation.level or ""
        match operation.kind:
            case Kind.DELETE_PERSON:
                self.person = None
                self.read_since_add = True
                return facts.person_deleted
            case Kind.UPDATE_PERSON | Kind.NARROW_PERSON:
                assert wish.window is not None
                window = wish.window
                person.window, person.profile = window, profile
                return lambda known: facts.person_updated(known, window, profile)
            case Kind.END_WINDOW:
                start = min(person.window.start, now - MINUTE)
                ended = person.window = Window(start, now)
                person.profile = profile
                return lambda known: facts.window_ended(known, ended, profile)
            case Kind.UPDATE_FACE:
                digest = record.visitor.photo or ""
                person.face = digest
                return lambda known: facts.face_taken(known, digest)
            case Kind.ADD_MEMBER:
                person.levels.add(level)
                return lambda known: facts.member_added(known, level)
            case _:
                person.levels.discard(level)
                return lambda known: facts.member_removed(known, level)

    def _doors(self, person: Person | None) -> DoorsReading:
        if person is None:
            left = any(held.levels for held in self.terminals.values())
            failed = ("door",) if left else ()
            return DoorsReading(ready=0, failed=failed, pending=())
        held = self.terminals.get(person.id)
        wanted = Held(person.window, frozenset(person.levels))
        same = held == wanted or not (wanted.levels or (held and held.levels))
        if same:
            return DoorsReading(ready=len(person.levels), failed=(), pending=())
        return DoorsReading(ready=0, failed=("door",), pending=())


def wished(record: VisitorRecord, now: datetime, policy: Policy = POLICY) -> Desired:
    """Return what is wished under the tests' policy."""
    return desired(record, now, policy)


def next_step(
    record: VisitorRecord, now: datetime, policy: Policy = POLICY
) -> tuple[Plan, Desired]:
    """Return what is to be done, and for which wish."""
    wish = wished(record, now, policy)
    return plan(record, wish, now), wish


MOST_STEPS = 60


def drive(
    server: Server,
    record: VisitorRecord,
    now: datetime,
    answer: Callable[[Operation], Answer] = lambda _operation: Answer.DONE,
    steps: int = MOST_STEPS,
) -> tuple[VisitorRecord, datetime]:
    """Carry out so many steps, or until nothing is left, waiting as the plan says."""
    for _ in range(steps):
        todo, _ = next_step(record, now, server.policy)
        if not todo.operations:
            break
        now = max(now, todo.not_before or now)
        todo, wish = next_step(record, now, server.policy)
        for operation in todo.step:
            how = answer(operation)
            record = server.carry_out(record, wish, todo, operation, now, how)
    return record, now


def settle(
    server: Server, record: VisitorRecord, now: datetime
) -> tuple[VisitorRecord, datetime]:
    """Let everything work until nothing is left to do; it must come to an end."""
    record, now = drive(server, record, now)
    todo, _ = next_step(record, now, server.policy)
    assert not todo.operations, f"after {MOST_STEPS} steps still {todo}"
    return record, now


def stumble(
    server: Server, record: VisitorRecord, now: datetime, answers: Iterable[Answer]
) -> tuple[VisitorRecord, datetime]:
    """Let one call after another end as told."""
    for answer in answers:
        todo, wish = next_step(record, now, server.policy)
        if not todo.operations:
            break
        now = max(now, todo.not_before or now)
        todo, wish = next_step(record, now, server.policy)
        for operation in todo.step[:1]:
            record = server.carry_out(record, wish, todo, operation, now, answer)
    return record, now


def asked_again(record: VisitorRecord) -> VisitorRecord:
    """Return the record after somebody asked once more for what was refused."""
    known = record.known
    widening = replace(known.widening, refused_for=None, next_attempt=None)
    return replace(record, known=replace(known, widening=widening))
