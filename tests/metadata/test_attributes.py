"""Attributes of entities: what is shown has a name, and what has a name is shown."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.hikcentral_visitors.announce import Announcer
from custom_components.hikcentral_visitors.event import (
    DOOR_TYPES,
    PASSAGE_TYPES,
    SHOWN,
)
from custom_components.hikcentral_visitors.hikcentral import (
    ALARM_TYPES,
    EVENT_TYPES,
    DoorEvent,
    Outcome,
)
from custom_components.hikcentral_visitors.ledger.outbox import Announcement
from custom_components.hikcentral_visitors.notices import NoticeBoard
from custom_components.hikcentral_visitors.overview import Overview
from custom_components.hikcentral_visitors.sensor import _attributes, _next_visitor
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.passage import (
    Direction,
    Passage,
    PassageOutcome,
)
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.view import VisitView
from custom_components.hikcentral_visitors.visits.visit import VisitorType
from tests.stand_in import NOW, make_view

from .files import LANGUAGES, load_translations

FACE_NOT_RECOGNISED = 197160
NOT_SHOWN = {"type", "notify", "entity_id", "config_entry_id"}
"""What only automations are told."""

VIEW = make_view()
CREDENTIALS = {
    one.credential
    for one in EVENT_TYPES.values()
    if one.credential and one.outcome is not Outcome.OTHER
}


class _Board(NoticeBoard):
    """A coordinator that knows one visit, and keeps the keys of what is told."""

    def __init__(self) -> None:
        super().__init__()
        self.passage, self.visit, self.door = set[str](), set[str](), set[str]()
        self.async_listen_passages(lambda notice: self.passage.update(notice.data))
        self.async_listen_visit_events(lambda notice: self.visit.update(notice.data))
        self.async_listen_doors(lambda notice: self.door.update(notice.data))

    def view(self, _visit_id: str) -> VisitView:
        return VIEW

    def place_of(self, _visit_id: str) -> None:
        return None

    def expected_at(self, _instant: object) -> Iterator[VisitView]:
        yield VIEW


class _Moment:
    now = NOW


@pytest.fixture
async def told(hass: HomeAssistant) -> _Board:
    """Everything that is told, told once."""
    board: Any = _Board()
    moment: Any = _Moment
    ledger: Any = None
    announcer = Announcer(hass, "entry", ledger, board, moment)
    passage = Passage(
        event_id="1",
        event_type=FACE_NOT_RECOGNISED,
        visitor_id=VIEW.visitor.id,
        occurred_at=NOW,
        door_id="1",
    )
    visit_id = VIEW.visit.id
    for one in (
        Announcement(id=1, visit_id=visit_id, passage=passage),
        Announcement(id=2, passage=passage),
        Announcement(id=3, visit_id=visit_id, type=VisitEventType.GRANTED),
    ):
        await announcer._tell(one)
    for code in (FACE_NOT_RECOGNISED, *ALARM_TYPES):
        announcer.tell_unknown(DoorEvent(id="1", type=code, time=NOW, door_id="1"))
    made: _Board = board
    return made


def _texts(language: str, platform: str, key: str) -> dict[str, Any]:
    texts = load_translations(language)["entity"][platform][key]["state_attributes"]
    assert isinstance(texts, dict)
    return texts


def test_exactly_what_notices_carry_is_shown(told: _Board) -> None:
    carried = told.passage | told.visit | told.door
    assert carried - NOT_SHOWN == SHOWN
    assert carried >= NOT_SHOWN


def test_exactly_what_events_show_has_a_name(told: _Board) -> None:
    carried = {
        "visitor_passage": told.passage,
        "passage": told.passage,
        "door_passage": told.passage | told.door,
        "visit": told.visit,
    }
    assert load_translations("en")["entity"]["event"].keys() == carried.keys()
    for key, attributes in carried.items():
        named = _texts("en", "event", key).keys() - {"event_type"}
        assert named == attributes & SHOWN, key


def test_exactly_what_sensors_show_has_a_name() -> None:
    coming = _next_visitor(Overview(version="", connected=True, next_visit=VIEW))
    assert coming is not None
    assert _texts("en", "sensor", "next_visitor").keys() == coming.keys()
    assert _texts("en", "sensor", "status").keys() == _attributes(VIEW).keys()


def _values(kind: type[StrEnum]) -> set[str]:
    return {one.value for one in kind}


VALUES: Mapping[str, set[str]] = {
    "visitor_type": _values(VisitorType),
    "status": _values(Status),
    "access": _values(AccessState),
    "direction": _values(Direction),
    "outcome": _values(PassageOutcome),
    "credential": CREDENTIALS,
}


def test_each_value_has_a_word_wherever_it_is_shown() -> None:
    for platform in ("sensor", "event"):
        for key, entity in load_translations("en")["entity"][platform].items():
            for name, texts in entity.get("state_attributes", {}).items():
                if name in VALUES:
                    assert texts["state"].keys() == VALUES[name], f"{key}.{name}"


@pytest.mark.parametrize(
    ("key", "types"),
    [
        ("visitor_passage", PASSAGE_TYPES),
        ("passage", PASSAGE_TYPES),
        ("door_passage", DOOR_TYPES),
        ("visit", list(VisitEventType)),
    ],
)
def test_each_type_of_event_has_a_word(key: str, types: list[str]) -> None:
    texts = _texts("en", "event", key)["event_type"]["state"]
    assert texts.keys() == set(types)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_value_has_the_same_words_everywhere(language: str) -> None:
    """Texts of custom integrations cannot refer to each other."""
    texts = load_translations(language)
    words = {key: one.get("options") for key, one in texts["selector"].items()}
    sensors, events = texts["entity"]["sensor"], texts["entity"]["event"]
    assert sensors["status"]["state"] == words["status"]
    for entity in (*sensors.values(), *events.values()):
        shown = entity.get("state_attributes", {})
        for name in ("status", "visitor_type"):
            assert name not in shown or shown[name]["state"] == words[name]
    for entity in (sensors["status"], events["visit"]):
        reason = entity["state_attributes"]["reason"]
        assert reason["state"] == words["access_reason"]
    credentials = [
        entity["state_attributes"]["credential"]["state"]
        for entity in events.values()
        if "credential" in entity["state_attributes"]
    ]
    assert credentials == 3 * credentials[:1]
