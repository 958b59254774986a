"""Door events: how they are asked for, and how they come."""

from typing import Any

import pytest

from .gateway import Caller

EVENTS = "acs/v1/door/events"
ASK = {
    "eventType": 196893,
    "doorIndexCodes": ["11", "12"],
    "startTime": "2026-03-02T00:00:00+00:00",
    "endTime": "2026-03-02T23:59:59+00:00",
    "pageNo": 1,
    "pageSize": 500,
}


async def ask(caller: Caller, **params: Any) -> list[Any]:
    found: list[Any] = (await caller.data(EVENTS, **{**ASK, **params})).get("list", [])
    return found


async def test_nothing_has_no_list(caller: Caller) -> None:
    assert await caller.data(EVENTS, **ASK) == {
        "total": 0,
        "pageNo": 1,
        "pageSize": 500,
    }


async def test_what_was_presented_is_listed(caller: Caller) -> None:
    person = await caller.visitor()
    event = await caller.present(person)
    del event["granted"]

    assert await ask(caller) == [event]
    assert await ask(caller, eventType=198914) == []
    assert await ask(caller, doorIndexCodes=["12"]) == []


async def test_limits_are_included(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.present(person)
    moment = "2026-03-02T10:00:02+05:00"

    assert len(await ask(caller, startTime=moment, endTime=moment)) == 1
    assert await ask(caller, startTime="2026-03-02T10:00:03+05:00") == []
    assert await ask(caller, endTime="2026-03-02T10:00:01+05:00") == []


async def test_order_and_pages(caller: Caller) -> None:
    person = await caller.visitor()
    ids = []
    for door in ("11", "12", "11", "12", "11"):
        ids.append((await caller.present(person, door=door))["eventId"])
        await caller.advance(1)

    def found(events: list[Any]) -> list[str]:
        return [event["eventId"] for event in events]

    assert found(await ask(caller)) == ids[::-1]
    assert found(await ask(caller, sortField="SwipeTime", orderType=0)) == ids
    pages = [
        found(await ask(caller, orderType=0, pageNo=number, pageSize=2))
        for number in (1, 2, 3, 4)
    ]
    assert pages == [ids[:2], ids[2:4], ids[4:], []]
    total = (await caller.data(EVENTS, **{**ASK, "pageSize": 1}))["total"]
    assert total == 5


async def test_by_name_over_all_types(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.present(person)
    await caller.present(person, by="card")
    await caller.present("1")
    without = {key: value for key, value in ASK.items() if key != "eventType"}

    data = await caller.data(EVENTS, **without, personName="ada")

    assert [event["eventType"] for event in data["list"]] == [198914, 196893]
    assert len(await ask(caller, personName="noor")) == 1


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"eventType": None}, "eventType"),
        ({"eventType": "196893"}, "eventType"),
        ({"eventType": [196893]}, "eventType"),
        ({"eventType": 1.5}, "eventType"),
        ({"personName": ""}, "personName"),
        ({"personName": "x" * 33}, "personName"),
        ({"doorIndexCodes": None}, "doorIndexCodes"),
        ({"doorIndexCodes": []}, "doorIndexCodes"),
        ({"doorIndexCodes": "11,12"}, "doorIndexCodes"),
        ({"doorIndexCodes": [11]}, "doorIndexCodes"),
        ({"doorIndexCodes": ["11"] * 11}, "doorIndexCodes"),
        ({"startTime": None}, "startTime"),
        ({"startTime": "2026-03-02T00:00:00"}, "startTime"),
        ({"startTime": "2026-03-02T00:00:00Z"}, "startTime"),
        ({"startTime": "2026-03-02T00:00:00.000+00:00"}, "startTime"),
        ({"startTime": "2026-03-02 00:00:00"}, "startTime"),
        ({"startTime": "2026-01-30T23:59:58+00:00"}, "startTime"),
        ({"endTime": "2026-03-01T00:00:00+00:00"}, "endTime"),
        ({"pageSize": 501}, "pageSize"),
        ({"pageNo": 0}, "pageNo"),
        ({"sortField": "eventTime"}, "sortField"),
        ({"orderType": 2}, "orderType"),
        ({"wearMaskStatus": 3}, "wearMaskStatus"),
    ],
)
async def test_asking_is_checked(
    caller: Caller, params: dict[str, Any], field: str
) -> None:
    answer = await caller.call(EVENTS, **{**ASK, **params})

    assert answer["code"] == "2"
    assert answer["msg"] == f"Incorrect request parameter. [{field} parameter error]"


async def test_31_days_and_the_vendors_extras_are_fine(caller: Caller) -> None:
    code = await caller.code(
        EVENTS,
        **{
            **ASK,
            "startTime": "2026-01-30T23:59:59+00:00",
            "temperatureStatus": -1,
            "maskStatus": -1,
            "personId": "1",
        },
    )

    assert code == "0"


async def test_unknown_door_does_not_exist(caller: Caller) -> None:
    assert await caller.code(EVENTS, **{**ASK, "doorIndexCodes": ["99"]}) == "128"


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("offset", "2026-03-02T10:00:02+05:00"),
        ("millis", "2026-03-02T10:00:02.000+05:00"),
        ("plain", "2026-03-02 10:00:02"),
    ],
)
async def test_formats_of_time(caller: Caller, setting: str, text: str) -> None:
    await caller.control(
        "/switches", event_time_format=setting, server_utc_offset="+05:00"
    )
    person = await caller.visitor()
    await caller.present(person)

    assert (await ask(caller))[0]["eventTime"] == text


async def test_raw_records_come_word_for_word(caller: Caller) -> None:
    odd = {
        "eventType": 196893,
        "doorIndexCode": "11",
        "personId": None,
        "eventTime": "2026-03-02T06:00:00+01:00",
        "somethingNew": {"deep": [1]},
    }

    made = await caller.control("/events", events=[odd, {**odd, "eventId": 5}])

    listed = await ask(caller, orderType=0)
    assert listed == [{**odd, "eventId": made["eventIds"][0]}, {**odd, "eventId": 5}]
    without = {"doorIndexCode": "11"}
    assert "eventType" in await caller.refused("/events", events=[without])


async def test_pictures_of_passages(caller: Caller) -> None:
    person = await caller.visitor()
    by_face = await caller.present(person)
    stranger = await caller.present()
    by_card = await caller.present(person, by="card")

    for path in ("acs/v1/event/pictures", "eventService/v1/image_data"):
        for event in (by_face, stranger):
            picture = await caller.call(path, picUri=event["picUri"])
            assert picture.startswith("data:image/jpeg;base64,")
        assert await caller.code(path, picUri="Vsm://event/none") == "128"
    assert by_card["picUri"] == ""


async def test_event_records(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.present(person)
    await caller.present(person, by="card", door="12")
    path = "eventService/v1/eventRecords/page"
    base = {key: ASK[key] for key in ("startTime", "endTime", "pageNo", "pageSize")}

    both = await caller.data(path, **base, eventTypes="196893,198914,5")
    assert {item["srcIndex"] for item in both["list"]} == {"11", "12"}
    one = await caller.data(
        path, **base, eventTypes="196893,198914", srcType="door", srcIndexs="11"
    )
    assert [item["eventType"] for item in one["list"]] == [196893]
    assert await caller.code(path, **base, eventTypes="x") == "2"
    assert await caller.code(path, **base, eventTypes="5") == "2"
    assert await caller.code(path, **base, eventTypes="196893", srcType="door") == "2"


async def test_late_events_are_listed_late(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.control("/faults", late_events_s=600)
    event = await caller.present(person)

    await caller.advance(599)
    assert await ask(caller) == []
    await caller.advance(1)
    assert [item["eventTime"] for item in await ask(caller)] == [event["eventTime"]]


async def test_events_of_an_offline_terminal_come_when_it_is_back(
    caller: Caller,
) -> None:
    person = await caller.visitor()
    await caller.control("/operator", terminal_offline={"doorIndexCode": "11"})

    event = await caller.present(person)
    assert event["granted"] is True
    await caller.advance(3600)
    assert await ask(caller) == []
    await caller.control(
        "/operator", terminal_offline={"doorIndexCode": "11", "offline": False}
    )
    assert [item["eventId"] for item in await ask(caller)] == [event["eventId"]]


async def test_doubled_events_have_two_ids(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.control("/faults", duplicate_events=True)

    event = await caller.present(person)

    twice = await ask(caller, orderType=0)
    assert [item["eventTime"][-14:] for item in twice] == [
        "05:00:02+00:00",
        "05:00:03+00:00",
    ]
    assert twice[0]["eventId"] == event["eventId"] != twice[1]["eventId"]
    assert {item["personId"] for item in twice} == {person}


async def test_shuffled_pages_hold_the_same_events(caller: Caller) -> None:
    person = await caller.visitor()
    ids = []
    for _ in range(20):
        ids.append((await caller.present(person))["eventId"])
        await caller.advance(1)
    await caller.control("/faults", shuffle_events=True)

    pages = [await ask(caller, orderType=0, pageNo=n, pageSize=10) for n in (1, 2)]
    found = [[event["eventId"] for event in page] for page in pages]

    assert sorted(found[0]) == sorted(ids[:10])
    assert sorted(found[1]) == sorted(ids[10:])
    assert found != [ids[:10], ids[10:]]


async def test_search_among_50_000_events(caller: Caller) -> None:
    world = caller.sim.world
    await caller.control("/seed", persons=100, events_per_minute=0)
    await caller.control("/seed", events_per_minute=3.5)
    await caller.advance(10 * 86_400)
    assert len(world.log) > 45_000

    hits = await caller.data(
        EVENTS,
        **{
            **ASK,
            "startTime": "2026-03-10T05:00:00+00:00",
            "endTime": "2026-03-10T06:00:00+00:00",
        },
    )

    assert 10 < hits["total"] < 100
