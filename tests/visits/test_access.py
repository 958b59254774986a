"""What the doors hold of a visit, in one word, and why."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
import pytest

from custom_components.hikcentral_visitors.visits.access import (
    SETTLED_STATES,
    Access,
    AccessState,
    access,
)
from custom_components.hikcentral_visitors.visits.known import (
    Application,
    Effort,
    Existence,
    Former,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.plan import wish_key
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import Visit

from .server import Answer, Server, asked_again, drive, settle, wished
from .test_plan import troubles
from .values import MINUTE, NOW, POLICY, VISITOR, applied, at, record, stay


def state(
    made: VisitorRecord, now: datetime = NOW, visit: str = "visit"
) -> AccessState:
    return seen(made, now, visit).state


def seen(made: VisitorRecord, now: datetime = NOW, visit: str = "visit") -> Access:
    return access(made.visit(visit), made, POLICY, now)


def held(visit: Visit, **facts: Any) -> VisitorRecord:
    return replace(record(visit), known=applied(visit, **facts))


@pytest.mark.parametrize(
    ("progress", "ready", "retries", "word"),
    [
        (Progress.APPLIED, 2, 0, AccessState.ACTIVE),
        (Progress.UNVERIFIABLE, 0, 0, AccessState.UNVERIFIED),
        (Progress.FAILED, 1, 1, AccessState.GRANTING),
        (Progress.FAILED, 1, 2, AccessState.PARTIAL),
        (Progress.FAILED, 0, 2, AccessState.FAILED),
        (Progress.PENDING, 1, 1, AccessState.GRANTING),
        (Progress.PENDING, 1, 2, AccessState.PARTIAL),
        (Progress.STALE, 2, 0, AccessState.GRANTING),
        (Progress.NARROWED, 2, 0, AccessState.GRANTING),
        (Progress.SETTLED, 0, 0, AccessState.GRANTING),
    ],
)
def test_a_live_visit(
    progress: Progress, ready: int, retries: int, word: AccessState
) -> None:
    doors = Application(
        progress=progress, doors_ready=ready, doors_total=2, retries=retries
    )
    found = seen(held(stay(), application=doors))
    assert found.state is word
    assert (found.doors_ready, found.doors_total) == (ready, 2)


@pytest.mark.parametrize(
    "missing",
    [
        {"existence": Existence.UNKNOWN},
        {"existence": Existence.ABSENT},
        {"window_known": False},
        {"members": frozenset()},
        {"profile": "another"},
        {"window": None},
    ],
)
def test_what_is_not_configured_is_not_active(missing: dict[str, Any]) -> None:
    assert state(held(stay(), **missing)) is AccessState.GRANTING


def test_a_face_that_is_still_to_be_sent_is_not_active() -> None:
    made = held(stay())
    made = replace(made, visitor=replace(VISITOR, photo="new"))
    assert state(made) is AccessState.GRANTING
    for facts in ({"face": "new"}, {"face_refused": "new"}):
        done = replace(made, known=applied(stay(), **facts))
        assert state(done) is AccessState.ACTIVE


def test_a_visit_that_is_too_far_away_is_not_due() -> None:
    assert state(record(stay(24 * 8, 24 * 9))) is AccessState.NOT_DUE


def test_a_visit_behind_an_earlier_one_is_not_due() -> None:
    made = record(stay(24, 30, "office", name="next"), known=applied(stay()))
    made = made.with_visit(stay())
    assert state(made, visit="next") is AccessState.NOT_DUE
    assert state(made) is AccessState.ACTIVE


def test_what_was_refused_has_failed_until_somebody_asks_again() -> None:
    made = record(stay())
    key = wish_key(made, wished(made, NOW))
    effort = Effort(failures=1, reason="capacity_reached", refused_for=key)
    made = replace(made, known=Known(widening=effort))
    found = seen(made)
    assert found.state is AccessState.FAILED
    assert found.reason == "capacity_reached"
    assert state(asked_again(made)) is AccessState.GRANTING


def test_persons_who_are_gone_are_no_attempt_to_let_him_in() -> None:
    made = record(stay())
    refused = Effort(failures=1, refused_for=wish_key(made, wished(made, NOW)))
    gone = Former(ids=frozenset({"7"}), told=1, due=NOW + MINUTE)
    found = seen(replace(made, known=Known(widening=refused, former=gone)))
    assert (found.state, found.next_attempt) == (AccessState.FAILED, None)


def test_why_it_takes_so_long() -> None:
    later = NOW + MINUTE
    effort = Effort(failures=1, reason="unreachable", next_attempt=later)
    found = seen(replace(record(stay()), known=Known(widening=effort)))
    assert found == Access(
        state=AccessState.GRANTING, reason="unreachable", next_attempt=later
    )


def test_a_failed_door_is_a_reason() -> None:
    doors = Application(
        progress=Progress.FAILED, doors_ready=1, doors_total=2, retries=2
    )
    assert seen(held(stay(), application=doors)).reason == "door_failed"


@pytest.mark.parametrize(
    "stop",
    [{"revoked_at": NOW}, {"cancelled_at": NOW}, {"ended_at": NOW}],
)
def test_an_ended_visit_is_being_revoked_until_all_is_gone(
    stop: dict[str, Any],
) -> None:
    visit = stay(**stop)
    assert state(held(visit)) is AccessState.REVOKING
    closed: dict[str, Any] = {"members": frozenset(), "window": None}
    assert state(held(visit, **closed)) is AccessState.REMOVED
    opening: tuple[dict[str, Any], ...] = (
        {"existence": Existence.UNKNOWN},
        {"members": visit.levels},
        {"unsure": visit.levels},
        {"window_known": False},
        {"window": visit.window},
        *({"application": Application(progress=one)} for one in UNTOLD),
    )
    for open_ in opening:
        assert state(held(visit, **(closed | open_))) is AccessState.REVOKING


UNTOLD = [Progress.STALE, Progress.NARROWED, Progress.PENDING, Progress.FAILED]


@pytest.mark.parametrize("progress", UNTOLD)
def test_a_level_that_only_the_ended_visit_gave_is_gone_when_the_doors_know(
    progress: Progress,
) -> None:
    ended = stay(-1, 4, "office", name="ended", revoked_at=NOW)
    goes_on = stay(-1, 4, "lobby", name="goes on")
    made = record(ended, goes_on, known=applied(goes_on))
    assert state(made, visit="ended") is AccessState.REMOVED
    untold = applied(goes_on, application=Application(progress=progress))
    made = replace(made, known=untold)
    assert state(made, visit="ended") is AccessState.REVOKING


def test_an_ended_visit_does_not_wait_for_what_another_is_given() -> None:
    ended = stay(-3, -1, name="ended")
    goes_on = stay(-1, 4, name="goes on")
    given_more = applied(goes_on, application=Application(progress=Progress.STALE))
    made = record(ended, goes_on, known=given_more)
    assert state(made, visit="ended") is AccessState.REMOVED


@pytest.mark.parametrize("existence", [Existence.ABSENT, Existence.PRESENT])
def test_an_ended_visit_is_not_gone_before_the_doors_were_told_of_who_is_gone(
    existence: Existence,
) -> None:
    gone = Former(ids=frozenset({"7"}))
    closed = replace(applied(stay()), members=frozenset(), window=None)
    known = replace(closed, existence=existence, former=gone)
    made = replace(record(stay(revoked_at=NOW)), known=known)
    assert state(made) is AccessState.REVOKING
    told = replace(known, former=replace(gone, told=1))
    assert state(replace(made, known=told)) is AccessState.REMOVED


def test_why_it_is_not_gone() -> None:
    later = NOW + MINUTE
    effort = Effort(failures=3, reason="busy", next_attempt=later)
    found = seen(held(stay(revoked_at=NOW), narrowing=effort))
    assert (found.state, found.reason) == (AccessState.REVOKING, "busy")
    assert found.next_attempt == later


@given(troubles())
def test_when_the_server_is_settled_so_is_every_visit(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    server, made, now = trouble
    made, now = settle(server, asked_again(made), now)
    # An end that is near comes by itself.
    now += timedelta(minutes=2)
    made, now = settle(server, made, now)
    for visit in made.visits:
        assert state(made, now, visit.id) in SETTLED_STATES
        if not visit.live(now):
            assert state(made, now, visit.id) is AccessState.REMOVED


@given(troubles())
def test_removed_means_that_no_door_opens_for_it(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    """Whatever went wrong before, nothing is said to be gone that is not."""
    server, made, now = trouble
    wish = wished(made, now)
    for visit in made.visits:
        if state(made, now, visit.id) is AccessState.REMOVED:
            for level in visit.levels - wish.levels:
                assert not server.opens(level, now)


@given(troubles())
def test_active_means_that_the_doors_open_when_it_is_time(
    trouble: tuple[Server, VisitorRecord, datetime],
) -> None:
    server, made, now = trouble
    for visit in made.visits:
        if state(made, now, visit.id) is AccessState.ACTIVE and now in visit.window:
            assert all(server.opens(level, now) for level in visit.levels)


def test_a_refused_level_is_seen_as_failed() -> None:
    made, now = drive(
        Server(),
        record(stay()),
        NOW,
        lambda one: Answer.REFUSED if one.level else Answer.DONE,
    )
    found = seen(made, now)
    assert found.state is AccessState.FAILED
    assert found.reason == "refused"
    assert now < at(1)
