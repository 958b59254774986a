"""What is left to do, in which order, and that it comes to an end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.desired import Desired
from custom_components.hikcentral_visitors.visits.known import (
    Application,
    Effort,
    Existence,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.operations import (
    BY_PERSON_ID,
    NARROWING,
    Operation,
    OperationKind as Kind,
    Plan,
)
from custom_components.hikcentral_visitors.visits.plan import (
    ENDS_BY_ITSELF,
    PROOF_LASTS,
    exceeds,
    open_part,
    plan,
    wish_key,
)
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import Visit
from custom_components.hikcentral_visitors.visits.window import Window

from .server import (
    Answer,
    Server,
    asked_again,
    drive,
    next_step,
    settle,
    stumble,
    wished,
)
from .values import (
    HOUR,
    MINUTE,
    NOW,
    VISITOR,
    applied,
    at,
    record,
    several_visits,
    stay,
    stopped,
)

GIVING = {Kind.ADD_PERSON, Kind.UPDATE_PERSON, Kind.UPDATE_FACE, Kind.ADD_MEMBER}


def todo_of(made: VisitorRecord, now: datetime = NOW) -> list[Kind]:
    todo, _ = next_step(made, now)
    return [operation.kind for operation in todo.operations]


def changed(made: VisitorRecord, **facts: Any) -> VisitorRecord:
    return replace(made, known=replace(made.known, **facts))


def refusing(*refused: Kind) -> Callable[[Operation], Answer]:
    """A server that refuses some operations."""
    return lambda one: Answer.REFUSED if one.kind in refused else Answer.DONE


def losing(*lost: Kind) -> Callable[[Operation], Answer]:
    """A server that does not carry out some operations, nor answers them."""
    return lambda one: Answer.LOST_NOT_DONE if one.kind in lost else Answer.DONE


@st.composite
def troubles(draw: st.DrawFn) -> tuple[Server, VisitorRecord, datetime]:
    """A server and what we know of it after changes of mind and calls gone wrong."""
    server, now = Server(), NOW
    made = record()
    for _ in range(draw(st.integers(1, 3))):
        visits = draw(several_visits(3))
        forgotten = draw(st.sampled_from([None, None, None, NOW]))
        photo = draw(st.sampled_from([None, "one", "other"]))
        visitor = replace(
            VISITOR,
            forgotten_at=forgotten,
            photo=photo,
            phone=draw(st.sampled_from([None, "+1"])),
        )
        made = replace(
            record(*visits),
            visitor=visitor,
            known=made.known,
        )
        answers = st.lists(
            st.sampled_from([Answer.DONE, Answer.DONE, Answer.DONE, *Answer]),
            max_size=12,
        )
        made, now = stumble(server, made, now, draw(answers))
        now += draw(st.sampled_from([0, 0, 1, 61, 600])) * MINUTE
    return server, made, now


@given(troubles())
def test_whatever_happened_the_server_comes_to_hold_what_is_wished(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    server, made, now = trouble
    made, now = settle(server, asked_again(made), now)

    wish = wished(made, now)
    person = server.person
    if not wish.levels:
        assert person is None or not person.levels
        assert person is None or person.window.end - now <= ENDS_BY_ITSELF
        assert not any(held.levels for held in server.terminals.values())
        assert made.visitor.forgotten_at is None or person is None
        return
    assert person is not None
    assert wish.window is not None
    assert person.levels == wish.levels
    assert open_part(person.window, now) == open_part(wish.window, now)
    if made.known.application.progress is not Progress.UNVERIFIABLE:
        held = server.terminals[person.id]
        assert held.levels == wish.levels
        assert open_part(held.window, now) == open_part(wish.window, now)
    assert made.visitor.photo in {None, person.face, made.known.face_refused}


@given(troubles())
def test_what_is_settled_stays_so(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    server, made, now = trouble
    made, now = settle(server, asked_again(made), now)
    server.calls.clear()
    settle(server, made, now)
    assert not server.calls


@given(troubles())
def test_a_plan_does_not_mix_giving_with_taking(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    _, made, now = trouble
    todo, _ = next_step(made, now)
    planned = {operation.kind for operation in todo.operations}
    assert not (planned & GIVING and planned & NARROWING)
    if planned & NARROWING:
        assert todo.narrowing
    if planned & GIVING:
        assert not todo.narrowing


@given(troubles())
def test_while_anything_is_to_be_taken_nothing_is_given(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    _, made, now = trouble
    todo, wish = next_step(made, now)
    known = made.known
    surplus = known.possible_levels - wish.levels
    too_wide = bool(known.possible_levels) and exceeds(known, wish, now)
    if known.existence is Existence.PRESENT and (surplus or too_wide):
        assert todo.narrowing
        assert todo.operations


@given(troubles())
def test_no_write_by_id_without_a_fresh_proof(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    _, made, now = trouble
    made = changed(made, proven_at=now - PROOF_LASTS)
    first = todo_of(made, now)[:1]
    assert not first or first[0] not in BY_PERSON_ID


@given(troubles())
def test_a_step_is_one_kind_and_holds_nothing_twice(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    _, made, now = trouble
    todo, _ = next_step(made, now)
    assert len({operation.kind for operation in todo.step}) <= 1
    assert len(set(todo.step)) == len(todo.step)
    assert todo.operations[: len(todo.step)] == todo.step


def test_doors_that_were_not_told_often_are_told_once_at_a_time() -> None:
    made, _ = granted(stay(-1, 90))
    untold = changed(
        made,
        application=Application(progress=Progress.NARROWED),
        narrowing=Effort(failures=3),
    )
    todo, _ = next_step(untold, NOW)
    assert todo.narrowing
    assert todo.step == (Operation(Kind.APPLY),)


def test_a_step_ends_where_another_kind_comes_between() -> None:
    apply, end = Operation(Kind.APPLY), Operation(Kind.END_WINDOW)
    assert Plan(operations=(apply, end, apply)).step == (apply,)


def test_a_first_grant_takes_few_calls() -> None:
    server = Server()
    settle(server, record(stay()), NOW)
    assert server.calls == [
        Kind.ADD_PERSON,
        Kind.ADD_MEMBER,
        Kind.APPLY,
        Kind.CHECK_APPLICATION,
    ]


def test_a_revocation_takes_him_out_tells_the_doors_and_ends_the_window() -> None:
    made, server = granted(stay())
    server.calls.clear()
    settle(server, revoked(made), NOW)
    assert server.calls == [
        Kind.REMOVE_MEMBER,
        Kind.APPLY,
        Kind.END_WINDOW,
        Kind.CHECK_APPLICATION,
    ]


def granted(*visits: Visit) -> tuple[VisitorRecord, Server]:
    server = Server()
    made, _ = settle(server, record(*visits), NOW)
    server.calls.clear()
    return made, server


def revoked(made: VisitorRecord) -> VisitorRecord:
    for visit in made.visits:
        made = made.with_visit(replace(visit, revoked_at=NOW))
    return made


def test_an_extension_is_told_once() -> None:
    made, server = granted(stay())
    made = made.with_visit(stay(-1, 5))
    settle(server, made, NOW)
    assert server.calls == [Kind.UPDATE_PERSON, Kind.APPLY, Kind.CHECK_APPLICATION]


def test_shortening_goes_before_a_new_level() -> None:
    made, server = granted(stay())
    made = made.with_visit(stay(-1, 3, "lobby", "office"))
    settle(server, made, NOW)
    assert server.calls == [
        Kind.NARROW_PERSON,
        Kind.APPLY,
        Kind.ADD_MEMBER,
        Kind.APPLY,
        Kind.CHECK_APPLICATION,
    ]


def test_a_validity_that_nobody_knows_is_ended() -> None:
    """The last one that is known was over; a call to lengthen it was not answered."""
    visit = stopped(stay(), "revoked_at")
    doubtful = applied(
        visit,
        members=frozenset(),
        window=Window(NOW - 2 * HOUR, NOW - HOUR),
        window_known=False,
        application=Application(),
    )
    assert todo_of(replace(record(visit), known=doubtful)) == [Kind.END_WINDOW]


def test_a_level_that_he_may_be_in_is_reason_enough_to_shorten() -> None:
    visit = stay()
    unsure = applied(visit, members=frozenset(), unsure=visit.levels)
    made = replace(record(stay(-1, 2)), known=unsure)
    assert todo_of(made)[0] is Kind.NARROW_PERSON
    assert next_step(made, NOW)[0].narrowing


def test_what_was_taken_is_told_although_what_is_to_be_given_is_refused() -> None:
    """The level that he lost must not stay open because of one he cannot have."""
    made, server = granted(stay(-1, 4, "lobby", "office"))
    made = made.with_visit(stay(-1, 4, "lobby", "garage"))
    drive(server, made, NOW, refusing(Kind.ADD_MEMBER))
    assert not server.opens("office", NOW)
    assert server.opens("lobby", NOW)


def test_what_was_taken_is_told_before_another_level_is_given() -> None:
    made, server = granted(stay(-1, 4, "office"))
    made = made.with_visit(stay(-1, 4, "garage"))
    settle(server, made, NOW)
    told = server.calls.index(Kind.APPLY)
    assert server.calls[0] is Kind.REMOVE_MEMBER
    assert told < server.calls.index(Kind.ADD_MEMBER)


def test_a_failed_application_of_a_taking_goes_on_while_giving_waits() -> None:
    made, _ = granted(stay(-1, 4, "lobby", "office"))
    made = made.with_visit(stay(-1, 4, "lobby", "garage"))
    waits = Effort(failures=9, next_attempt=NOW + HOUR)
    failed = Application(progress=Progress.FAILED, next_check=NOW + MINUTE)
    made = changed(
        made, members=frozenset(["lobby"]), widening=waits, application=failed
    )
    todo, _ = next_step(made, NOW)
    assert todo.operations[0].kind is Kind.APPLY
    assert todo.narrowing
    assert todo.not_before == NOW + MINUTE


def test_a_refusal_ends_giving_until_the_wish_changes() -> None:
    server = Server()
    made, now = drive(server, record(stay()), NOW, refusing(Kind.ADD_MEMBER))
    assert todo_of(made, now) == []
    assert Kind.ADD_MEMBER in todo_of(made.with_visit(stay(-1, 6)), now)
    assert Kind.ADD_MEMBER in todo_of(asked_again(made), now)


def test_a_refused_add_is_no_endless_loop() -> None:
    server = Server()
    made, now = drive(server, record(stay()), NOW, refusing(Kind.ADD_PERSON))
    assert server.calls.count(Kind.ADD_PERSON) == 1
    assert todo_of(made, now) == []


def test_an_add_whose_answers_get_lost_is_tried_ever_more_seldom() -> None:
    server, made, now = Server(), record(stay(-1, 90)), NOW
    adds: list[datetime] = []
    while len(adds) < 12:
        made, now = drive(server, made, now, losing(Kind.ADD_PERSON), steps=1)
        if server.calls[-1] is Kind.ADD_PERSON:
            adds.append(now)
    gaps = [later - earlier for earlier, later in pairwise(adds)]
    assert gaps == sorted(gaps)
    assert gaps[-1] >= timedelta(minutes=15)


def test_a_person_that_is_gone_is_added_again_although_a_write_was_refused() -> None:
    made, server = granted(stay())
    server.person = None
    longer = made.with_visit(stay(-1, 5))
    key = wish_key(longer, wished(longer, NOW))
    made = changed(longer, proven_at=None, widening=Effort(refused_for=key))
    assert todo_of(made) == [Kind.READ_PERSON]
    settle(server, made, NOW)
    assert server.calls.count(Kind.ADD_PERSON) == 1
    assert server.opens("lobby", at(4.5))


def test_the_rungs_of_a_refused_revocation() -> None:
    """Out of the level, then the window ended, then the person deleted."""
    made, server = granted(stay())
    drive(server, revoked(made), NOW, refusing(Kind.REMOVE_MEMBER))
    assert [call for call in server.calls if call in NARROWING] == [
        *[Kind.REMOVE_MEMBER] * 3,
        Kind.END_WINDOW,
        *[Kind.REMOVE_MEMBER] * 3,
        Kind.DELETE_PERSON,
    ]
    ended = server.calls.index(Kind.END_WINDOW)
    assert server.calls[ended + 1] is Kind.APPLY
    assert server.person is None


def test_when_all_is_refused_all_is_tried_again() -> None:
    made, server = granted(stay(-1, 9000))
    every = [Kind.REMOVE_MEMBER, Kind.END_WINDOW, Kind.DELETE_PERSON]
    drive(server, revoked(made), NOW, refusing(*every))
    writes = [call for call in server.calls if call in every]
    assert writes[:12] == [one for one in (*every, every[0]) for _ in range(3)]


@pytest.mark.parametrize(
    "stuck",
    [
        [Kind.REMOVE_MEMBER],
        [Kind.APPLY],
        [Kind.CHECK_APPLICATION],
        [Kind.REMOVE_MEMBER, Kind.APPLY],
        [Kind.REMOVE_MEMBER, Kind.DELETE_PERSON, Kind.APPLY],
    ],
)
@pytest.mark.parametrize("answer", [Answer.REFUSED, Answer.TRANSIENT])
def test_the_window_is_ended_whatever_else_does_not_work(
    stuck: list[Kind], answer: Answer
) -> None:
    made, server = granted(stay(-1, 90))

    def respond(operation: Operation) -> Answer:
        return answer if operation.kind in stuck else Answer.DONE

    _, now = drive(server, revoked(made), NOW, respond, steps=30)
    assert server.person is None or server.person.window.end <= now


def test_one_stuck_level_does_not_keep_another_open_at_the_doors() -> None:
    """Although he keeps a third, so that his window cannot be ended."""
    made, server = granted(stay(-1, 90, "lobby", "office", "garage"))

    def respond(operation: Operation) -> Answer:
        stuck = operation == Operation(Kind.REMOVE_MEMBER, "office")
        return Answer.REFUSED if stuck else Answer.DONE

    _, now = drive(server, made.with_visit(stay(-1, 90)), NOW, respond)
    assert not server.opens("garage", now)
    assert server.opens("lobby", now)
    assert server.person is not None


def test_one_stuck_level_does_not_keep_the_window_wide() -> None:
    made, server = granted(stay(-1, 90, "lobby", "office"))
    shorter = made.with_visit(stay(-1, 80))
    drive(server, shorter, NOW, refusing(Kind.REMOVE_MEMBER), steps=40)
    assert not server.opens("lobby", at(85))


@pytest.mark.parametrize("stuck", [Kind.REMOVE_MEMBER, Kind.APPLY, Kind.END_WINDOW])
def test_what_does_not_work_is_tried_ever_more_seldom(stuck: Kind) -> None:
    made, server = granted(stay(-1, 9000))

    def respond(operation: Operation) -> Answer:
        return Answer.TRANSIENT if operation.kind is stuck else Answer.DONE

    made, now = drive(server, revoked(made), NOW, respond, steps=100)
    assert now > NOW + 6 * HOUR


def test_a_forgotten_visitor_is_deleted_when_the_doors_have_forgotten_him() -> None:
    made, server = granted(stay())
    made = replace(made, visitor=replace(VISITOR, forgotten_at=NOW))
    settle(server, made, NOW)
    assert server.calls == [
        Kind.REMOVE_MEMBER,
        Kind.APPLY,
        Kind.END_WINDOW,
        Kind.CHECK_APPLICATION,
        Kind.DELETE_PERSON,
    ]
    assert server.person is None


@given(troubles())
def test_nobody_is_deleted_before_he_is_out_and_the_doors_know(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    _, made, now = trouble
    first = todo_of(made, now)[:1]
    untouched = made.known.narrowing.refusals == 0
    if first == [Kind.DELETE_PERSON] and untouched:
        assert made.visitor.forgotten_at is not None
        assert not made.known.possible_levels
        assert made.known.application.progress in {
            Progress.SETTLED,
            Progress.APPLIED,
            Progress.UNVERIFIABLE,
        }


def test_an_unknown_person_is_read_and_nothing_else() -> None:
    made = changed(record(stay()), existence=Existence.UNKNOWN, add_attempted=True)
    assert todo_of(made) == [Kind.READ_PERSON]


def test_nothing_is_done_for_somebody_who_never_was_there() -> None:
    assert todo_of(record()) == []
    made = replace(record(), visitor=replace(VISITOR, forgotten_at=NOW))
    assert todo_of(made) == []


def test_failed_and_pending_applications_wait_for_their_time() -> None:
    visit = stay()
    for progress, kind in (
        (Progress.FAILED, Kind.APPLY),
        (Progress.PENDING, Kind.CHECK_APPLICATION),
    ):
        state = Application(progress=progress, next_check=NOW + MINUTE)
        made = replace(record(visit), known=applied(visit, application=state))
        todo, _ = next_step(made, NOW)
        assert todo.operations[0].kind is kind
        assert todo.not_before == NOW + MINUTE


def test_a_window_that_is_over_is_no_window() -> None:
    assert open_part(None, NOW) is None
    assert open_part(Window(at(-2), NOW), NOW) is None
    assert open_part(Window(at(-2), at(1)), NOW) == Window(NOW, at(1))
    assert open_part(Window(at(1), at(2)), NOW) == Window(at(1), at(2))


@pytest.mark.parametrize(
    ("held", "wish", "too_wide"),
    [
        (Window(at(-1), at(2)), Window(at(-2), at(2)), False),
        (Window(at(-5), at(2)), Window(at(-1), at(2)), False),
        (Window(at(-1), at(3)), Window(at(-1), at(2)), True),
        (Window(at(-1), at(2)), Window(at(1), at(2)), True),
        (Window(at(-1), at(2)), None, True),
        (Window(at(-2), at(-1)), None, False),
        (None, None, False),
    ],
)
def test_a_window_exceeds_the_wish(
    held: Window | None, wish: Window | None, *, too_wide: bool
) -> None:
    known = Known(window=held)
    assert exceeds(known, Desired(window=wish), NOW) is too_wide


def test_a_wish_is_named_by_all_that_is_asked() -> None:
    made = record(stay())
    key = wish_key(made, wished(made, NOW))
    other = [
        record(stay(-1, 5)),
        record(stay(-1, 4, "office")),
        replace(made, visitor=replace(VISITOR, given_name="Eve")),
        replace(made, visitor=replace(VISITOR, photo="one")),
        replace(made, visitor=replace(VISITOR, card_no="2")),
    ]
    assert key not in {wish_key(one, wished(one, NOW)) for one in other}
    assert key == wish_key(made, wished(made, at(1)))


def test_plan_is_pure() -> None:
    made = record(stay())
    assert plan(made, wished(made, NOW), NOW) == plan(made, wished(made, NOW), NOW)
