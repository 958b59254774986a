"""What is known of the terminals: told, asked, and what they were said to hold.

What was changed on the server reaches them only by an application, and the first try
often fails for a minute (reference 3.9).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .attempts import back_off
from .known import UNSETTLED, Application, Effort, Existence, Known, Progress

CHECK_DELAYS = tuple(timedelta(seconds=s) for s in (2, 5, 10, 20, 40, 60))
"""When the terminals are asked, counted from the application (design, section 3)."""

FAILURES_BELIEVED = 2
"""An old failure is shown until the new job ends (reference 3.9), so one is none."""

PENDING_BELIEVED = 10
"""After so many checks what is pending may be lost, and is ordered again."""

TOLD_AGAIN = (timedelta(minutes=2), timedelta(minutes=15))
"""When terminals that a server says nothing of are told once more: they may have missed
it the first time, and nobody would know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorsReading:
    """What the terminals were said to hold, counted in doors; the others by id.

    `telling`: this server shows doors at all, so that none means something.
    `face_missing`: no door shows a face. `cards_shown`: some door shows credentials at
    all, so that a missing one means something.
    """

    ready: int
    failed: tuple[str, ...]
    pending: tuple[str, ...]
    telling: bool = True
    face_missing: bool = False
    cards_shown: bool = False

    @property
    def total(self) -> int:
        """All doors that were reported."""
        return self.ready + len(self.failed) + len(self.pending)


def application_requested(known: Known, now: datetime) -> Known:
    """The server took the order to bring the terminals up to date.

    Of somebody who was deleted meanwhile it can tell no more, and a server that tells
    nothing is not asked again.
    """
    if known.existence is Existence.ABSENT:
        return known
    if known.application.progress is Progress.UNVERIFIABLE:
        return _unheard(known, now, times=known.application.retries + 1)
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


def same_order(known: Known, asked: Known) -> bool:
    """Whether an answer of the terminals is about what they are to hold now.

    Something may have been found out or changed while they were `asked`.
    """
    return (known.person_id, known.application) == (asked.person_id, asked.application)


def doors_read(known: Known, reading: DoorsReading, now: datetime) -> Known:
    """The terminals were asked.

    No doors at all, for somebody who is in a level, is no confirmation: it is asked
    again, and at last counts as a server that cannot tell. For somebody who is in none
    it is one, unless the server never shows any.
    """
    application = known.application
    checks = application.checks + 1
    failures = application.failures + 1 if reading.failed else 0
    if reading.total == 0 and (known.members or not reading.telling):
        if checks >= len(CHECK_DELAYS) or not known.members:
            return doors_unreadable(known, now)
        progress = Progress.PENDING
    elif failures >= FAILURES_BELIEVED and not reading.pending:
        progress = Progress.FAILED
    elif reading.failed or reading.pending:
        given_up = checks >= PENDING_BELIEVED
        progress = Progress.FAILED if given_up else Progress.PENDING
    else:
        progress = Progress.APPLIED
    wait = (
        back_off(application.retries + 3)
        if progress is Progress.FAILED
        else _until_check(application, checks, now)
    )
    applied = progress is Progress.APPLIED
    # A terminal out of reach fails nothing: it never has it.
    lost = progress is Progress.FAILED or application.retries > 0
    late = reading.pending if lost else ()
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
            failed_doors=reading.failed + late,
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


def doors_unreadable(known: Known, now: datetime) -> Known:
    """This server does not tell what its terminals hold of a person."""
    return replace(_unheard(known, now, times=0), narrowing=Effort())


def once_more(known: Known) -> Known:
    """What nobody can read back is to be told again."""
    application = known.application
    if application.progress is not Progress.UNVERIFIABLE:
        return known
    times = len(TOLD_AGAIN) - 1
    return replace(
        known, application=replace(application, retries=times, next_check=None)
    )


def untold(known: Known) -> Known:
    """What the terminals hold may not be what they should: tell them first of all.

    One that is known not to take it goes on counting as that.
    """
    if known.existence is not Existence.PRESENT:
        return known
    application = known.application
    if application.progress is not Progress.FAILED:
        application = replace(application, progress=Progress.NARROWED)
    return replace(known, application=replace(application, next_check=None))


def to_be_told_again(known: Known) -> bool:
    """Whether the terminals are told once more, at `next_check`."""
    application = known.application
    return (
        known.existence is Existence.PRESENT
        and application.progress is Progress.UNVERIFIABLE
        and application.retries < len(TOLD_AGAIN)
    )


def _unheard(known: Known, now: datetime, *, times: int) -> Known:
    """The terminals were told again so many times, and nobody says what came of it."""
    wait = next(iter(TOLD_AGAIN[times:]), None)
    return replace(
        known,
        application=Application(
            progress=Progress.UNVERIFIABLE,
            retries=times,
            next_check=None if wait is None else now + wait,
        ),
    )
