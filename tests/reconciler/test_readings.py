"""What the server's answers prove of a person, and of the doors."""

from datetime import timedelta
from typing import Any

import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    ApplicationDetail,
    ApplicationState as State,
    Person,
)
from custom_components.hikcentral_visitors.hikcentral.levels import (
    CredentialApplication,
    DoorApplication,
)
from custom_components.hikcentral_visitors.reconciler.readings import (
    doors_reading,
    person_reading,
)
from custom_components.hikcentral_visitors.visits.facts import PersonReading
from custom_components.hikcentral_visitors.visits.terminals import DoorsReading
from custom_components.hikcentral_visitors.visits.visit import Visitor
from custom_components.hikcentral_visitors.visits.window import Window

from .house import HOUR, START

VISITOR = Visitor(
    id="v",
    person_code="T3S",
    given_name="Ada",
    phone="+1",
    card_no="77",
    created_at=START,
)


def person(**other: Any) -> Person:
    fields: dict[str, Any] = {
        "id": "42",
        "given_name": "Ada",
        "family_name": "-",
        "phone": "+1",
        "card_numbers": ("77",),
        "begin": START,
        "end": START + HOUR,
        "has_photo": True,
        **other,
    }
    return Person(**fields)


def test_a_person_who_is_as_he_should_be() -> None:
    reading, same = person_reading(person(), VISITOR)
    window = Window(START, START + HOUR)
    assert reading == PersonReading(person_id="42", window=window, has_photo=True)
    assert same


@pytest.mark.parametrize(
    "other",
    [
        {"given_name": "Bea"},
        {"family_name": "Test"},
        {"phone": ""},
        {"email": "a@b"},
        {"card_numbers": ()},
        {"card_numbers": ("78",)},
    ],
)
def test_a_person_who_is_not(other: dict[str, Any]) -> None:
    reading, same = person_reading(person(**other), VISITOR)
    assert not same
    assert reading.other_card is ("card_numbers" in other)


@pytest.mark.parametrize("other", [{"card_numbers": None}, {"given_name": " Ada "}])
def test_what_is_left_out_proves_nothing(other: dict[str, Any]) -> None:
    _, same = person_reading(person(**other), VISITOR)
    assert same


@pytest.mark.parametrize(
    "other",
    [{"begin": None}, {"end": None}, {"end": START}, {"end": START - timedelta(1)}],
)
def test_no_window_is_no_reading_of_a_window(other: dict[str, Any]) -> None:
    reading, _ = person_reading(person(**other), VISITOR)
    assert reading.window is None


def door(number: int, state: State, *kinds: str) -> DoorApplication:
    return DoorApplication(
        door_id=str(number),
        state=state,
        credentials=tuple(
            CredentialApplication(kind=kind, state=state) for kind in kinds
        ),
    )


def test_doors_are_counted() -> None:
    detail = ApplicationDetail(
        doors=(
            door(1, State.APPLIED, "face"),
            door(2, State.FAILED),
            door(3, State.PENDING),
            door(4, State.APPLIED),
        )
    )
    assert doors_reading(detail, face=True, telling=True) == DoorsReading(
        ready=2, failed=("2",), pending=("3",), face_missing=False, cards_shown=True
    )


def test_a_face_that_no_door_shows_is_missing() -> None:
    detail = ApplicationDetail(doors=(door(1, State.APPLIED, "card"),))
    assert doors_reading(detail, face=True, telling=True).face_missing
    assert not doors_reading(detail, face=False, telling=True).face_missing
    assert not doors_reading(ApplicationDetail(), face=True, telling=True).face_missing
