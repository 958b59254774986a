"""An intake that polls a simulated facility, with one visitor known to it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from custom_components.hikcentral_visitors.contact import Contact
from custom_components.hikcentral_visitors.hikcentral import (
    DoorEvent,
    HikCentralClient,
)
from custom_components.hikcentral_visitors.intake import (
    Intake,
    Poller,
    Questions,
    Sweeper,
    Watch,
)
from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.records import Moment, insert
from custom_components.hikcentral_visitors.visits.known import Existence, Known
from custom_components.hikcentral_visitors.visits.passage import DoorRole
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import Visit, Visitor
from simulator import Clock, Simulator, create_app

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PERSON = "1"
"""One of the simulator's staff, whom the ledger takes for our visitor Ada."""

DOORS = {"11": DoorRole.ENTRY, "12": DoorRole.EXIT, "15": DoorRole.UNKNOWN}
READERS = {"25": DoorRole.ENTRY, "26": DoorRole.EXIT}


@dataclass(slots=True, kw_only=True)
class House:
    """All that the intake works with."""

    simulator: Simulator
    ledger: Ledger
    client: HikCentralClient
    contact: Contact
    unknown: list[DoorEvent] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)

    def moment(self) -> Moment:
        """Now, on the simulator's clock."""
        return Moment(self.simulator.world.clock.now(), Policy())

    async def advance(self, seconds: float) -> None:
        """Let time pass on both sides: the client learns it from any answer."""
        await self.simulator.advance(seconds)
        await self.client.version()

    async def more_visitors(self, number: int) -> None:
        """Let so many others be expected too, each with a person of his own."""
        for one in range(number):
            record = _expected(f"visitor{one}", f"TST{one:013}", f"9{one:05}")
            await self.ledger.async_write(
                partial(insert, moment=self.moment(), decided=Change(record))
            )

    def intake(self) -> Intake:
        """A way in that has seen nothing yet."""
        return Intake(
            self.ledger,
            Questions(self.client),
            self.moment,
            DOORS,
            READERS,
            self.unknown.append,
        )

    def sweeper(self) -> Sweeper:
        """A sweeper that has just started, and takes no rests."""
        questions = Questions(self.client)
        return Sweeper(questions, self.ledger, self.intake(), DOORS, share=1)

    def poller(self) -> Poller:
        """A poller that has just started."""
        return Poller(
            Questions(self.client),
            self.ledger,
            self.intake(),
            self.watch,
            DOORS,
            timedelta(seconds=15),
            timedelta(minutes=5),
        )


def _expected(visitor_id: str, code: str, person_id: str) -> VisitorRecord:
    """Somebody who is expected all week, and whose person is known."""
    visit = Visit(
        id=f"visit of {visitor_id}",
        visitor_id=visitor_id,
        valid_from=START,
        valid_until=START + timedelta(days=7),
        levels=frozenset({"7"}),
        created_at=START,
    )
    return VisitorRecord(
        visitor=Visitor(
            id=visitor_id, person_code=code, given_name="Ada", created_at=START
        ),
        visits=(visit,),
        known=Known(person_id=person_id, existence=Existence.PRESENT),
    )


@pytest.fixture
async def house(socket_enabled: None, tmp_path: Path) -> AsyncGenerator[House]:
    """A facility on a standing clock, with Ada expected all week."""
    asyncio.get_running_loop().set_debug(False)  # notes each task's whole stack
    ledger = Ledger(tmp_path / "visits.db")
    await ledger.async_open()
    async with (
        create_app(clock=Clock(START, running=False), seed=1) as simulator,
        aiohttp.ClientSession() as session,
    ):
        contact = Contact(simulator.world.clock.now)
        made = House(
            simulator=simulator,
            ledger=ledger,
            client=HikCentralClient(
                session,
                simulator.url,
                simulator.partner.app_key,
                simulator.partner.app_secret,
                now=simulator.world.clock.now,
                observer=contact,
            ),
            contact=contact,
        )
        await made.client.version()
        record = _expected("ada", "TST", PERSON)
        moment = made.moment()
        await ledger.async_write(lambda one: insert(one, moment, Change(record)))
        yield made
    await ledger.async_close()
