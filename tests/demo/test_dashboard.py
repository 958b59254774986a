from collections.abc import Iterator
from typing import Any

import pytest

from demo.dashboard import PLACES_SHOWN, Door, Entities, dashboard
from demo.language import LANGUAGES

NUMBERS = (
    "visitors_inside",
    "at_reception",
    "expected_today",
    "overstaying",
    "denied_today",
    "pending_changes",
    "next_visitor",
)
TROUBLES = ("access_problem", "connected")


def _cards(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from config["views"][0]["badges"]
    for section in config["views"][0]["sections"]:
        yield from section["cards"]


@pytest.fixture(params=sorted(LANGUAGES))
def cards(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    found = Entities(
        server={key: f"sensor.server_{key}" for key in (*NUMBERS, *TROUBLES)},
        doors=[
            Door(name="Gate", passage="event.gate", open_once="button.gate"),
            Door(name="Door", passage="event.door", open_once=None),
        ],
    )
    return list(_cards(dashboard(found, LANGUAGES[request.param])))


def test_a_place_is_shown_only_while_somebody_holds_it(
    cards: list[dict[str, Any]],
) -> None:
    of_places = [card for card in cards if ".visitor_" in str(card.get("entity"))]
    assert len(of_places) == 4 * PLACES_SHOWN
    for card in of_places:
        number = card["entity"].split("visitor_")[1].split("_")[0]
        (condition,) = card["visibility"]
        assert condition["entity"] == f"sensor.visitor_{number}"
        assert "unavailable" in condition["state_not"]


def test_what_cannot_be_undone_is_asked_first(cards: list[dict[str, Any]]) -> None:
    presses = {
        card["entity"]: "confirmation" in card["tap_action"]
        for card in cards
        if card.get("tap_action", {}).get("action") == "perform-action"
    }
    assert presses["button.visitor_1_extend"] is False
    assert presses["button.visitor_1_revoke"] is True
    assert presses["button.gate"] is True


def test_trouble_is_shown_only_while_there_is_some(
    cards: list[dict[str, Any]],
) -> None:
    states = {
        card["entity"]: card["visibility"][0]["state"]
        for card in cards
        if card.get("entity") in {f"sensor.server_{key}" for key in TROUBLES}
    }
    assert states == {
        "sensor.server_access_problem": "on",
        "sensor.server_connected": "off",
    }


def test_numbers_doors_and_form_are_there(cards: list[dict[str, Any]]) -> None:
    shown = {card.get("entity") for card in cards}
    assert {f"sensor.server_{key}" for key in NUMBERS} <= shown
    assert {"event.gate", "event.door", "script.register_visitor"} <= shown
    (activity,) = (card for card in cards if card["type"] == "logbook")
    assert "event.gate" in activity["target"]["entity_id"]
