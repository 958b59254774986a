"""The tables, as of schema version 1, in portable SQL (design, section 7).

Columns are named like the fields of the values that they keep, so that rows and values
convert by name.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, override

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from ..visits.known import Existence, Progress
from ..visits.passage import Direction, PassageOutcome
from ..visits.presence import MovementKind
from ..visits.visit import ActorKind, EntryMode, Outcome, VisitorType

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    @override
    def process_result_value(
        self, value: int | None, dialect: Dialect
    ) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Span(TypeDecorator[timedelta]):
    """A duration, kept as whole seconds."""

    impl = Integer
    cache_ok = True

    @override
    def process_bind_param(
        self, value: timedelta | None, dialect: Dialect
    ) -> int | None:
        return None if value is None else value // timedelta(seconds=1)

    @override
    def process_result_value(
        self, value: int | None, dialect: Dialect
    ) -> timedelta | None:
        return None if value is None else timedelta(seconds=value)


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
    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.kind(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """Texts in their order, kept as a JSON list."""

    impl = JSON
    cache_ok = True

    @override
    def process_bind_param(
        self, value: Iterable[str] | None, dialect: Dialect
    ) -> list[str] | None:
        return None if value is None else list(value)

    @override
    def process_result_value(
        self, value: list[str] | None, dialect: Dialect
    ) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)


class WordSet(TypeDecorator[frozenset[str]]):
    """Texts without order, kept as a sorted JSON list."""

    impl = JSON
    cache_ok = True

    @override
    def process_bind_param(
        self, value: Iterable[str] | None, dialect: Dialect
    ) -> list[str] | None:
        return None if value is None else sorted(value)

    @override
    def process_result_value(
        self, value: list[str] | None, dialect: Dialect
    ) -> frozenset[str] | None:
        return None if value is None else frozenset(value)


METADATA = MetaData()

meta = Table(
    "meta",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

visitors = Table(
    "visitors",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("person_code", String(16), nullable=False, unique=True),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("company", Text),
    Column("phone", Text),
    Column("email", Text),
    Column("card_no", Text),
    Column("photo", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("forgotten_at", Instant),
)


def _visitor_id(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "visitor_id",
        String(32),
        ForeignKey("visitors.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


visits = Table(
    "visits",
    METADATA,
    Column("id", String(32), primary_key=True),
    _visitor_id(),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("early_arrival", Span, nullable=False),
    Column("entry_mode", Word(EntryMode), nullable=False),
    Column("levels", WordSet, nullable=False),
    Column("visitor_type", Word(VisitorType), nullable=False),
    Column("host", Text),
    Column("notify", Words, nullable=False),
    Column("purpose", Text),
    Column("vehicle_plate", Text),
    Column("note", Text),
    Column("reference", Text, unique=True),
    Column("reference_digest", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_reason", Text),
    Column("cancelled_at", Instant),
    Column("ended_at", Instant),
    Column("closed_at", Instant),
    Column("outcome", Word(Outcome)),
    Column("announced", WordSet, nullable=False),
    Index("visits_of_visitor", "visitor_id", "valid_until"),
    Index("visits_by_closing", "closed_at", "valid_from"),
)


def _effort(prefix: str) -> tuple[Column[Any], ...]:
    return (
        Column(f"{prefix}_failures", Integer, nullable=False),
        Column(f"{prefix}_refusals", Integer, nullable=False),
        Column(f"{prefix}_next_attempt", Instant),
        Column(f"{prefix}_reason", Text),
        Column(f"{prefix}_refused_for", Text),
    )


known = Table(
    "known",
    METADATA,
    _visitor_id(primary_key=True),
    Column("person_id", String(64), index=True),
    Column("existence", Word(Existence), nullable=False),
    Column("add_attempted", Boolean, nullable=False),
    Column("absences", Integer, nullable=False),
    Column("proven_at", Instant),
    Column("window_start", Instant),
    Column("window_end", Instant),
    Column("window_known", Boolean, nullable=False),
    Column("profile", String(64)),
    Column("face", String(64)),
    Column("face_updated", Boolean, nullable=False),
    Column("face_refused", String(64)),
    Column("members", WordSet, nullable=False),
    Column("unsure", WordSet, nullable=False),
    Column("application_progress", Word(Progress), nullable=False),
    Column("application_requested_at", Instant),
    Column("application_checks", Integer, nullable=False),
    Column("application_failures", Integer, nullable=False),
    Column("application_retries", Integer, nullable=False),
    Column("application_next_check", Instant),
    Column("application_doors_ready", Integer, nullable=False),
    Column("application_doors_total", Integer, nullable=False),
    Column("application_failed_doors", Words, nullable=False),
    *_effort("widening"),
    *_effort("narrowing"),
)

attendance = Table(
    "attendance",
    METADATA,
    Column("id", Integer, primary_key=True),
    _visitor_id(),
    Column("visit_id", String(32), ForeignKey("visits.id", ondelete="CASCADE")),
    Column("at", Instant, nullable=False),
    Column("kind", Word(MovementKind), nullable=False),
    Index("attendance_of_visit", "visit_id"),
)

passages = Table(
    "passages",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("event_id", String(128), nullable=False, unique=True),
    Column("event_type", Integer, nullable=False),
    _visitor_id(),
    Column("visit_id", String(32), ForeignKey("visits.id", ondelete="CASCADE")),
    Column("occurred_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("door_id", String(64), nullable=False),
    Column("door_name", Text, nullable=False),
    Column("reader_id", String(64), nullable=False),
    Column("direction", Word(Direction), nullable=False),
    Column("outcome", Word(PassageOutcome), nullable=False),
    Column("credential", String(64), nullable=False),
    Column("reason", String(64)),
    Column("picture_uri", Text, nullable=False),
    Column("echo", Boolean, nullable=False),
    Index("passages_of_visit", "visit_id", "occurred_at"),
    Index("passages_of_visitor", "visitor_id", "occurred_at"),
    Index("passages_by_time", "occurred_at"),
)

outbox = Table(
    "outbox",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("visit_id", String(32), ForeignKey("visits.id", ondelete="CASCADE")),
    Column("passage_id", Integer, ForeignKey("passages.id", ondelete="CASCADE")),
    Column("type", String(32)),
    Column("occurred_at", Instant, nullable=False),
    Column("reason", Text),
)

journal = Table(
    "journal",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Word(ActorKind), nullable=False),
    Column("user_id", String(64)),
    Column("context_id", String(64)),
    Column("action", String(64), nullable=False),
    Column("visitor_id", String(32)),
    Column("visit_id", String(32)),
    Column("detail", JSON, nullable=False),
    Index("journal_of_visit", "visit_id"),
)

cursors = Table(
    "cursors",
    METADATA,
    Column("event_type", Integer, primary_key=True, autoincrement=False),
    Column("doors", Text, primary_key=True),
    Column("until", Instant, nullable=False),
)

counters = Table(
    "counters",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

photos = Table(
    "photos",
    METADATA,
    _visitor_id(primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
)

places = Table(
    "places",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("visit_id", String(32), nullable=False, unique=True),
)
