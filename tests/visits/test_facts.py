"""How calls and answers change what is known."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits import facts
from custom_components.hikcentral_visitors.visits.facts import (
    BACK_OFF_FIRST,
    BACK_OFF_LONGEST,
    CHECK_DELAYS,
    SECOND_LOOK,
    DoorsReading,
    Failure,
    FailureKind,
    PersonReading,
    back_off,
)
from custom_components.hikcentral_visitors.visits.known import (
    NOTHING,
    Application,
    Effort,
    Existence,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.plan import (
    NARROWING,
    Operation,
    OperationKind as Kind,
)
from custom_components.hikcentral_visitors.visits.window import Window

from .values import HOUR, MINUTE, NOW, applied, at, stay

VISIT = stay()
HELD = applied(VISIT)
WRITES = [
    Kind.UPDATE_PERSON,
    Kind.NARROW_PERSON,
    Kind.END_WINDOW,
    Kind.UPDATE_FACE,
    Kind.ADD_MEMBER,
    Kind.REMOVE_MEMBER,
]
GOOD = DoorsReading(ready=2, failed=(), pending=0)
BAD = DoorsReading(ready=1, failed=("9",), pending=0)
SLOW = DoorsReading(ready=1, failed=(), pending=1)
EMPTY = DoorsReading(ready=0, failed=(), pending=0)


def operation(kind: Kind) -> Operation:
    level = "lobby" if kind in {Kind.ADD_MEMBER, Kind.REMOVE_MEMBER} else None
    return Operation(kind, level)


def pending(at_: datetime = NOW) -> Known:
    return facts.application_requested(HELD, at_)


@pytest.mark.parametrize("kind", WRITES)
def test_before_a_write_the_terminals_are_out_of_date(kind: Kind) -> None:
    known = facts.assumed(HELD, [operation(kind)])
    taken = kind in NARROWING
    expected = Progress.NARROWED if taken else Progress.STALE
    assert known.application.progress is expected


def test_before_a_write_what_it_concerns_is_unknown() -> None:
    def after(kind: Kind) -> Known:
        return facts.assumed(HELD, [operation(kind)])

    for kind in (Kind.UPDATE_PERSON, Kind.NARROW_PERSON, Kind.END_WINDOW):
        assert not after(kind).window_known
        assert after(kind).profile is None
    assert (
        facts.assumed(replace(HELD, face="one"), [operation(Kind.UPDATE_FACE)]).face
        is None
    )
    for kind in (Kind.ADD_MEMBER, Kind.REMOVE_MEMBER):
        assert after(kind).members == frozenset()
        assert after(kind).unsure == {"lobby"}
        assert after(kind).possible_levels == HELD.possible_levels
    for kind in (Kind.ADD_PERSON, Kind.DELETE_PERSON):
        assert after(kind).existence is Existence.UNKNOWN
    assert facts.assumed(NOTHING, [operation(Kind.ADD_PERSON)]).add_attempted


@pytest.mark.parametrize("kind", [Kind.READ_PERSON, Kind.APPLY, Kind.CHECK_APPLICATION])
def test_other_calls_concern_nothing(kind: Kind) -> None:
    assert facts.assumed(HELD, [operation(kind)]) == HELD


def test_the_terminals_do_not_care_for_somebody_in_no_level() -> None:
    lone = replace(HELD, members=frozenset())
    known = facts.assumed(lone, [operation(Kind.UPDATE_PERSON)])
    assert known.application == lone.application


def test_what_was_taken_stays_so_when_something_is_given() -> None:
    known = facts.assumed(HELD, [operation(Kind.REMOVE_MEMBER)])
    known = facts.assumed(known, [operation(Kind.ADD_MEMBER)])
    assert known.application.progress is Progress.NARROWED


@given(
    st.sampled_from([*WRITES, Kind.DELETE_PERSON]),
    st.booleans(),
    st.sampled_from([frozenset[str](), frozenset(["lobby"])]),
)
def test_what_was_not_carried_out_is_as_before(
    kind: Kind, window_known: bool, unsure: frozenset[str]
) -> None:
    before = replace(HELD, window_known=window_known, unsure=unsure, face="one")
    known = facts.assumed(before, [operation(kind)])
    known = facts.not_carried_out(known, before, operation(kind))
    same = replace(known, application=before.application, absences=before.absences)
    assert same == before


def test_an_add_that_was_refused_was_still_tried() -> None:
    known = facts.assumed(NOTHING, [operation(Kind.ADD_PERSON)])
    after = facts.not_carried_out(known, NOTHING, operation(Kind.ADD_PERSON))
    assert after == replace(NOTHING, add_attempted=True)


def test_a_new_person_is_known_as_sent() -> None:
    window = VISIT.window
    known = facts.person_added(NOTHING, "7", window, "profile", "face", NOW)
    assert known.existence is Existence.PRESENT
    assert (known.person_id, known.proven_at) == ("7", NOW)
    assert (known.window, known.window_known) == (window, True)
    assert (known.profile, known.face) == ("profile", "face")
    assert known.possible_levels == frozenset()


def test_somebody_not_found_after_an_uncertain_call_is_looked_for_twice() -> None:
    lost = facts.assumed(NOTHING, [operation(Kind.ADD_PERSON)])
    once = facts.person_not_found(lost, NOW)
    assert once.existence is Existence.UNKNOWN
    assert once.widening.next_attempt == NOW + SECOND_LOOK
    assert once.narrowing.next_attempt == NOW + SECOND_LOOK
    twice = facts.person_not_found(once, NOW + SECOND_LOOK)
    assert twice.existence is Existence.ABSENT
    assert twice.add_attempted


def test_somebody_known_is_given_up_when_not_found_twice() -> None:
    troubled = replace(HELD, widening=Effort(refused_for="wish"))
    doubtful = facts.person_not_found(troubled, NOW)
    assert doubtful.existence is Existence.UNKNOWN
    assert doubtful.possible_levels == HELD.possible_levels
    gone = facts.person_not_found(doubtful, NOW)
    assert (gone.existence, gone.widening) == (Existence.ABSENT, Effort())


def test_terminals_are_told_of_somebody_who_is_gone() -> None:
    gone = facts.person_deleted(HELD)
    assert gone.person_id == HELD.person_id
    assert gone.application.progress is Progress.NARROWED
    without = replace(HELD, members=frozenset())
    assert facts.person_deleted(without) == Known(add_attempted=True)


def test_what_hindered_an_add_hinders_the_next() -> None:
    lost = facts.assumed(NOTHING, [operation(Kind.ADD_PERSON)])
    failure = Failure(kind=FailureKind.AMBIGUOUS, reason="unclear")
    lost = facts.failed(
        lost, operation(Kind.ADD_PERSON), failure, NOW, taking=False, wish="wish"
    )
    for _ in range(2):
        lost = facts.person_not_found(facts.succeeded(lost, taking=False), NOW)
    assert lost.existence is Existence.ABSENT
    assert lost.widening.failures == 1
    assert lost.widening.reason == "unclear"


def read(known: Known, **other: Any) -> Known:
    values: dict[str, Any] = {
        "person_id": "7",
        "window": VISIT.window,
        "has_photo": True,
    }
    reading = PersonReading(**(values | other))
    return facts.person_read(known, reading, NOW + HOUR, "profile")


def test_a_reading_proves_the_person_and_shows_his_window() -> None:
    other = Window(NOW, at(1))
    known = read(replace(HELD, window_known=False, face="one"), window=other)
    assert known.proven_at == NOW + HOUR
    assert (known.window, known.window_known) == (other, True)
    assert (known.members, known.face) == (HELD.members, "one")
    assert known.application == HELD.application


def test_a_window_that_a_reading_did_not_show_is_unknown() -> None:
    """It may be open: nobody may take it for closed."""
    assert not read(HELD, window=None).window_known


def test_a_face_that_is_gone_is_sent_again() -> None:
    assert read(replace(HELD, face="one"), has_photo=False).face is None
    assert read(replace(HELD, face="one"), has_photo=None).face == "one"


def test_another_person_record_holds_nothing_for_certain() -> None:
    old = replace(HELD, face="one", face_updated=True, unsure=frozenset(["office"]))
    known = read(old, person_id="8")
    assert known.person_id == "8"
    assert known.members == frozenset()
    assert known.unsure == {"lobby", "office"}
    assert (known.face, known.face_updated) == (None, False)
    assert known.application == Application(progress=Progress.STALE)


def test_what_was_refused_for_a_mistaken_id_is_asked_again() -> None:
    refused = replace(HELD, widening=Effort(refusals=1, refused_for="7"))
    assert read(refused).widening == refused.widening
    assert read(refused, person_id="8").widening == Effort()
    unknown = replace(refused, person_id=None)
    assert read(unknown, person_id="8").widening == refused.widening


def test_members_and_windows_are_as_answered() -> None:
    known = facts.member_removed(replace(HELD, unsure=frozenset(["office"])), "lobby")
    assert known.possible_levels == {"office"}
    assert facts.member_added(known, "office").members == {"office"}
    assert facts.member_added(known, "office").unsure == frozenset()
    window = Window(at(-1), NOW)
    ended = facts.window_ended(replace(HELD, window_known=False), window, "profile")
    assert (ended.window, ended.window_known) == (window, True)


def test_a_rung_stays_reached_while_levels_are_still_to_go() -> None:
    troubled = replace(HELD, narrowing=Effort(failures=3, refusals=3))
    window = Window(at(-1), NOW)
    assert facts.window_ended(troubled, window, "p").narrowing == Effort(refusals=3)
    free = replace(troubled, members=frozenset())
    assert facts.window_ended(free, window, "p").narrowing == Effort()


def test_the_doors_are_asked_ever_more_seldom() -> None:
    known, checks = pending(), []
    for _ in range(len(CHECK_DELAYS) + 3):
        due = known.application.next_check
        assert due is not None
        checks.append(due - NOW)
        known = facts.doors_read(known, SLOW, due)
        assert known.application.progress is Progress.PENDING
    assert tuple(checks[: len(CHECK_DELAYS)]) == CHECK_DELAYS
    later = checks[len(CHECK_DELAYS) - 1 :]
    assert {after - before for before, after in pairwise(later)} == {CHECK_DELAYS[-1]}


def test_a_late_check_is_not_made_up_for_in_a_burst() -> None:
    known = facts.doors_read(pending(), SLOW, NOW + HOUR)
    assert known.application.next_check is not None
    assert known.application.next_check > NOW + HOUR


def test_the_doors_have_it() -> None:
    known = facts.doors_read(pending(), GOOD, NOW)
    assert known.application.progress is Progress.APPLIED
    assert known.application.next_check is None
    assert (known.application.doors_ready, known.application.doors_total) == (2, 2)
    assert known.narrowing == Effort()


def test_one_failure_may_be_an_old_one() -> None:
    once = facts.doors_read(pending(), BAD, NOW)
    assert once.application.progress is Progress.PENDING
    twice = facts.doors_read(once, BAD, NOW)
    assert twice.application.progress is Progress.FAILED
    assert twice.application.failed_doors == ("9",)
    assert twice.application.doors_ready == 1


def test_failures_count_in_a_row() -> None:
    known = pending()
    for reading in (BAD, SLOW, BAD):
        known = facts.doors_read(known, reading, NOW)
    assert known.application.progress is Progress.PENDING


def test_while_a_door_is_under_way_nothing_has_failed() -> None:
    both = DoorsReading(ready=0, failed=("9",), pending=1)
    known = pending()
    for _ in range(4):
        known = facts.doors_read(known, both, NOW)
    assert known.application.progress is Progress.PENDING


def test_a_failed_application_is_ordered_again_ever_more_seldom() -> None:
    known, waits, now = HELD, [], NOW
    for _ in range(8):
        known = facts.application_requested(known, now)
        for _ in range(2):
            known = facts.doors_read(known, BAD, now)
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
        known = facts.doors_read(known, EMPTY, NOW)
        last = number == len(CHECK_DELAYS)
        expected = Progress.UNVERIFIABLE if last else Progress.PENDING
        assert known.application.progress is expected


def test_no_door_is_right_for_somebody_in_no_level() -> None:
    lone = facts.application_requested(replace(HELD, members=frozenset()), NOW)
    known = facts.doors_read(lone, EMPTY, NOW)
    assert known.application.progress is Progress.APPLIED


def test_a_server_that_does_not_tell_is_not_asked_again() -> None:
    known = facts.doors_unreadable(pending())
    assert known.application.progress is Progress.UNVERIFIABLE
    assert known.application.next_check is None


def test_a_face_that_no_door_shows_is_sent_by_itself_and_then_given_up() -> None:
    without = replace(GOOD, face_missing=True, cards_shown=True)
    sent_with_person = replace(pending(), face="one")
    known = facts.doors_read(sent_with_person, without, NOW)
    assert (known.face, known.face_refused) == (None, None)
    known = facts.face_taken(known, "one")
    known = facts.doors_read(known, without, NOW)
    assert known.face_refused == "one"


def test_doors_that_show_no_credentials_prove_nothing_of_a_face() -> None:
    sent = facts.face_taken(pending(), "one")
    known = facts.doors_read(sent, replace(GOOD, face_missing=True), NOW)
    assert (known.face, known.face_refused) == ("one", None)


@given(st.integers(0, 200), st.floats(0, 1, exclude_max=True))
def test_a_back_off_is_bounded_and_grows(failures: int, jitter: float) -> None:
    wait = back_off(failures, jitter)
    assert BACK_OFF_FIRST / 2 <= wait <= BACK_OFF_LONGEST
    assert back_off(failures) <= back_off(failures + 1)
    assert back_off(failures) / 2 <= wait <= back_off(failures)


@given(
    st.sampled_from(FailureKind),
    st.sampled_from(Kind),
    st.booleans(),
    st.integers(0, 30),
)
def test_a_failure_is_remembered(
    kind: FailureKind, what: Kind, taking: bool, failures: int
) -> None:
    effort = Effort(failures=failures)
    before = replace(HELD, widening=effort, narrowing=effort)
    failure = Failure(kind=kind, reason="why", retry_after=MINUTE)
    known = facts.failed(
        before, operation(what), failure, NOW, taking=taking, wish="wish"
    )
    now = known.narrowing if taking else known.widening
    other = known.widening if taking else known.narrowing
    assert other == effort
    assert now.failures == failures + 1
    assert now.reason == "why"
    assert now.next_attempt is not None
    assert MINUTE <= now.next_attempt - NOW <= BACK_OFF_LONGEST
    refused = kind is FailureKind.REFUSED
    assert now.refused_for == ("wish" if refused and not taking else None)
    assert now.refusals == int(refused and what in NARROWING)


def test_after_a_success_nothing_waits() -> None:
    waits = Effort(failures=4, refusals=3, next_attempt=at(1), reason="why")
    troubled = replace(HELD, widening=waits, narrowing=waits)
    given_ = facts.succeeded(troubled, taking=False)
    assert given_.widening == Effort()
    assert given_.narrowing == waits
    taken = facts.succeeded(troubled, taking=True)
    assert taken.narrowing == replace(waits, next_attempt=None)
    assert taken.widening == waits


def test_a_refusal_stands_although_something_else_was_given() -> None:
    refused = replace(HELD, widening=Effort(failures=1, refused_for="wish"))
    assert facts.succeeded(refused, taking=False).widening.refused_for == "wish"


def test_who_doubts_reads_first() -> None:
    assert facts.doubted(HELD).proven_at is None
    troubled = replace(HELD, widening=Effort(failures=2))
    assert facts.code_taken(troubled) == Known(widening=Effort(failures=2))


def test_delays_are_the_designs() -> None:
    assert [delay.seconds for delay in CHECK_DELAYS] == [2, 5, 10, 20, 40, 60]
    assert timedelta(minutes=15) == BACK_OFF_LONGEST
