from collections.abc import Mapping
from typing import Any

from demo.installation import suggested


def test_a_form_is_answered_as_it_comes_filled_in() -> None:
    fields: list[Mapping[str, Any]] = [
        {"name": "levels", "description": {"suggested_value": ["7"]}, "default": []},
        {"name": "confirmed", "default": False},
        {"name": "interval", "default": 15},
        {"name": "empty"},
        {
            "name": "readers",
            "type": "expandable",
            "schema": [{"name": "exits", "description": {"suggested_value": ["26"]}}],
        },
    ]
    assert suggested(fields) == {
        "levels": ["7"],
        "confirmed": False,
        "interval": 15,
        "readers": {"exits": ["26"]},
    }
