"""Where a visit stands, in one word."""

from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.access import Access, AccessState
from custom_components.hikcentral_visitors.visits.presence import Presence
from custom_components.hikcentral_visitors.visits.status import (
    DUE,
    Status,
    overstaying,
    status,
)

from .values import MINUTE, NOW, at, stay

HERE = {
    Presence.ARRIVED: Status.ARRIVED,
    Presence.INSIDE: Status.INSIDE,
    Presence.OUTSIDE: Status.OUTSIDE,
}


@given(st.sampled_from(Presence), st.sampled_from(AccessState))
def test_presence_outranks_trouble(presence: Presence, state: AccessState) -> None:
    visit = stay(closed_at=NOW)
    access = Access(state=state)
    assert status(visit, presence, access, NOW) is Status.CLOSED
    if presence in HERE:
        assert status(stay(), presence, access, NOW) is HERE[presence]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (AccessState.NOT_DUE, Status.EXPECTED),
        (AccessState.ACTIVE, Status.EXPECTED),
        (AccessState.UNVERIFIED, Status.EXPECTED),
        (AccessState.HELD, Status.EXPECTED),
        (AccessState.GRANTING, Status.GRANTING),
        (AccessState.PARTIAL, Status.GRANTING),
        (AccessState.REVOKING, Status.REVOKING),
        (AccessState.REMOVED, Status.REVOKING),
        (AccessState.FAILED, Status.FAILED),
    ],
)
@pytest.mark.parametrize(
    "presence", [Presence.NOT_ARRIVED, Presence.LEFT, Presence.UNKNOWN]
)
def test_access_says_the_rest(
    state: AccessState, word: Status, presence: Presence
) -> None:
    assert status(stay(), presence, Access(state=state), NOW) is word


@pytest.mark.parametrize(
    ("left", "word"),
    [
        (DUE + timedelta(seconds=1), Status.SCHEDULED),
        (DUE, Status.EXPECTED),
        (-MINUTE, Status.EXPECTED),
    ],
)
def test_expected_is_who_comes_within_a_day(left: timedelta, word: Status) -> None:
    visit = stay(24, 30, early_arrival=15 * MINUTE)
    access = Access(state=AccessState.ACTIVE)
    now = visit.window.start - left
    assert status(visit, Presence.NOT_ARRIVED, access, now) is word


@pytest.mark.parametrize("presence", Presence)
def test_only_somebody_inside_overstays(presence: Presence) -> None:
    inside = presence is Presence.INSIDE
    assert overstaying(stay(-2, 0), presence, NOW) is inside
    assert overstaying(stay(revoked_at=NOW), presence, NOW) is inside
    assert overstaying(stay(ended_at=NOW), presence, NOW) is inside
    assert not overstaying(stay(), presence, NOW)
    assert not overstaying(stay(-2, -1, closed_at=at(-1)), presence, NOW)
