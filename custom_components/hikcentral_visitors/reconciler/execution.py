"""Carrying one job out: facts unknown, the call, then what the answer makes of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
import random

from ..contact import Contact
from ..hikcentral import (
    AlreadyExistsError,
    HikCentralClient,
    HikCentralError,
    NotFoundError,
    RefusedError,
)
from ..ledger import Ledger, LedgerError, Transaction, journal
from ..ledger.photos import drop_photo, photo
from ..ledger.records import Moment, change_many
from ..visits import attempts, facts, person_code, terminals
from ..visits.attempts import Failure, FailureKind
from ..visits.desired import desired
from ..visits.known import Known, Progress
from ..visits.operations import BY_PERSON_ID, Operation, OperationKind
from ..visits.plan import plan, wish_key
from ..visits.record import Change, VisitorRecord
from ..visits.visit import SYSTEM
from .batches import Job
from .calls import Answer, Calls, answer_for_many
from .drafts import Target
from .failures import failure_of
from .unstored import UnstoredNarrowing


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
        self._contact = contact
        self._moment = moment
        self._calls = Calls(client, installation, organisation, self._now)
        self._unstored = UnstoredNarrowing(
            ledger, self._calls, moment, self._proof_holds
        )

    async def async_carry_out(self, job: Job) -> None:
        """Do what the job says, for those for whom it is still right.

        Raises LedgerError only; what the server does is stored, whatever it is.
        """
        try:
            targets = await self._ledger.async_write(
                lambda transaction: self._assume(transaction, job)
            )
        except LedgerError:
            if job.narrowing:
                await self._unstored.async_take_away(job.visitor_ids)
            raise
        self._unstored.stored()
        if not targets:
            return
        if job.operation.kind in self._calls.for_many:
            await self._carry_out_for_many(job, targets)
            return
        (target,) = targets
        try:
            answer = await self._calls.for_one[job.operation.kind](target)
        except ValueError:
            # Beyond the server's limits: nothing was sent.
            refusal = Failure(kind=FailureKind.REFUSED, reason="value_refused")
            await self._store_failure(job, [target], refusal)
        except HikCentralError as error:
            await self._store_failure(job, [target], error)
        else:
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
            wish = desired(record, moment.now, moment.policy)
            todo = plan(record, wish, moment.now)
            if operation not in todo.step:
                return Change(record)
            if operation.kind in BY_PERSON_ID and not self._proof_holds(record.known):
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

        change_many(transaction, moment, job.visitor_ids, decide)
        return targets

    def _proof_holds(self, known: Known) -> bool:
        """Whether the person's id was read after we last lost sight of the server.

        Meanwhile it may have been set back to a backup, and ids given to others.
        """
        proven_at = known.proven_at
        return proven_at is not None and self._contact.gap <= proven_at <= self._now()

    async def _carry_out_for_many(self, job: Job, targets: Sequence[Target]) -> None:
        """Call for all; a refused batch is halved until the culprit stands alone."""
        operation = job.operation
        level = operation.level or ""
        try:
            done = await self._calls.for_many[operation.kind](level, targets)
        except RefusedError as error:
            if len(targets) == 1:
                await self._store_failure(job, targets, error)
                return
            middle = len(targets) // 2
            await self._carry_out_for_many(job, targets[:middle])
            await self._carry_out_for_many(job, targets[middle:])
        except HikCentralError as error:
            await self._store_failure(job, targets, error)
        else:
            succeeded = [one for one in targets if one.person_id in done]
            await self._store(job, succeeded, answer_for_many(operation, self._now()))
            left = [one for one in targets if one.person_id not in done]
            if left:
                refusal = Failure(kind=FailureKind.REFUSED, reason="still_member")
                await self._store_failure(job, left, refusal)

    async def _store(self, job: Job, targets: Sequence[Target], answer: Answer) -> None:
        moment = self._moment()
        taking = {target.visitor_id: target.taking for target in targets}

        def decide(record: VisitorRecord) -> Change:
            known = attempts.succeeded(
                record.known, job.operation, taking=taking[record.visitor.id]
            )
            record = answer(replace(record, known=known))
            wish = desired(record, moment.now, moment.policy)
            if not plan(record, wish, moment.now).operations:
                known = attempts.nothing_left(record.known)
                record = replace(record, known=known)
            return Change(record)

        def work(transaction: Transaction) -> None:
            for record in change_many(transaction, moment, taking, decide):
                visitor_id = record.visitor.id
                if _face_is_settled(record):
                    drop_photo(transaction, visitor_id)
                _note(transaction, moment.now, job.operation, visitor_id, "done")

        await self._ledger.async_write(work)

    async def _store_failure(
        self, job: Job, targets: Sequence[Target], error: HikCentralError | Failure
    ) -> None:
        moment = self._moment()
        failure = error if isinstance(error, Failure) else failure_of(error)
        by_id = {target.visitor_id: target for target in targets}

        def decide(record: VisitorRecord) -> Change:
            target = by_id[record.visitor.id]
            return Change(_failed(record, target, job, failure, error, moment.now))

        def work(transaction: Transaction) -> None:
            for record in change_many(transaction, moment, by_id, decide):
                visitor_id, reason = record.visitor.id, failure.reason
                _note(transaction, moment.now, job.operation, visitor_id, reason)

        await self._ledger.async_write(work)

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
            photo_id = target.record.visitor.photo or ""
            return replace(record, known=facts.face_refused(known, photo_id))
        case OperationKind.CHECK_APPLICATION, RefusedError():
            if terminals.same_order(known, target.record.known):
                known = terminals.doors_unreadable(known, now)
            return replace(record, known=known)
    known = attempts.failed(
        known,
        operation,
        failure,
        now,
        taking=target.taking,
        wish=wish_key(record, target.wish),
        jitter=random.random(),
    )
    return replace(record, known=known)


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
    """Whether the doors have it; a picture that was refused may be sent again."""
    known, digest = record.known, record.visitor.photo
    return (
        digest is not None
        and digest == known.face != known.face_refused
        and known.application.progress is Progress.APPLIED
    )


def _note(
    transaction: Transaction,
    now: datetime,
    operation: Operation,
    visitor_id: str,
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
        visitor_id=visitor_id,
        **detail,
    )
