"""Whether pushes arrive: declared lost when one is, and only then."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st

from custom_components.hikcentral_visitors.hikcentral import DoorEvent
from custom_components.hikcentral_visitors.intake.watch import (
    CLOCKS,
    GRACE,
    PROBATION,
    PushState,
    Watch,
)
from tests.at_present import at_present

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SURE = CLOCKS + SECOND
"""From when on a push is due, after the beginning."""


def event(number: int, at: datetime, *, pushed: bool = False) -> DoorEvent:
    """Something at a door; its id differs in push and poll, as it may."""
    name = f"push-{number}" if pushed else str(number)
    return DoorEvent(id=name, type=196893, time=at, door_id=str(number))


def expecting() -> Watch:
    watch = Watch()
    watch.expect(START)
    return watch


def arriving() -> tuple[Watch, datetime]:
    watch, now = expecting(), START + SURE
    watch.pushed([event(0, now, pushed=True)], now)
    assert watch.state is PushState.ARRIVING
    return watch, now


def lost() -> tuple[Watch, datetime]:
    watch, now = arriving()
    watch.polled([event(1, now)], now)
    now += GRACE
    watch.look(now)
    assert watch.state is PushState.LOST
    return watch, now


def test_nothing_is_concluded_while_nothing_is_expected() -> None:
    watch = Watch()
    watch.polled([event(1, START)], START)
    watch.look(START + GRACE)
    assert watch.state is PushState.IDLE
    watch.pushed([event(1, START)], START)
    assert watch.state is PushState.IDLE
    assert not watch.trusted


def test_a_first_push_makes_them_trusted() -> None:
    watch = expecting()
    assert watch.state is PushState.WAITING
    assert not watch.trusted
    watch.pushed([], START)
    assert watch.state is PushState.WAITING, "a test says nothing of events"
    watch.pushed([event(1, START)], START)
    assert watch.trusted


def test_what_both_bring_is_no_loss_whichever_comes_first() -> None:
    watch, now = arriving()
    watch.pushed([event(1, now, pushed=True)], now)
    watch.polled([event(1, now)], now + 5 * SECOND)
    assert at_present(watch.trusted)
    watch.polled([event(2, now)], now)
    assert not watch.trusted, "until the push comes as well"
    late = now + GRACE - SECOND
    watch.pushed([event(2, now, pushed=True)], late)
    watch.look(now + 10 * GRACE)
    assert watch.trusted


def test_what_only_the_poll_brings_is_a_loss() -> None:
    watch, now = arriving()
    watch.polled([event(1, now)], now)
    watch.look(now + GRACE - SECOND)
    assert at_present(watch.state) is PushState.ARRIVING
    watch.look(now + GRACE)
    assert watch.state is PushState.LOST


def test_pushes_that_never_came_are_lost_too() -> None:
    watch, now = expecting(), START + SURE
    watch.polled([event(1, now)], now)
    watch.look(now + GRACE)
    assert watch.state is PushState.LOST


def test_what_happened_before_pushes_were_due_is_no_sign() -> None:
    watch = expecting()
    watch.polled([event(1, START - timedelta(hours=1)), event(2, START)], START)
    watch.look(START + GRACE)
    assert watch.state is PushState.WAITING


def test_a_terminal_whose_clock_is_a_little_ahead_is_no_sign() -> None:
    watch = expecting()
    watch.polled([event(1, START + CLOCKS - SECOND)], START)
    watch.look(START + GRACE)
    assert watch.state is PushState.WAITING


def test_they_are_trusted_again_after_a_while_without_loss() -> None:
    watch, now = lost()
    watch.look(now + 10 * PROBATION)
    assert watch.state is PushState.LOST, "nothing came"
    now += 10 * PROBATION
    watch.pushed([event(2, now)], now)
    watch.look(now + PROBATION - SECOND)
    assert watch.state is PushState.LOST
    watch.look(now + PROBATION)
    assert watch.trusted


def test_another_loss_begins_the_wait_anew() -> None:
    watch, now = lost()
    watch.pushed([event(2, now)], now)
    watch.polled([event(3, now)], now)
    watch.look(now + GRACE)
    watch.look(now + 2 * PROBATION)
    assert watch.state is PushState.LOST


def test_one_loss_found_again_by_each_poll_counts_once() -> None:
    watch, now = lost()
    seen = event(1, now - GRACE)
    watch.pushed([event(2, now)], now)
    for _ in range(20):
        now += 15 * SECOND
        watch.polled([seen], now)
    assert watch.trusted


def test_after_a_gap_they_have_to_come_again() -> None:
    watch, now = arriving()
    watch.expect_nothing()
    assert at_present(watch.state) is PushState.IDLE
    watch.expect(now + timedelta(hours=1))
    assert watch.state is PushState.WAITING
    watch.polled([event(1, now + timedelta(minutes=30))], now + timedelta(hours=1))
    watch.look(now + timedelta(hours=2))
    assert watch.state is PushState.WAITING, "what happened in the gap is no sign"


def test_a_gap_leaves_nothing_to_conclude_from() -> None:
    watch, now = arriving()
    watch.polled([event(1, now)], now)
    watch.expect_nothing()
    watch.look(now + GRACE)
    assert watch.state is PushState.IDLE


def test_expecting_what_is_expected_changes_nothing() -> None:
    watch, now = arriving()
    watch.expect(now)
    assert watch.state is PushState.ARRIVING


def test_a_test_begins_anew() -> None:
    watch, now = lost()
    watch.begin_anew(now)
    assert watch.state is PushState.WAITING
    watch.polled([event(1, now - GRACE)], now)
    watch.look(now + GRACE)
    assert watch.state is PushState.WAITING
    idle = Watch()
    idle.begin_anew(now)
    assert idle.state is PushState.IDLE


def test_listeners_hear_changes_only() -> None:
    watch, heard = Watch(), list[PushState]()
    stop = watch.async_listen(lambda: heard.append(watch.state))
    watch.expect(START)
    watch.expect(START)
    for number in range(3):
        watch.pushed([event(number, START)], START)
    assert heard == [PushState.WAITING, PushState.ARRIVING]
    stop()
    watch.expect_nothing()
    assert len(heard) == 2


def test_a_busy_site_takes_no_more_memory_than_is_useful() -> None:
    watch, now = arriving()
    for number in range(60_000):
        watch.pushed([event(number, now, pushed=True)], now)
    now += SECOND
    watch.polled([event(number, now - SECOND) for number in range(60_000)], now)
    watch.look(now + GRACE)
    assert watch.state is PushState.ARRIVING, "what was forgotten is not judged"
    assert len(watch._brought) <= 50_000


@given(
    st.lists(
        st.tuples(
            st.integers(0, 600),  # when it happens
            st.integers(0, 20),  # how late its push is
            st.integers(-1, 1),  # how its time is rounded
        ),
        max_size=30,
    )
)
def test_pushes_that_all_come_are_never_declared_lost(
    happenings: list[tuple[int, int, int]],
) -> None:
    """In any order, seconds late, with other ids and rounded times."""
    watch = expecting()
    begin = START + SURE + SECOND
    due: list[tuple[int, int]] = []
    for number, (at, late, _) in enumerate(happenings):
        due.append((at + late, number))
    due.sort()
    for tick in range(0, 700, 5):
        now = begin + tick * SECOND
        while due and due[0][0] <= tick:
            _, number = due.pop(0)
            at, _, rounding = happenings[number]
            when = begin + (at + rounding) * SECOND
            watch.pushed([event(number, when, pushed=True)], now)
        if tick % 15 == 0:
            found = [
                event(number, begin + at * SECOND)
                for number, (at, _, _) in enumerate(happenings)
                if tick - 300 <= at <= tick
            ]
            watch.polled(found, now)
        assert watch.state is not PushState.LOST


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_any_push_that_does_not_come_is_noticed(comes: list[bool]) -> None:
    watch, now = arriving()
    for number, pushed in enumerate(comes, start=1):
        now += 15 * SECOND
        if pushed:
            watch.pushed([event(number, now)], now)
        watch.polled([event(number, now)], now)
        if watch.state is PushState.LOST:
            break
    watch.look(now + GRACE)
    assert (watch.state is PushState.LOST) is (not all(comes))
