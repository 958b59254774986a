"""Granting, extending and revoking, beside the same calls bare and the previous system.

Home Assistant's core with the whole integration in this process; real time.
"""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
import io
import time

from homeassistant.helpers.aiohttp_client import async_get_clientsession
from PIL import Image

from custom_components.hikcentral_visitors.book import GrantRequest
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.view import VisitView
from custom_components.hikcentral_visitors.visits.visit import SYSTEM

from . import previous
from .figures import Budget, Table
from .server import LEVEL
from .sizes import Sizes
from .stage import Stage, open_stage
from .wire import CHECK, FIRST_CHECK_S, Recording, call, recorded, replay

_LOOK_AGAIN_S = 0.01
_PATIENCE_S = 900

_MOST_WAITED = 20_000
"""Visitors times milliseconds, beyond which photos are all that is measured."""

_BACKGROUND = ("resource/v1/acsDoor", "resource/v1/acsDevice", "acs/v1/door/events")


def _picture() -> bytes:
    image = Image.effect_noise((300, 400), 60).convert("RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


PICTURE = _picture()


@dataclass(frozen=True, slots=True)
class _Run:
    """What one change of many visits took."""

    seconds: float
    recording: Recording
    visits: tuple[str, ...]

    @property
    def calls(self) -> list[previous.Call]:
        """The calls for it, without those that are made anyway."""
        return [
            one for one in self.recording.calls if not one.path.startswith(_BACKGROUND)
        ]


type _Test = Callable[[VisitView | None], bool]


def _active(seen: VisitView | None) -> bool:
    return seen is not None and seen.access.state is AccessState.ACTIVE


def _removed(seen: VisitView | None) -> bool:
    """A revoked visit is closed, and seen no more, once nothing is left of it."""
    return seen is None or seen.access.state is AccessState.REMOVED


async def _until(stage: Stage, visits: Iterable[str], test: _Test) -> None:
    coordinator = stage.entry.runtime_data.coordinator
    left = set(visits)
    async with asyncio.timeout(_PATIENCE_S):
        while left:
            for visit_id in tuple(left):
                if not test(coordinator.view(visit_id)):
                    break
                left.discard(visit_id)
            await asyncio.sleep(_LOOK_AGAIN_S)


async def _timed(
    stage: Stage, change: Callable[[], Awaitable[tuple[str, ...]]], test: _Test
) -> _Run:
    with recorded(async_get_clientsession(stage.hass)) as recording:
        started = time.perf_counter()
        visits = await change()
        await _until(stage, visits, test)
        return _Run(time.perf_counter() - started, recording, visits)


async def _grant(stage: Stage, people: int, *, photo: bool) -> _Run:
    book = stage.entry.runtime_data.book

    async def grant() -> tuple[str, ...]:
        receipts = await asyncio.gather(
            *(
                book.grant(
                    GrantRequest(
                        given_name=f"Guest {number}",
                        card_no=f"77{number:06}",
                        photo=PICTURE if photo else None,
                        levels=frozenset({LEVEL}),
                        duration=timedelta(hours=8),
                    ),
                    SYSTEM,
                )
                for number in range(people)
            )
        )
        return tuple(receipt.visit_id for receipt in receipts)

    return await _timed(stage, grant, _active)


async def _floor(stage: Stage, run: _Run, latency: int) -> float:
    """Make the same calls bare, in an empty facility, and return the seconds."""
    await stage.server.reset(latency)
    started = time.perf_counter()
    if await replay(stage.server, run.calls):
        msg = "the floor's calls were refused: they are not the same"
        raise RuntimeError(msg)
    return time.perf_counter() - started


async def _previous(stage: Stage, people: int, latency: int, *, latest: bool) -> float:
    """Return the seconds that one grant took the previous system."""
    await stage.server.reset(latency)
    face = base64.b64encode(PICTURE).decode()
    started = time.perf_counter()
    for number in range(people):
        person_id = ""
        for index in range(len(previous.grant(number, "", face, latest=latest))):
            one = previous.grant(number, person_id, face, latest=latest)[index]
            answer = await call(stage.server, one)
            if one.path.endswith("single/add"):
                person_id = str(answer["data"])
    return (time.perf_counter() - started) / people


async def measure_grants(sizes: Sizes) -> AsyncGenerator[Table]:
    """Grant groups of people at several latencies."""
    table = Table(
        title="Granting",
        how="Seconds from the first command until all doors have confirmed, with the "
        f"{FIRST_CHECK_S:g} s that are waited before they are asked. Floor: the same "
        "calls and the same wait, bare. Previous system: its calls (L 9, R 13 for each "
        "grant) one after the other, measured for a few and multiplied.",
        columns=(
            "visitors",
            "photo",
            "ms/call",
            "seconds",
            "floor",
            "ratio",
            "calls",
            "calls/visitor",
            "L",
            "R",
        ),
    )
    for latency in sizes.latencies:
        async with open_stage() as stage:
            old = [
                await _previous(stage, sizes.previous, latency, latest=latest)
                for latest in (True, False)
            ]
        for people in sizes.groups:
            for photo in (True, False) if people * latency <= _MOST_WAITED else (True,):
                async with open_stage() as stage:
                    await stage.server.reset(latency)
                    await stage.load_and_settle()
                    run = await _grant(stage, people, photo=photo)
                    floor = await _floor(stage, run, latency)
                ratio = run.seconds / floor
                table.add(
                    people,
                    "yes" if photo else "no",
                    latency,
                    run.seconds,
                    floor,
                    ratio,
                    len(run.calls),
                    len(run.calls) / people,
                    *(people * each for each in old) if photo else (None, None),
                )
                if (people, latency, photo) == (100, 50, True):
                    what = "100 grants at 50 ms, times the floor"
                    table.budgets.append(Budget(what=what, limit=1.25, found=ratio))
                if latency == 0 and photo:
                    checks = sum(one.path == CHECK for one in run.calls) - people
                    limit = 4 if people == 1 else 2 * people + 3
                    table.budgets.append(
                        Budget(
                            what=f"calls to grant {people} with a photo",
                            limit=limit + max(checks, 0),
                            found=len(run.calls),
                        )
                    )
    yield table


type _Change = Callable[..., Awaitable[object]]


async def _change_all(change: _Change, visits: tuple[str, ...]) -> tuple[str, ...]:
    await asyncio.gather(*(change(visit, SYSTEM) for visit in visits))
    return visits


async def measure_changes(sizes: Sizes) -> AsyncGenerator[Table]:
    """Extend and revoke groups of people."""
    table = Table(
        title="Extending and revoking",
        how="Seconds from the first command until all doors have confirmed, without "
        "delay in the server.",
        columns=("what", "visitors", "seconds", "calls", "calls/visitor"),
    )
    for people in sizes.groups:
        async with open_stage() as stage:
            await stage.load_and_settle()
            granted = await _grant(stage, people, photo=False)
            book = stage.entry.runtime_data.book
            later = timedelta(hours=1)
            seen = stage.entry.runtime_data.coordinator.view
            ends = {
                visit: shown.visit.valid_until
                for visit in granted.visits
                if (shown := seen(visit)) is not None
            }

            def extended(
                shown: VisitView | None, ends: Mapping[str, datetime] = ends
            ) -> bool:
                return (
                    shown is not None
                    and shown.visit.valid_until > ends[shown.visit.id]
                    and _active(shown)
                )

            changes: tuple[tuple[str, _Change, _Test], ...] = (
                ("extend", partial(book.extend, by=later), extended),
                ("revoke", book.revoke, _removed),
            )
            for name, change, test in changes:
                all_of_them = partial(_change_all, change, granted.visits)
                run = await _timed(stage, all_of_them, test)
                calls = len(run.calls)
                table.add(name, people, run.seconds, calls, calls / people)
    yield table
