"""Visitors go through doors, and what their visits make of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from custom_components.hikcentral_visitors.visits.visit import EntryMode
from simulator.event_log import Event
from simulator.model import Credential
from simulator.passages import Presentation, present
from simulator.wire import pushed_event
from tests.faults.crashes import MortalHouse, receiving
from tests.intake.test_pushes import message
from tests.reconciler.house import (
    HOUR,
    LOBBY,
    LOBBY_DOORS,
    VIP,
)

from .played import Played, one_visitor
from .taking import is_out, revoke


def passes(house: MortalHouse, played: Played) -> Iterator[Event]:
    """Let the one visitor in, and out again."""
    (person,) = house.ours()
    for door, credential in (("11", Credential.FACE), ("12", Credential.CARD)):
        event, decision = present(
            house.world,
            Presentation(credential=credential, door=door, person_id=person.id),
        )
        assert decision.granted
        played.events.append(event.event_id)
        yield event


async def go_in_and_out(house: MortalHouse, played: Played) -> None:
    for _ in passes(house, played):
        house.clock.advance(15)
        await house.poll()
    await house.settle()


async def pass_pushed(house: MortalHouse, played: Played) -> None:
    """Each passage is pushed twice, in messages that cross, and polled after that."""
    async with receiving(house) as receive:
        for event in passes(house, played):
            body = message(pushed_event(event, house.world.switches))
            await receive(body, body)
            await house.announce()
            house.clock.advance(15)
    await house.poll()
    await house.settle()


async def passed(house: MortalHouse, played: Played) -> None:
    """Each passage is recorded once, and told once; a crash lets one be told again."""
    await house.poll()
    assert sorted(await house.recorded()) == sorted(played.events)
    told = Counter(one["direction"] for one in house.bus if "direction" in one)
    assert [*told] == ["entry", "exit"][: len(played.events)]
    assert told.total() - len(told) <= played.crashes


async def one_with_one_entry(house: MortalHouse, played: Played) -> None:
    one = EntryMode.SINGLE
    played.visits = [await house.grant(stay=4 * HOUR, entry_mode=one)]
    await house.settle()
    await house.poll()


async def use_the_entry(house: MortalHouse, played: Played) -> None:
    """In and out, and not back within the grace."""
    await go_in_and_out(house, played)
    await house.wait(house.policy.re_entry_grace)


async def entry_is_used(house: MortalHouse, played: Played) -> None:
    await passed(house, played)
    await house.settle()
    left = len(played.events) == 2
    assert house.open_to_us() == (set() if left else LOBBY_DOORS)
    assert (await house.book.visit(played.visits[0])).visit.stopped is left


async def one_inside_behind_a_reader(house: MortalHouse, played: Played) -> None:
    """The way out needs a right, which only this level gives him."""
    ways_out, lobby = frozenset({VIP}), frozenset({LOBBY})
    house.policy = replace(house.policy, managed_levels=lobby, exit_levels=ways_out)
    await house.restart()
    await one_visitor(house, played)
    await house.poll()
    next(passes(house, played))
    house.clock.advance(15)
    await house.poll()
    await house.settle()


async def revoke_and_leave(house: MortalHouse, played: Played) -> None:
    await revoke(house, played)
    (person,) = house.ours()
    leaving = Presentation(credential=Credential.CARD, door="12", person_id=person.id)
    event, decision = present(house.world, leaving)
    assert decision.granted
    played.events.append(event.event_id)
    house.clock.advance(15)
    await house.poll()
    await house.settle()


async def let_out(house: MortalHouse, played: Played) -> None:
    """Long after his time nothing is open, whether or not he left."""
    await house.poll()
    assert sorted(await house.recorded()) == sorted(played.events)
    await house.settle()
    await is_out(house, played)
