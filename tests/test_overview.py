"""The house in numbers: humans are counted, and changes since they were asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from custom_components.hikcentral_visitors.overview import (
    Overview,
    Today,
    people,
    under_way,
)
from custom_components.hikcentral_visitors.visits.access import Access, AccessState
from custom_components.hikcentral_visitors.visits.presence import Presence
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.view import VisitView

from .stand_in import NOW, make_view

HOUR = timedelta(hours=1)
TODAY = Today(start=NOW - 9 * HOUR, end=NOW + 15 * HOUR)


def seen(*views: VisitView) -> Overview:
    return people(views, {}, NOW, TODAY)


def again(view: VisitView, visit_id: str, **change: object) -> VisitView:
    """Return another visit of the same visitor."""
    visit = replace(view.visit, id=visit_id)
    return replace(view, visit=visit, **change)  # type: ignore[arg-type]


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
        (timedelta(hours=-10, minutes=-59), False),
        (timedelta(hours=-1), True),
        (timedelta(hours=14, minutes=59), True),
        (timedelta(hours=15), False),
    ],
    ids=["over", "begun", "last minute of the day", "tomorrow"],
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
    found = seen(make_view(status=status))
    assert (found.expected_today, found.next_visit is not None) == (counted, counted)


def test_the_next_visitor_is_the_earliest_who_did_not_come() -> None:
    later = make_view("v1", starts_in=2 * HOUR)
    sooner = make_view("v2", starts_in=HOUR)
    here = make_view("v3", status=Status.INSIDE)
    assert seen(later, sooner, here).next_visit == sooner


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


def test_changes_under_way_are_counted_with_the_oldest() -> None:
    pending = {"v1": NOW - HOUR, "v2": NOW}
    found = people([], pending, NOW, TODAY)
    assert (found.pending_changes, found.oldest_pending) == (2, NOW - HOUR)
    assert seen().oldest_pending is None


def test_a_change_is_as_old_as_it_was_first_seen() -> None:
    active = make_view()
    created = active.visit.created_at
    later = NOW + 50 * HOUR
    assert under_way([active], {}, later) == {}
    changing = make_view(access=AccessState.GRANTING)
    first = under_way([changing], {}, later)
    assert first == {active.visit.id: later}
    assert later > created
    assert under_way([changing], first, later + HOUR) == first
    assert under_way([active], first, later + HOUR) == {}


def test_after_a_restart_a_change_is_as_old_as_the_visit_tells() -> None:
    def asked(view: VisitView) -> object:
        (since,) = under_way([view], None, NOW).values()
        return since

    given = make_view(access=AccessState.GRANTING)
    assert asked(given) == given.visit.created_at
    taken = make_view(access=AccessState.REVOKING, starts_in=-3 * HOUR)
    assert asked(taken) == taken.visit.valid_until
    revoked = replace(taken, visit=replace(taken.visit, revoked_at=NOW - 2 * HOUR))
    assert asked(revoked) == NOW - 2 * HOUR
