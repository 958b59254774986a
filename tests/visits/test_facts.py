"""How calls and answers change what is known."""

from dataclasses import replace
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.ledger.rows import DOUBTED
from custom_components.hikcentral_visitors.visits import attempts, facts
from custom_components.hikcentral_visitors.visits.attempts import (
    Failure,
    FailureKind,
)
from custom_components.hikcentral_visitors.visits.facts import (
    SECOND_LOOK,
    PersonReading,
)
from custom_components.hikcentral_visitors.visits.known import (
    NOTHING,
    Application,
    Effort,
    Existence,
    Former,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.operations import (
    NARROWING,
    Operation,
    OperationKind as Kind,
)
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.restoration import restored
from custom_components.hikcentral_visitors.visits.window import Window

from .values import HOUR, NOW, VISITOR, applied, at, stay

VISIT = stay()
HELD = applied(VISIT)
WAS = frozenset(filter(None, [HELD.person_id]))
WRITES = [
    Kind.UPDATE_PERSON,
    Kind.NARROW_PERSON,
    Kind.END_WINDOW,
    Kind.UPDATE_FACE,
    Kind.ADD_MEMBER,
    Kind.REMOVE_MEMBER,
]


def operation(kind: Kind) -> Operation:
    level = "lobby" if kind in {Kind.ADD_MEMBER, Kind.REMOVE_MEMBER} else None
    return Operation(kind, level)


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
    assert gone.person_id is None
    assert gone.former == Former(ids=WAS)
    assert not gone.nothing_left
    without = replace(HELD, members=frozenset())
    assert facts.person_deleted(without) == Known(add_attempted=True)


def test_terminals_are_told_of_somebody_whom_others_deleted() -> None:
    """Whatever was known of them: it is not known what others had them told."""
    known = replace(HELD, members=frozenset())
    for _ in range(2):
        known = facts.person_not_found(known, NOW)
    assert known.existence is Existence.ABSENT
    assert known.former == Former(ids=WAS)


def test_what_hindered_an_add_hinders_the_next() -> None:
    lost = facts.assumed(NOTHING, [operation(Kind.ADD_PERSON)])
    failure = Failure(kind=FailureKind.AMBIGUOUS, reason="unclear")
    lost = attempts.failed(
        lost, operation(Kind.ADD_PERSON), failure, NOW, taking=False, wish="wish"
    )
    again = operation(Kind.READ_PERSON)
    for _ in range(2):
        lost = facts.person_not_found(
            attempts.succeeded(lost, again, taking=False), NOW
        )
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


def test_somebody_with_another_card_is_given_his_own_again() -> None:
    """HikCentral was set back to a backup of before he lost the old one."""
    assert read(HELD).profile == "profile"
    assert read(HELD, other_card=True).profile is None


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
    assert known.former == Former(ids=WAS)
    assert known.application == Application(progress=Progress.NARROWED)


def test_whoever_is_found_is_told_to_the_doors() -> None:
    """What they were told last, nobody knows."""
    assert read(DOUBTED).application.progress is Progress.NARROWED
    back = restored(VisitorRecord(visitor=VISITOR, known=HELD), NOW).known
    assert read(back).application.progress is Progress.NARROWED


def test_a_window_that_somebody_else_changed_may_be_at_the_doors() -> None:
    other = Window(NOW, at(48))
    assert read(HELD, window=other).application.progress is Progress.NARROWED
    assert read(HELD).application == HELD.application


def test_who_is_back_by_an_id_of_before_is_not_gone_by_it() -> None:
    back = read(facts.person_deleted(HELD), person_id=HELD.person_id)
    assert (back.person_id, back.former) == (HELD.person_id, Former())
    assert back.application.progress is Progress.NARROWED


def test_an_id_of_before_is_kept_whatever_becomes_of_him() -> None:
    known = read(HELD, person_id="8")
    applied = Application(progress=Progress.APPLIED)
    deleted = facts.person_deleted(
        replace(known, unsure=frozenset(), application=applied)
    )
    added = facts.person_added(deleted, "9", VISIT.window, "profile", None, NOW)
    for one in (facts.code_taken(known), deleted, added):
        assert one.former == Former(ids=WAS)
    both = facts.person_deleted(replace(added, members=frozenset({"lobby"})))
    assert both.former == Former(ids=WAS | {"9"})


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


def test_who_doubts_reads_first() -> None:
    assert facts.doubted(HELD).proven_at is None
    troubled = replace(HELD, widening=Effort(failures=2))
    assert facts.code_taken(troubled) == Known(widening=Effort(failures=2))
