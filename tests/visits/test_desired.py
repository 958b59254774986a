"""What visits justify, and nothing beyond it."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
import pytest

from custom_components.hikcentral_visitors.visits.desired import (
    Desired,
    Wish,
    desired,
)
from custom_components.hikcentral_visitors.visits.visit import Visit
from custom_components.hikcentral_visitors.visits.window import Window

from .server import wished
from .values import (
    DAY,
    MINUTE,
    NOW,
    POLICY,
    VISITOR,
    at,
    record,
    several_visits,
    stay,
    stopped,
    times,
)


def later(now: datetime, wish: Desired, visits: list[Visit]) -> list[datetime]:
    """Instants from now on at which a door's answer may change."""
    edges = [
        edge for visit in visits for edge in (visit.window.start, visit.window.end)
    ]
    edges += [wish.window.start, wish.window.end] if wish.window else []
    around = [edge + step for edge in edges for step in (-MINUTE / 2, 0 * MINUTE)]
    return [now, *(instant for instant in around if instant > now)]


@given(several_visits(), times)
def test_if_nothing_more_is_ever_told_nothing_unjustified_opens(
    visits: list[Visit], now: datetime
) -> None:
    """For each held level, now and at every later instant (invariant I5)."""
    wish = wished(record(*visits), now)
    for instant in later(now, wish, visits):
        if wish.window is None or instant not in wish.window:
            continue
        for level in wish.levels:
            assert any(
                level in visit.levels and instant in visit.window and not visit.stopped
                for visit in visits
            )


@given(several_visits(), times)
def test_nothing_is_held_that_no_live_visit_asks_for(
    visits: list[Visit], now: datetime
) -> None:
    wish = wished(record(*visits), now)
    live = [visit for visit in visits if visit.live(now)]
    assert wish.levels <= {level for visit in live for level in visit.levels}
    assert (wish.person is Wish.REQUIRED) == bool(wish.levels) == bool(wish.window)


@given(several_visits(), times)
def test_everybody_gets_in_when_it_is_his_time(
    visits: list[Visit], now: datetime
) -> None:
    wish = wished(record(*visits), now)
    for visit in visits:
        if visit.live(now) and now in visit.window:
            assert visit.levels <= wish.levels
            assert wish.window is not None
            assert now in wish.window


@given(several_visits(), times)
def test_stopped_visits_ask_for_nothing(visits: list[Visit], now: datetime) -> None:
    live = [visit for visit in visits if visit.live(now)]
    assert wished(record(*visits), now) == wished(record(*live), now)


@given(several_visits(), times)
def test_nothing_is_told_too_far_ahead(visits: list[Visit], now: datetime) -> None:
    wish = wished(record(*visits), now)
    assert wish.window is None or wish.window.start - now <= POLICY.provision_ahead
    soon = [
        visit
        for visit in visits
        if visit.live(now) and visit.window.start - now <= POLICY.provision_ahead
    ]
    assert bool(soon) == bool(wish.levels)


@given(several_visits(), times)
def test_the_wish_does_not_depend_on_the_order(
    visits: list[Visit], now: datetime
) -> None:
    made = record(*visits)
    turned = replace(made, visits=tuple(reversed(made.visits)))
    assert wished(made, now) == wished(turned, now)


def window_of(*visits: Visit, now: datetime = NOW) -> Window | None:
    return wished(record(*visits), now).window


@pytest.mark.parametrize(
    ("second", "end"),
    [
        pytest.param((4, 6), 6, id="touching"),
        pytest.param((3, 6), 6, id="overlapping"),
        pytest.param((0, 2), 4, id="nested"),
        pytest.param((4.5, 6), 4, id="apart"),
    ],
)
def test_visits_to_one_level(second: tuple[float, float], end: float) -> None:
    visits = [stay(-1, 4), stay(*second, name="second")]
    assert window_of(*visits) == Window(at(-1), at(end))


def test_visits_to_different_levels_open_what_both_allow() -> None:
    visits = [stay(-1, 4, "lobby"), stay(0, 2, "office", name="second")]
    wish = wished(record(*visits), NOW)
    assert wish.levels == {"lobby", "office"}
    assert wish.window == Window(at(0), at(2))
    after = wished(record(*visits), at(2))
    assert after.levels == {"lobby"}
    assert after.window == Window(at(-1), at(4))


def test_the_next_visit_is_told_in_advance_with_its_own_start() -> None:
    wish = wished(record(stay(24, 30), stay(48, 50, "office", name="second")), NOW)
    assert wish.levels == {"lobby"}
    assert wish.window == Window(at(24), at(30))


def test_an_early_arrival_opens_before_the_start() -> None:
    visit = stay(1, 4, early_arrival=15 * MINUTE)
    assert window_of(visit) == Window(at(0.75), at(4))


def test_a_visit_counts_from_a_week_before_its_early_arrival() -> None:
    visit = stay(24 * 7 + 2, 24 * 7 + 4, early_arrival=timedelta(hours=1))
    due = visit.window.start - 7 * DAY
    assert wished(record(visit), due - MINUTE).levels == frozenset()
    assert wished(record(visit), due).levels == {"lobby"}


def test_at_its_end_a_visit_justifies_nothing() -> None:
    assert wished(record(stay(-1, 0)), NOW) == Desired()


@pytest.mark.parametrize(
    "stop", ["revoked_at", "cancelled_at", "ended_at", "closed_at"]
)
def test_a_stopped_visit_justifies_nothing(stop: str) -> None:
    assert wished(record(stopped(stay(), stop)), NOW) == Desired()


def test_a_forgotten_visitor_must_not_be_on_the_server() -> None:
    made = replace(record(stay()), visitor=replace(VISITOR, forgotten_at=NOW))
    assert wished(made, NOW) == Desired(person=Wish.FORBIDDEN)


def test_other_wishes_have_other_names() -> None:
    window = Window(NOW, at(1))
    wishes = [
        Desired(),
        Desired(person=Wish.FORBIDDEN),
        Desired(person=Wish.REQUIRED, levels=frozenset(["a"]), window=window),
        Desired(person=Wish.REQUIRED, levels=frozenset(["b"]), window=window),
        Desired(
            person=Wish.REQUIRED, levels=frozenset(["a"]), window=Window(NOW, at(2))
        ),
    ]
    assert len({wish.digest for wish in wishes}) == len(wishes)


def test_provision_ahead_is_the_facilitys() -> None:
    made = record(stay(30, 40))
    assert not desired(made, NOW, replace(POLICY, provision_ahead=DAY)).levels
    assert desired(made, NOW, replace(POLICY, provision_ahead=2 * DAY)).levels
