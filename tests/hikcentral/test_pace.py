"""The limiter's decisions, driven with a clock of its own."""

from itertools import pairwise
from typing import override

from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
import pytest

from custom_components.hikcentral_visitors.hikcentral.pace import Pace, Priority

BACKGROUND = {Priority.POLL, Priority.SWEEP}


def test_urgent_first_then_first_come() -> None:
    pace = Pace(concurrency=1, reserved=0)
    holder = pace.enter(Priority.SWEEP)
    assert pace.start(0) == [holder]
    sweep, widening, poll, first, second = (
        pace.enter(priority)
        for priority in (
            Priority.SWEEP,
            Priority.WIDENING,
            Priority.POLL,
            Priority.NARROWING,
            Priority.NARROWING,
        )
    )
    served = []
    running = holder
    for _ in range(5):
        pace.leave(running)
        (running,) = pace.start(0)
        served.append(running)
    assert served == [first, second, widening, poll, sweep]


def test_background_leaves_half_of_the_slots() -> None:
    pace = Pace(concurrency=4)
    tickets = [pace.enter(Priority.POLL) for _ in range(4)]
    assert pace.start(0) == tickets[:2]
    urgent = [pace.enter(Priority.WIDENING) for _ in range(3)]
    assert pace.start(0) == urgent[:2]


def test_a_slot_is_kept_for_taking_away() -> None:
    """I7: whatever hangs, a revocation does not wait for it."""
    pace = Pace(concurrency=4)
    others = (Priority.INTERACTIVE, Priority.WIDENING, Priority.POLL, Priority.SWEEP)
    held = [pace.enter(priority) for priority in (*others, Priority.WIDENING)]
    assert len(pace.start(0)) == 4
    first, second = pace.enter(Priority.NARROWING), pace.enter(Priority.NARROWING)
    assert pace.start(0) == [first]
    pace.leave(first)
    assert pace.start(0) == [second]
    pace.leave(second)
    # It stays theirs: nobody else starts in it.
    assert (pace.start(0), pace.wake(), pace.waiting) == ([], None, 1)
    pace.leave(held[0])
    assert len(pace.start(0)) == 1


def test_no_cap_before_a_refusal() -> None:
    pace = Pace(concurrency=1000)
    tickets = [pace.enter(Priority.WIDENING) for _ in range(1000)]
    assert pace.start(0) == tickets
    assert pace.rate is None


def test_refusal_halves_the_rate_seen_and_success_raises_it() -> None:
    pace = Pace(concurrency=100)
    for second in range(5):
        for ticket in [pace.enter(Priority.WIDENING) for _ in range(10)]:
            pace.start(second)
            pace.leave(ticket)
    pace.refused(5)
    assert pace.rate is not None
    # The start at second 0 has left the window: 40 in 4 s.
    assert pace.rate == pytest.approx(5, rel=0.1)
    pace.refused(5.5)  # of the same burst
    assert pace.rate == pytest.approx(5, rel=0.1)
    before = pace.rate
    pace.succeeded()
    assert pace.rate > before
    for _ in range(100_000):
        pace.succeeded()
    assert pace.rate is None


def test_retry_after_pauses_everything_and_not_for_ever() -> None:
    pace = Pace()
    pace.refused(100, retry_after=30)
    pace.enter(Priority.NARROWING)
    assert pace.start(129.9) == []
    assert pace.wake() == 130
    assert len(pace.start(130)) == 1
    pace.refused(200, retry_after=1e9)
    pace.enter(Priority.NARROWING)
    assert len(pace.start(200 + pace.longest_pause)) == 1


def test_at_least_one_slot() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Pace(concurrency=0)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from(Priority), min_size=50, max_size=200),
    st.floats(min_value=1, max_value=20),
)
def test_background_takes_half_of_a_known_rate(
    priorities: list[Priority], rate: float
) -> None:
    pace = Pace(concurrency=10_000, rate=rate)
    kinds = {pace.enter(priority): priority for priority in priorities}
    now, starts = 0.0, list[tuple[float, Priority]]()
    while pace.waiting:
        starts += [(now, kinds[ticket]) for ticket in pace.start(now)]
        due = pace.wake()
        if due is not None:
            now = max(now, due)
    times = [time for time, _ in starts]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap >= 1 / rate - 1e-6 for gap in gaps)
    background = [time for time, kind in starts if kind in BACKGROUND]
    gaps = [later - earlier for earlier, later in pairwise(background)]
    assert all(gap >= 2 / rate - 1e-6 for gap in gaps)


class PaceMachine(RuleBasedStateMachine):
    """Any sequence of calls: nothing is lost, nobody overtakes, no slot leaks."""

    def __init__(self) -> None:
        super().__init__()
        self.pace = Pace(concurrency=4)
        self.now = 0.0
        self.waiting = dict[int, Priority]()
        self.running = dict[int, Priority]()

    @rule(priority=st.sampled_from(Priority))
    def enter(self, priority: Priority) -> None:
        self.waiting[self.pace.enter(priority)] = priority

    @rule()
    def start(self) -> None:
        for ticket in self.pace.start(self.now):
            priority = self.waiting.pop(ticket)
            self.running[ticket] = priority
            # Nobody who came earlier or is more urgent is left behind.
            assert (priority, ticket) <= min(
                ((other, number) for number, other in self.waiting.items()),
                default=(priority, ticket),
            )

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(sorted(self.running)))
        del self.running[ticket]
        self.pace.leave(ticket)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(sorted(self.waiting)))
        del self.waiting[ticket]
        self.pace.leave(ticket)

    @rule(seconds=st.floats(min_value=0, max_value=20))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(seconds=st.none() | st.floats(min_value=-5, max_value=60))
    def refuse(self, seconds: float | None) -> None:
        self.pace.refused(self.now, seconds)

    @rule()
    def succeed(self) -> None:
        self.pace.succeeded()

    @invariant()
    def counts(self) -> None:
        assert self.pace.waiting == len(self.waiting)
        assert self.pace.running == len(self.running)
        narrowing = sum(one is Priority.NARROWING for one in self.running.values())
        assert len(self.running) <= 4 + min(narrowing, 1)
        background = [kind for kind in self.running.values() if kind in BACKGROUND]
        assert len(background) <= 2

    @invariant()
    def rate_stays_sane(self) -> None:
        rate = self.pace.rate
        assert rate is None or self.pace.slowest <= rate < self.pace.uncapped

    @invariant()
    def woken_in_time(self) -> None:
        # Whoever waits is either told when to come back, or blocked by one who runs.
        if not self.waiting:
            assert self.pace.wake() is None
        elif self.pace.wake() is None:
            assert self.running

    @override
    def teardown(self) -> None:
        for ticket in list(self.running):
            self.pace.leave(ticket)
        self.running.clear()
        while self.waiting:
            due = self.pace.wake()
            assert due is not None
            self.now = max(self.now, due)
            started = self.pace.start(self.now)
            assert started
            for ticket in started:
                del self.waiting[ticket]
                self.pace.leave(ticket)


TestPaceMachine = PaceMachine.TestCase
TestPaceMachine.settings = settings(
    deadline=None, max_examples=60, stateful_step_count=40
)
