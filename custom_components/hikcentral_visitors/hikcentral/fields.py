"""Reading answers of which nothing can be taken for granted (reference 2.1, 6).

Every field may be missing, null, of another type, spelt in another case, or a single
object where a list belongs. None of the readers here raises.
"""

from collections.abc import Iterator
from datetime import datetime, tzinfo
import math
import re
from typing import override

from .times import parse_time

_NUMBER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_LIMIT = 2**63


def as_text(value: object) -> str:
    """Return text and numbers as stripped text, all else as empty text.

    Halves of surrogate pairs, which JSON can smuggle in and no database stores, are
    replaced.
    """
    if isinstance(value, str):
        if value.isascii():  # almost all is, and there is much of it
            return value.strip()
        return value.encode("utf-8", "replace").decode("utf-8").strip()
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        value = int(value) if value.is_integer() else value
    if isinstance(value, int | float):
        try:
            return str(value)
        except ValueError:  # more digits than Python converts
            return ""
    return ""


def as_number(value: object) -> int | None:
    """Return a whole number given as number or as decimal text, else None.

    It fits into 64 bits, as databases need it.
    """
    number: int | None = None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        number = value
    elif isinstance(value, float):
        if math.isfinite(value) and value.is_integer():
            number = int(value)
    elif isinstance(value, str) and _NUMBER.fullmatch(text := value.strip()):
        number = int(text)
    return number if number is not None and -_LIMIT <= number < _LIMIT else None


def as_items(value: object) -> list[object]:
    """Return a list as it is, a missing or empty value as none, all else as one."""
    if isinstance(value, list):
        return value
    if value is None or value == "":
        return []
    return [value]


class Fields:
    """A JSON object, or what came in its place; keys are found in any case."""

    __slots__ = ("_folded", "_raw")

    def __init__(self, raw: object) -> None:
        """Wrap any value; what is not an object has no fields."""
        self._raw: dict[str, object] = (
            {key: value for key, value in raw.items() if isinstance(key, str)}
            if isinstance(raw, dict)
            else {}
        )
        self._folded: dict[str, object] | None = None

    @override
    def __repr__(self) -> str:
        """Show the keys only: the values may be personal."""
        return f"<Fields {sorted(self._raw)}>"

    def __bool__(self) -> bool:
        """Tell whether there is any field."""
        return bool(self._raw)

    def get(self, *names: str) -> object:
        """Return the first of the named fields that is not null, else None."""
        if not self._raw:
            return None
        for name in names:
            value = self._raw.get(name)
            if value is None:
                value = self._in_any_case(name)
            if value is not None:
                return value
        return None

    def _in_any_case(self, name: str) -> object:
        if self._folded is None:
            self._folded = {key.casefold(): value for key, value in self._raw.items()}
        return self._folded.get(name.casefold())

    def text(self, *names: str) -> str:
        """Return the first of the named fields with any text in it, else ""."""
        for name in names:
            if text := as_text(self.get(name)):
                return text
        return ""

    def number(self, *names: str) -> int | None:
        """Return the first of the named fields that is a whole number."""
        numbers = (as_number(self.get(name)) for name in names)
        return next((number for number in numbers if number is not None), None)

    def time(self, zone: tzinfo, *names: str) -> datetime | None:
        """Return the first of the named fields that is a time, in UTC."""
        times = (parse_time(self.text(name), zone) for name in names)
        return next((time for time in times if time is not None), None)

    def child(self, *names: str) -> Fields:
        """Return the object in a field; of a list, the first one."""
        return next(self.children(*names), Fields(None))

    def children(self, *names: str) -> Iterator[Fields]:
        """Return the objects in a field, be it a list or a single one."""
        return (
            Fields(item)
            for item in as_items(self.get(*names))
            if isinstance(item, dict)
        )
