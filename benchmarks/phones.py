"""From a visitor at the turnstile to his host's phone, by push and by poll.

The real Home Assistant in a process of its own, set up as in `scripts/demo`: the
passage is an event on its bus, an automation of our blueprint tells the phone, and the
pretend phone is where the push ends.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
import tempfile
import time
from typing import Any, override

from demo import installation
from demo.facility import TURNSTILE_IN, TURNSTILE_OUT
from demo.language import LANGUAGES
from demo.phone import Push
from demo.process import free_port
from demo.report import Report
from demo.stage import Stage, open_stage
from demo.watch import PASSAGE

from .figures import Budget, Table
from .sizes import Sizes

_BY_PUSH_EVERY_S = 0.5
_BY_POLL_EVERY_S = 1.5
"""Spread over polls, so that some have just missed one and some have not."""

_POLL_S = 15
"""The option's default."""

_STAFF, _STAFF_EVENTS_A_MINUTE = 500, 500
_PATIENCE_S = 120

_APART_S = 6
"""The same at the same door within five seconds is the same passage."""

_TAG = "hikcentral_visitors_"


class _Silent(Report):
    """What the demo reports while it sets up belongs into no table."""

    @override
    def line(self, text: str = "") -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class _Guest:
    visit_id: str
    card_no: str


@dataclass(slots=True)
class _Times:
    """Seconds from when somebody stood at the door, one of each for each passage."""

    bus: list[float] = field(default_factory=list)
    phone: list[float] = field(default_factory=list)


class _Listener:
    """Notes when a passage of a visit is heard of, and hands that to who waits."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[asyncio.Future[float]]] = {}

    def expect(self, visit_id: str) -> asyncio.Future[float]:
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(visit_id, []).append(future)
        return future

    def heard(self, visit_id: str) -> None:
        if waiting := self._waiting.get(visit_id):
            waiting.pop(0).set_result(time.perf_counter())


async def measure(sizes: Sizes) -> AsyncGenerator[Table]:
    """Walk through the turnstiles, in and out."""
    table = Table(
        title="From the turnstile to the host's phone",
        how="Seconds from when the card is held against the reader, the simulator's "
        "own time included: until the event is heard of by a listener at Home "
        "Assistant's WebSocket, and until the push arrives at the phone. Staff: "
        f"{_STAFF_EVENTS_A_MINUTE} events a minute. The poll is every {_POLL_S} s and "
        "pushes of the server are lost then; passages are "
        f"{_BY_POLL_EVERY_S} s apart, by push {_BY_PUSH_EVERY_S} s. "
        "Previous system: up to 600 s.",
        columns=(
            "by",
            "staff",
            "passages",
            "event p50",
            "p95",
            "max",
            "phone p50",
            "p95",
            "max",
        ),
    )
    texts = LANGUAGES["en"]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name) / "configuration"
        async with open_stage(folder, free_port(), texts, _Silent(texts.zone)) as stage:
            guests = [await _grant(stage, number) for number in range(sizes.walkers)]
            events, pushes = _listen(stage)
            for way, every, limit in (
                ("push", _BY_PUSH_EVERY_S, 0.5),
                ("poll", _BY_POLL_EVERY_S, _POLL_S + 1),
            ):
                if way == "poll":
                    await _lose_pushes(stage)
                for staff in (False, True):
                    await stage.facility.seed(
                        _STAFF if staff else 0, _STAFF_EVENTS_A_MINUTE if staff else 0
                    )
                    times = await _walk(stage, guests, every, events, pushes)
                    found = _spread(times.phone)
                    table.add(
                        way,
                        "yes" if staff else "no",
                        len(times.phone),
                        *_spread(times.bus),
                        *found,
                    )
                    what = f"s to the phone by {way}{', with staff' if staff else ''}"
                    p95, longest = found[1:]
                    table.budgets.append(
                        Budget(
                            what=what,
                            limit=limit,
                            found=p95 if way == "push" else longest,
                        )
                    )
    yield table


async def _grant(stage: Stage, number: int) -> _Guest:
    card_no = f"66{number:06}"
    answer = await stage.administrator.act(
        "hikcentral_visitors.grant_access",
        {
            "given_name": f"Walker {number}",
            "card_no": card_no,
            "duration": {"hours": 8},
            "notify": [stage.phone_entities.notify],
            "wait": 60,
        },
        respond=True,
    )
    if answer["access"] != "active":
        msg = f"the doors have not got it: {answer}"
        raise RuntimeError(msg)
    return _Guest(answer["visit_id"], card_no)


def _listen(stage: Stage) -> tuple[_Listener, _Listener]:
    events, pushes = _Listener(), _Listener()

    def heard(kind: str, event: Mapping[str, Any]) -> None:
        if kind == PASSAGE:
            events.heard(event["visit_id"])

    def shown(push: Push) -> None:
        pushes.heard((push.tag or "").removeprefix(_TAG))

    stage.watch.heard, stage.phone.shown = heard, shown
    return events, pushes


async def _lose_pushes(stage: Stage) -> None:
    """Let the server's pushes be lost, and the poll be as often as by default."""
    await stage.facility.faults(push="lost")
    (entry,) = await stage.administrator.command(
        "config_entries/get", domain="hikcentral_visitors"
    )
    await installation.change_options(
        stage.administrator, entry["entry_id"], "devices", {"poll_interval": _POLL_S}
    )


async def _walk(
    stage: Stage,
    guests: Sequence[_Guest],
    every: float,
    events: _Listener,
    pushes: _Listener,
) -> _Times:
    """Let everybody in, one after the other, and out again."""
    await asyncio.sleep(_APART_S)
    times, heard = _Times(), []
    loop = asyncio.get_running_loop()
    first = loop.time()
    walks = [
        (guest, door) for door in (TURNSTILE_IN, TURNSTILE_OUT) for guest in guests
    ]
    for number, (guest, door) in enumerate(walks):
        await asyncio.sleep(first + number * every - loop.time())
        heard.append(asyncio.create_task(_pass(stage, guest, door, events, pushes)))
    async with asyncio.timeout(_PATIENCE_S):
        for bus, phone in await asyncio.gather(*heard):
            times.bus.append(bus)
            times.phone.append(phone)
    return times


async def _pass(
    stage: Stage, guest: _Guest, door: str, events: _Listener, pushes: _Listener
) -> tuple[float, float]:
    told = asyncio.gather(events.expect(guest.visit_id), pushes.expect(guest.visit_id))
    started = time.perf_counter()
    if not await stage.facility.present(guest.card_no, door):
        msg = f"the door {door} did not open"
        raise RuntimeError(msg)
    bus, phone = await told
    return bus - started, phone - started


def _spread(seconds: Iterable[float]) -> tuple[float, float, float]:
    """Return the median, what 95 of 100 do not exceed, and the most."""
    found = sorted(seconds)
    parts = quantiles(found, n=100, method="inclusive")
    return parts[49], parts[94], found[-1]
