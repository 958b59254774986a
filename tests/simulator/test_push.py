"""Subscriptions, and what a receiver gets."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
import pytest

from simulator.certificate import make_certificate

from .gateway import Caller

SUBSCRIBE = "eventService/v1/eventSubscriptionByEventTypes"
UNSUBSCRIBE = "eventService/v1/eventUnSubscriptionByEventTypes"
VIEW = "eventService/v1/eventSubscriptionView"


@dataclass
class Receiver:
    """A web server that pushes go to."""

    url: str = ""
    messages: list[Any] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    status: int = 200

    async def handle(self, request: web.Request) -> web.Response:
        self.messages.append(await request.json())
        self.tokens.append(request.headers.get("token"))
        return web.json_response({"code": "0"}, status=self.status)

    @property
    def events(self) -> list[Any]:
        return [e for message in self.messages for e in message["params"]["events"]]

    @property
    def ids(self) -> list[str]:
        return [event["eventId"] for event in self.events]

    @property
    def history(self) -> list[int]:
        return [message["isHistory"] for message in self.messages]


async def serve(receiver: Receiver, context: Any = None) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    receiver.url = f"{'https' if context else 'http'}://127.0.0.1:{port}/hook"
    return runner


@pytest.fixture
async def receiver(socket_enabled: None) -> AsyncGenerator[Receiver]:
    found = Receiver()
    runner = await serve(found)
    yield found
    await runner.cleanup()


async def subscribe(caller: Caller, url: str, *types: int, **more: Any) -> None:
    kinds = list(types) or [196893, 198914]
    assert await caller.data(SUBSCRIBE, eventTypes=kinds, eventDest=url, **more) == ""


async def walk(caller: Caller, person: str, times: int = 1) -> list[str]:
    """Pass a door so many times, a second apart; return the ids of the events."""
    found = []
    for _ in range(times):
        found.append((await caller.present(person))["eventId"])
        await caller.advance(1)
    return found


async def test_message(caller: Caller, receiver: Receiver) -> None:
    await caller.control("/switches", server_utc_offset="+05:00")
    person = await caller.visitor(personCode="P-1")
    await subscribe(caller, receiver.url, token="t0k", passBack=1)

    event = await caller.present(person)
    await caller.advance(0)

    assert receiver.tokens == ["t0k"]
    assert receiver.messages == [
        {
            "method": "OnEventNotify",
            "params": {
                "sendTime": "2026-03-02T10:00:02+05:00",
                "ability": "event_acs",
                "events": [
                    {
                        "eventId": event["eventId"],
                        "eventType": 196893,
                        "happenTime": "2026-03-02T10:00:02+05:00",
                        "srcIndex": "11",
                        "srcName": "Turnstile In",
                        "srcType": "door",
                        "status": 0,
                        "data": {
                            "personId": person,
                            "personCode": "P-1",
                            "personName": "Ada Test",
                            "cardNo": "",
                            "checkInAndOutType": 0,
                            "picUri": event["picUri"],
                            "readerIndexCode": "21",
                            "readerName": "Turnstile In Reader",
                            "temperatureData": "",
                            "temperatureStatus": 0,
                            "wearMaskStatus": 0,
                        },
                    }
                ],
            },
            "isHistory": 0,
        }
    ]


async def test_without_token_no_header(caller: Caller, receiver: Receiver) -> None:
    await subscribe(caller, receiver.url)
    await walk(caller, "1")
    assert receiver.tokens == [None]


async def test_only_subscribed_types(caller: Caller, receiver: Receiver) -> None:
    await subscribe(caller, receiver.url, 198914)
    await caller.present("1")
    event = await caller.present("1", by="card")
    await caller.advance(0)
    assert receiver.ids == [event["eventId"]]

    await caller.data(UNSUBSCRIBE, eventTypes=[198914])
    await caller.present("1", by="card")
    await caller.advance(0)
    assert len(receiver.ids) == 1


async def test_view(caller: Caller) -> None:
    assert await caller.data(VIEW) == {}
    await subscribe(caller, "http://127.0.0.1:1/a", 198914, 196893)
    await subscribe(caller, "http://127.0.0.1:1/b", 197151)

    assert await caller.data(VIEW) == {
        "detail": [
            {"eventTypes": [196893, 198914], "eventDest": "http://127.0.0.1:1/a"},
            {"eventTypes": [197151], "eventDest": "http://127.0.0.1:1/b"},
        ]
    }


@pytest.mark.parametrize(("setting", "left"), [("replaces", 1), ("adds", 2)])
async def test_second_subscription(caller: Caller, setting: str, left: int) -> None:
    await caller.control("/switches", second_subscription=setting)
    await subscribe(caller, "http://127.0.0.1:1/a", 196893)
    await subscribe(caller, "http://127.0.0.1:1/a", 196893)
    await subscribe(caller, "http://127.0.0.1:1/b", 196893)

    detail = (await caller.data(VIEW))["detail"]

    assert len(detail) == left
    assert detail[-1]["eventDest"] == "http://127.0.0.1:1/b"
    await caller.data(UNSUBSCRIBE, eventTypes=[196893])
    assert await caller.data(VIEW) == {}


@pytest.mark.parametrize(
    "params",
    [
        {"eventTypes": []},
        {"eventTypes": "196893"},
        {"eventTypes": ["196893"]},
        {"eventDest": "ftp://127.0.0.1/"},
        {"eventDest": None},
        {"passBack": 2},
    ],
)
async def test_subscribing_is_checked(caller: Caller, params: dict[str, Any]) -> None:
    good = {"eventTypes": [196893], "eventDest": "http://127.0.0.1:1/a"}
    assert await caller.code(SUBSCRIBE, **{**good, **params}) == "2"
    assert await caller.data(VIEW) == {}


async def test_50_events_a_message(caller: Caller, receiver: Receiver) -> None:
    await subscribe(caller, receiver.url)
    await caller.control("/faults", late_events_s=60)
    ids = [(await caller.present("1"))["eventId"] for _ in range(120)]

    await caller.advance(60)

    sizes = [len(message["params"]["events"]) for message in receiver.messages]
    assert max(sizes) == 50
    assert receiver.ids == ids


async def test_unreachable_receiver_gets_it_later(
    caller: Caller, receiver: Receiver
) -> None:
    await subscribe(caller, receiver.url)
    await caller.control("/faults", push="held")
    ids = await walk(caller, "1", 3)
    await caller.advance(3600)
    assert receiver.messages == []
    assert (await caller.state("push"))["waiting"] == 3

    await caller.control("/faults")
    await caller.advance(0)

    assert receiver.ids == ids
    assert receiver.history == [1]
    more = await walk(caller, "1")
    assert receiver.ids == ids + more
    assert receiver.history == [1, 0]


async def test_closed_port_is_tried_again(caller: Caller) -> None:
    found = Receiver()
    runner = await serve(found)
    await subscribe(caller, found.url)
    await runner.cleanup()
    ids = await walk(caller, "1", 2)
    assert (await caller.state("push"))["failed"] >= 1

    port = int(found.url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
    app = web.Application()
    app.router.add_post("/hook", found.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await caller.advance(30)

    assert found.ids == ids
    await runner.cleanup()


async def test_500_events_are_kept(caller: Caller, receiver: Receiver) -> None:
    await subscribe(caller, receiver.url)
    await caller.control("/faults", push="held", late_events_s=1)
    ids = [(await caller.present("1"))["eventId"] for _ in range(510)]
    await caller.advance(1)

    await caller.control("/faults")
    await caller.advance(0)

    assert receiver.ids == ids[10:]


async def test_one_day_is_kept(caller: Caller, receiver: Receiver) -> None:
    await subscribe(caller, receiver.url)
    await caller.control("/faults", push="held")
    await walk(caller, "1")
    await caller.advance(3600)
    young = await walk(caller, "1")

    await caller.advance(86_400 - 1800)
    await caller.control("/faults")
    await caller.advance(0)

    assert receiver.ids == young


async def test_pushes_may_be_lost(caller: Caller, receiver: Receiver) -> None:
    await subscribe(caller, receiver.url)
    await caller.control("/faults", push="lost")
    await walk(caller, "1", 3)
    await caller.control("/faults")
    await caller.advance(3600)
    assert receiver.ids == []

    await caller.control("/faults", push=0.5)
    ids = await walk(caller, "1", 30)
    assert 0 < len(receiver.ids) < 30
    assert set(receiver.ids) < set(ids)


@pytest.mark.parametrize(("retry", "messages"), [(True, 2), (False, 1)])
async def test_answers_other_than_200(
    caller: Caller, receiver: Receiver, retry: bool, messages: int
) -> None:
    await caller.control("/switches", push_retry=retry)
    await subscribe(caller, receiver.url)
    receiver.status = 500
    ids = await walk(caller, "1")
    receiver.status = 200
    await caller.advance(30)

    assert receiver.ids == ids * messages


async def test_self_signed_receiver_is_refused(caller: Caller, tmp_path: Path) -> None:
    found = Receiver()
    runner = await serve(found, make_certificate(tmp_path)[1])
    await subscribe(caller, found.url)

    await walk(caller, "1")

    assert found.messages == []
    assert (await caller.state("push"))["waiting"] == 1
    await runner.cleanup()


async def test_doubled_pushes(caller: Caller, receiver: Receiver) -> None:
    await caller.control("/switches", duplicate_push=True)
    await subscribe(caller, receiver.url)
    ids = await walk(caller, "1")
    assert receiver.ids == ids * 2


async def test_younger_events_overtake(caller: Caller, receiver: Receiver) -> None:
    await caller.control("/switches", out_of_order_push=True)
    await subscribe(caller, receiver.url)
    ids = [(await caller.present("1"))["eventId"] for _ in range(3)]
    await caller.advance(2)
    assert receiver.ids == ids[::-1]


async def test_ids_of_push_and_poll_may_differ(
    caller: Caller, receiver: Receiver
) -> None:
    await caller.control("/switches", event_id_equal=False)
    await subscribe(caller, receiver.url)
    ids = await walk(caller, "1")
    assert receiver.ids != ids
    assert len(receiver.ids) == 1


async def test_raw_events_are_pushed_too(caller: Caller, receiver: Receiver) -> None:
    await caller.control("/switches", push_person_code=False)
    await subscribe(caller, receiver.url)
    raw = {"eventType": 196893, "doorIndexCode": "11", "personId": "9", "odd": [1]}

    made = await caller.control("/events", events=[raw])
    await caller.advance(0)

    assert receiver.ids == made["eventIds"]
    data = receiver.events[0]["data"]
    assert data["personId"] == "9"
    assert data["odd"] == [1]
    assert "personCode" not in data


async def test_pass_back_replays_what_was_missed(
    caller: Caller, receiver: Receiver
) -> None:
    await caller.control("/switches", pass_back_replays=True)
    await subscribe(caller, receiver.url, passBack=1)
    first = await walk(caller, "1")
    await caller.data(UNSUBSCRIBE, eventTypes=[196893, 198914])
    missed = await walk(caller, "1", 2)

    await subscribe(caller, receiver.url, passBack=0)
    await caller.advance(0)
    assert receiver.ids == first
    await subscribe(caller, receiver.url, passBack=1)
    await caller.advance(0)
    assert receiver.ids == first + missed
    assert receiver.history == [0, 1]


@pytest.mark.parametrize("lost", [True, False])
async def test_restart_may_lose_subscriptions(
    caller: Caller, receiver: Receiver, lost: bool
) -> None:
    await caller.control("/switches", subscriptions_lost_on_restart=lost)
    await subscribe(caller, receiver.url)

    await caller.control("/restart")

    assert (await caller.data(VIEW) == {}) is lost
    await walk(caller, "1")
    assert (receiver.ids == []) is lost
