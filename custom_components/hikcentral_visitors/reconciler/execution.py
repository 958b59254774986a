"""Carrying one job out: facts unknown, the call, then what the answer makes of them."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
import random

from ..contact import Contact
from ..hikcentral import (
    AlreadyExistsError,
    HikCentralClient,
    HikCentralError,
    NotFoundError,
    ParameterError,
    PersonDraft,
    Priority,
    RefusedError,
)
from ..ledger import Ledger, Transaction, journal
from ..ledger.photos import drop_photo, photo
from ..ledger.records import Moment, change
from ..visits import facts, person_code
from ..visits.desired import Desired, desired
from ..visits.facts import Failure, FailureKind
from ..visits.known import Existence, Known, Progress
from ..visits.plan import (
    WRITES_BY_ID,
    Operation,
    OperationKind,
    plan,
    wish_key,
)
from ..visits.profile import REMARK, profile_digest
from ..visits.record import Change, VisitorRecord
from ..visits.visit import SYSTEM
from ..visits.window import Window
from .batches import Job
from .failures import failure_of
from .readings import doors_reading, person_reading

_MOMENT_LATER = timedelta(minutes=1)

type Answer = Callable[[VisitorRecord], VisitorRecord]
"""What an answer makes of a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A visitor as he was when the call was decided, and what is wished for him."""

    record: VisitorRecord
    wish: Desired
    taking: bool
    jpeg: bytes | None = None

    @property
    def visitor_id(self) -> str:
        """Whose."""
        return self.record.visitor.id

    @property
    def person_id(self) -> str:
        """His person; operations by id are planned for persons that have one."""
        if self.record.known.person_id is None:
            raise ValueError("no person")
        return self.record.known.person_id


class Executor:
    """Makes the calls of jobs, and stores their outcomes."""

    def __init__(
        self,
        ledger: Ledger,
        client: HikCentralClient,
        contact: Contact,
        installation: person_code.Installation,
        organisation: str,
        moment: Callable[[], Moment],
    ) -> None:
        """Call through `client`; persons are added to `organisation`."""
        self._ledger = ledger
        self._client = client
        self._contact = contact
        self._installation = installation
        self._organisation = organisation
        self._moment = moment
        self._calls: dict[OperationKind, Callable[[Target], Awaitable[Answer]]] = {
            OperationKind.READ_PERSON: self._read_person,
            OperationKind.ADD_PERSON: self._add_person,
            OperationKind.UPDATE_PERSON: self._update_person,
            OperationKind.NARROW_PERSON: self._update_person,
            OperationKind.END_WINDOW: self._end_window,
            OperationKind.UPDATE_FACE: self._update_face,
            OperationKind.DELETE_PERSON: self._delete_person,
            OperationKind.CHECK_APPLICATION: self._check_application,
        }
        self._calls_for_many: dict[
            OperationKind, Callable[[str, Sequence[Target]], Awaitable[set[str]]]
        ] = {
            OperationKind.ADD_MEMBER: self._add_members,
            OperationKind.REMOVE_MEMBER: self._remove_members,
            OperationKind.APPLY: self._apply,
        }

    async def async_carry_out(self, job: Job) -> None:
        """Do what the job says, for those for whom it is still right.

        Raises LedgerError only; what the server does is stored, whatever it is.
        """
        targets = await self._ledger.async_write(
            lambda transaction: self._assume(transaction, job)
        )
        if not targets:
            return
        if job.operation.kind in self._calls_for_many:
            await self._carry_out_for_many(job, targets)
            return
        (target,) = targets
        try:
            answer = await self._calls[job.operation.kind](target)
        except ValueError:
            # Beyond the server's limits: nothing was sent.
            refusal = Failure(kind=FailureKind.REFUSED, reason="value_refused")
            await self._store_failure(job, [target], refusal)
        except HikCentralError as error:
            self._contact.failed(error)
            await self._store_failure(job, [target], error)
        else:
            self._contact.answered()
            await self._store(job, [target], answer)

    def _assume(self, transaction: Transaction, job: Job) -> list[Target]:
        """Commit that what the call concerns is unknown from now on.

        Somebody may have changed his mind since the job was chosen: only those whose
        plan still has this step are called for.
        """
        moment = self._moment()
        targets: list[Target] = []
        operation = job.operation

        def decide(record: VisitorRecord) -> Change:
            wish = desired(record, moment.now, moment.policy.provision_ahead)
            todo = plan(record, wish, moment.now)
            if operation not in todo.step:
                return Change(record)
            if operation.kind in WRITES_BY_ID and not self._proof_holds(record.known):
                return Change(replace(record, known=facts.doubted(record.known)))
            targets.append(
                Target(
                    record=record,
                    wish=wish,
                    taking=todo.narrowing,
                    jpeg=_picture(transaction, record, operation),
                )
            )
            return Change(
                replace(record, known=facts.assumed(record.known, [operation]))
            )

        for visitor_id in job.visitor_ids:
            change(transaction, moment, visitor_id, decide)
        return targets

    def _proof_holds(self, known: Known) -> bool:
        """Whether the person's id was read after we last lost sight of the server.

        Meanwhile it may have been set back to a backup, and ids given to others.
        """
        if known.existence is Existence.ABSENT:
            return True
        return known.proven_at is not None and known.proven_at >= self._contact.gap

    async def _carry_out_for_many(self, job: Job, targets: Sequence[Target]) -> None:
        """Call for all; a refused batch is halved until the culprit stands alone."""
        operation = job.operation
        level = operation.level or ""
        try:
            done = await self._calls_for_many[operation.kind](level, targets)
        except RefusedError as error:
            self._contact.answered()
            if len(targets) == 1:
                await self._store_failure(job, targets, error)
                return
            middle = len(targets) // 2
            await self._carry_out_for_many(job, targets[:middle])
            await self._carry_out_for_many(job, targets[middle:])
        except HikCentralError as error:
            self._contact.failed(error)
            await self._store_failure(job, targets, error)
        else:
            self._contact.answered()
            succeeded = [one for one in targets if one.person_id in done]
            await self._store(job, succeeded, _answer_for_many(operation, self._now()))
            left = [one for one in targets if one.person_id not in done]
            if left:
                refusal = Failure(kind=FailureKind.REFUSED, reason="still_member")
                await self._store_failure(job, left, refusal)

    async def _store(self, job: Job, targets: Sequence[Target], answer: Answer) -> None:
        moment = self._moment()

        def decide(record: VisitorRecord, *, taking: bool) -> Change:
            known = facts.succeeded(record.known, taking=taking)
            return Change(answer(replace(record, known=known)))

        def work(transaction: Transaction) -> None:
            for target in targets:
                record = change(
                    transaction,
                    moment,
                    target.visitor_id,
                    partial(decide, taking=target.taking),
                )
                if _face_is_settled(record):
                    drop_photo(transaction, target.visitor_id)
                _note(transaction, moment.now, job.operation, target, "done")

        await self._ledger.async_write(work)

    async def _store_failure(
        self, job: Job, targets: Sequence[Target], error: HikCentralError | Failure
    ) -> None:
        moment = self._moment()
        failure = error if isinstance(error, Failure) else failure_of(error)

        def work(transaction: Transaction) -> None:
            for target in targets:
                change(
                    transaction,
                    moment,
                    target.visitor_id,
                    lambda record, target=target: Change(  # type: ignore[misc]
                        _failed(record, target, job, failure, error, moment.now)
                    ),
                )
                _note(transaction, moment.now, job.operation, target, failure.reason)

        await self._ledger.async_write(work)

    async def _read_person(self, target: Target) -> Answer:
        person = await self._client.person_by_code(
            target.record.visitor.person_code, priority=_priority(target)
        )
        now = self._now()
        if person is None:
            return _knowing(lambda known: facts.person_not_found(known, now))
        reading, same = person_reading(person, target.record.visitor)
        digest = profile_digest(target.record.visitor)

        def read(known: Known) -> Known:
            profile = known.profile or (digest if same else None)
            return facts.person_read(known, reading, now, profile)

        return _knowing(read)

    async def _add_person(self, target: Target) -> Answer:
        visitor, window = target.record.visitor, _window(target)
        draft = replace(
            self._draft(target, window), person_code=visitor.person_code, remark=REMARK
        )
        face = visitor.photo if target.jpeg else None
        try:
            try:
                person_id = await self._client.add_person(
                    replace(draft, face=target.jpeg)
                )
            except ParameterError:
                if face is None:
                    raise
                # A server that takes no face here may take it by itself.
                face = None
                person_id = await self._client.add_person(draft)
        except AlreadyExistsError:
            # The code, or something else of his, such as a card that another has?
            if not await self._code_exists(visitor.person_code):
                raise
            return self._code_is_taken(target.record.known)
        now = self._now()
        profile = profile_digest(visitor)
        return _knowing(
            lambda known: facts.person_added(
                known, person_id, window, profile, face, now
            )
        )

    async def _code_exists(self, code: str) -> bool:
        found = await self._client.person_by_code(code, priority=Priority.WIDENING)
        return found is not None

    def _code_is_taken(self, before: Known) -> Answer:
        """By ourselves if we tried before, else by somebody else: draw another."""
        if before.add_attempted:
            unknown = facts.assumed(before, [Operation(OperationKind.ADD_PERSON)])
            return _knowing(lambda _known: unknown)
        fresh = person_code.issue(self._installation)
        return lambda record: replace(
            record,
            visitor=replace(record.visitor, person_code=fresh),
            known=facts.code_taken(before),
        )

    async def _update_person(self, target: Target) -> Answer:
        window = _window(target)
        profile = profile_digest(target.record.visitor)
        await self._client.update_person(
            target.person_id, self._draft(target, window), priority=_priority(target)
        )
        return _knowing(lambda known: facts.person_updated(known, window, profile))

    async def _end_window(self, target: Target) -> Answer:
        """End the validity now; where no past end is taken, in a moment."""
        profile = profile_digest(target.record.visitor)
        now = self._client.clock.now().replace(microsecond=0)
        for end in (now, now + _MOMENT_LATER):
            window = _ended(target.record.known.window, end)
            try:
                await self._client.update_person(
                    target.person_id,
                    self._draft(target, window),
                    priority=Priority.NARROWING,
                )
            except ParameterError:
                if end != now:
                    raise
                continue
            break
        return _knowing(lambda known: facts.window_ended(known, window, profile))

    async def _update_face(self, target: Target) -> Answer:
        digest = target.record.visitor.photo or ""
        if target.jpeg is None:
            return _knowing(lambda known: facts.face_refused(known, digest))
        await self._client.update_face(
            target.person_id, target.jpeg, priority=_priority(target)
        )
        return _knowing(lambda known: facts.face_taken(known, digest))

    async def _delete_person(self, target: Target) -> Answer:
        with suppress(NotFoundError):
            await self._client.delete_person(
                target.person_id, priority=Priority.NARROWING
            )
        return _knowing(facts.person_deleted)

    async def _check_application(self, target: Target) -> Answer:
        detail = await self._client.application_detail(
            target.person_id, priority=_priority(target)
        )
        reading = doors_reading(detail, face=target.record.known.face is not None)
        now = self._now()
        return _knowing(lambda known: facts.doors_read(known, reading, now))

    async def _add_members(self, level: str, targets: Sequence[Target]) -> set[str]:
        persons = [target.person_id for target in targets]
        await self._client.add_members(level, persons, priority=Priority.WIDENING)
        return set(persons)

    async def _remove_members(self, level: str, targets: Sequence[Target]) -> set[str]:
        """Take them out, and read back that they are."""
        persons = {target.person_id for target in targets}
        await self._client.remove_members(
            level, sorted(persons), priority=Priority.NARROWING
        )
        try:
            still = {
                person
                async for person in self._client.members(
                    level, priority=Priority.NARROWING
                )
                if person in persons
            }
        except HikCentralError:
            # The list of members is optional (guide 3.8); the answer must do.
            return persons
        return persons - still

    async def _apply(self, _level: str, targets: Sequence[Target]) -> set[str]:
        taking = any(_priority(one) is Priority.NARROWING for one in targets)
        persons = [
            target.person_id for target in targets if not await self._replaced(target)
        ]
        if persons:
            await self._client.reapply(
                persons, priority=Priority.NARROWING if taking else Priority.WIDENING
            )
        return {target.person_id for target in targets}

    async def _replaced(self, target: Target) -> bool:
        """Whether the id of somebody who was deleted went to another person since."""
        if target.record.known.existence is not Existence.ABSENT:
            return False
        other = await self._client.person_by_id(
            target.person_id, priority=Priority.NARROWING
        )
        return other is not None

    def _draft(self, target: Target, window: Window) -> PersonDraft:
        """All of the person each time, for servers that clear what is left out."""
        visitor = target.record.visitor
        return PersonDraft(
            given_name=visitor.given_name,
            family_name=visitor.family_name,
            organisation_id=self._organisation,
            phone=visitor.phone,
            email=visitor.email,
            card_numbers=(visitor.card_no,) if visitor.card_no else None,
            begin=window.start,
            end=window.end,
        )

    def _now(self) -> datetime:
        return self._moment().now


def _failed(
    record: VisitorRecord,
    target: Target,
    job: Job,
    failure: Failure,
    error: HikCentralError | Failure,
    now: datetime,
) -> VisitorRecord:
    """Return what a failed call makes of a record."""
    operation = job.operation
    known = record.known
    if failure.kind is not FailureKind.AMBIGUOUS:
        known = facts.not_carried_out(known, target.record.known, operation)
    if isinstance(error, NotFoundError | AlreadyExistsError):
        known = facts.doubted(known)
    match operation.kind, error:
        case OperationKind.UPDATE_FACE, RefusedError() if not isinstance(
            error, NotFoundError
        ):
            photo_id = record.visitor.photo or ""
            return replace(record, known=facts.face_refused(known, photo_id))
        case OperationKind.APPLY, RefusedError() if (
            target.record.known.existence is Existence.ABSENT
        ):
            # The person was deleted: there is nobody left to apply anything for.
            return replace(record, known=facts.nobody_to_apply_for(known))
        case OperationKind.CHECK_APPLICATION, RefusedError():
            return replace(record, known=facts.doors_unreadable(known))
    known = facts.failed(
        known,
        operation,
        failure,
        now,
        taking=target.taking,
        wish=wish_key(record, target.wish),
        jitter=random.random(),
    )
    return replace(record, known=known)


def _knowing(learn: Callable[[Known], Known]) -> Answer:
    return lambda record: replace(record, known=learn(record.known))


def _answer_for_many(operation: Operation, now: datetime) -> Answer:
    level = operation.level or ""
    match operation.kind:
        case OperationKind.ADD_MEMBER:
            return _knowing(lambda known: facts.member_added(known, level))
        case OperationKind.REMOVE_MEMBER:
            return _knowing(lambda known: facts.member_removed(known, level))
        case _:
            return _knowing(lambda known: facts.application_requested(known, now))


def _picture(
    transaction: Transaction, record: VisitorRecord, operation: Operation
) -> bytes | None:
    visitor = record.visitor
    with_face = {OperationKind.ADD_PERSON, OperationKind.UPDATE_FACE}
    if operation.kind not in with_face or visitor.photo is None:
        return None
    if visitor.photo == record.known.face_refused:
        return None
    return photo(transaction.connection, visitor.id, visitor.photo)


def _face_is_settled(record: VisitorRecord) -> bool:
    """Whether the picture did what it was kept for."""
    known, digest = record.known, record.visitor.photo
    return digest is not None and (
        digest == known.face_refused
        or (digest == known.face and known.application.progress is Progress.APPLIED)
    )


def _priority(target: Target) -> Priority:
    return Priority.WIDENING if target.wish.levels else Priority.NARROWING


def _window(target: Target) -> Window:
    if target.wish.window is None:
        raise ValueError("nothing is wished")
    return target.wish.window


def _ended(window: Window | None, end: datetime) -> Window:
    """Return a window that ends then, beginning where it did if that was before."""
    start = end - _MOMENT_LATER
    if window is not None and window.start < end:
        start = window.start
    return Window(start, end)


def _note(
    transaction: Transaction,
    now: datetime,
    operation: Operation,
    target: Target,
    result: str,
) -> None:
    detail = {"result": result}
    if operation.level is not None:
        detail["level"] = operation.level
    journal.write(
        transaction,
        now,
        SYSTEM,
        operation.kind.value,
        visitor_id=target.visitor_id,
        **detail,
    )
