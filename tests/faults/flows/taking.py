"""Access is taken away, and visitors are forgotten."""

from datetime import timedelta

from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.visit import Outcome
from tests.faults.crashes import MortalHouse
from tests.reconciler.house import (
    DAY,
    HOUR,
    LOBBY_DOORS,
)

from .played import Played, one_visitor, states

UNTIL_TOLD = timedelta(minutes=30)
"""Until terminals were told of a person who is gone, as often as they are."""


async def revoke(house: MortalHouse, played: Played) -> None:
    await house.revoke(played.visits[0])
    played.answered.add("revoke")
    await house.settle()


async def revoked_if_asked(house: MortalHouse, played: Played) -> None:
    visit = (await house.book.visit(played.visits[0])).visit
    if played.answered or visit.revoked_at is not None:
        assert await states(house, played) == [AccessState.REMOVED]
        assert house.open_to_us() == set()
    else:
        assert await states(house, played) == [AccessState.ACTIVE]


async def cancel_while_granted(house: MortalHouse, played: Played) -> None:
    """Cancelled when the person is there, and on the way into the level."""
    played.visits = [await house.grant()]
    await house.life.until_call(2)
    await house.book.cancel(played.visits[0], house.desk)
    played.answered.add("cancel")
    await house.settle()


async def cancelled_if_asked(house: MortalHouse, played: Played) -> None:
    for record in await house.records():
        cancelled = not [visit for visit in record.visits if visit.live(house.now())]
        assert house.open_to_us() == (set() if cancelled else LOBBY_DOORS)
        assert cancelled or "cancel" not in played.answered


async def expire(house: MortalHouse, played: Played) -> None:
    await house.wait(2 * HOUR)


async def is_out(house: MortalHouse, played: Played) -> None:
    assert house.open_to_us() == set()
    (person,) = house.ours()
    assert not house.world.database.levels_of(person.id)


async def closed_long_ago(house: MortalHouse, played: Played) -> None:
    await one_visitor(house, played)
    await house.wait(HOUR)
    await house.wait(house.policy.retention + DAY)


async def forget(house: MortalHouse, played: Played) -> None:
    """While nothing else is under way, so that commits are always as many."""
    await house.at_once([house.retention.async_forget()])
    await house.settle()
    await house.at_once([house.retention.async_forget()])


async def is_forgotten(house: MortalHouse, played: Played) -> None:
    await house.retention.async_forget()
    await house.wait(UNTIL_TOLD)
    await house.retention.async_forget()
    assert await house.records() == []
    assert house.ours() == []


async def forget_one(house: MortalHouse, played: Played) -> None:
    visitor = (await house.record()).visitor.id
    await house.book.forget([visitor], house.desk)
    played.answered.add("forget")
    await house.settle()
    await house.retention.async_forget()


async def forgotten_if_asked(house: MortalHouse, played: Played) -> None:
    await house.retention.async_forget()
    people = await house.records()
    assert not (people and played.answered)
    assert len(house.ours()) == len(people)
    assert house.open_to_us() == (LOBBY_DOORS if people else set())


async def check_out(house: MortalHouse, played: Played) -> None:
    await house.book.check_out(played.visits[0], house.desk)
    played.answered.add("check out")
    await house.settle()


async def one_checked_in(house: MortalHouse, played: Played) -> None:
    await one_visitor(house, played)
    await house.book.check_in(played.visits[0], house.desk)
    await house.settle()


async def gone_if_asked(house: MortalHouse, played: Played) -> None:
    view = await house.book.visit(played.visits[0])
    assert not (played.answered and view.visit.live(house.now()))
    gone = view.visit.outcome is Outcome.LEFT
    assert house.open_to_us() == (set() if gone else LOBBY_DOORS)


async def a_group(house: MortalHouse, played: Played) -> None:
    played.visits = await house.grant_all(3)
    await house.settle()


async def withdraw_all(house: MortalHouse, played: Played) -> None:
    await house.book.withdraw_all(house.desk)
    played.answered.add("withdraw")
    await house.settle()


async def withdrawn_if_asked(house: MortalHouse, played: Played) -> None:
    """All or some of them, until it is asked for again with the next load."""
    if not played.answered:
        await withdraw_all(house, played)
    assert set(await states(house, played)) == {AccessState.REMOVED}
    assert house.open_to_us() == set()
