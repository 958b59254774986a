"""Operator, switches, seed, restart, reset, state, layout."""

from dataclasses import fields
from typing import Any

import pytest
import voluptuous as vol

from simulator import create_app
from simulator.layout import build_database
from simulator.switches import Switches

from .gateway import Caller

INFO = "resource/v1/person/personId/personInfo"
LEVELS = "acs/v1/privilege/group"


async def test_operator_deletes_a_person(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.control("/operator", delete_person=person)
    assert await caller.code(INFO, personId=person) == "128"
    assert (await caller.present(person))["granted"] is True


async def test_operator_sets_a_window(caller: Caller) -> None:
    person = await caller.visitor()
    window = {"personId": person, "endTime": "2026-04-01T00:00:00+00:00"}
    await caller.control("/operator", set_window=window)
    found = await caller.data(INFO, personId=person)
    assert found["endTime"] == "2026-04-01T00:00:00+00:00"
    assert found["beginTime"] == "2026-03-02T08:00:00+05:00"


async def test_operator_moves_members_and_applies(caller: Caller) -> None:
    person = await caller.add_person()
    member = {"privilegeGroupId": "7", "personId": person}

    await caller.control("/operator", add_member=member, apply={})
    await caller.advance(2)
    assert (await caller.present(person))["granted"] is True

    await caller.control(
        "/operator", remove_member=member, apply={"personIds": [person]}
    )
    await caller.advance(2)
    assert (await caller.present(person))["granted"] is False


async def test_operator_adds_and_deletes_a_door(caller: Caller) -> None:
    person = await caller.visitor()

    made = await caller.control(
        "/operator", add_door={"doorName": "Gym", "levels": ["7"]}
    )
    door = made["add_door"]
    data = await caller.data(LEVELS, pageNo=1, pageSize=10, type=1)
    elements = [item["Element"]["ID"] for item in data["list"][0]["ElementList"]]
    assert elements == ["11", "12", "13", "14", door]
    assert (await caller.applied(person))[door] == 1
    await caller.apply(person)
    assert (await caller.present(person, door=door))["granted"] is True

    await caller.control("/operator", delete_door=door)
    assert door not in await caller.applied(person)
    path = "resource/v1/acsDoor/indexCode/acsDoorInfo"
    assert await caller.code(path, doorIndexCode=door) == "128"


async def test_operator_adds_and_deletes_a_level(caller: Caller) -> None:
    made = await caller.control(
        "/operator", add_level={"privilegeGroupName": "New", "type": 2, "doors": ["11"]}
    )
    data = await caller.data(LEVELS, pageNo=1, pageSize=10, type=2)
    assert [item["privilegeGroupName"] for item in data["list"]] == ["New"]

    await caller.control("/operator", delete_level=made["add_level"])
    assert "list" not in await caller.data(LEVELS, pageNo=1, pageSize=10, type=2)


async def test_visitor_levels_take_no_persons(caller: Caller) -> None:
    made = await caller.control(
        "/operator", add_level={"privilegeGroupName": "New", "type": 2}
    )
    code = await caller.code(
        LEVELS + "/single/addPersons",
        privilegeGroupId=made["add_level"],
        type=2,
        list=[{"id": "1"}],
    )
    assert code == "128"


async def test_restored_backup_gives_ids_again(caller: Caller) -> None:
    """Somebody else gets the id that a person of ours had."""
    kept = await caller.visitor()
    await caller.control("/operator", snapshot=True)
    lost = await caller.visitor(cards=[], personCode="OURS")
    await caller.control("/operator", delete_person=kept)

    await caller.control("/operator", restore=True)

    assert (await caller.data(INFO, personId=kept))["cards"] == [{"cardNo": "7001"}]
    assert await caller.code(INFO, personId=lost) == "128"
    assert (await caller.present(lost))["granted"] is True
    again = await caller.add_person(cards=[], personCode="THEIRS")
    assert again == lost
    await caller.apply()
    assert (await caller.present(lost))["granted"] is False
    assert (await caller.present(kept))["granted"] is True


async def test_backup_holds_no_state_of_doors_and_terminals(caller: Caller) -> None:
    await caller.control("/operator", snapshot="one")
    await caller.control("/operator", terminal_offline={"doorIndexCode": "11"})
    await caller.data("acs/v1/door/doControl", doorIndexCodes=["12"], controlType=0)

    await caller.control("/operator", restore="one")

    doors = await caller.state("doors")
    assert doors["11"]["online"] is False
    assert doors["12"]["doorState"] == 0


@pytest.mark.parametrize(
    ("orders", "why"),
    [
        ({"explode": 1}, "no order explode"),
        ({"delete_person": "404"}, "no person 404"),
        ({"delete_level": "404"}, "no level 404"),
        ({"delete_door": "404"}, "no door 404"),
        ({"delete_person": 1}, "expected str"),
        ({"set_window": {"personId": "1", "endTime": "soon"}}, ""),
        ({"add_member": {"personId": "1"}}, "privilegeGroupId"),
        ({"add_member": {"personId": "1", "privilegeGroupId": "404"}}, "no level 404"),
        ({"add_door": {"doorName": "x", "doorIndexCode": "11"}}, "door 11 exists"),
        ({"add_door": {"doorName": "x", "levels": ["404"]}}, "no level 404"),
        ({"terminal_offline": {}}, "doorIndexCode"),
        ({"restore": "never"}, "no snapshot never"),
    ],
)
async def test_impossible_orders(
    caller: Caller, orders: dict[str, Any], why: str
) -> None:
    before = await caller.state("persons", "levels", "doors")
    assert why.casefold() in (await caller.refused("/operator", **orders)).casefold()
    assert await caller.state("persons", "levels", "doors") == before


def test_every_switch_is_documented() -> None:
    assert Switches.__doc__
    for switch in fields(Switches):
        assert f"`{switch.name}`" in Switches.__doc__


@pytest.mark.parametrize(
    ("switches", "why"),
    [
        ({"no_such": True}, "unknown switch no_such"),
        ({"push_retry": "yes"}, "push_retry is bool"),
        ({"push_retry": 1}, "push_retry is bool"),
        ({"push_retry_s": True}, "push_retry_s is int"),
        ({"faces_in_add": "maybe"}, "taken, ignored, refused"),
        ({"forbidden_apis": "acs/*"}, "list of texts"),
        ({"server_utc_offset": "5"}, "offset"),
    ],
)
async def test_impossible_switches(
    caller: Caller, switches: dict[str, Any], why: str
) -> None:
    assert why in await caller.refused("/switches", **switches)
    assert caller.sim.world.switches == Switches()


async def test_switches_change_one_by_one(caller: Caller) -> None:
    await caller.control("/switches", push_retry=False)
    answer = await caller.control("/switches", nulls="clears")
    assert answer["switches"]["push_retry"] is False
    assert answer["switches"]["nulls"] == "clears"


async def test_seeded_staff_share_the_visitors_level(caller: Caller) -> None:
    made = await caller.control("/seed", persons=20, events_per_minute=0)

    staff = made["personIds"]
    assert len(staff) == 20
    levels = await caller.state("levels")
    assert set(staff) <= set(levels["7"]["members"])
    assert (await caller.state("application"))["pending"] == []
    assert (await caller.present(staff[0], door="15"))["granted"] is True


async def test_staff_walk_on_virtual_time(caller: Caller) -> None:
    await caller.control("/seed", persons=5, events_per_minute=60)
    await caller.advance(600)
    count = (await caller.state("log"))["events"]
    assert 450 < count < 750
    kinds = {event.event_type for event in caller.sim.world.log.all()}
    assert kinds == {196893, 198914}

    await caller.control("/seed", events_per_minute=0)
    await caller.advance(600)
    assert (await caller.state("log"))["events"] == count


async def test_same_seed_same_story() -> None:
    def story(seed: int) -> list[str]:
        sim = create_app(seed=seed)
        sim.background.seed(5, 60)
        sim.world.clock.advance(60)
        return [event.event_id for event in sim.world.log.all()]

    assert story(1) == story(1) != story(2)


async def test_restart_may_lose_jobs(caller: Caller) -> None:
    person = await caller.add_person()
    await caller.enrol(person)
    await caller.data("visitor/v1/auth/reapplication", personIds=person)
    await caller.control("/switches", jobs_lost_on_restart=True)

    await caller.control("/restart")
    await caller.advance(60)

    assert set((await caller.applied(person)).values()) == {1}
    await caller.apply(person)
    assert set((await caller.applied(person)).values()) == {0}


async def test_restart_keeps_jobs_otherwise(caller: Caller) -> None:
    person = await caller.add_person()
    await caller.enrol(person)
    await caller.data("visitor/v1/auth/reapplication", personIds=person)
    await caller.control("/restart")
    await caller.advance(60)
    assert set((await caller.applied(person)).values()) == {0}


async def test_reset_goes_back_to_the_layout(caller: Caller) -> None:
    before = await caller.state()
    await caller.control("/switches", push_retry=False)
    await caller.control("/seed", persons=5, events_per_minute=60)
    await caller.control("/faults", late_events_s=600, apply_delay_s=600)
    person = await caller.visitor()
    await caller.present("1")
    await caller.data(
        "eventService/v1/eventSubscriptionByEventTypes",
        eventTypes=[196893],
        eventDest="http://127.0.0.1:1/",
    )
    await caller.control("/operator", snapshot=True)

    await caller.control("/reset")
    await caller.advance(3600)

    after = await caller.state()
    for part in ("now", "push"):
        del before[part], after[part]
    assert after == before
    assert person not in after["persons"]
    assert "no snapshot" in await caller.refused("/operator", restore=True)


async def test_state_in_parts(caller: Caller) -> None:
    assert set(await caller.state("log", "doors")) == {"log", "doors"}
    async with caller.session.get(caller.sim.control_url + "/state?only=x") as answer:
        assert answer.status == 400
        assert "no part x" in (await answer.json())["error"]


async def test_control_takes_json_objects_only(caller: Caller) -> None:
    for data in (b"[]", b"{", b"1"):
        async with caller.session.post(
            caller.sim.control_url + "/faults", data=data
        ) as answer:
            assert answer.status == 400


async def test_control_is_not_on_the_gateways_port(caller: Caller) -> None:
    async with caller.session.get(caller.sim.url + "/state") as answer:
        assert answer.status == 404


async def test_started_again_it_keeps_its_world(caller: Caller) -> None:
    person = await caller.visitor()
    await caller.sim.stop()
    await caller.sim.start()
    assert (await caller.present(person))["granted"] is True


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        ({"door": []}, "door"),
        ({"doors": [{"doorName": "x"}]}, "doors"),
        ({"devices": []}, "no device"),
        ({"levels": [], "doors": []}, "no level"),
        (
            {
                "levels": [
                    {
                        "privilegeGroupId": "7",
                        "privilegeGroupName": "x",
                        "doors": ["99"],
                    }
                ]
            },
            "no door 99",
        ),
    ],
)
def test_impossible_layouts(layout: dict[str, Any], why: str) -> None:
    with pytest.raises((ValueError, vol.Invalid), match=why):
        build_database(layout)


def test_layout_replaces_key_by_key() -> None:
    database = build_database({"persons": []})
    assert database.tables.persons == {}
    assert len(database.tables.doors) == 5
