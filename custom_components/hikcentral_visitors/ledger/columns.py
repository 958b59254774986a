"""The types of columns: from values to what is stored, and warily back.

SQLite keeps anything in any column, and a file may have been through a full disk, a
hand or a bit that flipped. What is read and cannot be what was written is `UNREADABLE`:
so one bad row can be passed over, where an exception would take all others with it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from functools import lru_cache
import json
from typing import Any, override

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator


class _Unreadable(Enum):
    UNREADABLE = "unreadable"


UNREADABLE: Any = _Unreadable.UNREADABLE
"""Stands for a stored value that nobody of us can have written."""

_MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = (datetime(2200, 1, 1, tzinfo=UTC) - EPOCH) // _MICROSECOND
_LONGEST = timedelta(days=3660) // timedelta(seconds=1)
_LARGEST = 1 << 62


class Instant(TypeDecorator[datetime]):
    """An aware time from 1970 to 2200, kept as microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> int | None:
        return None if value is None else (value - EPOCH) // _MICROSECOND

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if not isinstance(value, int) or not 0 <= value < _LATEST:
            return UNREADABLE  # type: ignore[no-any-return]
        return EPOCH + value * _MICROSECOND


class Span(TypeDecorator[timedelta]):
    """A duration of at most ten years, kept as whole seconds."""

    impl = Integer
    cache_ok = True

    @override
    def process_bind_param(
        self, value: timedelta | None, dialect: Dialect
    ) -> int | None:
        return None if value is None else value // timedelta(seconds=1)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        if value is None:
            return None
        if not isinstance(value, int) or not 0 <= value <= _LONGEST:
            return UNREADABLE  # type: ignore[no-any-return]
        return timedelta(seconds=value)


class Word[E: StrEnum](TypeDecorator[E]):
    """A member of an enumeration, kept as its word."""

    impl = String(32)
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        """Remember which enumeration."""
        super().__init__()
        self.kind = kind

    @override
    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        if value is None:
            return None
        try:
            return self.kind(value)
        except ValueError:
            return UNREADABLE  # type: ignore[no-any-return]


class Label(TypeDecorator[str]):
    """A text of limited length."""

    impl = String
    cache_ok = True

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return _text(value)


class FreeText(TypeDecorator[str]):
    """A text of any length."""

    impl = Text
    cache_ok = True

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return _text(value)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else UNREADABLE


class Number(TypeDecorator[int]):
    """A count."""

    impl = BigInteger
    cache_ok = True

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not isinstance(value, int) or not 0 <= value < _LARGEST:
            return UNREADABLE  # type: ignore[no-any-return]
        return value


class Flag(TypeDecorator[bool]):
    """Yes or no, kept as 1 or 0."""

    impl = Integer
    cache_ok = True

    @override
    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        if value is None:
            return None
        return bool(value) if value in (0, 1) else UNREADABLE


class Picture(TypeDecorator[bytes]):
    """The bytes of a picture; what is no bytes is none."""

    impl = LargeBinary
    cache_ok = True

    @override
    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return lambda value: value if isinstance(value, bytes) else None


class Json(TypeDecorator[Any]):
    """Anything that JSON can say; what says nothing is read as None."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json.dumps(value)

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        found = _json(value)
        return None if found is UNREADABLE else found


class Words(TypeDecorator[tuple[str, ...]]):
    """Texts in their order, kept as a JSON list."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(
        self, value: Iterable[str] | None, dialect: Dialect
    ) -> str | None:
        return None if value is None else json.dumps(list(value))

    @override
    def process_result_value(
        self, value: Any, dialect: Dialect
    ) -> tuple[str, ...] | None:
        return _words(value)


class WordSet(TypeDecorator[frozenset[str]]):
    """Texts without order, kept as a sorted JSON list."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(
        self, value: Iterable[str] | None, dialect: Dialect
    ) -> str | None:
        return None if value is None else json.dumps(sorted(value))

    @override
    def process_result_value(
        self, value: Any, dialect: Dialect
    ) -> frozenset[str] | None:
        return _word_set(value)


# Many rows hold the same few texts: their values are shared, which spares memory, and
# objects that Python's garbage collector looks at while everything else waits.


@lru_cache(maxsize=1024)
def _words(value: Any) -> tuple[str, ...] | None:
    texts = _texts(value)
    return tuple(texts) if isinstance(texts, list) else texts


@lru_cache(maxsize=1024)
def _word_set(value: Any) -> frozenset[str] | None:
    texts = _texts(value)
    return frozenset(texts) if isinstance(texts, list) else texts


def _texts(value: Any) -> Any:
    """Return the list of texts that was stored, None where nothing was."""
    if value is None:
        return None
    found = _json(value)
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return found
    return UNREADABLE


def _json(value: Any) -> Any:
    if isinstance(value, int | float):  # SQLite keeps a number for a text like one
        return value
    try:
        return json.loads(value)
    except TypeError, ValueError, RecursionError:
        return UNREADABLE
