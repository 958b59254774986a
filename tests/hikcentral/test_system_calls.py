"""The calls on the server itself, and what holds for all calls."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    AmbiguousError,
    DoorCommand,
    HikCentralClient,
    NotPermittedError,
    Organisation,
    PersonDraft,
    TransientError,
)

from .gateway import JPEG, START, URGENT, Gateway, in_full


async def test_version(client: HikCentralClient, gateway: Gateway) -> None:
    gateway.answers({"produceName": "HikCentral", "softVersion": "V3.1.1.0"})
    assert await client.version() == "V3.1.1.0"
    assert gateway.asked == [("common/v1/version", {})]


async def test_a_server_that_does_not_say_its_version(
    client: HikCentralClient, gateway: Gateway
) -> None:
    gateway.answers({})
    assert not await client.version()


async def test_organisations(client: HikCentralClient, gateway: Gateway) -> None:
    root = {"orgIndexCode": "1", "orgName": "All", "parentOrgIndexCode": "0"}
    gateway.answers({"total": 2, "list": [root, {"orgName": "without an id"}]})
    assert await in_full(client.organisations()) == [
        Organisation(index_code="1", name="All", parent="0")
    ]
    assert gateway.asked == [
        ("resource/v1/org/orgList", {"pageNo": 1, "pageSize": 500})
    ]


@pytest.mark.parametrize(
    "ids", [[], (), [""], ["1", ""], ["1,2"], [" "], "12", ["1"] * 101, ["1" * 65]]
)
async def test_no_call_that_could_mean_everybody(
    client: HikCentralClient, gateway: Gateway, ids: Any
) -> None:
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: client.add_members("7", ids, priority=URGENT),
        lambda: client.remove_members("7", ids, priority=URGENT),
        lambda: client.reapply(ids, priority=URGENT),
        lambda: client.control_doors(ids, DoorCommand.OPEN, priority=URGENT),
        lambda: client.door_events(196893, ids, START, START, priority=URGENT),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"ids? of a"):
            await call()
    assert not gateway.asked


@pytest.mark.parametrize("one", ["", "1,2", "1 2"])
async def test_no_call_for_nobody(
    client: HikCentralClient, gateway: Gateway, one: str
) -> None:
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: client.update_person(one, PersonDraft(), priority=URGENT),
        lambda: client.delete_person(one, priority=URGENT),
        lambda: client.update_face(one, JPEG, priority=URGENT),
        lambda: client.person_by_id(one, priority=URGENT),
        lambda: client.person_by_code(one, priority=URGENT),
        lambda: client.add_members(one, ["1"], priority=URGENT),
        lambda: client.application_detail(one, priority=URGENT),
        lambda: in_full(client.members(one, priority=URGENT)),
        lambda: in_full(client.readers(one)),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="id of a"):
            await call()
    assert not gateway.asked


async def test_missing_permission_names_the_api(
    client: HikCentralClient, gateway: Gateway
) -> None:
    gateway.refuses("17", "No permission for OpenAPI access")
    with pytest.raises(NotPermittedError) as caught:
        await client.reapply(["1"], priority=URGENT)
    assert caught.value.path == "visitor/v1/auth/reapplication"


@pytest.mark.parametrize(
    "error", [TimeoutError(), aiohttp.ServerDisconnectedError(), ConnectionResetError()]
)
async def test_lost_calls(
    client: HikCentralClient, gateway: Gateway, error: Exception
) -> None:
    gateway.answers(error, error)
    with pytest.raises(TransientError):
        await client.version()
    with pytest.raises(AmbiguousError):
        await client.reapply(["1"], priority=URGENT)
