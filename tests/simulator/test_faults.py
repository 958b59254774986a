"""Faults of calls: errors, cuts, hanging, latency, quota."""

import asyncio
from typing import Any

import aiohttp
import pytest

from .gateway import Caller

VERSION = "common/v1/version"
ADD = "resource/v1/person/single/add"
PERSON = {"personGivenName": "A", "personFamilyName": "B", "orgIndexCode": "2"}


async def persons(caller: Caller) -> int:
    return len(await caller.state("persons"))


async def test_code_is_answered_instead(caller: Caller) -> None:
    await caller.control("/faults", fail=[{"path": ADD, "code": "5"}])

    assert await caller.code(ADD, **PERSON) == "5"
    assert await persons(caller) == 3
    assert await caller.code(VERSION) == "0"
    await caller.control("/faults")
    assert await caller.code(ADD, **PERSON) == "0"


async def test_code_may_come_after_the_work(caller: Caller) -> None:
    await caller.control("/faults", fail=[{"path": ADD, "code": "5", "after": True}])

    assert await caller.code(ADD, **PERSON) == "5"
    assert await persons(caller) == 4


async def test_http_status(caller: Caller) -> None:
    await caller.control("/faults", fail=[{"path": "common/*", "http": 503}])

    assert "503" in await caller.call(VERSION)
    assert caller.last is not None
    assert caller.last.status == 503


@pytest.mark.parametrize("spelling", [{"do": "drop_before"}, {"drop_before": True}])
async def test_cut_before_the_call(caller: Caller, spelling: dict[str, Any]) -> None:
    await caller.control("/faults", fail=[{"path": ADD, "times": 1, **spelling}])

    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.call(ADD, **PERSON)

    assert await persons(caller) == 3
    assert await caller.code(ADD, **PERSON) == "0"


@pytest.mark.parametrize("spelling", [{"do": "drop_after"}, {"drop_after": True}])
async def test_cut_after_the_call(caller: Caller, spelling: dict[str, Any]) -> None:
    await caller.control("/faults", fail=[{"path": ADD, "times": 1, **spelling}])

    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.call(ADD, **PERSON)

    assert await persons(caller) == 4


async def hang(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, path: str
) -> asyncio.Task[Any]:
    """Make a call, and come back when it hangs."""
    world, hanging = caller.sim.world, asyncio.Event()
    hold = world.hold

    async def noticed() -> None:
        hanging.set()
        await hold()

    monkeypatch.setattr(world, "hold", noticed)
    call = asyncio.create_task(caller.call(path, **PERSON))
    await asyncio.wait_for(hanging.wait(), 10)
    return call


async def test_hanging_call_is_cut_when_faults_clear(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await caller.control("/faults", fail=[{"path": ADD, "hang": True}])
    hanging = await hang(caller, monkeypatch, ADD)
    assert not hanging.done()

    await caller.control("/faults")

    with pytest.raises(aiohttp.ClientConnectionError):
        await asyncio.wait_for(hanging, 10)
    assert await persons(caller) == 3


async def test_stopping_cuts_what_hangs(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    await caller.control("/faults", fail=[{"path": VERSION, "hang": True}])
    hanging = await hang(caller, monkeypatch, VERSION)

    await asyncio.wait_for(caller.sim.stop(), 10)

    with pytest.raises(aiohttp.ClientConnectionError):
        await hanging


async def test_some_pass_some_fail(caller: Caller) -> None:
    await caller.control(
        "/faults", fail=[{"path": VERSION, "code": "6", "skip": 1, "times": 2}]
    )

    assert [await caller.code(VERSION) for _ in range(4)] == ["0", "6", "6", "0"]


async def test_fault_may_meet_one_body(caller: Caller) -> None:
    await caller.control(
        "/faults", fail=[{"path": ADD, "code": "5", "contains": "BAD"}]
    )

    assert await caller.code(ADD, **PERSON, personCode="GOOD") == "0"
    assert await caller.code(ADD, **PERSON, personCode="BAD") == "5"


async def test_probability(caller: Caller) -> None:
    await caller.control(
        "/faults", fail=[{"path": VERSION, "code": "6", "probability": 0.5}]
    )

    codes = {await caller.code(VERSION) for _ in range(40)}

    assert codes == {"0", "6"}


async def test_latency_is_real_time(caller: Caller) -> None:
    loop = asyncio.get_running_loop()
    await caller.control("/faults", latency_ms=50, jitter_ms=10)
    before = loop.time()

    await caller.call(VERSION)

    assert loop.time() - before >= 0.04


async def test_quota(caller: Caller) -> None:
    await caller.control("/faults", rate_limit=3)

    codes = await asyncio.gather(*(caller.code(VERSION) for _ in range(10)))

    assert codes.count("0") == 3
    assert codes.count("0x02401009") == 7
    assert await caller.state("peak_rate") == 10


async def test_calls_are_counted_and_kept(caller: Caller) -> None:
    await caller.call(VERSION)
    await caller.call(ADD, **PERSON)
    await caller.call("no/such")

    assert await caller.state("calls") == {VERSION: 1, ADD: 1, "no/such": 1}
    recent = caller.sim.world.traffic.recent
    assert [(call.path, call.code) for call in recent] == [
        (VERSION, "0"),
        (ADD, "0"),
        ("no/such", "8"),
    ]
    assert b"personGivenName" in recent[1].body


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ({"latency": 5}, "latency"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"latency_ms": True}, "latency_ms"),
        ({"fail": [{"code": "5"}]}, "path"),
        ({"fail": [{"path": "x"}]}, "one of"),
        ({"fail": [{"path": "x", "code": "5", "http": 500}]}, "one of"),
        ({"fail": [{"path": "x", "do": "explode"}]}, "do"),
        ({"fail": [{"path": "x", "code": "drop_after"}]}, "code"),
        ({"fail": [{"path": "x", "code": "5", "probability": 2}]}, "probability"),
        ({"apply_fail": [{"status": 1}]}, "status"),
        ({"apply_fail": -1}, "apply_fail"),
        ({"push": "sometimes"}, "push"),
        ({"rate_limit": 0}, "rate_limit"),
    ],
)
async def test_impossible_faults(
    caller: Caller, faults: dict[str, Any], why: str
) -> None:
    await caller.control("/faults", apply_delay_s=5)

    assert why in await caller.refused("/faults", **faults)
    assert (await caller.state("faults"))["apply_delay_s"] == 5


async def test_faults_are_set_as_a_whole(caller: Caller) -> None:
    await caller.control("/faults", apply_delay_s=5, push=True, rate_limit=9)
    answer = await caller.control("/faults", latency_ms=1)

    assert answer["faults"]["apply_delay_s"] == 1
    assert answer["faults"]["rate_limit"] is None
    assert answer["faults"]["latency_ms"] == 1
