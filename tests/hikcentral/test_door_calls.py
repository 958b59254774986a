"""The calls on devices, doors and readers."""

from typing import Any

import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    AccessDevice,
    Door,
    DoorCommand,
    DoorState,
    HikCentralClient,
    Reader,
)

from .gateway import URGENT, Gateway, in_full


async def test_devices_and_doors(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers(
        {
            "total": 3,
            "list": [
                {"acsDevIndexCode": "1", "acsDevName": "T", "status": 1},
                {"acsDevIndexCode": "2", "status": "2"},
                {"acsDevIndexCode": "3", "status": 0},
            ],
        },
        {
            "total": 3,
            "list": [
                {
                    "doorIndexCode": "11",
                    "doorName": "Gate",
                    "doorState": "4",
                    "acsDevIndexCode": "1",
                },
                {"doorIndexCode": "12", "doorState": 9},
                {"doorName": "nameless"},
            ],
        },
    )
    assert await in_full(client.devices()) == [
        AccessDevice(id="1", name="T", online=True),
        AccessDevice(id="2", online=False),
        AccessDevice(id="3"),
    ]
    assert await in_full(client.doors()) == [
        Door(id="11", name="Gate", state=DoorState.OFFLINE, device_id="1"),
        Door(id="12"),
    ]
    assert [path for path, _ in gateway.asked] == [
        "resource/v1/acsDevice/acsDeviceList",
        "resource/v1/acsDoor/acsDoorList",
    ]


READER = {"readerIndexCode": "21", "readerName": "In"}


@pytest.mark.parametrize(
    "data", [READER, [READER], {"list": [READER]}, {"total": 1, "list": READER}]
)
async def test_readers(client: HikCentralClient, gateway: Gateway, data: Any) -> None:
    gateway.answers(data)
    assert await in_full(client.readers("11")) == [
        Reader(id="21", name="In", door_id="11")
    ]
    assert gateway.asked == [("resource/v1/reader/search", {"doorIndexCode": "11"})]


async def test_no_readers(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.refuses("128")
    gateway.answers("", None)
    for _ in range(3):
        assert await in_full(client.readers("11")) == []


async def test_door_control(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers([{"doorIndexCode": "11", "controlResultCode": 0}])
    (result,) = await client.control_doors(["11"], DoorCommand.OPEN, priority=URGENT)
    assert result.done
    assert gateway.asked == [
        ("acs/v1/door/doControl", {"doorIndexCodes": ["11"], "controlType": 2})
    ]
    with pytest.raises(ValueError, match="10"):
        await client.control_doors(["1"] * 11, DoorCommand.OPEN, priority=URGENT)
