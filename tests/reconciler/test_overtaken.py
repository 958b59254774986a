"""Answers that are about something else by the time they come."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from custom_components.hikcentral_visitors.book import UpdateRequest
from custom_components.hikcentral_visitors.visits.profile import photo_digest

from .house import APPLY, DESK, FACE, HOUR, JPEG, VIP, House

PATIENCE_S = 20


async def _while_under_way(
    house: House, call: str, meanwhile: Callable[[], Awaitable[None]]
) -> None:
    """Let something happen while the first answer to `call` is on its way to us."""
    client: Any = house.executor._calls._client
    real = getattr(client, call)
    answered, arrives = asyncio.Event(), asyncio.Event()

    async def slow(*about: Any, **how: Any) -> Any:
        try:
            return await real(*about, **how)
        finally:
            answered.set()
            await arrives.wait()

    setattr(client, call, slow)
    settling = asyncio.create_task(house.settle())
    async with asyncio.timeout(PATIENCE_S):
        await answered.wait()
    await meanwhile()
    setattr(client, call, real)
    arrives.set()
    await settling


async def test_a_door_that_leaves_a_level_while_the_doors_are_asked(
    house: House,
) -> None:
    """I1: what they held then is no word on what they are to hold now."""
    await house.grant("Ada", VIP)
    await house.auditor.async_audit(thorough=False)

    async def leave() -> None:
        level = house.world.database.tables.levels[VIP]
        doors = [door for door in level.doors if door != "15"]
        house.world.database.save_level(replace(level, doors=doors))
        await house.auditor.async_audit(thorough=False)

    await _while_under_way(house, "application_detail", leave)
    await house.settle(2 * HOUR)
    assert "15" not in house.open_to_us()


async def test_doors_are_told_again_though_an_answer_was_on_its_way(
    house: House,
) -> None:
    """A door opened that should not have, just then."""
    await house.grant("Ada")

    async def read_back() -> None:
        house.calls()
        await house.auditor.async_read_back((await house.record()).visitor.id)

    await _while_under_way(house, "application_detail", read_back)
    await house.settle(HOUR)
    assert house.calls()[APPLY] == 1


async def test_a_picture_that_was_replaced_while_it_was_refused(house: House) -> None:
    visit = await house.grant(photo=None)
    await house.settle()
    house.fail(FACE, code="2", times=1)
    pictures = [JPEG.replace(b"face", one) for one in (b"bad", b"good")]

    async def send(picture: bytes) -> None:
        change = {"photo": photo_digest(picture)}
        request = UpdateRequest(visitor=change, photo=picture)  # type: ignore[arg-type]
        await house.book.update(visit, request, DESK)

    await send(pictures[0])
    await _while_under_way(house, "update_face", lambda: send(pictures[1]))
    assert (await house.known()).face == photo_digest(pictures[1])
