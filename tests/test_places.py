"""Who holds which place."""

from datetime import timedelta

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.places import allocate, rank, wanted
from custom_components.hikcentral_visitors.visits.presence import Presence
from custom_components.hikcentral_visitors.visits.view import VisitView
from tests.stand_in import NOW, make_view

HOUR = timedelta(hours=1)


def test_lowest_numbers_are_taken_first() -> None:
    assert allocate({}, ["a", "b", "c"], 5) == {1: "a", 2: "b", 3: "c"}


def test_visit_keeps_its_place_while_wanted() -> None:
    assert allocate({3: "a", 1: "b"}, ["a"], 5) == {3: "a"}


def test_freed_places_are_taken_up_lowest_first() -> None:
    current = {1: "a", 2: "b", 3: "c", 4: "d"}
    assert allocate(current, ["b", "d", "e", "f", "g"], 5) == {
        1: "e",
        2: "b",
        3: "f",
        4: "d",
        5: "g",
    }


def test_more_important_visit_displaces_when_full() -> None:
    assert allocate({1: "a", 2: "b"}, ["c", "a", "b"], 2) == {1: "a", 2: "c"}


def test_places_beyond_a_lowered_capacity_are_given_up() -> None:
    assert allocate({1: "a", 9: "b"}, ["a", "b"], 3) == {1: "a", 2: "b"}
    assert allocate({1: "a"}, ["a"], 0) == {}


@given(
    current=st.dictionaries(st.integers(1, 8), st.sampled_from("abcdefghij")),
    wish=st.lists(st.sampled_from("abcdefghij")),
    capacity=st.integers(0, 8),
)
def test_allocation_always_holds(
    current: dict[int, str], wish: list[str], capacity: int
) -> None:
    held = {visit: number for number, visit in current.items()}
    current = {number: visit for visit, number in held.items()}
    served = list(dict.fromkeys(wish))[:capacity]

    given_out = allocate(current, wish, capacity)

    assert sorted(given_out.values()) == sorted(served)
    assert all(1 <= number <= capacity for number in given_out)
    for number, visit in current.items():
        if visit in served and number <= capacity:
            assert given_out[number] == visit
    assert allocate(given_out, wish, capacity) == given_out


def served(*views: VisitView, capacity: int = 9) -> list[str]:
    return wanted(sorted(map(rank, views)), NOW, capacity)


def test_inside_come_first_then_by_start() -> None:
    views = [
        make_view("later", starts_in=3 * HOUR),
        make_view("soon", starts_in=HOUR),
        make_view("inside", starts_in=-HOUR, presence=Presence.INSIDE),
        make_view("lost", starts_in=-2 * HOUR, presence=Presence.UNKNOWN),
    ]
    assert served(*views) == ["lost", "inside", "soon", "later"]
    assert served(*views, capacity=2) == ["lost", "inside"]


@pytest.mark.parametrize(
    ("starts_in", "is_wanted"),
    [(24 * HOUR, True), (25 * HOUR, False), (-30 * HOUR, True)],
)
def test_due_within_a_day(starts_in: timedelta, is_wanted: bool) -> None:
    assert served(make_view(starts_in=starts_in)) == ["visit-1"] * is_wanted


def test_who_is_inside_needs_no_date() -> None:
    early = make_view(starts_in=48 * HOUR, presence=Presence.INSIDE)
    assert served(early) == ["visit-1"]
