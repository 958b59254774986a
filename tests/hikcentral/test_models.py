"""Levels, applications, doors, events and pushes out of answers of any shape."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    AccessLevel,
    ApplicationDetail,
    ApplicationState,
    CredentialApplication,
    DoorApplication,
    DoorControlResult,
    DoorEvent,
    HikCentralError,
    LevelDoor,
    Organisation,
    Person,
    ServerZone,
    Subscription,
    parse_push,
)
from custom_components.hikcentral_visitors.hikcentral.doors import control_results
from custom_components.hikcentral_visitors.hikcentral.events import (
    read_events,
    subscriptions_of,
)
from custom_components.hikcentral_visitors.hikcentral.fields import Fields
from custom_components.hikcentral_visitors.hikcentral.paging import page_of

from .strategies import JSON

APPLIED, PENDING, FAILED = (
    ApplicationState.APPLIED,
    ApplicationState.PENDING,
    ApplicationState.FAILED,
)


@pytest.mark.parametrize(
    "elements",
    [
        [{"Element": {"ID": "3", "BaseInfo": {"Name": "Gate", "AreaName": "A"}}}],
        {"Element": {"ID": 3, "BaseInfo": {"Name": "Gate"}}},
        {"Element": [{"ID": "3", "BaseInfo": {"Name": "Gate"}}, {}]},
        [{"ID": "3", "baseInfo": {"name": "Gate"}}],
    ],
)
def test_level(elements: Any) -> None:
    record = {
        "privilegeGroupId": "7",
        "privilegeGroupName": "Visitors",
        "ElementList": elements,
    }
    assert AccessLevel.from_fields(Fields(record)) == AccessLevel(
        id="7", name="Visitors", doors=(LevelDoor(id="3", name="Gate"),)
    )


def _detail(*statuses: Any, **more: Any) -> Any:
    element = {"ID": "3", "BaseInfo": {"Name": "Gate"}, "ElementStatus": list(statuses)}
    return {"ElementDetailList": {"ElementDetail": [element | more]}}


@pytest.mark.parametrize(
    ("data", "state"),
    [
        (_detail({"elementStatus": 0}), APPLIED),
        (_detail({"ElementStatus": "0"}), APPLIED),
        (_detail({"elementStatus": 1}), PENDING),
        (_detail({"elementStatus": 2}), FAILED),
        (_detail({"elementStatus": 3}), FAILED),
        (_detail({"elementStatus": 0}, {"elementStatus": 1}), PENDING),
        (_detail({"elementStatus": 0}, {"elementStatus": 3}), FAILED),
        (_detail({"elementStatus": None}), PENDING),
        (_detail(), PENDING),
        (_detail(ElementStatus={"elementStatus": 0}), APPLIED),
        (_detail(ElementStatus=0), APPLIED),
        (_detail(ElementStatus="x"), PENDING),
    ],
)
def test_application_state(data: Any, state: ApplicationState) -> None:
    (door,) = ApplicationDetail.from_data(data).doors
    assert (door.door_id, door.name, door.state) == ("3", "Gate", state)


def test_application_of_a_single_element_in_other_case() -> None:
    data = {
        "elementDetailList": {
            "elementDetail": {
                "id": 3,
                "elementStatus": [{"elementStatus": 2}],
                "certificateStatusList": {
                    "certificateStatus": {"id": "1", "type": 2, "status": 2}
                },
            }
        }
    }
    assert ApplicationDetail.from_data(data).doors == (
        DoorApplication(
            door_id="3",
            state=FAILED,
            credentials=(CredentialApplication(kind="face", state=FAILED),),
        ),
    )


def test_kinds_of_credentials() -> None:
    certificates = [
        {"type": 0, "status": 0},
        {"type": 4, "status": 1},
        {"type": 9, "status": 0},
    ]
    data = _detail(
        {"elementStatus": 0},
        CertificateStatusList={"CertificateStatus": certificates},
    )
    (door,) = ApplicationDetail.from_data(data).doors
    assert [(one.kind, one.state) for one in door.credentials] == [
        ("card", APPLIED),
        ("card", PENDING),
        ("", APPLIED),
    ]


@pytest.mark.parametrize("data", [None, "", {}, [], {"ElementDetailList": None}])
def test_no_application_detail(data: Any) -> None:
    assert ApplicationDetail.from_data(data).doors == ()


def test_control_results_for_each_door() -> None:
    data = [
        {"doorIndexCode": "2", "controlResultCode": 0, "controlResultDesc": "ok"},
        {"doorIndexCode": 1, "controlResultCode": "129", "controlResultDesc": "off"},
        7,
    ]
    assert control_results(data, ["1", "2", "3"]) == [
        DoorControlResult(door_id="1", done=False, code="129", message="off"),
        DoorControlResult(door_id="2", done=True, code="0", message="ok"),
        DoorControlResult(door_id="3", done=None),
    ]


@pytest.mark.parametrize("data", ["", None, {}, []])
def test_control_results_of_a_silent_server(data: Any) -> None:
    assert control_results(data, ["1"]) == [DoorControlResult(door_id="1", done=None)]


LOGGED: dict[str, Any] = {
    "eventId": "e1",
    "eventType": 196893,
    "eventTime": "2026-01-15T08:30:00+04:00",
    "deviceTime": "2026-01-15 08:29:58",
    "personId": 42,
    "personName": "Ada Test",
    "doorName": "Gate 1",
    "doorIndexCode": "12",
    "readerIndexCode": "21",
    "readerName": "Entrance reader",
    "cardNo": "112233",
    "checkInAndOutType": "1",
    "picUri": "Vsm://x",
}
PUSHED: dict[str, Any] = {
    "method": "OnEventNotify",
    "params": {
        "sendTime": "2026-01-15T08:30:02+04:00",
        "ability": "event_acs",
        "events": [
            {
                "eventId": "e1",
                "eventType": 196893,
                "happenTime": "2026-01-15T08:30:00+04:00",
                "srcIndex": "12",
                "srcName": "Gate 1",
                "srcType": "door",
                "status": 0,
                "data": {
                    "personId": "42",
                    "personCode": "P-0042",
                    "personName": "Ada Test",
                    "cardNo": "112233",
                    "checkInAndOutType": 1,
                    "picUri": "Vsm://x",
                    "readerIndexCode": "21",
                    "readerName": "Entrance reader",
                },
            }
        ],
    },
    "isHistory": 1,
}
EVENT = DoorEvent(
    id="e1",
    type=196893,
    time=datetime(2026, 1, 15, 4, 30, tzinfo=UTC),
    person_id="42",
    door_id="12",
    door_name="Gate 1",
    reader_id="21",
    card_no="112233",
    check_in_out=1,
    picture_uri="Vsm://x",
)


def _events(*items: Any) -> tuple[DoorEvent, ...]:
    return read_events(items, ServerZone())[0]


def test_event_of_the_log() -> None:
    assert _events(LOGGED) == (EVENT,)


def test_a_device_s_naive_time_is_read_in_the_offset_of_the_others() -> None:
    _, event = _events(LOGGED, {**LOGGED, "eventTime": None})
    assert event.time == datetime(2026, 1, 15, 4, 29, 58, tzinfo=UTC)


@pytest.mark.parametrize("year", ["0001", "1969", "9999"])
def test_a_terminal_without_a_time_tells_none(year: str) -> None:
    """Such times cannot be reckoned with: one minute before the first is none."""
    told = f"{year}-01-01T00:00:00+00:00"
    items, malformed = read_events([LOGGED | {"eventTime": told}], ServerZone())
    assert (items, malformed) == ((), 1)


def test_event_of_a_push() -> None:
    push = parse_push(PUSHED)
    assert push.history
    assert push.malformed == 0
    (event,) = push.events
    assert event.person_code == "P-0042"
    assert event.status == 0
    assert event.person_id == "42"
    assert (event.id, event.door_id, event.time) == ("e1", "12", EVENT.time)
    assert (event.door_name, event.reader_id) == ("Gate 1", "21")
    assert event.check_in_out == 1


def test_event_without_an_id_has_the_same_one_in_log_and_push() -> None:
    (logged,) = _events({**LOGGED, "eventId": ""})
    pushed = dict(PUSHED["params"]["events"][0])
    del pushed["eventId"]
    pushed["happenTime"] = "2026-01-15T09:30:00.400+05:00"
    (event,) = parse_push({"params": {"events": pushed}}).events
    assert event.id == logged.id
    (other,) = _events({**LOGGED, "eventId": "", "personId": "43"})
    assert other.id != logged.id


@pytest.mark.parametrize("person", ["", None, [], {}])
def test_event_of_nobody(person: Any) -> None:
    (event,) = _events({**LOGGED, "personId": person})
    assert event.person_id is None
    assert event.person_code is None


def test_no_name_of_a_person_is_kept() -> None:
    names = {"personGivenName": "Ada", "personFamilyName": "Test"}
    for event in (*_events({**LOGGED, **names}), *parse_push(PUSHED).events):
        kept = str(asdict(event))
        assert "Gate 1" in kept
        assert "Ada" not in kept
        assert "Test" not in kept


def test_naive_times_are_read_in_the_facility_s_zone() -> None:
    record = {**LOGGED, "eventTime": "2026-01-15 08:30:00", "deviceTime": None}
    zone = ServerZone(timezone(timedelta(hours=4)))
    ((event,), _) = read_events([record], zone)
    assert event.time == EVENT.time


def test_naive_times_of_a_push_are_read_in_that_of_its_sending() -> None:
    pushed = {**PUSHED["params"]["events"][0], "happenTime": "2026-01-15 08:30:00"}
    message = {"params": {**PUSHED["params"], "events": [pushed]}}
    (event,) = parse_push(message).events
    assert event.time == EVENT.time


@pytest.mark.parametrize(
    ("change", "time"),
    [
        ({"eventTime": None}, datetime(2026, 1, 15, 8, 29, 58, tzinfo=UTC)),
        ({"eventTime": "x", "deviceTime": "x"}, None),
        ({"eventType": None}, None),
        ({"eventType": "face"}, None),
        ({"eventType": 0}, None),
    ],
)
def test_events_that_lack_something(
    change: dict[str, Any], time: datetime | None
) -> None:
    events, malformed = read_events([{**LOGGED, **change}], ServerZone())
    assert [event.time for event in events] == ([] if time is None else [time])
    assert malformed == (time is None)


def test_pushed_event_without_a_time_has_that_of_its_sending() -> None:
    pushed = {**PUSHED["params"]["events"][0], "happenTime": ""}
    (event,) = parse_push({"params": {**PUSHED["params"], "events": pushed}}).events
    assert event.time == datetime(2026, 1, 15, 4, 30, 2, tzinfo=UTC)


def test_push_with_good_and_bad_events() -> None:
    events = [*PUSHED["params"]["events"], 7, None, {}]
    push = parse_push({"params": {"events": events}})
    assert (len(push.events), push.malformed, push.history) == (1, 3, False)


@pytest.mark.parametrize(
    "body", [{}, {"method": "x"}, {"params": {"sendTime": "x"}}, PUSHED | {"params": 1}]
)
def test_heartbeats(body: Any) -> None:
    assert parse_push(body).events == ()


@pytest.mark.parametrize("body", [None, "x", 7, [], [PUSHED], {"hello": "world"}])
def test_what_is_no_push(body: Any) -> None:
    with pytest.raises(HikCentralError):
        parse_push(body)


def test_personal_data_does_not_show() -> None:
    shown = repr(_events(LOGGED)[0])
    for secret in ("Ada", "112233", "Vsm"):
        assert secret not in shown
    assert "42" in shown


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"detail": [{"eventTypes": [1, 2], "eventDest": "u"}]}, [((1, 2), "u")]),
        ({"detail": {"eventTypes": 1, "eventDest": "u"}}, [((1,), "u")]),
        ({"detail": {"eventTypes": ["1", "x"], "eventDest": "u"}}, [((1,), "u")]),
        ([{"eventTypes": [1], "eventDest": "u"}], [((1,), "u")]),
        ({"detail": None}, []),
        ({}, []),
        ("", []),
        (None, []),
    ],
)
def test_subscriptions(data: Any, expected: Any) -> None:
    found = subscriptions_of(data)
    assert [(one.event_types, one.destination) for one in found] == expected


def test_destinations_do_not_show() -> None:
    subscription = Subscription(event_types=(1,), destination="http://x/secret")
    assert "secret" not in repr(subscription)


@settings(deadline=None, max_examples=300)
@given(JSON)
def test_any_value_is_read_or_refused(value: Any) -> None:
    fields = Fields(value)
    Person.from_fields(fields, UTC)
    AccessLevel.from_fields(fields)
    Organisation.from_fields(fields)
    ApplicationDetail.from_data(value)
    control_results(value, ["1"])
    subscriptions_of(value)
    events, malformed = read_events([value], ServerZone())
    assert len(events) + malformed == 1
    for read in (parse_push, lambda body: page_of(body, "p", 1, 10)):
        try:
            read(value)
        except HikCentralError:
            continue


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(sorted(LOGGED)),
    st.sampled_from(sorted(PUSHED["params"]["events"][0])),
    JSON,
)
def test_any_value_in_any_field_of_an_event(
    logged: str, pushed: str, value: Any
) -> None:
    event = {**PUSHED["params"]["events"][0], pushed: value}
    push = parse_push({"params": {"events": [event]}})
    assert len(push.events) + push.malformed == 1
    events, malformed = read_events([{**LOGGED, logged: value}], ServerZone())
    assert len(events) + malformed == 1
    for one in (*events, *push.events):
        assert one.id
        assert one.time.tzinfo is UTC
        one.door_name.encode()
