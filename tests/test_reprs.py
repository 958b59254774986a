"""No value prints what it knows of people: values get into logs by accident (I8)."""

from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from custom_components import hikcentral_visitors

PERSONAL = {
    "app_key",
    "app_secret",
    "card_no",
    "card_numbers",
    "company",
    "email",
    "family_name",
    "given_name",
    "host",
    "note",
    "notify",
    "phone",
    "picture_uri",
    "purpose",
    "reference",
    "revoked_reason",
    "vehicle_plate",
}
QUERIES = tuple(f"ledger.{one}_queries." for one in ("visit", "visitor", "passage"))
NOTICES = "notices."


def _fields() -> Iterator[tuple[str, Field[Any]]]:
    """Every field of every dataclass, with the name of its class."""
    package = hikcentral_visitors.__name__ + "."
    for found in walk_packages(hikcentral_visitors.__path__, package):
        for value in vars(import_module(found.name)).values():
            if is_dataclass(value) and getattr(value, "__module__", "") == found.name:
                where = found.name.removeprefix(package)
                for field in fields(value):
                    yield f"{where}.{getattr(value, '__name__', '')}", field


def _is_personal(where: str, name: str) -> bool:
    return (
        name in PERSONAL
        or (name == "name" and where.startswith(QUERIES))
        or (name == "data" and where.startswith(NOTICES))
    )


def test_no_value_prints_who_somebody_is() -> None:
    personal = [found for found in _fields() if _is_personal(found[0], found[1].name)]
    assert {field.name for _, field in personal} >= PERSONAL
    assert [f"{where}.{field.name}" for where, field in personal if field.repr] == []
