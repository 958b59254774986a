"""Views that are kept in parts, by the thousand."""

from dataclasses import replace
import gc

from hypothesis import given, strategies as st

from custom_components.hikcentral_visitors.visits.leaves import leaves, view_of
from custom_components.hikcentral_visitors.visits.presence import Movement
from custom_components.hikcentral_visitors.visits.view import view
from custom_components.hikcentral_visitors.visits.visit import Visit

from .values import NOW, POLICY, applied, movements, record, stay, visits


@given(visits(), movements(("visit",)), st.booleans())
def test_a_view_is_put_together_as_it_was(
    visit: Visit,
    moves: tuple[Movement, ...],
    given_access: bool,
) -> None:
    facts = {"known": applied(visit)} if given_access else {}
    seen = view(visit, record(visit, movements=moves, **facts), POLICY, NOW)
    assert view_of(leaves(seen)) == seen


@given(visits(), visits())
def test_leaves_are_equal_where_the_views_are(one: Visit, another: Visit) -> None:
    first, second = (
        view(visit, record(visit), POLICY, NOW)
        for visit in (one, replace(another, id=one.id))
    )
    assert (leaves(first) == leaves(second)) is (first == second)


def test_leaves_are_one_object_to_the_garbage_collector() -> None:
    visit = stay()
    parts = leaves(view(visit, record(visit), POLICY, NOW))
    tracked = [part for part in parts if gc.is_tracked(part)]
    # Words, and texts that rows share, exist once for all visits.
    assert all(isinstance(part, str | frozenset | tuple) for part in tracked)
