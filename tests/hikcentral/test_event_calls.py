"""The calls on events, pictures and subscriptions."""

from datetime import UTC, datetime, timedelta, timezone
import json
from typing import Any

import aiohttp
from aioresponses import CallbackResult
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    HikCentralClient,
    Picture,
    RefusedError,
    UnreadableAnswer,
)

from .gateway import JPEG, START, URGENT, Gateway, in_full
from .wire import KEY, SECRET

EVENT = {
    "eventId": "e1",
    "eventType": 196893,
    "eventTime": "2026-01-15T08:30:00+05:00",
    "doorIndexCode": "11",
}
DATA_URI = b"data:image/jpeg;base64,/9j/4GZhY2U="


async def test_door_events(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers({"total": 7, "pageNo": 2, "pageSize": 3, "list": [EVENT, 7, EVENT]})
    page = await client.door_events(
        196893,
        ["11", "12"],
        START,
        START + timedelta(hours=1),
        page=2,
        page_size=3,
        priority=URGENT,
    )
    assert (page.number, page.total, page.has_next, page.malformed) == (2, 7, True, 1)
    assert [event.id for event in page.items] == ["e1", "e1"]
    assert client.zone.tzinfo.utcoffset(None) == timedelta(hours=5)
    assert gateway.asked == [
        (
            "acs/v1/door/events",
            {
                "eventType": 196893,
                "doorIndexCodes": ["11", "12"],
                "startTime": "2026-01-15T08:00:00+05:00",
                "endTime": "2026-01-15T09:00:01+05:00",
                "sortField": "SwipeTime",
                "orderType": 0,
                "pageNo": 2,
                "pageSize": 3,
            },
        )
    ]


async def test_all_door_events(client: HikCentralClient, gateway: Gateway) -> None:
    later = {**EVENT, "eventId": "e2"}
    gateway.answers({"total": 3, "list": [EVENT, EVENT]}, {"total": 3, "list": [later]})
    end = START + timedelta(days=31)
    pages = await in_full(
        client.all_door_events(196893, ["11"], START, end, page_size=2, priority=URGENT)
    )
    assert [len(page.items) for page in pages] == [2, 1]
    assert [page.has_next for page in pages] == [True, False]
    sent = gateway.asked[0][1]
    begin, end = (datetime.fromisoformat(sent[key]) for key in ("startTime", "endTime"))
    assert end - begin == timedelta(days=31)


@pytest.mark.parametrize(
    "options",
    [
        {"end": START - timedelta(seconds=1)},
        {"end": START + timedelta(days=31, seconds=1)},
        {"start": datetime(2026, 1, 15)},  # noqa: DTZ001 - the mistake in question
        {"page": 0},
        {"page_size": 501},
        {"page_size": 0},
    ],
)
async def test_searches_that_are_not_sent(
    client: HikCentralClient, gateway: Gateway, options: dict[str, Any]
) -> None:
    arguments: dict[str, Any] = {"start": START, "end": START, "priority": URGENT}
    with pytest.raises(ValueError, match=r"31 days|offset|pages"):
        await client.door_events(196893, ["11"], **(arguments | options))
    assert not gateway.asked


@pytest.mark.parametrize(
    ("page", "size", "data", "more"),
    [
        (1, 3, {"total": 7, "pageSize": 3, "list": [EVENT] * 3}, True),
        (3, 3, {"total": 7, "pageSize": 3, "list": [EVENT]}, False),
        (2, 3, {"total": 6, "list": [EVENT] * 3}, False),
        # Capped at 2 in a page
        (2, 3, {"total": 7, "pageSize": 2, "list": [EVENT] * 2}, True),
        (4, 3, {"total": 7, "pageSize": 2, "list": [EVENT]}, False),
        # No total
        (1, 3, {"list": [EVENT] * 3}, True),
        (1, 3, {"list": [EVENT] * 2}, False),
        # Beyond the end
        (9, 3, {"total": 7}, False),
    ],
)
async def test_whether_there_is_a_next_page(
    client: HikCentralClient,
    gateway: Gateway,
    page: int,
    size: int,
    data: Any,
    more: bool,
) -> None:
    gateway.answers(data)
    found = await client.door_events(
        196893, ["11"], START, START, page=page, page_size=size, priority=URGENT
    )
    assert found.has_next is more


async def test_naive_event_times_are_the_facility_s(gateway: Gateway) -> None:
    record = {**EVENT, "eventTime": "2026-01-15 08:30:00"}
    gateway.answers({"total": 1, "list": [record]})
    zone = timezone(timedelta(hours=6))
    async with aiohttp.ClientSession() as session:
        client = HikCentralClient(session, "https://hcp", KEY, SECRET, zone=zone)
        page = await client.door_events(196893, ["11"], START, START, priority=URGENT)
    assert [event.time for event in page.items] == [
        datetime(2026, 1, 15, 2, 30, tzinfo=UTC)
    ]


@pytest.mark.parametrize(
    "body",
    [
        DATA_URI,
        b'"' + DATA_URI + b'"\n',
        JPEG,
        json.dumps({"code": "0", "data": DATA_URI.decode()}).encode(),
        json.dumps({"code": "0", "data": "/9j/4GZhY2U="}).encode(),
    ],
)
async def test_pictures(
    client: HikCentralClient, gateway: Gateway, body: bytes
) -> None:
    gateway.answers(CallbackResult(body=body, content_type="image/jpeg"))
    expected = Picture(content_type="image/jpeg", data=JPEG)
    assert await client.event_picture("Vsm://x") == expected
    assert gateway.asked == [("acs/v1/event/pictures", {"picUri": "Vsm://x"})]


@pytest.mark.parametrize(
    "body", [b"", b"data:image/jpeg;base64,!", b"data:text/html;base64,PGh0bWw+", b"{}"]
)
async def test_no_pictures(
    client: HikCentralClient, gateway: Gateway, body: bytes
) -> None:
    gateway.answers(CallbackResult(body=body, content_type="image/jpeg"))
    with pytest.raises(UnreadableAnswer):
        await client.event_picture("Vsm://x")


async def test_refused_picture(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.refuses("128")
    with pytest.raises(RefusedError):
        await client.event_picture("Vsm://x")


async def test_subscriptions(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers("", "", {"detail": [{"eventTypes": [1], "eventDest": "http://x"}]})
    await client.subscribe([2, 1, 2], "http://x", "t", pass_back=True)
    await client.unsubscribe([1])
    (subscription,) = await client.subscriptions()
    assert subscription.event_types == (1,)
    assert gateway.asked == [
        (
            "eventService/v1/eventSubscriptionByEventTypes",
            {
                "eventTypes": [1, 2],
                "eventDest": "http://x",
                "passBack": 1,
                "token": "t",
            },
        ),
        ("eventService/v1/eventUnSubscriptionByEventTypes", {"eventTypes": [1]}),
        ("eventService/v1/eventSubscriptionView", {}),
    ]


async def test_subscribing_to_nothing(
    client: HikCentralClient, gateway: Gateway
) -> None:
    with pytest.raises(ValueError, match="event type"):
        await client.subscribe([], "http://x", "", pass_back=False)
    with pytest.raises(ValueError, match="event type"):
        await client.unsubscribe([])
    assert not gateway.asked
