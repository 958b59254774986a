"""The calls on access levels and on applying them."""

from custom_components.hikcentral_visitors.hikcentral import (
    ApplicationState,
    HikCentralClient,
)

from .gateway import MISSING, URGENT, Gateway, in_full


async def test_levels_and_members(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers(
        {"total": 1, "list": {"privilegeGroupId": 7, "privilegeGroupName": "V"}},
        {"total": 3, "list": [{"id": "1"}, {"id": 2}, "3"]},
    )
    (level,) = await in_full(client.access_levels())
    assert (level.id, level.name, level.doors) == ("7", "V", ())
    assert await in_full(client.members("7", priority=URGENT)) == ["1", "2", "3"]
    page = {"pageNo": 1, "pageSize": 500}
    assert gateway.asked == [
        ("acs/v1/privilege/group", {"type": 1, **page}),
        (
            "acs/v1/privilege/group/single/personList",
            {"privilegeGroupId": "7", "type": 1, **page},
        ),
    ]


async def test_changing_members(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers("", MISSING)
    await client.add_members("7", ["1", "2"], priority=URGENT)
    await client.remove_members("7", ("3",), priority=URGENT)
    group = {"privilegeGroupId": "7", "type": 1}
    assert gateway.asked == [
        (
            "acs/v1/privilege/group/single/addPersons",
            {**group, "list": [{"id": "1"}, {"id": "2"}]},
        ),
        (
            "acs/v1/privilege/group/single/deletePersons",
            {**group, "list": [{"id": "3"}]},
        ),
    ]


async def test_reapply(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers("")
    await client.reapply(["1", "2"], priority=URGENT)
    assert gateway.asked == [
        ("visitor/v1/auth/reapplication", {"ImmediateDownload": 0, "personIds": "1,2"})
    ]


async def test_application(client: HikCentralClient, gateway: Gateway) -> None:
    element = {"ID": "3", "ElementStatus": [{"elementStatus": 0}]}
    gateway.answers({"ElementDetailList": {"ElementDetail": [element]}})
    detail = await client.application_detail("42", priority=URGENT)
    assert [door.state for door in detail.doors] == [ApplicationState.APPLIED]
    assert gateway.asked == [
        ("visitor/v1/person/ID/elementDownloadDetail", {"id": "42"})
    ]
