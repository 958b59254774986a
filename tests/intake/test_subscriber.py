"""The subscription on a simulated server: kept, mended, never taken from others."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    FAST_TYPES,
    HikCentralError,
    TransientError,
)
from custom_components.hikcentral_visitors.intake import (
    PushState,
    Standing,
    Subscriber,
    async_unsubscribe,
)
from custom_components.hikcentral_visitors.intake.subscription import WANTED
from tests.at_present import at_present
from tests.facility import calls, control

from .conftest import House
from .inbox import TOKEN, WEBHOOK

HERE = f"http://192.0.2.10:8123/api/webhook/{WEBHOOK}"
FORMER = f"http://192.0.2.11:8123/api/webhook/{WEBHOOK}"
OTHER = "http://192.0.2.50/events"
SUBSCRIBE = "eventService/v1/eventSubscriptionByEventTypes"
VIEW = "eventService/v1/eventSubscriptionView"
PATIENCE_S = 20


def subscriber(
    house: House, *, wanted: bool = True, address: str | None = HERE
) -> Subscriber:
    return Subscriber(
        house.client,
        house.contact,
        house.watch,
        wanted=wanted,
        address=address,
        webhook_id=WEBHOOK,
        token=TOKEN,
    )


def pushed_to(house: House, destination: str) -> set[int]:
    return {
        one.event_type
        for one in house.simulator.world.push.subscriptions
        if one.destination == destination
    }


async def subscribe(house: House, destination: str, *codes: int) -> None:
    await house.client.subscribe(codes, destination, "", pass_back=False)


async def fail(house: House, path: str, **how: object) -> None:
    await control(house.simulator, "faults", {"fail": [{"path": path, **how}]})


async def test_it_subscribes_with_the_token_and_verifies(house: House) -> None:
    made = subscriber(house)
    assert at_present(made.standing) is Standing.UNKNOWN
    await made.async_check()
    assert made.standing is Standing.SUBSCRIBED
    assert pushed_to(house, HERE) == WANTED
    assert {one.token for one in house.simulator.world.push.subscriptions} == {TOKEN}
    assert house.watch.state is PushState.WAITING


async def test_what_is_there_is_only_looked_at(house: House) -> None:
    await subscriber(house).async_check()
    before = calls(house.simulator)
    await subscriber(house).async_check()
    assert calls(house.simulator) - before == {VIEW: 1}


async def test_a_token_that_is_not_ours_is_replaced(house: House) -> None:
    """Nothing shows it but a push that comes with it."""
    await house.client.subscribe(sorted(WANTED), HERE, "another", pass_back=True)
    await subscribe(house, OTHER, 131331)
    made = subscriber(house)
    await made.async_check()

    def tokens() -> set[str | None]:
        found = house.simulator.world.push.subscriptions
        return {one.token for one in found if one.destination == HERE}

    assert tokens() == {"another"}
    made.renew_soon()
    await made.async_check()
    assert tokens() == {TOKEN}
    assert pushed_to(house, HERE) == WANTED
    assert pushed_to(house, OTHER) == {131331}
    before = calls(house.simulator)
    made.renew_soon()
    await made.async_check()
    assert calls(house.simulator) - before == {VIEW: 1}, "no storm"


async def test_a_former_address_is_replaced(house: House) -> None:
    await control(house.simulator, "switches", {"second_subscription": "adds"})
    await subscriber(house, address=FORMER).async_check()
    await subscriber(house).async_check()
    assert pushed_to(house, HERE) == WANTED
    assert pushed_to(house, FORMER) == set()


async def test_nothing_is_taken_from_somebody_else(house: House) -> None:
    await subscribe(house, OTHER, *FAST_TYPES)
    made = subscriber(house)
    await made.async_check()
    assert made.standing is Standing.ELSEWHERE
    assert made.elsewhere == frozenset(FAST_TYPES)
    assert pushed_to(house, OTHER) == set(FAST_TYPES)
    assert pushed_to(house, HERE) == WANTED - set(FAST_TYPES)
    assert house.watch.state is PushState.IDLE, "nobody relies on it"


@pytest.mark.parametrize("switch", ["replaces", "adds"])
async def test_it_is_taken_over_when_somebody_says_so(
    house: House, switch: str
) -> None:
    await control(house.simulator, "switches", {"second_subscription": switch})
    await subscribe(house, OTHER, *FAST_TYPES)
    made = subscriber(house)
    await made.async_take_over()
    assert made.standing is Standing.SUBSCRIBED
    assert pushed_to(house, HERE) == WANTED
    assert bool(pushed_to(house, OTHER)) is (switch == "adds")


async def test_a_server_that_adds_serves_both(house: House) -> None:
    await control(house.simulator, "switches", {"second_subscription": "adds"})
    await subscribe(house, OTHER, *FAST_TYPES)
    await subscribe(house, "http://192.0.2.51/", *FAST_TYPES)
    made = subscriber(house)
    await made.async_check()
    assert made.standing is Standing.SUBSCRIBED
    assert pushed_to(house, HERE) == WANTED
    assert pushed_to(house, OTHER) == set(FAST_TYPES)


async def test_rare_types_elsewhere_do_not_matter_much(house: House) -> None:
    await subscribe(house, OTHER, 721678)
    made = subscriber(house)
    await made.async_check()
    assert made.standing is Standing.SUBSCRIBED
    assert made.elsewhere == {721678}


async def test_a_type_that_is_refused_spoils_only_its_group(house: House) -> None:
    await fail(house, SUBSCRIBE, code="2", contains="198657")
    made = subscriber(house)
    await made.async_check()
    assert made.standing is Standing.SUBSCRIBED
    assert set(FAST_TYPES) < pushed_to(house, HERE)
    before = calls(house.simulator)
    await made.async_check()
    assert calls(house.simulator) - before == {VIEW: 1}, "it is not asked for again"


@pytest.mark.parametrize("path", [SUBSCRIBE, VIEW])
async def test_a_server_that_does_not_do_it_is_asked_again_later(
    house: House, path: str
) -> None:
    await fail(house, path, code="17")
    made = subscriber(house)
    await made.async_check()
    assert at_present(made.standing) is Standing.REFUSED
    assert "17" in made.reason
    assert house.watch.state is PushState.IDLE
    await control(house.simulator, "faults", {})
    await made.async_check()
    assert made.standing is Standing.SUBSCRIBED


async def test_a_server_that_says_yes_and_does_nothing_is_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        house.simulator.world.push, "subscribe", lambda *_args, **_options: None
    )
    made = subscriber(house)
    await made.async_check()
    assert made.standing is Standing.REFUSED


async def test_a_server_out_of_reach_is_no_refusal(house: House) -> None:
    await fail(house, VIEW, drop_before=True)
    made = subscriber(house)
    with pytest.raises(TransientError):
        await made.async_check()
    assert made.standing is Standing.UNKNOWN
    assert not house.contact.connected


async def test_without_an_address_nothing_is_asked_or_ended(house: House) -> None:
    await subscriber(house).async_check()
    before = calls(house.simulator)
    made = subscriber(house, address=None)
    await made.async_check()
    assert made.standing is Standing.NO_ADDRESS
    assert calls(house.simulator) == before


async def test_switched_off_it_ends_what_is_ours_alone(house: House) -> None:
    await control(house.simulator, "switches", {"second_subscription": "adds"})
    await subscriber(house).async_check()
    await subscribe(house, OTHER, 196893)
    made = subscriber(house, wanted=False)
    await made.async_check()
    assert made.standing is Standing.OFF
    assert pushed_to(house, HERE) == {196893}
    assert pushed_to(house, OTHER) == {196893}
    assert made.shared == {196893}


async def test_an_entry_that_goes_ends_what_nobody_else_gets(house: House) -> None:
    await control(house.simulator, "switches", {"second_subscription": "adds"})
    await subscriber(house).async_check()
    await subscribe(house, OTHER, 196893, 5)
    await async_unsubscribe(house.client, WEBHOOK)
    assert pushed_to(house, HERE) == {196893}
    assert pushed_to(house, OTHER) == {196893, 5}
    before = calls(house.simulator)
    await async_unsubscribe(house.client, WEBHOOK)
    assert calls(house.simulator) - before == {VIEW: 1}


@pytest.fixture
async def running(house: House) -> AsyncGenerator[Callable[[Subscriber], None]]:
    """Starts a subscriber that is ended with the test."""
    tasks: list[asyncio.Task[None]] = []

    def start(made: Subscriber) -> None:
        tasks.append(asyncio.create_task(made.async_run()))

    yield start
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(made: Subscriber, holds: Callable[[], bool]) -> None:
    news = asyncio.Event()
    stop = made.async_listen(news.set)
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            news.clear()
            await news.wait()
    stop()


@pytest.mark.parametrize("lost", [True, False])
async def test_it_is_looked_at_after_each_gap(
    house: House, running: Callable[[Subscriber], None], lost: bool
) -> None:
    """A restart of the server may lose it (unknown 2 of the API)."""
    switches = {"subscriptions_lost_on_restart": lost}
    await control(house.simulator, "switches", switches)
    made = subscriber(house)
    running(made)
    await until(made, lambda: made.standing is Standing.SUBSCRIBED)
    house.contact.failed(TransientError(None, "gone"))
    assert made.standing is Standing.UNKNOWN
    assert at_present(house.watch.state) is PushState.IDLE
    await control(house.simulator, "restart", {})
    assert bool(pushed_to(house, HERE)) is not lost
    house.contact.answered()
    await until(made, lambda: made.standing is Standing.SUBSCRIBED)
    assert pushed_to(house, HERE) == WANTED
    assert house.watch.state is PushState.WAITING


async def test_an_error_ends_nothing(
    house: House, running: Callable[[Subscriber], None]
) -> None:
    await fail(house, VIEW, drop_before=True, times=1)
    made = subscriber(house)
    running(made)
    lost = asyncio.Event()
    house.contact.async_listen(lost.set)
    async with asyncio.timeout(PATIENCE_S):
        while house.contact.error is None:
            lost.clear()
            await lost.wait()
    house.contact.answered()
    await until(made, lambda: made.standing is Standing.SUBSCRIBED)
    with pytest.raises(HikCentralError):
        await house.client.subscribe([1], "no url", "", pass_back=False)
