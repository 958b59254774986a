from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from custom_components.hikcentral_visitors.visits.passage import role_from_name
from demo.language import ENGLISH, LANGUAGES, Texts
from simulator.layout import build_database


@pytest.fixture(params=sorted(LANGUAGES))
def texts(request: pytest.FixtureRequest) -> Texts:
    return LANGUAGES[request.param]


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_language_says_the_same(texts: Texts) -> None:
    assert texts.words.keys() == ENGLISH.words.keys()
    for key, text in ENGLISH.words.items():
        assert _placeholders(texts.words[key]) == _placeholders(text), key
    assert [(p.card_no, p.visitor_type) for p in texts.people] == [
        (p.card_no, p.visitor_type) for p in ENGLISH.people
    ]
    assert texts.zone == ZoneInfo(texts.place["time_zone"])


def test_the_simulator_takes_the_facility(texts: Texts) -> None:
    database = build_database(texts.layout)
    doors = database.tables.doors
    assert [reader.index_code for reader in doors["15"].readers] == ["25", "26"]
    assert set(database.tables.levels["8"].doors) == set(doors)


def test_doors_are_named_so_that_the_config_flow_guesses_their_roles(
    texts: Texts,
) -> None:
    doors = build_database(texts.layout).tables.doors
    roles = [role_from_name(doors[code].name).value for code in ("11", "12", "13")]
    assert roles == ["entry", "exit", "passage"]
