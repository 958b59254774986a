"""What time and facts do to visits: told once, ended, closed."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.access import (
    RETRIES_BELIEVED,
    AccessState,
)
from custom_components.hikcentral_visitors.visits.commands import check_out
from custom_components.hikcentral_visitors.visits.events import VisitEventType as Told
from custom_components.hikcentral_visitors.visits.known import (
    Application,
    Effort,
    Existence,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.lifecycle import advance, next_due
from custom_components.hikcentral_visitors.visits.movements import presence_of
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.presence import (
    Movement,
    MovementKind as Kind,
    Presence,
    in_order,
)
from custom_components.hikcentral_visitors.visits.profile import profile_digest
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.view import view, views
from custom_components.hikcentral_visitors.visits.visit import (
    EntryMode,
    Outcome,
    Visit,
)
from custom_components.hikcentral_visitors.visits.window import Window

from .server import wished
from .values import (
    HOUR,
    MINUTE,
    NOW,
    POLICY,
    VISITOR,
    applied,
    at,
    moved,
    movements,
    record,
    several_visits,
    stay,
    times,
    windows,
)

GONE = Known(existence=Existence.PRESENT, person_id="7")
GRACE = POLICY.re_entry_grace


@st.composite
def records(draw: st.DrawFn) -> VisitorRecord:
    """A visitor with visits, movements on them, and anything known of the server."""
    visits = draw(several_visits(3))
    ids = tuple(visit.id for visit in visits)
    drawn = draw(st.sampled_from([None, *visits]))
    known = applied(drawn) if drawn else draw(st.sampled_from([Known(), GONE]))
    known = replace(
        known,
        window=draw(st.one_of(st.none(), st.just(known.window), windows())),
        existence=draw(st.sampled_from(Existence)),
        narrowing=Effort(failures=draw(st.integers(0, 4))),
        application=Application(progress=draw(st.sampled_from(Progress))),
    )
    return record(*visits, movements=draw(movements(ids)), known=known)


def told(made: VisitorRecord, now: datetime = NOW) -> list[Told]:
    return [event.type for event in advance(made, POLICY, now).events]


def after(made: VisitorRecord, now: datetime = NOW, visit: str = "visit") -> Visit:
    return advance(made, POLICY, now).record.visit(visit)


def gone(*visits: Visit, **other: Any) -> VisitorRecord:
    """A record whose visitor's person has no access at all."""
    return record(*visits, **({"known": GONE} | other))


def held(visit: Visit, **other: Any) -> VisitorRecord:
    return record(visit, **({"known": applied(visit)} | other))


@given(records(), times)
def test_a_second_look_finds_nothing_new(made: VisitorRecord, now: datetime) -> None:
    once = advance(made, POLICY, now)
    twice = advance(once.record, POLICY, now)
    assert twice.events == ()
    assert twice.record == once.record


@given(records(), st.lists(times, max_size=6))
def test_each_event_is_told_once(made: VisitorRecord, moments: list[datetime]) -> None:
    counts: Counter[tuple[str, Told]] = Counter()
    for now in sorted(moments):
        change = advance(made, POLICY, now)
        made = change.record
        counts.update((event.visit_id, event.type) for event in change.events)
    # What failed and was mended may fail again.
    again = {Told.GRANT_FAILED, Told.REVOKE_FAILED}
    assert all(number == 1 for (_, kind), number in counts.items() if kind not in again)


@given(records(), times, st.integers(0, 1000))
def test_until_the_next_due_instant_nothing_changes(
    made: VisitorRecord, now: datetime, part: int
) -> None:
    made = advance(made, POLICY, now).record
    due = next_due(made, POLICY, now)
    end = due or now + timedelta(days=30)
    assert end > now
    later = now + (end - now) * part / 1001
    assert wished(made, later) == wished(made, now)
    assert advance(made, POLICY, later).events == ()
    assert advance(made, POLICY, later).record == made
    open_ = [visit for visit in made.visits if visit.closed_at is None]
    for visit in open_:
        early, late = (view(visit, made, POLICY, one) for one in (now, later))
        assert late.status is early.status
        assert late.overstaying is early.overstaying
        assert late.whereabouts == early.whereabouts
        assert late.access.state is early.access.state


@given(records(), times)
def test_nobody_who_is_inside_is_closed_away(
    made: VisitorRecord, now: datetime
) -> None:
    """Counted for an evacuation as long as he may be there."""
    was = {one.visit.id for one in views(made, POLICY, now) if one.inside}
    after_ = advance(made, POLICY, now).record
    for visit_id in was:
        # Carried by a visit that ended in this very look, he is on another one.
        assert any(
            one.inside and one.visit.closed_at is None
            for one in views(after_, POLICY, now)
        ), visit_id


@given(records(), times)
def test_closed_is_over_and_has_an_outcome(made: VisitorRecord, now: datetime) -> None:
    for visit in advance(made, POLICY, now).record.visits:
        assert (visit.closed_at is None) == (visit.outcome is None)
        if visit.closed_at is not None:
            assert not replace(visit, closed_at=None).live(now)


@pytest.mark.parametrize(
    ("visit", "steps", "outcome"),
    [
        (stay(-4, -1), [], Outcome.NO_SHOW),
        (stay(-4, -1), [(-3, Kind.ENTRY), (-2, Kind.EXIT)], Outcome.LEFT),
        (stay(-4, -1), [(-3, Kind.CHECK_IN)], Outcome.EXPIRED),
        (stay(-30, -1), [(-20, Kind.ENTRY)], Outcome.EXPIRED),
        (stay(-4, 4, ended_at=NOW), [(-3, Kind.CHECK_OUT)], Outcome.LEFT),
        (stay(-4, 4, revoked_at=NOW), [], Outcome.REVOKED),
        (stay(-4, 4, cancelled_at=NOW, revoked_at=NOW), [], Outcome.CANCELLED),
    ],
)
def test_how_a_visit_ends(
    visit: Visit, steps: list[tuple[float, Kind]], outcome: Outcome
) -> None:
    """D20: who never came is a no-show, and his visit closes."""
    closed = after(gone(visit, movements=moved(*steps)))
    assert (closed.closed_at, closed.outcome) == (NOW, outcome)


def test_a_visit_is_open_until_its_access_is_gone() -> None:
    assert after(held(stay(-4, 4, revoked_at=NOW))).closed_at is None


def test_a_visit_is_open_until_he_is_out() -> None:
    made = gone(stay(-4, -1), movements=moved((-2, Kind.ENTRY)))
    assert after(made).closed_at is None
    made = made.with_movement(Movement(NOW, Kind.EXIT, "visit"))
    assert after(made).outcome is Outcome.LEFT


def test_somebody_inside_for_too_long_is_unknown_and_his_visit_closes() -> None:
    made = gone(stay(-4, -1), movements=moved((-2, Kind.ENTRY)))
    limit = at(-2) + POLICY.presence_timeout
    assert after(made, limit - MINUTE).closed_at is None
    assert after(made, limit).outcome is Outcome.EXPIRED


def test_who_stays_into_his_next_visit_is_neither_late_nor_lost() -> None:
    first, second = stay(-4, 0, name="first"), stay(0, 4, name="second")
    inside = moved((-2, Kind.ENTRY), visit="first")
    made = record(first, second, movements=inside, known=applied(second))
    change = advance(made, POLICY, NOW)
    kinds = [(event.visit_id, event.type) for event in change.events]
    assert ("first", Told.EXPIRED) in kinds
    assert Told.OVERSTAY not in {kind for _, kind in kinds}
    assert all(one.inside for one in views(change.record, POLICY, NOW))
    assert not any(one.overstaying for one in views(change.record, POLICY, NOW))

    end = advance(change.record, POLICY, at(4))
    kinds = [(event.visit_id, event.type) for event in end.events]
    assert ("second", Told.OVERSTAY) in kinds
    assert ("second", Told.NO_SHOW) not in kinds
    assert all(one.overstaying for one in views(end.record, POLICY, at(4)))

    out = end.record.with_movement(Movement(at(5), Kind.EXIT, "second"))
    done = advance(replace(out, known=GONE), POLICY, at(5)).record
    assert [visit.outcome for visit in done.visits] == [Outcome.LEFT, Outcome.LEFT]


def test_a_late_report_of_an_entry_opens_the_visit_again() -> None:
    closed = after(gone(stay(-4, -1)))
    assert closed.outcome is Outcome.NO_SHOW
    made = gone(closed, movements=moved((-2, Kind.ENTRY)))
    change = advance(made, POLICY, NOW)
    assert change.record.visit("visit").closed_at is None
    assert Told.OVERSTAY in [event.type for event in change.events]


def test_a_late_report_of_entry_and_exit_opens_nothing_but_he_was_there() -> None:
    closed = after(gone(stay(-4, -1)))
    assert closed.outcome is Outcome.NO_SHOW
    there_and_back = moved((-3, Kind.ENTRY), (-2, Kind.EXIT))
    known = after(gone(closed, movements=there_and_back))
    assert known == replace(closed, outcome=Outcome.LEFT)


def test_an_old_entry_opens_nothing_but_he_came() -> None:
    """Whichever way he is heard to have gone first."""
    closed = replace(stay(-40, -30), closed_at=at(-30), outcome=Outcome.NO_SHOW)
    came = after(gone(closed, movements=moved((-32, Kind.ENTRY))))
    assert came == replace(closed, outcome=Outcome.EXPIRED)
    left = after(gone(came, movements=moved((-32, Kind.ENTRY), (-31, Kind.EXIT))))
    assert left == replace(closed, outcome=Outcome.LEFT)
    assert after(gone(left, movements=())) == left, "passages are not kept for ever"


def test_who_gets_in_long_after_was_no_less_a_no_show() -> None:
    closed = replace(stay(-80, -72), closed_at=at(-72), outcome=Outcome.NO_SHOW)
    there_and_back = moved((-3, Kind.ENTRY), (-2, Kind.EXIT))
    assert after(gone(closed, movements=there_and_back)) == closed


@pytest.mark.parametrize("how", [Outcome.CANCELLED, Outcome.REVOKED])
def test_what_was_decided_about_a_visit_stays_whatever_is_heard(how: Outcome) -> None:
    closed = replace(stay(-4, -1), closed_at=at(-1), outcome=how)
    there_and_back = moved((-3, Kind.ENTRY), (-2, Kind.EXIT))
    assert after(gone(closed, movements=there_and_back)) == closed


def single(**other: Any) -> Visit:
    return stay(entry_mode=EntryMode.SINGLE, **other)


def test_in_single_mode_leaving_ends_the_visit_after_a_grace() -> None:
    went = moved((-1, Kind.ENTRY), (0, Kind.EXIT))
    made = held(single(), movements=went)
    assert after(made, NOW + GRACE - MINUTE).ended_at is None
    assert after(made, NOW + GRACE).ended_at == NOW + GRACE
    assert after(held(stay(), movements=went), NOW + GRACE).ended_at is None


@pytest.mark.parametrize(
    "steps",
    [
        [(-1, Kind.ENTRY)],
        [(-1, Kind.EXIT)],
        [(-1, Kind.CHECK_IN)],
        [(-1, Kind.ENTRY), (-0.5, Kind.EXIT), (0.1, Kind.ENTRY)],
    ],
)
def test_in_single_mode_nothing_else_ends_it(steps: list[tuple[float, Kind]]) -> None:
    made = held(single(), movements=moved(*steps))
    assert after(made, at(1)).ended_at is None


def test_in_single_mode_an_entry_of_the_day_before_is_not_the_one() -> None:
    """A door let him in that should not have: tomorrow he is let in all the same."""
    early = moved((-2, Kind.ENTRY), (-1, Kind.EXIT))
    tomorrow = stay(20, 28, entry_mode=EntryMode.SINGLE)
    assert after(held(tomorrow, movements=early)).ended_at is None


LEFT = moved((-1, Kind.ENTRY), (0, Kind.EXIT))
"""In, and out: he may come back until NOW + GRACE."""


@pytest.mark.parametrize("kind", [Kind.ENTRY, Kind.CHECK_IN])
def test_a_visit_goes_on_where_he_turns_out_to_have_come_back(kind: Kind) -> None:
    """What ended it was all that was known then (invariant 3, passages late)."""
    ended = after(held(single(), movements=LEFT), NOW + GRACE)
    assert ended.left_at == NOW
    back = LEFT + moved((0.1, kind))
    mended = after(held(ended, movements=back), NOW + GRACE)
    assert (mended.ended_at, mended.left_at) == (None, None)
    assert mended.live(NOW + GRACE)


def test_a_visit_that_is_closed_goes_on_where_he_had_come_back_and_left() -> None:
    ended = after(held(single(), movements=LEFT), NOW + GRACE)
    closed = after(gone(ended, movements=LEFT), NOW + GRACE)
    assert closed.closed_at is not None
    back = LEFT + moved((0.1, Kind.ENTRY), (0.2, Kind.EXIT))
    known = after(gone(closed, movements=back), NOW + GRACE)
    assert known.live(NOW + GRACE), "he may come back until a grace after that"
    later = after(gone(known, movements=back), at(0.2) + GRACE)
    assert (later.left_at, later.outcome) == (at(0.2), Outcome.LEFT)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [(0, Kind.EXIT), (0.25, Kind.ENTRY)],
        [(-0.1, Kind.ENTRY), (0, Kind.EXIT)],
        [(0, Kind.EXIT), (0.05, Kind.EXIT), (0.7, Kind.ENTRY)],
        [
            *[(0, Kind.EXIT), (0.1, Kind.ENTRY), (0.2, Kind.EXIT)],
            (0.7, Kind.ENTRY),
        ],
    ],
    ids=["not kept", "too late", "before", "another way out", "left after that"],
)
def test_a_visit_stays_ended_where_he_did_not_come_back_in_time(
    steps: list[tuple[float, Kind]],
) -> None:
    ended = after(held(single(), movements=LEFT), NOW + GRACE)
    made = held(ended, movements=moved((-1, Kind.ENTRY), *steps))
    assert after(made, at(1)).ended_at == NOW + GRACE


BACK = LEFT + moved((0.1, Kind.ENTRY))


@pytest.mark.parametrize(
    ("policy", "who", "back"),
    [
        (replace(POLICY, retired=True), {}, 0.1),
        (replace(POLICY, re_entry_grace=HOUR), {}, 0.5),
        (POLICY, {"forgotten_at": NOW}, 0.1),
    ],
    ids=["retired", "a longer grace later", "forgotten"],
)
def test_nobody_is_let_in_again_who_is_not_to_be(
    policy: Policy, who: dict[str, Any], back: float
) -> None:
    """Whatever is heard of late; a grace is that of the time."""
    ended = after(held(single(), movements=LEFT), NOW + GRACE)
    made = held(ended, movements=LEFT + moved((back, Kind.ENTRY)))
    made = replace(made, visitor=replace(made.visitor, **who))
    assert advance(made, policy, at(1)).record.visit("visit").ended_at == NOW + GRACE


def test_a_revoked_visit_that_ended_before_stays_revoked() -> None:
    ended = after(held(single(), movements=LEFT), NOW + GRACE)
    revoked = replace(ended, revoked_at=at(1))
    change = advance(held(revoked, movements=BACK), POLICY, at(1))
    assert change.record.visit("visit").ended_at == NOW + GRACE


def test_who_is_checked_out_on_another_visit_has_left() -> None:
    ended = after(held(single(), movements=LEFT), NOW + GRACE)
    out = BACK + moved((0.9, Kind.CHECK_OUT), visit="another")
    known = after(held(ended, movements=out), at(1))
    assert known.live(at(1)), "he may come back"
    later = after(held(known, movements=out), at(0.9) + GRACE)
    assert later.left_at == at(0.9)
    assert after(held(ended, movements=out), at(0.9) + GRACE) == ended, "nor later"


def test_what_is_told_of_an_end_is_told_of_the_next_one_too() -> None:
    ended = after(held(single(), movements=LEFT), NOW + GRACE)
    inside = held(ended, movements=LEFT + moved((0.5, Kind.ENTRY)))
    overstays = advance(inside, POLICY, at(1)).record
    assert Told.OVERSTAY in overstays.visit("visit").announced
    known = replace(overstays, movements=BACK + moved((0.5, Kind.ENTRY)))
    goes_on = advance(known, POLICY, at(1)).record
    assert goes_on.visit("visit").live(at(1))
    end = goes_on.visit("visit").valid_until
    assert Told.OVERSTAY in [one.type for one in advance(goes_on, POLICY, end).events]


def test_all_visits_that_ended_by_that_leaving_go_on() -> None:
    both = [single(), replace(single(), id="second")]
    went = LEFT + moved((-0.9, Kind.ENTRY), visit="second")
    made = record(*both, known=GONE, movements=in_order(went))
    ended = advance(made, POLICY, NOW + GRACE).record
    assert all(visit.closed_at for visit in ended.visits)
    late = replace(ended, movements=in_order([*went, *moved((0.1, Kind.ENTRY))]))
    known = advance(late, POLICY, NOW + GRACE).record
    assert all(visit.live(NOW + GRACE) for visit in known.visits)


def test_what_the_reception_ended_is_ended_whatever_is_heard_of_later() -> None:
    ended = held(after(held(single(), movements=LEFT), NOW + GRACE), movements=LEFT)
    noted = check_out(ended, "visit", at(1)).record
    heard = replace(
        noted, movements=LEFT + moved((0.1, Kind.ENTRY), (1, Kind.CHECK_OUT))
    )
    assert after(heard, at(1)).ended_at == NOW + GRACE


def test_a_stray_exit_after_an_earlier_visit_does_not_end_a_single_one() -> None:
    """Whom the turnstile let in unseen is not put out by history."""
    past = moved((-40, Kind.ENTRY), (-39, Kind.EXIT), visit="past")
    made = held(single(), movements=past + moved((0, Kind.EXIT)))
    assert after(made, at(1)).ended_at is None


def test_access_is_told_when_all_doors_have_it() -> None:
    assert Told.GRANTED in told(held(stay()))
    waiting = applied(stay(), application=Application(progress=Progress.PENDING))
    assert Told.GRANTED not in told(record(stay(), known=waiting))


def test_a_failure_is_told_again_only_after_it_was_mended() -> None:
    doors = Application(progress=Progress.FAILED, retries=RETRIES_BELIEVED)
    broken = applied(stay(), application=doors)
    made = record(stay(), known=broken)
    change = advance(made, POLICY, NOW)
    (event,) = change.events
    assert (event.type, event.reason) == (Told.GRANT_FAILED, "door_failed")
    mended = advance(replace(change.record, known=applied(stay())), POLICY, NOW)
    assert [event.type for event in mended.events] == [Told.GRANTED]
    assert told(replace(mended.record, known=broken)) == [Told.GRANT_FAILED]


def test_a_revocation_is_told_when_it_is_confirmed() -> None:
    visit = stay(revoked_at=NOW)
    assert told(held(visit)) == []
    assert told(gone(visit)) == [Told.REVOKED]
    tired = applied(visit, narrowing=Effort(failures=3, reason="busy"))
    (event,) = advance(record(visit, known=tired), POLICY, NOW).events
    assert (event.type, event.reason) == (Told.REVOKE_FAILED, "busy")
    tired = replace(tired, narrowing=Effort(failures=2))
    assert told(record(visit, known=tired)) == []


def test_who_has_nothing_to_show_is_told() -> None:
    bare = replace(VISITOR, card_no=None)
    known = applied(stay(), profile=profile_digest(bare))
    made = replace(record(stay(), known=known), visitor=bare)
    assert set(told(made)) == {Told.GRANTED, Told.NO_CREDENTIAL}
    face = replace(made, known=replace(made.known, face="one"))
    assert told(face) == [Told.GRANTED]


def test_the_end_comes_near() -> None:
    made = held(stay(-1, 4))
    near = at(4) - POLICY.ending_soon
    assert Told.ENDING_SOON not in told(made, near - MINUTE)
    assert Told.ENDING_SOON in told(made, near)
    assert Told.ENDING_SOON not in told(held(stay(3.9, 4)), near + MINUTE)
    assert Told.ENDING_SOON not in told(held(stay(-1, 4, revoked_at=NOW)), near)


def test_the_end_has_come() -> None:
    """D38: time alone tells of who stays on, without any passage."""
    came = moved((-2, Kind.CHECK_IN))
    assert told(gone(stay(-4, 0))) == [Told.NO_SHOW]
    assert told(gone(stay(-4, 0), movements=came)) == [Told.EXPIRED]
    inside = moved((-2, Kind.ENTRY))
    assert told(gone(stay(-4, 0), movements=inside)) == [Told.EXPIRED, Told.OVERSTAY]


def test_who_is_revoked_inside_overstays() -> None:
    made = gone(stay(revoked_at=NOW), movements=moved((-1, Kind.ENTRY)))
    assert Told.OVERSTAY in told(made)


def test_an_exit_without_an_entry() -> None:
    exit_ = moved((-1, Kind.EXIT))
    assert Told.EXIT_WITHOUT_ENTRY in told(held(stay(-2, 4), movements=exit_))
    for before in (Kind.ENTRY, Kind.CHECK_IN):
        steps = moved((-1.5, before), (-1, Kind.EXIT))
        assert Told.EXIT_WITHOUT_ENTRY not in told(held(stay(-2, 4), movements=steps))


def test_an_exit_without_an_entry_is_told_of_every_visit() -> None:
    first, second = stay(-9, -6, name="first"), stay(-2, 4, name="second")
    steps = (
        *moved((-7, Kind.EXIT), visit="first"),
        *moved((-1, Kind.EXIT), visit="second"),
    )
    made = record(first, second, movements=steps, known=applied(second))
    events = advance(made, POLICY, NOW).events
    stray = [one.visit_id for one in events if one.type is Told.EXIT_WITHOUT_ENTRY]
    assert stray == ["first", "second"]


def test_an_exit_on_the_next_visit_is_no_stray_one() -> None:
    first, second = stay(-4, 0, name="first"), stay(0, 4, name="second")
    steps = (
        *moved((-2, Kind.ENTRY), visit="first"),
        *moved((1, Kind.EXIT), visit="second"),
    )
    made = record(first, second, movements=steps, known=applied(second))
    events = advance(made, POLICY, at(1)).events
    assert Told.EXIT_WITHOUT_ENTRY not in {event.type for event in events}


def test_presence_shows_where_it_belongs() -> None:
    past = stay(-9, -6, name="past", closed_at=at(-6), outcome=Outcome.LEFT)
    today, tomorrow = stay(-1, 4, name="today"), stay(24, 30, name="tomorrow")
    steps = (
        *moved((-8, Kind.ENTRY), (-7, Kind.EXIT), visit="past"),
        *moved((-0.5, Kind.ENTRY), visit="today"),
    )
    made = record(past, today, tomorrow, movements=steps)
    seen = {one.visit.id: one for one in views(made, POLICY, NOW)}
    assert seen["today"].inside
    assert seen["today"].whereabouts.entries == 1
    assert seen["today"].whereabouts.exits == 0
    assert seen["past"].whereabouts.presence is Presence.OUTSIDE
    assert not seen["past"].overstaying
    assert seen["tomorrow"].whereabouts.presence is Presence.NOT_ARRIVED


def test_nobody_can_tell_of_somebody_unseen_for_long() -> None:
    made = held(stay(-30, 4), movements=moved((-20, Kind.ENTRY)))
    assert views(made, POLICY, NOW)[0].inside is None


def test_a_visit_shows_the_credentials_kinds_only() -> None:
    made = held(stay())
    made = replace(made, known=replace(made.known, face="digest"))
    shown = view(made.visits[0], made, POLICY, NOW)
    assert shown.credentials == ("face", "card")
    assert "1001" not in repr(shown)
    assert shown.person_id == "7"


def test_the_windows_that_the_server_holds_are_waited_for() -> None:
    """Nobody else closes the visit when such a window ends by itself."""
    end = NOW + MINUTE
    known = replace(GONE, window=Window(at(-4), end))
    made = record(stay(-4, -1), known=known)
    assert after(made, NOW).closed_at is None
    assert next_due(made, POLICY, NOW) == end
    assert after(made, end).closed_at == end


def test_a_window_that_begins_later_on_the_server_is_waited_for() -> None:
    """From then on it is no narrower than what is wished."""
    begins = Window(at(1), at(4))
    made = record(stay(-1, 4), known=applied(stay(-1, 4), window=begins))
    assert view(made.visits[0], made, POLICY, NOW).access.state is AccessState.GRANTING
    assert next_due(made, POLICY, NOW) == at(1)
    due = view(made.visits[0], made, POLICY, at(1))
    assert due.access.state is AccessState.ACTIVE


def test_a_stopped_visit_does_not_wait_for_somebody_inside_on_another() -> None:
    first = stay(-4, 4, name="first")
    second = stay(-1, 4, name="second", revoked_at=NOW)
    inside = moved((-2, Kind.ENTRY), visit="first")
    made = record(first, second, movements=inside, known=applied(first))
    seen = advance(made, POLICY, NOW).record
    assert seen.visit("first").closed_at is None
    assert seen.visit("second").outcome is Outcome.REVOKED


def test_nothing_is_due_for_nobody() -> None:
    assert next_due(record(), POLICY, NOW) is None


def test_what_is_due_next() -> None:
    visit = stay(48, 50, early_arrival=HOUR)
    made = record(visit)
    moments = []
    now = NOW - timedelta(days=10)
    while (due := next_due(made, POLICY, now)) is not None:
        moments.append(due)
        now = due
    start = at(47)
    assert moments == [
        start - POLICY.provision_ahead,
        start - timedelta(hours=24),
        start,
        at(50) - POLICY.ending_soon,
        at(50),
    ]


def test_presence_of_an_unknown_visitor() -> None:
    made = record(stay())
    where = presence_of(made.visits[0], made, POLICY, NOW)
    assert where.presence is Presence.NOT_ARRIVED
