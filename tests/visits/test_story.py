"""A visitor's whole story in any order: people ask, time goes by, calls go wrong."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from custom_components.hikcentral_visitors.visits.access import AccessState, access
from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from custom_components.hikcentral_visitors.visits.commands import (
    cancel,
    check_in,
    check_out,
    extend,
    register,
    restore,
    revoke,
)
from custom_components.hikcentral_visitors.visits.lifecycle import advance
from custom_components.hikcentral_visitors.visits.movements import presence_of
from custom_components.hikcentral_visitors.visits.presence import (
    Movement,
    MovementKind,
    Presence,
)
from custom_components.hikcentral_visitors.visits.record import Change
from custom_components.hikcentral_visitors.visits.window import Window

from .server import Answer, Server, asked_again, settle, stumble, wished
from .values import (
    HOUR,
    LEVELS,
    MINUTE,
    NOW,
    POLICY,
    READERS,
    WAY_OUT,
    levels,
    record,
    stay,
)

whose = st.integers(0, 3).map(lambda number: f"visit-{number}")


class Story(RuleBasedStateMachine):
    """One visitor, one server, and what the ledger would hold."""

    policy = POLICY

    @initialize()
    def begin(self) -> None:
        self.server = Server(policy=self.policy)
        self.now: datetime = NOW
        self.record = record()
        self.visits = 0
        self.asked: dict[str, set[Window]] = {}

    def keep(self, change: Change) -> None:
        self.record = advance(change.record, self.policy, self.now).record
        for visit in self.record.visits:
            for level in visit.levels:
                self.asked.setdefault(level, set()).add(visit.window)

    @rule(
        start=st.integers(-2, 8),
        length=st.integers(1, 12),
        levels=levels,
    )
    def grant(self, start: int, length: int, levels: frozenset[str]) -> None:
        hours = (self.now - NOW) / HOUR + start
        visit = stay(hours, hours + length, *levels, name=f"visit-{self.visits}")
        try:
            self.keep(register(self.record, visit, self.policy, self.now))
        except CommandRefusedError:
            return
        self.visits += 1

    @rule(
        visit=whose,
        what=st.sampled_from(
            ["longer", "shorter", "revoke", "restore", "in", "out", "cancel"]
        ),
    )
    def ask(self, visit: str, what: str) -> None:
        made, now = self.record, self.now
        try:
            match what:
                case "longer":
                    change = extend(made, visit, self.policy, now, by=HOUR)
                case "shorter":
                    change = extend(made, visit, self.policy, now, by=-HOUR)
                case "revoke":
                    change = revoke(made, visit, now)
                case "restore":
                    change = restore(made, visit, self.policy, now)
                case "in":
                    change = check_in(made, visit, self.policy, now)
                case "out":
                    change = check_out(made, visit, now)
                case _:
                    change = cancel(made, visit, self.policy, now)
        except CommandRefusedError, KeyError:
            return
        self.keep(change)

    @rule(visit=whose, kind=st.sampled_from(MovementKind))
    def move(self, visit: str, kind: MovementKind) -> None:
        if visit in {one.id for one in self.record.visits}:
            movement = Movement(self.now, kind, visit)
            self.keep(Change(self.record.with_movement(movement)))

    @rule(minutes=st.sampled_from([1, 10, 61, 300]))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.keep(Change(self.record))

    @rule(answers=st.lists(st.sampled_from(Answer), min_size=1, max_size=4))
    def call(self, answers: list[Answer]) -> None:
        self.record, self.now = stumble(self.server, self.record, self.now, answers)
        self.keep(Change(self.record))

    @rule()
    def all_works(self) -> None:
        made, self.now = settle(self.server, asked_again(self.record), self.now)
        # An end that is near comes by itself, and with it perhaps the next visit.
        self.now += timedelta(minutes=2)
        self.record, self.now = settle(self.server, made, self.now)
        self.keep(Change(self.record))
        wish = wished(self.record, self.now, self.policy)
        open_now = wish.window is not None and self.now in wish.window
        for level in (*LEVELS, WAY_OUT):
            justified = open_now and level in wish.levels
            assert self.server.opens(level, self.now) is justified

    @invariant()
    def looking_again_finds_nothing_new(self) -> None:
        assert advance(self.record, self.policy, self.now) == Change(self.record)

    @invariant()
    def no_level_opens_at_a_time_that_nobody_ever_asked_for(self) -> None:
        """Whatever fails: the times of visits are held by the doors (invariant I5)."""
        for level in LEVELS:
            if self.server.opens(level, self.now):
                assert any(self.now in window for window in self.asked.get(level, ()))

    @invariant()
    def what_is_said_to_be_gone_is_gone(self) -> None:
        wish = wished(self.record, self.now, self.policy)
        for visit in self.record.visits:
            held = access(visit, self.record, self.policy, self.now)
            if not visit.live(self.now) and held.state is AccessState.REMOVED:
                for level in (visit.levels | {WAY_OUT}) - wish.levels:
                    assert not self.server.opens(level, self.now)


class StoryOfReaders(Story):
    """The same where the way out needs a right."""

    policy = READERS

    @invariant()
    def whoever_is_inside_keeps_the_way_out(self) -> None:
        wish = wished(self.record, self.now, self.policy)
        for visit in self.record.visits:
            inside = presence_of(visit, self.record, self.policy, self.now)
            began = visit.window.start <= self.now
            in_time = self.now < visit.over_at + self.policy.exit_grace
            if inside.presence is Presence.INSIDE and began and in_time:
                assert WAY_OUT in wish.levels
                assert wish.window is not None
                assert self.now in wish.window


TestStory = Story.TestCase
TestStoryOfReaders = StoryOfReaders.TestCase
