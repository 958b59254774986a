"""The house in numbers: humans are counted, and changes since they were asked for."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.census import Census
from custom_components.hikcentral_visitors.overview import Overview
from custom_components.hikcentral_visitors.problems import Cause, causes
from custom_components.hikcentral_visitors.visits.access import Access, AccessState
from custom_components.hikcentral_visitors.visits.presence import Presence
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.view import VisitView

from .stand_in import NOW, make_view

HOUR = timedelta(hours=1)
DAY_ENDS = NOW + 15 * HOUR


def count(*views: VisitView, now: datetime = NOW) -> Census:
    """Return the census of visits that are seen for the first time."""
    census = Census()
    for view in views:
        census.replace(None, view, now)
    return census


def seen(*views: VisitView) -> Overview:
    return count(*views).overview(DAY_ENDS)


def again(view: VisitView, visit_id: str, **change: Any) -> VisitView:
    """Return another visit of the same visitor."""
    visit = replace(view.visit, id=visit_id)
    return replace(view, visit=visit, **change)


def test_somebody_with_two_visits_is_one_human() -> None:
    ada = make_view(status=Status.INSIDE, presence=Presence.INSIDE, overstaying=True)
    eve = make_view("v9", "Eve", status=Status.ARRIVED, presence=Presence.ARRIVED)
    found = seen(ada, again(ada, "v2"), eve, again(eve, "v10"))
    assert (found.inside, found.arrived, found.overstaying) == (1, 1, 1)


def test_nobody_knows_is_not_inside() -> None:
    found = seen(make_view(presence=Presence.UNKNOWN))
    assert found.inside == 0


@pytest.mark.parametrize(
    ("starts_in", "counted"),
    [
        (timedelta(hours=-1), True),
        (timedelta(hours=14, minutes=59), True),
        (timedelta(hours=15), False),
    ],
    ids=["begun", "last minute of the day", "tomorrow"],
)
def test_expected_today_is_whose_time_is_today(
    starts_in: timedelta, counted: bool
) -> None:
    found = seen(make_view(starts_in=starts_in))
    assert found.expected_today == int(counted)


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (Status.SCHEDULED, True),
        (Status.EXPECTED, True),
        (Status.GRANTING, True),
        (Status.FAILED, True),
        (Status.ARRIVED, False),
        (Status.INSIDE, False),
        (Status.OUTSIDE, False),
        (Status.REVOKING, False),
    ],
)
def test_expected_is_who_did_not_come_yet(status: Status, counted: bool) -> None:
    census = count(make_view(status=status))
    assert (census.next_visit is not None) is counted
    assert census.overview(DAY_ENDS).expected_today == int(counted)


def test_the_next_visitor_is_the_earliest_who_did_not_come() -> None:
    later = make_view("v1", starts_in=2 * HOUR)
    sooner = make_view("v2", starts_in=HOUR)
    here = make_view("v3", status=Status.INSIDE)
    assert count(later, sooner, here).next_visit == "v2"


@pytest.mark.parametrize(
    ("access", "reason", "problem"),
    [
        (AccessState.ACTIVE, None, False),
        (AccessState.GRANTING, None, False),
        (AccessState.GRANTING, "unreachable", True),
        (AccessState.REVOKING, "unreachable", True),
        (AccessState.PARTIAL, None, True),
        (AccessState.FAILED, None, True),
        (AccessState.UNVERIFIED, None, False),
    ],
)
def test_trouble_with_access_is_a_problem(
    access: AccessState, reason: str | None, problem: bool
) -> None:
    view = replace(make_view(), access=Access(state=access, reason=reason))
    assert seen(view).access_problem is problem


def test_to_try_again_heals_nothing() -> None:
    """An issue that somebody ignores would be new each time it is tried."""
    stages = {
        AccessState.FAILED: "capacity_reached",
        AccessState.GRANTING: None,
        AccessState.PARTIAL: None,
        AccessState.ACTIVE: None,
    }
    census, before, found = Census(), None, []
    for state, reason in stages.items():
        after = replace(make_view(), access=Access(state=state, reason=reason))
        census.replace(before, after, NOW)
        before = after
        found.append(
            [(one.causes, one.seen.access.reason) for one in census.concerns()]
        )
    not_given = (Cause.ACCESS_NOT_GIVEN,)
    assert found == [
        [(not_given, "capacity_reached")],
        [(not_given, "capacity_reached")],
        [(not_given, None)],
        [],
    ]


def test_a_human_with_two_visits_is_expected_once_for_the_first() -> None:
    ada = make_view("v1", starts_in=2 * HOUR)
    sooner = again(make_view("v2", starts_in=HOUR), "v2", visitor=ada.visitor)
    census = count(ada, sooner)
    overview = census.overview(DAY_ENDS)
    assert (overview.expected_today, census.next_visit) == (1, "v2")
    census.replace(sooner, None, NOW)
    overview = census.overview(DAY_ENDS)
    assert (overview.expected_today, census.next_visit) == (1, "v1")


def pending(census: Census) -> tuple[int, datetime | None]:
    overview = census.overview(DAY_ENDS)
    return overview.pending_changes, overview.oldest_pending


def test_a_change_is_as_old_as_it_was_first_seen() -> None:
    active, later = make_view(), NOW + 50 * HOUR
    census = count(active)
    assert pending(census) == (0, None)
    changing = make_view(access=AccessState.GRANTING)
    census.replace(active, changing, later)
    assert pending(census) == (1, later)
    still = replace(changing, access=replace(changing.access, doors_ready=1))
    census.replace(changing, still, later + HOUR)
    assert pending(census) == (1, later)
    census.replace(still, active, later + 2 * HOUR)
    assert pending(census) == (0, None)


def test_changes_under_way_are_counted_with_the_oldest() -> None:
    census = Census()
    oldest = make_view("v2", access=AccessState.GRANTING)
    for changing, when in (
        (make_view("v1", access=AccessState.GRANTING), NOW),
        (oldest, NOW - HOUR),
    ):
        active = make_view(changing.visit.id)
        census.replace(None, active, NOW)
        census.replace(active, changing, when)
    assert pending(census) == (2, NOW - HOUR)
    census.replace(oldest, None, NOW)
    assert pending(census) == (1, NOW)


def test_after_a_restart_a_change_is_as_old_as_the_visit_tells() -> None:
    def asked(view: VisitView) -> object:
        return pending(count(view))[1]

    given = make_view(access=AccessState.GRANTING)
    assert asked(given) == given.visit.created_at
    taken = make_view(access=AccessState.REVOKING, starts_in=-3 * HOUR)
    assert asked(taken) == taken.visit.valid_until
    revoked = replace(taken, visit=replace(taken.visit, revoked_at=NOW - 2 * HOUR))
    assert asked(revoked) == NOW - 2 * HOUR


_looks = st.builds(
    make_view,
    st.sampled_from("abc"),
    status=st.sampled_from(Status),
    presence=st.sampled_from(Presence),
    access=st.sampled_from(AccessState),
    starts_in=st.integers(-3, 40).map(lambda hours: hours * HOUR),
    overstaying=st.booleans(),
)


@given(st.lists(st.tuples(_looks, st.sampled_from("xy"), st.booleans())))
def test_counting_changes_is_counting_what_is_there(
    changes: list[tuple[VisitView, str, bool]],
) -> None:
    """D40: what is shown is what is so, after every kind of change."""
    census, there = Census(), dict[str, VisitView]()
    for look, who, stays in changes:
        view = replace(look, visitor=replace(look.visitor, id=who))
        key = view.visit.id
        after = view if stays else None
        census.replace(there.pop(key, None), after, NOW)
        if after is not None:
            there[key] = after
    fresh = count(*there.values())
    expected = fresh.overview(DAY_ENDS)
    found = census.overview(DAY_ENDS)
    # Since when something changes is what only the history tells.
    assert replace(found, oldest_pending=expected.oldest_pending) == expected
    concerns = {one.seen.visit.id for one in census.concerns()}
    assert {one.seen.visit.id for one in fresh.concerns()} == {
        key for key in concerns if any(causes(there[key]))
    }
    assert census.next_visit == fresh.next_visit
    assert census.wanted(NOW, 9) == fresh.wanted(NOW, 9)
    begun = {key for key, one in there.items() if one.visit.window.start <= NOW}
    assert set(census.begun(NOW)) == begun
