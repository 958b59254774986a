"""What there is to choose from, and what is suggested."""

import pytest

from custom_components.hikcentral_visitors.const import CONF_ACCESS_LEVELS
from custom_components.hikcentral_visitors.facility import Facility
from custom_components.hikcentral_visitors.facility_forms import (
    access_schema,
    door_labels,
    reader_labels,
)
from custom_components.hikcentral_visitors.hikcentral import (
    AccessLevel,
    Door,
    LevelDoor,
    Organisation,
    Reader,
)


def facility(
    *,
    levels: tuple[AccessLevel, ...] = (),
    organisations: tuple[tuple[str, str, str], ...] = (),
    doors: tuple[Door, ...] = (),
) -> Facility:
    return Facility(
        levels=levels,
        organisations=tuple(
            Organisation(index_code=code, name=name, parent=parent)
            for code, name, parent in organisations
        ),
        doors=doors,
    )


@pytest.mark.parametrize(
    ("organisations", "likely"),
    [
        ((("2", "Staff", "1"), ("1", "All", "0"), ("3", "Guests", "1")), "3"),
        ((("1", "Все", "0"), ("2", "Посетители", "1")), "2"),
        ((("2", "Staff", "1"), ("1", "All", "0")), "1"),
        ((("2", "Staff", "1"), ("1", "All", "")), "1"),
        ((("1", "A", "2"), ("2", "B", "1")), "1"),
    ],
)
def test_likely_organisation(
    organisations: tuple[tuple[str, str, str], ...], likely: str
) -> None:
    assert facility(organisations=organisations).likely_organisation() == likely


def test_organisations_are_named_with_those_above() -> None:
    tree = (("1", "All", "0"), ("2", "", "1"), ("3", "Day", "2"), ("4", "Lost", "9"))
    assert facility(organisations=tree).organisation_paths() == {
        "1": "All",
        "2": "All / 2",
        "3": "All / 2 / Day",
        "4": "Lost",
    }


def test_organisations_in_a_circle_have_names_too() -> None:
    circle = (("1", "A", "2"), ("2", "B", "1"))
    assert facility(organisations=circle).organisation_paths() == {
        "1": "B / A",
        "2": "A / B",
    }


@pytest.mark.parametrize(
    ("names", "likely"),
    [
        (["Staff"], ["0"]),
        (["Staff", "Office"], []),
        (["Staff", "VISITORS", "Для посетителей", "Гости"], ["1", "2", "3"]),
    ],
)
def test_likely_levels(names: list[str], likely: list[str]) -> None:
    levels = tuple(
        AccessLevel(id=str(number), name=name) for number, name in enumerate(names)
    )
    assert facility(levels=levels).likely_levels() == likely


def test_doors_of_levels_are_those_that_exist() -> None:
    door = Door(id="1", name="Gate")
    opened = (LevelDoor(id="9"), LevelDoor(id="1"))
    place = facility(
        levels=(AccessLevel(id="7", doors=opened), AccessLevel(id="8", doors=())),
        doors=(Door(id="2"), door),
    )
    assert place.doors_of(["7", "8"]) == ["1"]
    assert place.doors_of(["8"]) == []


@pytest.mark.parametrize(
    ("name", "doors", "label"),
    [
        ("Visitors", "", "Visitors"),
        ("", "", "7"),
        ("Visitors", "A", "Visitors (A)"),
        ("Visitors", "ABCD", "Visitors (A, B, C, D)"),
        ("Visitors", "ABCDEF", "Visitors (A, B, C, D +2)"),
    ],
)
def test_level_is_shown_with_its_doors(name: str, doors: str, label: str) -> None:
    opened = tuple(LevelDoor(id=door.lower(), name=door) for door in doors)
    place = facility(
        levels=(AccessLevel(id="7", name=name, doors=opened),),
        organisations=(("1", "All", "0"),),
    )
    selector = access_schema(place, {}).schema[CONF_ACCESS_LEVELS]
    assert selector.config["options"] == [{"value": "7", "label": label}]


def test_doors_of_the_same_name_are_told_apart() -> None:
    doors = (Door(id="1", name="Gate"), Door(id="2", name="Gate"), Door(id="3"))
    assert door_labels(facility(doors=doors)) == {
        "1": "Gate (1)",
        "2": "Gate (2)",
        "3": "(3)",
    }


def test_readers_are_named_with_their_doors() -> None:
    readers = [
        Reader(id="21", name="In", door_id="1"),
        Reader(id="22", name="In", door_id="2"),
        Reader(id="23", name="In", door_id="2"),
    ]
    assert reader_labels(readers, {"1": "Gate"}) == {
        "21": "Gate – In",
        "22": "2 – In (22)",
        "23": "2 – In (23)",
    }
