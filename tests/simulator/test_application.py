"""Configured and applied are two states; only an application joins them."""

from typing import Any

import pytest

from .gateway import OTHER_JPEG, Caller

REAPPLY = "visitor/v1/auth/reapplication"
DETAIL = "visitor/v1/person/ID/elementDownloadDetail"
DOORS = ["11", "12", "13", "14"]


def every(status: int) -> dict[str, int]:
    return dict.fromkeys(DOORS, status)


async def granted(caller: Caller, person: str, door: str = "11") -> bool:
    opened: bool = (await caller.present(person, door=door))["granted"]
    return opened


async def test_grant_reaches_doors_by_application_only(caller: Caller) -> None:
    person = await caller.add_person()
    assert await caller.applied(person) == {}
    await caller.enrol(person)
    await caller.advance(86_400 / 24)

    assert await caller.applied(person) == every(1)
    assert not await granted(caller, person)

    assert await caller.data(REAPPLY, personIds=person, ImmediateDownload=0) == ""
    await caller.advance(0.5)
    assert not await granted(caller, person)
    await caller.advance(0.5)
    assert await caller.applied(person) == every(0)
    assert await granted(caller, person)
    assert not await granted(caller, person, door="15")


async def test_revocation_reaches_doors_by_application_only(caller: Caller) -> None:
    person = await caller.visitor()

    await caller.expel(person)
    assert await caller.applied(person) == every(1)
    assert await granted(caller, person)

    await caller.apply(person)
    assert await caller.applied(person) == {}
    assert not await granted(caller, person)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (
            "resource/v1/person/single/update",
            {"endTime": "2026-03-02T20:00:00+05:00"},
        ),
        ("resource/v1/person/single/update", {"cards": [{"cardNo": "7002"}]}),
        ("resource/v1/person/face/update", {"faceData": OTHER_JPEG}),
    ],
)
async def test_edit_reaches_doors_by_application_only(
    caller: Caller, path: str, params: dict[str, Any]
) -> None:
    person = await caller.visitor()
    before = (await caller.state("applied"))["11"][person]

    await caller.data(path, personId=person, **params)

    assert await caller.applied(person) == every(1)
    assert (await caller.state("applied"))["11"][person] == before
    await caller.apply(person)
    assert await caller.applied(person) == every(0)


async def test_window_is_applied_with_its_instant(caller: Caller) -> None:
    person = await caller.visitor(
        beginTime="2026-03-01T22:00:00-06:00", endTime="2026-03-02T18:00:00+05:00"
    )

    held = (await caller.state("applied"))["11"][person]

    assert held["beginTime"] == "2026-03-02T04:00:00+00:00"
    assert held["endTime"] == "2026-03-02T13:00:00+00:00"
    assert held["cards"] == ["7001"]
    assert held["face"] is True


async def test_application_carries_what_was_configured_then(caller: Caller) -> None:
    person = await caller.add_person()
    await caller.enrol(person)
    await caller.data(REAPPLY, personIds=person)
    await caller.expel(person)

    await caller.advance(2)

    assert await granted(caller, person)
    assert await caller.applied(person) == every(1)
    await caller.apply(person)
    assert not await granted(caller, person)


async def test_application_on_its_way_counts_as_pending(caller: Caller) -> None:
    """A grant overtaken by a revocation is not over while it still travels."""
    person = await caller.add_person()
    await caller.enrol(person)
    await caller.data(REAPPLY, personIds=person)
    await caller.expel(person)
    assert await caller.applied(person) == every(1)

    await caller.apply(person)

    assert await caller.applied(person) == {}
    assert not await granted(caller, person)


async def test_younger_application_is_not_undone_by_an_older(caller: Caller) -> None:
    person = await caller.add_person()
    await caller.enrol(person)
    await caller.control("/faults", apply_delay_s=60)
    await caller.data(REAPPLY, personIds=person)
    await caller.expel(person)
    await caller.control("/faults", apply_delay_s=1)
    await caller.data(REAPPLY, personIds=person)

    await caller.advance(1)
    assert not await granted(caller, person)
    await caller.advance(120)
    assert not await granted(caller, person)


async def test_comma_text_names_persons_and_doors(caller: Caller) -> None:
    one = await caller.add_person()
    two = await caller.add_person(cards=[])
    three = await caller.add_person(cards=[])
    await caller.enrol(one, two, three)

    await caller.data(REAPPLY, personIds=f"{one}, {two}", doorIndexCodes="11,12")
    await caller.advance(2)

    assert await caller.applied(one) == {"11": 0, "12": 0, "13": 1, "14": 1}
    assert await caller.applied(two) == {"11": 0, "12": 0, "13": 1, "14": 1}
    assert await caller.applied(three) == every(1)


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"personIds": ["1"]},
        {"personId": "1"},
        {"visitorId": "1"},
        {"orderId": "1", "InmediateDownload": 1},
        {"personIds": ""},
    ],
)
async def test_other_shapes_apply_everything(
    caller: Caller, shape: dict[str, Any]
) -> None:
    person = await caller.add_person()
    await caller.enrol(person)

    assert await caller.code(REAPPLY, **shape) == "0"
    await caller.advance(2)

    assert await caller.applied(person) == every(0)


async def test_unknown_person_is_accepted(caller: Caller) -> None:
    person = await caller.add_person()
    await caller.enrol(person)

    await caller.apply("404")

    assert await caller.applied(person) == every(1)


async def test_delay_is_virtual_time(caller: Caller) -> None:
    await caller.control("/faults", apply_delay_s=90)
    person = await caller.add_person()
    await caller.enrol(person)

    await caller.apply(person, seconds=89)
    assert await caller.applied(person) == every(1)
    await caller.advance(1)
    assert await caller.applied(person) == every(0)


async def test_old_failure_stays_visible_until_the_new_job_ends(
    caller: Caller,
) -> None:
    await caller.control("/faults", apply_fail=[{"doorIndexCode": "12", "status": 3}])
    person = await caller.add_person()
    await caller.enrol(person)
    await caller.apply(person)
    assert await caller.applied(person) == {**every(0), "12": 3}
    assert not await granted(caller, person, door="12")

    await caller.control("/faults")
    await caller.data(REAPPLY, personIds=person)
    await caller.advance(0.5)
    assert await caller.applied(person) == {**every(0), "12": 3}
    await caller.advance(0.5)
    assert await caller.applied(person) == every(0)


async def test_failure_of_a_change_taken_back_heals(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.control("/faults", apply_fail=True)
    update = "resource/v1/person/single/update"
    await caller.data(update, personId=person, endTime="2026-03-02T19:00:00+05:00")
    await caller.apply(person)
    await caller.data(update, personId=person, endTime="2026-03-02T18:00:00+05:00")
    await caller.control("/faults")
    assert await caller.applied(person) == every(2)

    await caller.apply(person)

    assert await caller.applied(person) == every(0)


async def test_earlier_failures_may_be_skipped(caller: Caller) -> None:
    await caller.control("/faults", apply_fail=True)
    person = await caller.add_person()
    await caller.enrol(person)
    await caller.apply(person)
    await caller.control("/faults")

    await caller.data(REAPPLY, personIds=person, ImmediateDownload=1)
    await caller.advance(2)
    assert await caller.applied(person) == every(2)
    await caller.data(REAPPLY, personIds=person, ImmediateDownload=0)
    await caller.advance(2)
    assert await caller.applied(person) == every(0)


async def test_number_of_failures_is_counted(caller: Caller) -> None:
    await caller.control("/faults", apply_fail=1)
    person = await caller.add_person()
    await caller.enrol(person)

    await caller.apply(person)

    assert sorted((await caller.applied(person)).values()) == [0, 0, 0, 2]


async def test_failure_may_meet_one_person(caller: Caller) -> None:
    one = await caller.add_person()
    two = await caller.add_person(cards=[])
    await caller.enrol(one, two)
    await caller.control("/faults", apply_fail=[{"personId": one, "times": 4}])

    await caller.apply(one, two)

    assert await caller.applied(one) == every(2)
    assert await caller.applied(two) == every(0)
    await caller.apply(one)
    assert await caller.applied(one) == every(0)


async def test_door_may_refuse_a_revocation(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.control("/faults", apply_fail=[{"acsDevIndexCode": "1"}])

    await caller.expel(person)
    await caller.apply(person)

    assert await caller.applied(person) == {"11": 2}
    assert await granted(caller, person)
    assert not await granted(caller, person, door="12")


async def test_first_application_may_fail(caller: Caller) -> None:
    await caller.control("/switches", first_apply_fails=True)
    person = await caller.add_person()
    await caller.enrol(person)

    await caller.apply(person)
    assert await caller.applied(person) == every(2)
    await caller.apply(person)
    assert await caller.applied(person) == every(0)


async def test_offline_terminal_gets_it_when_it_is_back(caller: Caller) -> None:
    await caller.control("/operator", terminal_offline={"doorIndexCode": "11"})
    person = await caller.add_person()
    await caller.enrol(person)

    await caller.apply(person, seconds=3600)
    assert await caller.applied(person) == {**every(0), "11": 1}

    await caller.control(
        "/operator", terminal_offline={"doorIndexCode": "11", "offline": False}
    )
    assert await caller.applied(person) == {**every(0), "11": 1}
    await caller.advance(1)
    assert await caller.applied(person) == every(0)


async def test_deleted_person_stays_on_terminals(caller: Caller) -> None:
    person = await caller.visitor()

    await caller.data("resource/v1/person/single/delete", personId=person)

    assert await granted(caller, person)
    assert await caller.code(DETAIL, id=person) == "128"
    await caller.apply(person)
    assert not await granted(caller, person)


async def test_deletion_may_apply_by_itself(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.control("/switches", deletion_needs_apply=False)

    await caller.data("resource/v1/person/single/delete", personId=person)
    await caller.advance(2)

    assert not await granted(caller, person)


async def test_deleted_level_needs_an_application_too(caller: Caller) -> None:
    person = await caller.visitor()

    await caller.control("/operator", delete_level="7")

    assert await granted(caller, person)
    await caller.apply(person)
    assert not await granted(caller, person)


async def test_overlapping_levels_add_up(caller: Caller) -> None:
    person = await caller.visitor(level="8")
    await caller.enrol(person, level="7")
    await caller.apply(person)

    await caller.expel(person, level="8")
    await caller.apply(person)

    assert await granted(caller, person)
    assert not await granted(caller, person, door="15")


async def test_detail_tells_credentials_and_network(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.control("/operator", terminal_offline={"doorIndexCode": "12"})

    data = await caller.data(DETAIL, id=person)

    first, second, *_ = data["ElementDetailList"]["ElementDetail"]
    assert first["BaseInfo"] == {
        "Name": "Turnstile In",
        "ElementType": "door",
        "Network": 1,
    }
    assert second["BaseInfo"]["Network"] == 2
    certificates = first["CertificateStatusList"]["CertificateStatus"]
    assert [(item["type"], item["status"]) for item in certificates] == [(2, 0), (0, 0)]


@pytest.mark.parametrize(
    ("setting", "code"), [("missing", "128"), ("unsupported", "8"), ("empty", "0")]
)
async def test_detail_may_be_unavailable_for_persons(
    caller: Caller, setting: str, code: str
) -> None:
    person = await caller.visitor()
    await caller.control("/switches", person_application_detail=setting)

    answer = await caller.call(DETAIL, id=person)

    assert answer["code"] == code
    if code == "0":
        assert answer["data"] == {"ElementDetailList": {}}


async def test_detail_wants_id(caller: Caller) -> None:
    assert await caller.code(DETAIL, visitorId="1") == "2"


async def test_detail_in_other_versions(caller: Caller) -> None:
    await caller.control(
        "/operator", add_level={"privilegeGroupName": "One", "doors": ["11"]}
    )
    person = await caller.add_person(cards=[])
    await caller.enrol(person, level="1")
    await caller.control(
        "/switches",
        detail_key_case="lower",
        detail_status_as_text=True,
        single_item_as_object=True,
    )

    data = await caller.data(DETAIL, id=person)

    assert data == {
        "elementDetailList": {
            "elementDetail": {
                "id": "11",
                "baseInfo": {
                    "name": "Turnstile In",
                    "elementType": "door",
                    "network": 1,
                },
                "elementStatus": {
                    "elementStatus": "1",
                    "errorModule": "",
                    "errorCode": "",
                },
                "certificateStatusList": {
                    "certificateStatus": {
                        "id": f"{person}-2",
                        "type": 2,
                        "status": "1",
                    }
                },
            }
        }
    }


async def test_result_counts_and_lists_failures(caller: Caller) -> None:
    await caller.control("/faults", apply_fail=[{"doorIndexCode": "12"}])
    person = await caller.add_person()
    await caller.enrol(person)
    await caller.apply(person)
    other = await caller.add_person(cards=[])
    await caller.enrol(other)
    path = "acs/v1/auth/applicationResult"

    statistics = await caller.data(path, applicationResultType=1, type=1)
    errors = await caller.data(
        path, applicationResultType=2, type=1, pageNo=1, pageSize=10
    )

    assert statistics == {"failedNum": 1, "waitingNum": 4}
    assert [(row["personId"], row["deviceName"]) for row in errors["list"]] == [
        (person, "Terminal Turnstile Out")
    ]
    assert await caller.code(path, applicationResultType=2, type=1) == "2"
    assert await caller.code(path, type=1) == "2"
