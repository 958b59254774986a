"""What takes something away goes before all else, however it is done (I7)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from custom_components.hikcentral_visitors.hikcentral import Priority
from custom_components.hikcentral_visitors.hikcentral.envelope import Question
from custom_components.hikcentral_visitors.hikcentral.transport import Transport

from .house import (
    ADD,
    APPLY,
    CHECK,
    DELETE,
    DESK,
    ENROL,
    EVERYBODY,
    EXPEL,
    HOUR,
    LEVELS,
    MEMBERS,
    MINUTE,
    READ,
    UPDATE,
    VIP,
    House,
)

type Sent = dict[str, set[Priority]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """At which priorities was called what."""
    noted: Sent = {}
    exchange = Transport._exchange

    async def note(
        self: Transport,
        question: Question,
        body: Mapping[str, object],
        priority: Priority,
        parse: Callable[..., Any],
    ) -> Any:
        noted.setdefault(question.path, set()).add(priority)
        return await exchange(self, question, body, priority, parse)

    monkeypatch.setattr(Transport, "_exchange", note)
    return noted


async def _revoke(house: House, visit: str) -> None:
    await house.revoke(visit)


async def _shorten(house: House, visit: str) -> None:
    await house.extend(visit, by=-HOUR)


async def _fewer_levels(house: House, visit: str) -> None:
    """Another visit, of the same time, keeps a level."""
    await house.revoke(visit)


async def _delete(house: House, visit: str) -> None:
    await house.book.forget([(await house.record()).visitor.id], DESK)


@pytest.mark.parametrize(
    ("command", "calls"),
    [
        (_revoke, {READ, EXPEL, MEMBERS, APPLY, UPDATE}),
        (_shorten, {READ, UPDATE, APPLY}),
        (_fewer_levels, {READ, EXPEL, MEMBERS, APPLY}),
        (_delete, {READ, EXPEL, MEMBERS, APPLY, UPDATE, DELETE}),
    ],
)
async def test_taking_away(
    house: House,
    sent: Sent,
    command: Callable[[House, str], Awaitable[None]],
    calls: set[str],
) -> None:
    """Also to read the person first, and to tell the doors afterwards."""
    end = house.now() + 8 * HOUR
    first = await house.grant(valid_until=end)
    if command is _fewer_levels:
        visitor = (await house.record()).visitor.id
        first = await house.grant("Ada", VIP, visitor_id=visitor, valid_until=end)
    await house.wait(1.5 * HOUR)
    sent.clear()
    await command(house, first)
    await house.settle(5 * MINUTE)
    assert await house.differences() == []
    sent.pop(CHECK)
    assert sent == {path: {Priority.NARROWING} for path in calls}


async def test_looking_whether_the_level_is_gone(house: House, sent: Sent) -> None:
    visit = await house.grant()
    await house.settle()
    house.fail(EXPEL, code="128", times=1)
    sent.clear()
    await house.revoke(visit)
    await house.settle()
    assert LEVELS in sent
    assert set().union(*sent.values()) == {Priority.NARROWING}


async def test_the_window_before_the_level(house: House, sent: Sent) -> None:
    """The next way, where the server refuses to take somebody out of the level."""
    visit = await house.grant()
    await house.settle()
    house.fail(EXPEL, code="192")
    sent.clear()
    await house.revoke(visit)
    await house.settle(HOUR)
    assert house.open_to_us() == set()
    assert {EXPEL, UPDATE, APPLY} <= sent.keys()
    assert set().union(*sent.values()) == {Priority.NARROWING}


async def test_looking_again_waits_for_all_else(house: House, sent: Sent) -> None:
    await house.grant()
    await house.settle()
    sent.clear()
    await house.auditor.async_audit(thorough=True)
    assert sent == {
        path: {Priority.SWEEP} for path in (LEVELS, EVERYBODY, READ, MEMBERS)
    }


async def test_giving_waits_for_it(house: House, sent: Sent) -> None:
    visit = await house.grant()
    await house.settle()
    await house.extend(visit)
    await house.settle()
    assert {ADD, ENROL, APPLY, CHECK, UPDATE} <= sent.keys()
    assert set().union(*sent.values()) == {Priority.WIDENING}
