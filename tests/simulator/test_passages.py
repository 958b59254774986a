"""Who gets through a door: credential, level, window, schedule, at every reader."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator import Clock, create_app
from simulator.decision import decide
from simulator.model import Credential, DoorState, Schedule
from simulator.terminals import Record

from .conftest import START
from .gateway import Caller


def outcome(event: Any) -> tuple[int, str]:
    return event["eventType"], event["personId"]


PRINT = [{"fingerPrintName": "thumb", "fingerPrintData": "AAAA"}]


@pytest.mark.parametrize(
    ("by", "event_type"),
    [("face", 196893), ("card", 198914), ("qr", 198914), ("fingerprint", 197127)],
)
async def test_granted(caller: Caller, by: str, event_type: int) -> None:
    person = await caller.visitor(fingerPrint=PRINT, personCode="P")

    event = await caller.present(person, by=by, checkInAndOutType=1)

    assert event["granted"] is True
    assert outcome(event) == (event_type, person)
    assert event["eventTime"] == event["deviceTime"] == "2026-03-02T05:00:02+00:00"
    assert event["personName"] == "Ada Test"
    assert event["doorIndexCode"] == "11"
    assert event["doorName"] == "Turnstile In"
    assert event["readerIndexCode"] == "21"
    assert event["readerName"] == "Turnstile In Reader"
    assert event["checkInAndOutType"] == 1
    assert event["cardNo"] == ("7001" if by in ("card", "qr") else "")
    assert "personCode" not in event


@pytest.mark.parametrize(
    ("by", "early", "late"),
    [
        ("face", 197151, 197151),
        ("card", 197384, 197633),
        ("qr", 197384, 197633),
        ("fingerprint", 197128, 197128),
    ],
)
@pytest.mark.parametrize("door", ["11", "12"])
async def test_window_holds_on_the_way_in_and_out(
    caller: Caller, by: str, early: int, late: int, door: str
) -> None:
    person = await caller.visitor(
        fingerPrint=PRINT,
        beginTime="2026-03-02T11:00:00+05:00",
        endTime="2026-03-02T12:00:00+05:00",
    )
    found = []
    for moment in ("10:59:59", "11:00:00", "11:59:59", "12:00:00"):
        await caller.control("/clock", now=f"2026-03-02T{moment}+05:00")
        found.append(await caller.present(person, by=by, door=door))

    assert [event["granted"] for event in found] == [False, True, True, False]
    assert outcome(found[0]) == (early, person)
    assert outcome(found[3]) == (late, person)


async def test_end_may_be_included(caller: Caller) -> None:
    person = await caller.visitor(endTime="2026-03-02T12:00:00+05:00")
    await caller.control("/switches", window_end_inclusive=True)

    await caller.control("/clock", now="2026-03-02T12:00:00+05:00")
    assert (await caller.present(person))["granted"] is True
    await caller.advance(1)
    assert (await caller.present(person))["granted"] is False


async def test_the_terminals_clock_decides(caller: Caller) -> None:
    person = await caller.visitor(endTime="2026-03-02T12:00:00+05:00")
    await caller.control("/clock", now="2026-03-02T11:59:00+05:00")
    await caller.control("/faults", clock_skew_s=3600)
    assert (await caller.present(person))["granted"] is True

    await caller.control("/switches", terminal_clock_offset_s=60)

    event = await caller.present(person)
    assert event["granted"] is False
    assert event["eventTime"] == "2026-03-02T07:00:00+00:00"


@pytest.mark.parametrize(
    ("by", "event_type", "named"),
    [
        ("face", 197160, False),
        ("card", 197634, True),
        ("qr", 197634, True),
        ("fingerprint", 197140, False),
    ],
)
async def test_revoked_visitor_is_denied(
    caller: Caller, by: str, event_type: int, named: bool
) -> None:
    """The terminal no longer knows him; HikCentral still knows whose card it is."""
    person = await caller.visitor(fingerPrint=PRINT)
    await caller.expel(person)
    await caller.apply(person)

    event = await caller.present(person, by=by)

    assert event["granted"] is False
    assert outcome(event) == (event_type, person if named else "")
    assert event["personName"] == ("Ada Test" if named else "")
    assert event["cardNo"] == ("7001" if by in ("card", "qr") else "")


async def test_unknown_card_may_stay_unnamed(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.expel(person)
    await caller.apply(person)
    await caller.control("/switches", denied_card_person="empty")

    assert outcome(await caller.present(person, by="card")) == (197634, "")


async def test_card_of_a_deleted_person_is_nobodys(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.data("resource/v1/person/single/delete", personId=person)
    await caller.apply(person)

    event = await caller.present(person, by="card")

    assert outcome(event) == (197634, "")
    assert event["cardNo"] == "7001"


async def test_strangers(caller: Caller) -> None:
    assert outcome(await caller.present()) == (197160, "")
    assert outcome(await caller.present("no such person")) == (197160, "")
    by_card = await caller.present(by="card", cardNo="31337")
    assert outcome(by_card) == (197634, "")
    assert by_card["cardNo"] == "31337"


async def test_known_without_that_credential_is_unknown(caller: Caller) -> None:
    person = await caller.visitor(faces=[])

    assert outcome(await caller.present(person, by="face")) == (197160, "")
    assert outcome(await caller.present(person, by="card")) == (198914, person)


async def test_card_by_number_is_its_holders(caller: Caller) -> None:
    person = await caller.visitor()

    event = await caller.present(by="card", cardNo="7001")

    assert outcome(event) == (198914, person)


async def test_level_of_another_door_does_not_open(caller: Caller) -> None:
    person = await caller.visitor(level="7")

    assert outcome(await caller.present(person, door="15")) == (197160, "")
    by_card = await caller.present(person, door="15", by="card")
    assert outcome(by_card) == (197634, person)


async def test_door_with_two_readers(caller: Caller) -> None:
    person = await caller.visitor(level="8")

    way_in = await caller.present(person, door="15")
    way_out = await caller.present(person, door="15", readerIndexCode="26")

    assert way_in["readerName"] == "Meeting Room Reader In"
    assert way_out["readerName"] == "Meeting Room Reader Out"


async def test_two_doors_of_one_terminal(caller: Caller) -> None:
    """The terminal knows the person, but not for its second door."""
    await caller.control(
        "/operator", add_door={"doorName": "Side", "acsDevIndexCode": "1"}
    )
    side = next(
        code
        for code, door in (await caller.state("doors")).items()
        if door["doorName"] == "Side"
    )
    person = await caller.visitor()

    for by in ("face", "card"):
        event = await caller.present(person, door=side, by=by)
        assert outcome(event) == (197635, person)


async def test_door_that_remains_closed_denies(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.data("acs/v1/door/doControl", doorIndexCodes=["11"], controlType=3)

    assert outcome(await caller.present(person)) == (200513, person)


async def test_presented_in_the_past(caller: Caller) -> None:
    person = await caller.visitor(beginTime="2026-03-02T10:00:01+05:00")

    event = await caller.present(person, at="2026-03-02T10:00:01+05:00")
    assert event["granted"] is True
    assert event["eventTime"] == "2026-03-02T05:00:01+00:00"
    event = await caller.present(person, at="2026-03-02T10:00:00+05:00")
    assert event["granted"] is False


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"doorIndexCode": "99"}, "no door 99"),
        ({"readerIndexCode": "99"}, "no reader 99"),
        ({"with": "nose"}, "with"),
        ({"with": "card"}, "never had a card"),
        ({"at": "2030-01-01T00:00:00+00:00"}, "future"),
        ({"at": "2026-03-02T05:00:00"}, "offset"),
        ({"cardNo": "1"}, "who"),
        ({"checkInAndOutType": 7}, "checkInAndOutType"),
        ({"door": "11"}, "door"),
    ],
)
async def test_impossible_presentations(
    caller: Caller, wrong: dict[str, Any], why: str
) -> None:
    person = await caller.add_person(cards=[])

    error = await caller.refused(
        "/present",
        **{"personId": person, "with": "face", "doorIndexCode": "11", **wrong},
    )

    assert why in error
    assert (await caller.state("log"))["events"] == 0


RECORD = Record(
    person_id="1",
    code="",
    given_name="",
    family_name="",
    begin=START - timedelta(days=10),
    end=START + timedelta(days=10),
    face=1,
    cards=("1",),
    fingerprints=0,
    doors=(
        (
            "11",
            (
                Schedule(
                    start=datetime(1, 1, 1, 8, tzinfo=UTC).time(),
                    end=datetime(1, 1, 1, 12, tzinfo=UTC).time(),
                ),
            ),
        ),
    ),
)


@pytest.mark.parametrize(
    ("hour", "event_type"), [(7, 197384), (8, 198914), (11, 198914), (12, 197384)]
)
def test_schedule_of_the_level(hour: int, event_type: int) -> None:
    moment = START.replace(hour=hour)

    found = decide(RECORD, Credential.CARD, "11", DoorState.CLOSED, moment)

    assert found.event_type == event_type


async def test_layouts_schedule_is_in_the_terminals_day() -> None:
    level = {
        "privilegeGroupId": "7",
        "privilegeGroupName": "Mornings",
        "doors": ["11"],
        "timeSchedule": {"start": "08:00", "end": "12:00"},
    }
    person = {"personGivenName": "A", "personFamilyName": "B", "levels": ["7"]}
    clock = Clock(START, running=False)
    world = create_app(
        clock=clock, layout={"levels": [level], "persons": [person]}
    ).world
    record = world.terminals.held("1", "1")
    world.switches = world.switches.changed({"server_utc_offset": "+05:00"})

    def event_type() -> int:
        now = world.terminal_time()
        return decide(record, Credential.FACE, "11", DoorState.CLOSED, now).event_type

    assert event_type() == 196893
    clock.advance(2 * 3600)
    assert event_type() == 197384
