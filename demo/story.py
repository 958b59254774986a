"""One visit from the grant to the revocation, each step checked.

Everything goes through the real Home Assistant's REST API and WebSocket, and is read
back in the simulator; what is not as it should be raises `StoryError`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from . import portrait
from .facility import TURNSTILE_IN, TURNSTILE_OUT
from .language import Person
from .permissions import check_forbidden
from .phone import Push
from .stage import Stage
from .waiting import PATIENCE, StoryError

type Answer = Mapping[str, Any]

_PAUSE = 0.2
_EXTENDS_BY = timedelta(hours=1)
_ENDS_AT = time(23, 30)


def require(condition: object, what: str) -> None:
    """Raise `StoryError` unless the condition holds."""
    if not condition:
        raise StoryError(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A visit that was granted; `place` is the stem of its entities' ids."""

    person: Person
    visit_id: str
    person_id: str
    place: str | None
    valid_until: datetime


def evening(zone: ZoneInfo, now: datetime) -> datetime:
    """Return the next half past eleven that leaves time for a visit."""
    local = (now + timedelta(minutes=15)).astimezone(zone)
    end = datetime.combine(local, _ENDS_AT, zone)
    return end if end >= local else end + timedelta(days=1)


def granted_from(person: Person, answer: Answer) -> Granted:
    """Read what an action answered to a grant; the doors must have it."""
    require(answer["access"] == "active", f"the doors have not got it: {answer}")
    require(answer["doors"]["total"] > 0, f"no doors: {answer}")
    require(
        answer["doors"]["ready"] == answer["doors"]["total"],
        f"not all doors have it: {answer}",
    )
    require(answer["person_id"], f"there is no person: {answer}")
    entity_id: str | None = answer["entity_id"]
    return Granted(
        person=person,
        visit_id=answer["visit_id"],
        person_id=answer["person_id"],
        place=None if entity_id is None else entity_id.partition(".")[2],
        valid_until=datetime.fromisoformat(answer["valid_until"]),
    )


async def play(stage: Stage) -> None:
    """Play the whole story; raises `StoryError` for the first thing that is wrong."""
    guest, later = stage.texts.people[:2]
    visit = await _grant(stage, guest)
    await _nobody_else(stage, visit)
    await _enter(stage, visit)
    await _extend(stage, visit)
    await _next_week(stage, later)
    await _leave(stage, visit)
    await _revoke(stage, visit)
    await _denied(stage, visit)
    require(
        not stage.phone.unread,
        f"there were more pushes than there should be: {stage.phone.unread}",
    )


async def _grant(stage: Stage, person: Person) -> Granted:
    """The receptionist fills in the form of the script."""
    until = evening(stage.texts.zone, datetime.now(UTC))
    text = stage.texts.words["granted"].format(
        name=person.name, until=_clock(stage, until), by=stage.texts.receptionist
    )
    with stage.report.step(text):
        answer = await stage.receptionist.act(
            "script.register_visitor",
            {
                "given_name": person.given_name,
                "family_name": person.family_name,
                "company": person.company,
                "visitor_type": person.visitor_type,
                "purpose": person.purpose,
                "host": stage.host,
                "card_no": person.card_no,
                # As the form sends it: without offset, in the facility's time.
                "until_day": f"{until:%Y-%m-%d}",
                "until_time": f"{until:%H:%M:%S}",
            },
            respond=True,
        )
        visit = granted_from(person, answer)
        require(visit.valid_until == until, f"another end than {until}: {answer}")
        require(visit.place is not None, f"it holds no place: {answer}")
        await stage.watch.state(
            f"sensor.{visit.place}",
            "expected",
            lambda state: state["state"] == "expected",
        )
        await _read_back(stage, visit, until)
    return visit


async def _nobody_else(stage: Stage, visit: Granted) -> None:
    text = stage.texts.words["not_yours"].format(by=stage.texts.colleague)
    with stage.report.step(text):
        before = await stage.facility.person(visit.person_id)
        await check_forbidden(
            stage.colleague, visit.visit_id, visit.place or "", stage.texts.people[2]
        )
        after = await stage.facility.person(visit.person_id)
        require(before == after, f"a refusal changed something: {before}, {after}")


async def _enter(stage: Stage, visit: Granted) -> None:
    text = stage.texts.words["entered"].format(
        name=visit.person.name, by=stage.texts.receptionist
    )
    with stage.report.step(text) as better:
        await _walk(stage, visit, TURNSTILE_IN, opens=True)
        walked = monotonic()
        push = await _pushed(stage, visit)
        took = stage.texts.words["on_the_phone"]
        better += [text, took.format(seconds=f"{monotonic() - walked:.2f}")]
        require(len(push.buttons) == 2, f"not two buttons: {push}")
        passage = await stage.watch.passage(
            visit.visit_id, direction="entry", outcome="granted"
        )
        await stage.watch.state(
            stage.pushed_events, "arriving", lambda state: state["state"] == "arriving"
        )
        require(
            passage["name"] == visit.person.name and passage["first"],
            f"not his first entry: {passage}",
        )
        await stage.watch.state(
            f"binary_sensor.{visit.place}_inside",
            "on",
            lambda state: state["state"] == "on",
        )


async def _extend(stage: Stage, visit: Granted) -> None:
    """Tap the first button of the entry's push."""
    push = stage.phone.pushes[-1]
    button = next(iter(push.buttons))
    until = visit.valid_until + _EXTENDS_BY
    text = stage.texts.words["extended"].format(
        button=button, until=_clock(stage, until)
    )
    with stage.report.step(text):
        zone = stage.texts.zone
        require(
            until.astimezone(zone).date() > visit.valid_until.astimezone(zone).date(),
            f"{until} is not past midnight",
        )
        await stage.phone.tap(push, button)
        await stage.watch.state(
            f"datetime.{visit.place}_valid_until",
            until.isoformat(),
            lambda state: _instant(state["state"]) == until,
        )
        await _read_back(stage, visit, until)
        await _pushed(stage, visit)


async def _next_week(stage: Stage, person: Person) -> None:
    """A visit that the doors know already, by face, but not for today."""
    text = stage.texts.words["next_week"].format(name=person.name)
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(days=6)
    with stage.report.step(text):
        answer = await stage.receptionist.act(
            "hikcentral_visitors.grant_access",
            {
                "given_name": person.given_name,
                "family_name": person.family_name,
                "photo": {
                    "media_content_id": portrait.MEDIA,
                    "media_content_type": "image/jpeg",
                },
                "valid_from": begin.isoformat(),
                "duration": {"hours": 4},
                "host": stage.host,
                "notify": [stage.phone_entities.notify],
                "wait": 60,
            },
            respond=True,
        )
        visit = granted_from(person, answer)
        require(answer["status"] == "scheduled", f"not next week: {answer}")
        opened = await stage.facility.show_face(visit.person_id, TURNSTILE_IN)
        require(not opened, f"the door opened for {person.name} today")
        passage = await stage.watch.passage(visit.visit_id, outcome="denied")
        require(passage["credential"] == "face", f"not by face: {passage}")
        await _pushed(stage, visit)


async def _leave(stage: Stage, visit: Granted) -> None:
    with stage.report.step(stage.texts.words["left"].format(name=visit.person.name)):
        await _walk(stage, visit, TURNSTILE_OUT, opens=True)
        await stage.watch.passage(visit.visit_id, direction="exit", outcome="granted")
        await stage.watch.state(
            f"binary_sensor.{visit.place}_inside",
            "off",
            lambda state: state["state"] == "off",
        )
        await _pushed(stage, visit)


async def _revoke(stage: Stage, visit: Granted) -> None:
    with stage.report.step(stage.texts.words["revoked"]):
        answer = await stage.receptionist.act(
            "hikcentral_visitors.revoke_access",
            {"visit_id": visit.visit_id, "reason": "demo", "wait": 60},
            respond=True,
        )
        require(
            answer["visits"][0]["access"] == "removed", f"it is still there: {answer}"
        )
        person = await stage.facility.person(visit.person_id)
        require(not person or not person["levels"], f"still in a level: {person}")
        await _pushed(stage, visit)


async def _denied(stage: Stage, visit: Granted) -> None:
    text = stage.texts.words["denied"].format(name=visit.person.name)
    with stage.report.step(text):
        await _walk(stage, visit, TURNSTILE_IN, opens=False)
        await stage.watch.passage(visit.visit_id, outcome="denied")
        await _pushed(stage, visit)


async def _walk(stage: Stage, visit: Granted, door: str, *, opens: bool) -> None:
    opened = await stage.facility.present(visit.person.card_no, door)
    require(opened is opens, f"{visit.person.name} at door {door}: opened is {opened}")


async def _pushed(stage: Stage, visit: Granted) -> Push:
    """Take the next push; it must be about this visitor, and under his visit's tag."""
    push = await stage.phone.next_push()
    require(visit.person.name in push.title, f"about somebody else: {push}")
    require(push.tag == f"hikcentral_visitors_{visit.visit_id}", f"another tag: {push}")
    return push


async def _read_back(stage: Stage, visit: Granted, until: datetime) -> None:
    """Wait until HikCentral and all terminals that know the visitor have this end."""
    person: Answer | None = None
    applied: set[datetime] = set()
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                person = await stage.facility.person(visit.person_id)
                applied = await stage.facility.applied_end(visit.person_id)
                if (
                    person is not None
                    and datetime.fromisoformat(person["endTime"]) == until
                    and applied == {until}
                ):
                    return
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        msg = f"not {until} at HikCentral ({person}) or its terminals ({applied})"
        raise StoryError(msg) from None


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _clock(stage: Stage, moment: datetime) -> str:
    return f"{moment.astimezone(stage.texts.zone):%d.%m. %H:%M}"
