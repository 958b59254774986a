"""An hour in which pushes are lost, doubled, shuffled and late: each passage once."""

from collections import Counter
from datetime import timedelta
import random
from typing import Any

import pytest
from sqlalchemy import Connection, select

from custom_components.hikcentral_visitors.intake import PushState
from custom_components.hikcentral_visitors.intake.watch import CLOCKS, PROBATION
from custom_components.hikcentral_visitors.ledger.outbox import waiting
from custom_components.hikcentral_visitors.ledger.schema import passages
from tests.facility import control, present

from .conftest import PERSON, House
from .inbox import open_inbox
from .test_pushes import Way
from .test_subscriber import subscriber

TICK_S = 5
HOUR_S = 3600
DOORS = ("11", "12")

TROUBLE: tuple[dict[str, Any], ...] = (
    {},
    {"push": "lost"},
    {"push": 0.3},
    {"shuffle_events": True},
    {"duplicate_events": True},
    {"late_events_s": 20},
    {"late_events_s": 90, "duplicate_events": True, "push": 0.5},
    {"push": "held", "shuffle_events": True},
    {"push": 0.2, "shuffle_events": True, "duplicate_events": True},
)


def recorded_events(connection: Connection) -> Counter[str]:
    """Return which events were recorded as passages of their own, and how often."""
    return Counter(
        row.event_id.removeprefix("push-")
        for row in connection.execute(
            select(passages.c.event_id).where(passages.c.echo.is_(False))
        )
    )


def told_events(connection: Connection) -> Counter[str]:
    """Return which are to be told."""
    return Counter(
        one.passage.event_id.removeprefix("push-")
        for one in waiting(connection, at_most=10_000)
        if one.passage is not None
    )


@pytest.mark.parametrize("equal", [True, False])
async def test_every_passage_of_such_an_hour_is_told_once(
    house: House, equal: bool
) -> None:
    """D32, D42: nothing lost, nothing twice, whatever the way and the order."""
    dice, way = random.Random(5), Way(house)
    switches = {
        "event_id_equal": equal,
        "duplicate_push": True,
        "out_of_order_push": True,
        "push_retry": True,
    }
    await control(house.simulator, "switches", switches)
    happened: list[str] = []
    states: set[PushState] = set()
    async with open_inbox() as inbox, way.running():
        inbox.pushes = way.pushes
        await subscriber(house, address=inbox.url).async_check()
        poller, sweeper = house.poller(), house.sweeper()
        poller._intake = sweeper._intake = way.intake
        await poller.async_poll()
        await house.advance(CLOCKS.total_seconds() + 1)
        poll_at = house.client.clock.now()
        for tick in range(HOUR_S // TICK_S):
            if tick % 40 == 0:
                faults = {} if tick > 600 else TROUBLE[tick // 40 % len(TROUBLE)]
                await control(house.simulator, "faults", faults)
            if tick % 2 == 0 and dice.random() < 0.6:
                door = DOORS[len(happened) % 2]
                event = await present(house.simulator, door, person=PERSON)
                happened.append(event["eventId"])
            await house.advance(TICK_S)
            now = house.client.clock.now()
            if now >= poll_at or way.asked:
                way.asked = 0
                await poller.async_poll()
                poll_at = now + poller._wait()
            states.add(house.watch.state)
        await control(house.simulator, "faults", {})
        await house.advance(PROBATION.total_seconds())
        await poller.async_poll()
        await house.advance(60)
        await house.simulator.world.push.settle()
        await sweeper.async_recent(timedelta(hours=2))
        await poller.async_poll()
    assert len(happened) > 150
    recorded = await house.ledger.async_read(recorded_events)
    assert set(recorded.values()) == {1}
    # Where a passage was reported twice, either of the two may be the one.
    assert len(recorded) == len(happened)
    told = await house.ledger.async_read(told_events)
    assert told == recorded
    assert states >= {PushState.ARRIVING, PushState.LOST}
    assert house.watch.state is PushState.ARRIVING, "it heals by itself"
