"""How calls and their answers change what is known.

`assumed` is committed before a call: what the call concerns is unknown from then on,
whatever happens. The other functions are the answers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .former import is_back, left_behind
from .known import UNSETTLED, Application, Effort, Existence, Known, Progress
from .operations import NARROWING, Operation, OperationKind
from .terminals import once_more, untold
from .window import Window

SECOND_LOOK = timedelta(seconds=3)
"""How long after a first "not found" an uncertain person is asked for again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonReading:
    """What a reading of the person by our code showed.

    `other_card` is that he bears another card than he was given, or one that was taken.
    """

    person_id: str
    window: Window | None
    has_photo: bool | None
    other_card: bool = False


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
    """The terminals differ now; who is in no level, they do not know if all is well."""
    if not known.possible_levels:
        return once_more(known)
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


def mistaken(known: Known, person_id: str) -> Known:
    """Somebody with this id was seen to bear another code: look who ours is."""
    if known.person_id != person_id or known.existence is not Existence.PRESENT:
        return known
    return replace(known, existence=Existence.UNKNOWN, proven_at=None)


def code_taken(known: Known) -> Known:
    """Somebody else has the person code: begin again with another."""
    return Known(former=known.former, widening=known.widening)


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


def person_updated(known: Known, window: Window, profile: str | None) -> Known:
    """Window and profile are as sent; None where the window was sent alone."""
    return replace(known, window=window, window_known=True, profile=profile)


def window_ended(known: Known, window: Window, profile: str | None) -> Known:
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
    return replace(known, face_refused=digest, face_lost=False)


def face_lost(known: Known, digest: str) -> Known:
    """Nobody has the picture any more: it was kept until the doors had it."""
    return replace(known, face_refused=digest, face_lost=True)


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


def member_missing(known: Known, level: str) -> Known:
    """He was found to be out of the level: perhaps nobody told the terminals."""
    return untold(member_removed(known, level))


def person_deleted(known: Known) -> Known:
    """We deleted him; terminals that were told before need not be told again."""
    progress = known.application.progress
    told = progress not in UNSETTLED and progress is not Progress.UNVERIFIABLE
    if told and not known.possible_levels:
        return Known(add_attempted=known.add_attempted, former=known.former)
    return _gone(known)


def _gone(known: Known) -> Known:
    """Nothing is left on the server but, for ever, the code that was used.

    Terminals may go on knowing a person who was deleted, until they are told.
    """
    return Known(add_attempted=known.add_attempted, former=left_behind(known))


def person_read(
    known: Known, reading: PersonReading, now: datetime, profile: str | None
) -> Known:
    """The person was found by our code.

    Another id than before is another person record: no membership carries over, but any
    that we knew may be there, and no face; what was refused for that id is asked again
    for this one, and nobody knows what terminals were told of either. A face that is
    gone is unknown again, and so is a window that the reading did not show. A window
    that is another than we knew may have reached the terminals. Another card lets in:
    what he was given is sent once more.
    """
    same = known.person_id == reading.person_id
    mistaken = known.person_id is not None and not same
    shown = same and reading.has_photo is not False
    read = replace(
        known,
        person_id=reading.person_id,
        existence=Existence.PRESENT,
        absences=0,
        proven_at=now,
        window=reading.window,
        window_known=reading.window is not None,
        profile=None if reading.other_card else profile,
        face=known.face if shown else None,
        face_updated=same and known.face_updated,
        members=known.members if same else frozenset(),
        unsure=known.unsure if same else known.possible_levels,
        application=known.application if same else Application(),
        former=is_back(known.former if same else left_behind(known), reading.person_id),
        widening=Effort() if mistaken else known.widening,
    )
    changed = known.window_known and reading.window not in {None, known.window}
    return untold(read) if changed or not same else read


def person_not_found(known: Known, now: datetime) -> Known:
    """The server says that there is no such person.

    This is asked twice: an add that is still under way in the server must not be
    followed by another, and somebody who has access is not given up for one answer.
    What hindered an add hinders the next too. What the terminals were told by whoever
    deleted him, and what he had changed before, is not known.
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
    gone = _gone(known)
    return replace(gone, widening=known.widening) if known.person_id is None else gone
