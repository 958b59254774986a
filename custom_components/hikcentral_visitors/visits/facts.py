"""How calls and their answers change what is known.

`assumed` is committed before a call: what the call concerns is unknown from then on,
whatever happens. The other functions are the answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from .known import UNSETTLED, Application, Effort, Existence, Known, Progress
from .plan import NARROWING, Operation, OperationKind
from .window import Window

CHECK_DELAYS = tuple(timedelta(seconds=s) for s in (2, 5, 10, 20, 40, 60))
"""When the terminals are asked, counted from the application (design, section 3)."""

SECOND_LOOK = timedelta(seconds=3)
"""How long after a first "not found" an uncertain person is asked for again."""

FAILURES_BELIEVED = 2
"""An old failure stays visible until the new job ends (guide 3.9), so one is none."""

PENDING_BELIEVED = 10
"""After so many checks what is pending may be lost, and is ordered again."""

BACK_OFF_FIRST = timedelta(seconds=2)
BACK_OFF_LONGEST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReading:
    """What a reading of the person by our code showed."""

    person_id: str
    window: Window | None
    has_photo: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorsReading:
    """What the terminals were said to hold, counted in doors; failed ones by id.

    `face_missing`: no door shows a face. `cards_shown`: some door shows credentials at
    all, so that a missing one means something.
    """

    ready: int
    failed: tuple[str, ...]
    pending: int
    face_missing: bool = False
    cards_shown: bool = False

    @property
    def total(self) -> int:
        """All doors that were reported."""
        return self.ready + len(self.failed) + self.pending


class FailureKind(StrEnum):
    """What a failed call means for the next try."""

    TRANSIENT = "transient"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a call did not succeed; `reason` is a stable key that is shown in words."""

    kind: FailureKind
    reason: str
    retry_after: timedelta = timedelta()


def assumed(known: Known, operations: Iterable[Operation]) -> Known:
    """Return what is certain once these operations are about to be called."""
    for operation in operations:
        known = _assumed_one(known, operation)
    return known


def _assumed_one(known: Known, operation: Operation) -> Known:
    match operation.kind:
        case OperationKind.ADD_PERSON:
            return replace(
                known,
                person_id=None,
                existence=Existence.UNKNOWN,
                add_attempted=True,
                absences=0,
            )
        case OperationKind.DELETE_PERSON:
            return replace(known, existence=Existence.UNKNOWN, absences=0)
        case (
            OperationKind.UPDATE_PERSON
            | OperationKind.NARROW_PERSON
            | OperationKind.END_WINDOW
        ):
            return _stale(replace(known, window_known=False, profile=None), operation)
        case OperationKind.UPDATE_FACE:
            return _stale(replace(known, face=None), operation)
        case OperationKind.ADD_MEMBER | OperationKind.REMOVE_MEMBER:
            level = frozenset(filter(None, [operation.level]))
            return _stale(
                replace(
                    known, members=known.members - level, unsure=known.unsure | level
                ),
                operation,
            )
        case _:
            return known


def _stale(known: Known, operation: Operation) -> Known:
    """The terminals differ now; nobody's business for a person who is in no level."""
    if not known.possible_levels:
        return known
    application = known.application
    taken = operation.kind in NARROWING or application.progress is Progress.NARROWED
    progress = Progress.NARROWED if taken else Progress.STALE
    return replace(known, application=replace(application, progress=progress))


def not_carried_out(known: Known, before: Known, operation: Operation) -> Known:
    """The server did not do it: what the call concerned is as it was `before`."""
    match operation.kind:
        case OperationKind.ADD_PERSON | OperationKind.DELETE_PERSON:
            # That it was tried stays true: should the code turn out to exist, it is
            # ours, for not every server means it that it did nothing.
            return replace(known, existence=before.existence)
        case (
            OperationKind.UPDATE_PERSON
            | OperationKind.NARROW_PERSON
            | OperationKind.END_WINDOW
        ):
            return replace(
                known, window_known=before.window_known, profile=before.profile
            )
        case OperationKind.UPDATE_FACE:
            return replace(known, face=before.face)
        case OperationKind.ADD_MEMBER | OperationKind.REMOVE_MEMBER:
            level = frozenset(filter(None, [operation.level]))
            return replace(
                known,
                members=known.members - level | (before.members & level),
                unsure=known.unsure - level | (before.unsure & level),
            )
        case _:
            return known


def doubted(known: Known) -> Known:
    """The server said that something of him does not exist: read before writing."""
    return replace(known, proven_at=None)


def code_taken(known: Known) -> Known:
    """Somebody else has the person code: begin again with another."""
    return Known(widening=known.widening)


def person_added(
    known: Known,
    person_id: str,
    window: Window,
    profile: str,
    face: str | None,
    now: datetime,
) -> Known:
    """The person exists; a face that the server ignored shows in the doors' reading."""
    return replace(
        known,
        person_id=person_id,
        existence=Existence.PRESENT,
        proven_at=now,
        window=window,
        window_known=True,
        profile=profile,
        face=face,
        face_updated=False,
        members=frozenset(),
        unsure=frozenset(),
        application=Application(),
        widening=Effort(),
    )


def person_updated(known: Known, window: Window, profile: str) -> Known:
    """Window and profile are as sent."""
    return replace(known, window=window, window_known=True, profile=profile)


def window_ended(known: Known, window: Window, profile: str) -> Known:
    """The validity is over; where levels are still to go, their rung stays reached."""
    refusals = known.narrowing.refusals if known.possible_levels else 0
    return replace(
        person_updated(known, window, profile), narrowing=Effort(refusals=refusals)
    )


def face_taken(known: Known, digest: str) -> Known:
    """The picture is the person's face."""
    return replace(known, face=digest, face_updated=True, face_refused=None)


def face_refused(known: Known, digest: str) -> Known:
    """The picture was refused; it is not sent again."""
    return replace(known, face_refused=digest)


def member_added(known: Known, level: str) -> Known:
    """He is in the level."""
    return replace(
        known, members=known.members | {level}, unsure=known.unsure - {level}
    )


def member_removed(known: Known, level: str) -> Known:
    """He is in the level no more."""
    return replace(
        known,
        members=known.members - {level},
        unsure=known.unsure - {level},
        narrowing=Effort(),
    )


def person_deleted(known: Known) -> Known:
    """Nothing is left on the server but, for ever, the code that was used.

    Terminals may go on knowing a person who was deleted, until they are told.
    """
    untold = known.possible_levels or known.application.progress in UNSETTLED
    if known.person_id is None or not untold:
        return Known(add_attempted=known.add_attempted)
    return Known(
        add_attempted=known.add_attempted,
        person_id=known.person_id,
        application=Application(progress=Progress.NARROWED),
    )


def person_read(
    known: Known, reading: PersonReading, now: datetime, profile: str | None
) -> Known:
    """The person was found by our code.

    Another id than before is another person record: no membership carries over, but any
    that we knew may be there, and no face; what was refused for that id is asked again
    for this one. A face that is gone is unknown again, and so is a window that the
    reading did not show.
    """
    same = known.person_id == reading.person_id
    mistaken = known.person_id is not None and not same
    levels = known.possible_levels
    shown = same and reading.has_photo is not False
    return replace(
        known,
        person_id=reading.person_id,
        existence=Existence.PRESENT,
        absences=0,
        proven_at=now,
        window=reading.window,
        window_known=reading.window is not None,
        profile=profile,
        face=known.face if shown else None,
        face_updated=same and known.face_updated,
        members=known.members if same else frozenset(),
        unsure=known.unsure if same else levels,
        application=known.application
        if same
        else Application(progress=Progress.STALE if levels else Progress.SETTLED),
        widening=Effort() if mistaken else known.widening,
    )


def person_not_found(known: Known, now: datetime) -> Known:
    """The server says that there is no such person.

    This is asked twice: an add that is still under way in the server must not be
    followed by another, and somebody who has access is not given up for one answer.
    What hindered an add hinders the next too.
    """
    if known.existence is not Existence.ABSENT and known.absences == 0:
        later = now + SECOND_LOOK
        return replace(
            known,
            existence=Existence.UNKNOWN,
            absences=1,
            widening=replace(known.widening, next_attempt=later),
            narrowing=replace(known.narrowing, next_attempt=later),
        )
    gone = person_deleted(known)
    return replace(gone, widening=known.widening) if known.person_id is None else gone


def application_requested(known: Known, now: datetime) -> Known:
    """The server took the order to bring the terminals up to date.

    Of somebody who was deleted it can tell no more.
    """
    if known.existence is Existence.ABSENT:
        return replace(known, person_id=None, application=Application())
    again = known.application.progress is Progress.FAILED
    before = known.application if again else Application()
    return replace(
        known,
        application=replace(
            before,
            progress=Progress.PENDING,
            requested_at=now,
            checks=0,
            failures=0,
            retries=before.retries + again,
            next_check=now + CHECK_DELAYS[0],
        ),
    )


def doors_read(known: Known, reading: DoorsReading, now: datetime) -> Known:
    """The terminals were asked.

    No doors at all, for somebody who is in a level, is no confirmation: it is asked
    again, and at last counts as a server that cannot tell.
    """
    application = known.application
    checks = application.checks + 1
    failures = application.failures + 1 if reading.failed else 0
    if known.members and reading.total == 0:
        done = checks >= len(CHECK_DELAYS)
        progress = Progress.UNVERIFIABLE if done else Progress.PENDING
    elif failures >= FAILURES_BELIEVED and not reading.pending:
        progress = Progress.FAILED
    elif reading.failed or reading.pending:
        lost = checks >= PENDING_BELIEVED
        progress = Progress.FAILED if lost else Progress.PENDING
    else:
        progress = Progress.APPLIED
    wait = (
        back_off(application.retries + 3)
        if progress is Progress.FAILED
        else _until_check(application, checks, now)
    )
    applied = progress is Progress.APPLIED
    if reading.face_missing and applied:
        known = _without_face(known, certain=reading.cards_shown)
    return replace(
        known,
        narrowing=known.narrowing if progress in UNSETTLED else Effort(),
        application=replace(
            application,
            progress=progress,
            checks=checks,
            failures=failures,
            next_check=None if applied else now + wait,
            doors_ready=reading.ready,
            doors_total=reading.total,
            failed_doors=reading.failed,
        ),
    )


def _without_face(known: Known, *, certain: bool) -> Known:
    """The doors show no face: send it by itself, and give up where that was done."""
    if not known.face_updated:
        return replace(known, face=None)
    return replace(known, face_refused=known.face) if certain else known


def _until_check(application: Application, checks: int, now: datetime) -> timedelta:
    if checks >= len(CHECK_DELAYS) or application.requested_at is None:
        return CHECK_DELAYS[-1]
    due = application.requested_at + CHECK_DELAYS[checks]
    return max(due - now, CHECK_DELAYS[0])


def nobody_to_apply_for(known: Known) -> Known:
    """The server applies nothing for a person that is gone."""
    return replace(known, application=Application())


def doors_unreadable(known: Known) -> Known:
    """This server does not tell what its terminals hold of a person."""
    return replace(
        known,
        narrowing=Effort(),
        application=replace(
            known.application, progress=Progress.UNVERIFIABLE, next_check=None
        ),
    )


def failed(
    known: Known,
    operation: Operation,
    failure: Failure,
    now: datetime,
    *,
    taking: bool,
    wish: str,
    jitter: float = 0.0,
) -> Known:
    """A call did not succeed; `wish` names what was wished, `jitter` is in [0, 1).

    Taking away is tried again whatever the answer, and a refusal counts towards the
    next rung. Giving ends where the server refused what was asked; of a level that he
    was not taken into, only that level.
    """
    effort = known.narrowing if taking else known.widening
    refused = failure.kind is FailureKind.REFUSED
    wait = max(back_off(effort.failures, jitter), failure.retry_after)
    effort = replace(
        effort,
        failures=effort.failures + 1,
        refusals=effort.refusals + (refused and operation.kind in NARROWING),
        next_attempt=now + wait,
    )
    if taking:
        return replace(known, narrowing=replace(effort, reason=failure.reason))
    if effort.refused_for == wish and known.refused_levels and not refused:
        # The rest is tried again, and what was refused stays so.
        return replace(known, widening=effort)
    effort = replace(
        effort, reason=failure.reason, refused_for=wish if refused else None
    )
    return replace(
        known,
        widening=effort,
        refused_levels=_refused_levels(known, operation, wish)
        if refused
        else frozenset(),
    )


def _refused_levels(known: Known, operation: Operation, wish: str) -> frozenset[str]:
    """The levels refused of one wish; none where something else of it was refused."""
    if operation.kind is not OperationKind.ADD_MEMBER or operation.level is None:
        return frozenset()
    whole = known.widening.refused_for == wish and not known.refused_levels
    if whole:
        return frozenset()
    same = known.widening.refused_for == wish
    earlier = known.refused_levels if same else frozenset[str]()
    return earlier | {operation.level}


def succeeded(known: Known, *, taking: bool) -> Known:
    """A step worked: the next one need not wait.

    To have found nobody is no success. Failures of taking away count until something
    was taken away, so that what works in between shortens no back-off; a refusal to
    give stands until something else is wished.
    """
    if known.existence is not Existence.PRESENT:
        return known
    if taking:
        return replace(known, narrowing=replace(known.narrowing, next_attempt=None))
    if known.widening.refused_for is not None:
        return replace(known, widening=replace(known.widening, next_attempt=None))
    return replace(known, widening=Effort())


def back_off(failures: int, jitter: float = 0.0) -> timedelta:
    """Return how long to wait after so many failures in a row, jitter in [0, 1)."""
    longest = min(BACK_OFF_FIRST * (1 << min(failures, 16)), BACK_OFF_LONGEST)
    return longest * (1 - jitter / 2)
