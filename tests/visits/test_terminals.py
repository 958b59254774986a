"""Terminals: told, asked ever more seldom, believed when they agree."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from custom_components.hikcentral_visitors.visits import facts, terminals
from custom_components.hikcentral_visitors.visits.attempts import (
    BACK_OFF_LONGEST,
)
from custom_components.hikcentral_visitors.visits.known import (
    Effort,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.operations import (
    Operation,
    OperationKind,
)
from custom_components.hikcentral_visitors.visits.terminals import (
    CHECK_DELAYS,
    TOLD_AGAIN,
    DoorsReading,
)

from .values import HOUR, MINUTE, NOW, applied, stay

VISIT = stay()
HELD = applied(VISIT)
GOOD = DoorsReading(ready=2, failed=(), pending=())
BAD = DoorsReading(ready=1, failed=("9",), pending=())
SLOW = DoorsReading(ready=1, failed=(), pending=("8",))
EMPTY = DoorsReading(ready=0, failed=(), pending=())


def pending(at_: datetime = NOW) -> Known:
    return terminals.application_requested(HELD, at_)


def test_the_doors_are_asked_ever_more_seldom() -> None:
    known, checks = pending(), []
    for _ in range(len(CHECK_DELAYS) + 3):
        due = known.application.next_check
        assert due is not None
        checks.append(due - NOW)
        known = terminals.doors_read(known, SLOW, due)
        assert known.application.progress is Progress.PENDING
    assert tuple(checks[: len(CHECK_DELAYS)]) == CHECK_DELAYS
    later = checks[len(CHECK_DELAYS) - 1 :]
    assert {after - before for before, after in pairwise(later)} == {CHECK_DELAYS[-1]}


def test_a_late_check_is_not_made_up_for_in_a_burst() -> None:
    known = terminals.doors_read(pending(), SLOW, NOW + HOUR)
    assert known.application.next_check is not None
    assert known.application.next_check > NOW + HOUR


def test_the_doors_have_it() -> None:
    known = terminals.doors_read(pending(), GOOD, NOW)
    assert known.application.progress is Progress.APPLIED
    assert known.application.next_check is None
    assert (known.application.doors_ready, known.application.doors_total) == (2, 2)
    assert known.narrowing == Effort()


def test_one_failure_may_be_an_old_one() -> None:
    once = terminals.doors_read(pending(), BAD, NOW)
    assert once.application.progress is Progress.PENDING
    twice = terminals.doors_read(once, BAD, NOW)
    assert twice.application.progress is Progress.FAILED
    assert twice.application.failed_doors == ("9",)
    assert twice.application.doors_ready == 1


def test_failures_count_in_a_row() -> None:
    known = pending()
    for reading in (BAD, SLOW, BAD):
        known = terminals.doors_read(known, reading, NOW)
    assert known.application.progress is Progress.PENDING


def test_while_a_door_is_under_way_nothing_has_failed() -> None:
    both = DoorsReading(ready=0, failed=("9",), pending=("8",))
    known = pending()
    for _ in range(4):
        known = terminals.doors_read(known, both, NOW)
    assert known.application.progress is Progress.PENDING


def test_a_failed_application_is_ordered_again_ever_more_seldom() -> None:
    known, waits, now = HELD, [], NOW
    for _ in range(8):
        known = terminals.application_requested(known, now)
        for _ in range(2):
            known = terminals.doors_read(known, BAD, now)
        assert known.application.progress is Progress.FAILED
        assert known.application.next_check is not None
        waits.append(known.application.next_check - now)
        now = known.application.next_check
    assert waits == sorted(waits)
    assert waits[0] < MINUTE
    assert waits[-1] == BACK_OFF_LONGEST


def test_a_server_that_names_no_door_cannot_be_asked() -> None:
    known = pending()
    for number, _ in enumerate(CHECK_DELAYS, start=1):
        known = terminals.doors_read(known, EMPTY, NOW)
        last = number == len(CHECK_DELAYS)
        expected = Progress.UNVERIFIABLE if last else Progress.PENDING
        assert known.application.progress is expected


def test_no_door_is_right_for_somebody_in_no_level() -> None:
    lone = terminals.application_requested(replace(HELD, members=frozenset()), NOW)
    known = terminals.doors_read(lone, EMPTY, NOW)
    assert known.application.progress is Progress.APPLIED


def test_no_door_means_nothing_where_the_server_never_showed_any() -> None:
    lone = terminals.application_requested(replace(HELD, members=frozenset()), NOW)
    known = terminals.doors_read(lone, replace(EMPTY, telling=False), NOW)
    assert known.application.progress is Progress.UNVERIFIABLE


def told_again(known: Known) -> list[timedelta]:
    """Return when the terminals are told again while nobody says what they hold."""
    times: list[timedelta] = []
    while terminals.to_be_told_again(known):
        assert len(times) < 10
        now = known.application.next_check or NOW
        times.append(now - NOW)
        known = terminals.application_requested(known, now)
        assert known.application.progress is Progress.UNVERIFIABLE
    return times


def test_where_the_server_does_not_tell_terminals_are_told_again() -> None:
    first, second = TOLD_AGAIN
    known = terminals.doors_unreadable(pending(), NOW)
    assert known.application.progress is Progress.UNVERIFIABLE
    assert told_again(known) == [first, first + second]


def test_what_nobody_reads_back_is_told_once_more() -> None:
    known = terminals.doors_unreadable(pending(), NOW)
    for _ in TOLD_AGAIN:
        known = terminals.application_requested(known, NOW)
    assert told_again(known) == []
    assert told_again(terminals.once_more(known)) == [timedelta()]
    applied_ = terminals.doors_read(pending(), GOOD, NOW)
    assert terminals.once_more(applied_) == applied_


def test_an_end_is_told_to_terminals_that_nobody_reads() -> None:
    """He is in no level, but was perhaps in one that nobody knew of."""
    known = terminals.doors_unreadable(replace(HELD, members=frozenset()), NOW)
    for _ in TOLD_AGAIN:
        known = terminals.application_requested(known, NOW)
    ended = facts.assumed(known, [Operation(OperationKind.END_WINDOW)])
    assert told_again(ended) == [timedelta()]


def test_who_may_be_at_terminals_that_nobody_reads_is_told_when_he_is_deleted() -> None:
    gone = replace(HELD, members=frozenset())
    known = facts.person_deleted(terminals.doors_unreadable(gone, NOW))
    assert known.former.ids == {HELD.person_id}


def test_an_order_of_somebody_who_is_gone_meanwhile_tells_nothing_of_him() -> None:
    gone = facts.person_deleted(pending())
    assert terminals.application_requested(gone, NOW) == gone


def test_a_face_that_no_door_shows_is_sent_by_itself_and_then_given_up() -> None:
    without = replace(GOOD, face_missing=True, cards_shown=True)
    sent_with_person = replace(pending(), face="one")
    known = terminals.doors_read(sent_with_person, without, NOW)
    assert (known.face, known.face_refused) == (None, None)
    known = facts.face_taken(known, "one")
    known = terminals.doors_read(known, without, NOW)
    assert known.face_refused == "one"


def test_doors_that_show_no_credentials_prove_nothing_of_a_face() -> None:
    sent = facts.face_taken(pending(), "one")
    known = terminals.doors_read(sent, replace(GOOD, face_missing=True), NOW)
    assert (known.face, known.face_refused) == ("one", None)


def test_delays_are_the_designs() -> None:
    assert [delay.seconds for delay in CHECK_DELAYS] == [2, 5, 10, 20, 40, 60]
    assert timedelta(minutes=15) == BACK_OFF_LONGEST
