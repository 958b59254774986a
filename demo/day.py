"""A day at the facility, for people to watch and to take part in."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
import sys
from time import monotonic
from typing import Any

from . import portrait
from .facility import (
    MEETING_ROOM,
    PARKING_IN,
    TURNSTILE_IN,
    TURNSTILE_OUT,
    VIP_LEVEL,
)
from .phone import Push
from .stage import Stage, logins
from .watch import PASSAGE, Event

PACE = 8.0
"""Seconds between two things that happen."""

_NEXT_WEEK = 1
_AT_THE_DESK = 3

# Who stands where, one after another; the numbers are those of the story's people.
_WAYS = (
    (0, TURNSTILE_IN),
    (2, PARKING_IN),
    (2, TURNSTILE_IN),
    (1, TURNSTILE_IN),
    (3, TURNSTILE_IN),
    (2, MEETING_ROOM),
    (0, TURNSTILE_OUT),
    (4, TURNSTILE_IN),
    (3, TURNSTILE_OUT),
    (0, TURNSTILE_IN),
    (2, TURNSTILE_OUT),
    (4, TURNSTILE_OUT),
    (0, TURNSTILE_OUT),
)


async def play(stage: Stage) -> None:
    """Let people come and go until cancelled; the phone's pushes can be tapped."""
    words, report = stage.texts.words, stage.report
    report.line()
    report.line(f"  {words['open_browser'].format(url=stage.url)}")
    for line in logins(stage.texts):
        report.line(f"  {line}")
    report.line()
    stage.watch.heard = lambda kind, event: _tell(stage, kind, event)
    walked = monotonic()
    stage.phone.shown = lambda push: _show(stage, push, monotonic() - walked)
    await stage.facility.seed(persons=40, events_per_minute=12)
    faces = await _invite(stage)
    report.line(f"  {words['keys']}")
    report.line()
    async with _lines() as lines:
        for who, door in cycle(_WAYS):
            await _pause(stage, lines)
            walked = monotonic()
            if face := faces.get(who):
                await stage.facility.show_face(face, door)
            else:
                await stage.facility.present(stage.texts.people[who].card_no, door)


async def _invite(stage: Stage) -> Mapping[int, str]:
    """Register everybody: one for next week, one of the others is at the desk already.

    Returns the HikCentral persons of those who have given a photo.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    people = stage.texts.people
    granted = [
        await stage.receptionist.act(
            "hikcentral_visitors.grant_access",
            _invitation(stage, number, now),
            respond=True,
        )
        for number in range(len(people))
    ]
    await stage.receptionist.act(
        "hikcentral_visitors.check_in", {"visit_id": granted[_AT_THE_DESK]["visit_id"]}
    )
    stage.report.event("+", stage.texts.words["visits"].format(number=len(people)))
    return {_NEXT_WEEK: granted[_NEXT_WEEK]["person_id"]}


def _invitation(stage: Stage, number: int, now: datetime) -> Mapping[str, Any]:
    person = stage.texts.people[number]
    begin = now + timedelta(days=6 if number == _NEXT_WEEK else 0)
    shown = (
        {"photo": portrait.MEDIA}
        if number == _NEXT_WEEK
        else {"card_no": person.card_no}
    )
    levels = {"access_levels": [VIP_LEVEL]} if person.visitor_type == "vip" else {}
    return {
        **shown,
        **levels,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "company": person.company,
        "visitor_type": person.visitor_type,
        "valid_from": begin.isoformat(),
        "duration": {"minutes": 40 + 35 * number},
        "host": stage.host,
        "notify": [stage.phone_entities.notify],
        "purpose": person.purpose,
        "wait": 60 if number == _NEXT_WEEK else 0,
    }


def _tell(stage: Stage, kind: str, event: Event) -> None:
    if kind == PASSAGE:
        words = stage.texts.words
        outcome = words["let_in" if event["outcome"] == "granted" else "not_let_in"]
        reason = f" – {event['reason_text']}" if event.get("reason_text") else ""
        stage.report.event("→", f"{event['name']}: {event['door']}, {outcome}{reason}")


def _show(stage: Stage, push: Push, after: float) -> None:
    """Show a push on the phone, and how long after a passage it came."""
    buttons = "  ".join(
        f"[{number}] {label}" for number, label in enumerate(push.buttons, start=1)
    )
    text = f"{stage.texts.words['push']}: {push.title} – {push.message}  {buttons}"
    if after < PACE / 2:
        text = f"{text}  {stage.texts.words['after'].format(seconds=f'{after:.2f}')}"
    stage.report.event("☎", text.rstrip())


async def _pause(stage: Stage, lines: asyncio.Queue[str]) -> None:
    """Let some time pass, in which buttons can be tapped."""
    until = asyncio.get_running_loop().time() + PACE
    while True:
        try:
            async with asyncio.timeout_at(until):
                number = await lines.get()
        except TimeoutError:
            return
        await _tap(stage, number)


async def _tap(stage: Stage, number: str) -> None:
    """Tap the button of this number on the last push that has any."""
    push = next((one for one in reversed(stage.phone.pushes) if one.buttons), None)
    labels = [] if push is None else list(push.buttons)
    if push is not None and number in map(str, range(1, len(labels) + 1)):
        label = labels[int(number) - 1]
        stage.report.event("☎", stage.texts.words["tapped"].format(button=label))
        await stage.phone.tap(push, label)


@asynccontextmanager
async def _lines() -> AsyncGenerator[asyncio.Queue[str]]:
    """Give the lines that are entered in the terminal, if there is one."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    if not sys.stdin.isatty():
        yield lines
        return
    loop = asyncio.get_running_loop()
    stop: Callable[[int], bool] = loop.remove_reader

    def read() -> None:
        line = sys.stdin.readline()
        if line:
            lines.put_nowait(line.strip())
        else:
            stop(sys.stdin.fileno())

    loop.add_reader(sys.stdin.fileno(), read)
    try:
        yield lines
    finally:
        stop(sys.stdin.fileno())
