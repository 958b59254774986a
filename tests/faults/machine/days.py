"""A facility and what was promised in it, for any number of days."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
import random
import secrets
import tempfile
from typing import Any, ClassVar, override
from unittest.mock import patch
from uuid import UUID

import aiohttp
from hypothesis import note, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from custom_components.hikcentral_visitors.book import registration
from custom_components.hikcentral_visitors.ledger import engines
from custom_components.hikcentral_visitors.visits.known import Progress
from simulator import create_app
from simulator.clock import Clock
from simulator.faults import Faults
from simulator.layout import DEFAULT_LAYOUT
from tests.faults.checks import Checks
from tests.faults.facility import CrashedError, Facility, fewer_questions
from tests.faults.listeners import Listeners
from tests.faults.promises import Guest, Rules, Stay
from tests.intake.inbox import open_inbox
from tests.reconciler.house import MINUTE, START
from tests.unforeseen import nothing_unforeseen

from . import hearsay

WAY_OUT = "6"
LAYOUT = {
    "levels": [
        *DEFAULT_LAYOUT["levels"],
        {
            "privilegeGroupId": WAY_OUT,
            "privilegeGroupName": "Way Out",
            "doors": ["12", "14"],
        },
    ]
}
some = st.integers(0, 7)
"""Which of those that there are, counted round."""


class Days(RuleBasedStateMachine):
    """What all rules share: a facility, its guests, and how to do things in it."""

    tried: ClassVar[list[int]] = []
    """How many steps each of the days had that were tried."""

    def __init__(self) -> None:
        super().__init__()
        numbers, chance = count(1), random.Random(1)
        # What a power cut would lose is not what is killed here.
        pragmas = (*engines.PRAGMAS, "PRAGMA synchronous=OFF")
        self.stack = AsyncExitStack()
        for patched in (
            patch.object(registration, "uuid7", lambda: UUID(int=next(numbers))),
            patch.object(secrets, "choice", chance.choice),
            fewer_questions(),
            patch.object(engines, "PRAGMAS", pragmas),
        ):
            self.stack.enter_context(patched)
        self.folder = self.stack.enter_context(
            tempfile.TemporaryDirectory(prefix="faults-")
        )
        self.runner = asyncio.Runner()
        self.guests: list[Guest] = []
        self.rules_of_house = Rules()
        self.numbers = count()
        self.stack.enter_context(nothing_unforeseen(CrashedError))
        self.run(self._open())
        self.checks = Checks(self.house, self.guests)
        self.listeners = Listeners(self.house, self.guests)
        self.skew = timedelta()
        self.clocks = 0
        self.tried.append(0)

    async def _open(self) -> None:
        enter = self.stack.enter_async_context
        clock = Clock(START, running=False)
        simulator = await enter(create_app(clock=clock, layout=LAYOUT, seed=1))
        session = await enter(aiohttp.ClientSession())
        inbox = await enter(open_inbox())
        path = Path(self.folder) / "visits.db"
        self.house = Facility(simulator, session, path, inbox)
        self.world = self.house.world
        await self.house.start()
        # Set up while the server could be reached, as the config flow sees to.
        await self.house.pass_time(MINUTE)

    async def _close(self) -> None:
        try:
            await self.house.stop()
        finally:
            await self.stack.aclose()

    @override
    def teardown(self) -> None:
        try:
            self.calm_down()
        finally:
            self.run(self._close())
            self.runner.close()

    # How things are done.

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def act[T](self, what: Callable[[], T]) -> T:
        """Do it in the loop, where whatever happens at a door may be pushed."""

        async def acting() -> T:
            return what()

        return self.run(acting())

    def do[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do it, in this life or not at all; raises CrashedError."""
        try:
            return self.run(self.house.living(work))
        except CrashedError:
            note("ours was killed, and began again")
            raise

    def live(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do it, whether or not we live to see the end."""
        with suppress(CrashedError):
            self.do(work)

    def pass_time(self, time: timedelta) -> None:
        self.live(self.house.pass_time(time))
        self.run(hearsay.learn_forgotten(self.house, self.guests))
        self.listeners.listen()

    @property
    def now(self) -> datetime:
        return self.house.now()

    @property
    def server_tells(self) -> bool:
        """Whether it tells what its terminals hold of a person."""
        return self.world.switches.person_application_detail == "available"

    def guest(self, which: int) -> Guest:
        return self.guests[which % len(self.guests)]

    def stay(
        self, which: int, likely: Callable[[Stay], bool] = lambda stay: stay.counts
    ) -> tuple[Guest, Stay]:
        """Return a visit, mostly one for which the command is meant."""
        stays = [(guest, stay) for guest in self.guests for stay in guest.stays]
        meant = [(guest, stay) for guest, stay in stays if likely(stay)]
        if meant and which % 4:
            stays = meant
        return stays[which // 2 % len(stays)]

    def choose(self, *, pushed: bool, way_out: bool) -> None:
        """Choose how passages are told, and how visitors leave."""
        rules = self.rules_of_house
        rules.way_out = WAY_OUT if way_out else None
        rules.ways_out |= {WAY_OUT} if way_out else set()
        exit_levels = {WAY_OUT} if way_out else set[str]()
        self.run(self.house.choose(pushed=pushed, exit_levels=exit_levels))

    # What must be so.

    @invariant()
    def nothing_worse_happens_meanwhile(self) -> None:
        """What holds at every moment, whatever fails.

        I1 and I5: nobody gets in who was never allowed to, now or later, for windows
        were told. I2: calls name persons of ours only, and staff is as it was.
        """
        self.tried[-1] += 1
        self.listeners.listen()
        exposed = self.checks.exposed_ever(MINUTE + 2 * self.skew)
        assert not exposed, exposed
        self.house.calls()
        self.house.check_staff()
        self.house.check_handed_on()

    def calm_down(self) -> None:
        """Faults end and time goes on: first nothing is open, then all is right."""
        house = self.house
        self.act(self.faults_end)
        house.crash = None
        self.run(house.living(house.pass_time(45 * MINUTE)))
        self.run(hearsay.learn_forgotten(house, self.guests))
        self.run(self.checks.learn_codes())
        self.listeners.listen()
        self._nobody_is_exposed()
        self.run(house.living(house.auditor.async_check_and_repair()))
        self.run(house.living(house.pass_time(20 * MINUTE)))
        self.run(house.living(house.look_again()))
        self.run(house.living(house.pass_time(5 * MINUTE)))
        self.run(house.living(self._doors_are_told()))
        self.run(hearsay.learn_forgotten(house, self.guests))
        self.listeners.listen()
        for guest in self.guests:
            guest.meddled = False
        self._nobody_is_exposed()
        unlike = self.checks.unlike()
        assert not unlike, unlike
        untold = self.listeners.untold()
        assert not untold, untold
        misplaced = self.run(self.listeners.misplaced())
        assert not misplaced, misplaced
        self.nothing_worse_happens_meanwhile()

    async def _doors_are_told(self) -> None:
        """Some visit may have begun or ended by chance in this very moment."""
        for _ in range(5):
            records = await self.house.records()
            if all(
                record.known.application.progress is not Progress.PENDING
                for record in records
            ):
                return
            await self.house.pass_time(MINUTE)

    def faults_end(self) -> None:
        self.world.faults = Faults(clock_skew_s=self.clocks)
        for device in self.world.database.tables.devices:
            self.world.set_online(device, online=True)

    def _nobody_is_exposed(self) -> None:
        exposed = self.checks.exposed()
        assert not exposed, exposed
