"""The tables of the newest schema (design, section 7).

Columns are named like the fields of the values that they keep, so that rows and values
convert by name.
"""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table

from ..visits.known import Existence, Progress
from ..visits.passage import Direction, PassageOutcome
from ..visits.presence import MovementKind
from ..visits.visit import ActorKind, EntryMode, Outcome, VisitorType
from .columns import (
    Flag,
    FreeText,
    Instant,
    Json,
    Label,
    Number,
    Picture,
    Span,
    Word,
    Words,
    WordSet,
)

METADATA = MetaData()

meta = Table(
    "meta",
    METADATA,
    Column("key", Label(64), primary_key=True),
    Column("value", Json, nullable=False),
)

visitors = Table(
    "visitors",
    METADATA,
    Column("id", Label(32), primary_key=True),
    Column("person_code", Label(16), nullable=False, unique=True),
    Column("given_name", FreeText, nullable=False),
    Column("family_name", FreeText, nullable=False),
    Column("company", FreeText),
    Column("phone", FreeText),
    Column("email", FreeText),
    Column("card_no", FreeText),
    Column("photo", Label(64)),
    Column("created_at", Instant, nullable=False),
    Column("forgotten_at", Instant),
    Index("visitors_by_age", "created_at", "id"),
)


def _visitor_id(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "visitor_id",
        Label(32),
        ForeignKey("visitors.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


visits = Table(
    "visits",
    METADATA,
    Column("id", Label(32), primary_key=True),
    _visitor_id(),
    Column("valid_from", Instant, nullable=False),
    Column("valid_until", Instant, nullable=False),
    Column("early_arrival", Span, nullable=False),
    Column("entry_mode", Word(EntryMode), nullable=False),
    Column("levels", WordSet, nullable=False),
    Column("visitor_type", Word(VisitorType), nullable=False),
    Column("host", FreeText),
    Column("notify", Words, nullable=False),
    Column("purpose", FreeText),
    Column("vehicle_plate", FreeText),
    Column("note", FreeText),
    Column("reference", FreeText, unique=True),
    Column("reference_digest", Label(64)),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_reason", FreeText),
    Column("cancelled_at", Instant),
    Column("ended_at", Instant),
    Column("left_at", Instant),
    Column("closed_at", Instant),
    Column("outcome", Word(Outcome)),
    Column("announced", WordSet, nullable=False),
    Index("visits_of_visitor", "visitor_id", "closed_at"),
    Index("visits_by_closing", "closed_at", "valid_from"),
    Index("visits_by_start", "valid_from", "valid_until", "id"),
    Index("visits_of_host", "host", "valid_from"),
)


def _effort(prefix: str) -> tuple[Column[Any], ...]:
    return (
        Column(f"{prefix}_failures", Number, nullable=False),
        Column(f"{prefix}_refusals", Number, nullable=False),
        Column(f"{prefix}_next_attempt", Instant),
        Column(f"{prefix}_reason", FreeText),
        Column(f"{prefix}_refused_for", FreeText),
    )


known = Table(
    "known",
    METADATA,
    _visitor_id(primary_key=True),
    Column("person_id", Label(64), index=True),
    Column("existence", Word(Existence), nullable=False),
    Column("add_attempted", Flag, nullable=False),
    Column("absences", Number, nullable=False),
    Column("proven_at", Instant),
    Column("window_start", Instant),
    Column("window_end", Instant),
    Column("window_known", Flag, nullable=False),
    Column("profile", Label(64)),
    Column("face", Label(64)),
    Column("face_updated", Flag, nullable=False),
    Column("face_refused", Label(64)),
    Column("face_lost", Flag, nullable=False),
    Column("members", WordSet, nullable=False),
    Column("unsure", WordSet, nullable=False),
    Column("refused_levels", WordSet, nullable=False),
    Column("application_progress", Word(Progress), nullable=False),
    Column("application_requested_at", Instant),
    Column("application_checks", Number, nullable=False),
    Column("application_failures", Number, nullable=False),
    Column("application_retries", Number, nullable=False),
    Column("application_next_check", Instant),
    Column("application_doors_ready", Number, nullable=False),
    Column("application_doors_total", Number, nullable=False),
    Column("application_failed_doors", Words, nullable=False),
    Column("former_ids", WordSet, nullable=False),
    Column("former_told", Number, nullable=False),
    Column("former_failures", Number, nullable=False),
    Column("former_due", Instant),
    *_effort("widening"),
    *_effort("narrowing"),
)

former_persons = Table(
    "former_persons",
    METADATA,
    Column("person_id", Label(64), primary_key=True),
    _visitor_id(),
    Column("until", Instant, nullable=False),
    Index("former_persons_of_visitor", "visitor_id"),
)
"""Persons who were a visitor's until then: what they did at doors is his."""

attendance = Table(
    "attendance",
    METADATA,
    Column("id", Integer, primary_key=True),
    _visitor_id(),
    Column("visit_id", Label(32), ForeignKey("visits.id", ondelete="CASCADE")),
    Column("at", Instant, nullable=False),
    Column("kind", Word(MovementKind), nullable=False),
    Index("attendance_of_visit", "visit_id"),
    Index("attendance_of_visitor", "visitor_id"),
)

passages = Table(
    "passages",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("event_id", Label(128), nullable=False, unique=True),
    Column("event_type", Number, nullable=False),
    _visitor_id(),
    Column("visit_id", Label(32), ForeignKey("visits.id", ondelete="CASCADE")),
    Column("occurred_at", Instant, nullable=False),
    Column("stamped_at", Instant),
    Column("recorded_at", Instant, nullable=False),
    Column("door_id", Label(64), nullable=False),
    Column("door_name", FreeText, nullable=False),
    Column("reader_id", Label(64), nullable=False),
    Column("direction", Word(Direction), nullable=False),
    Column("outcome", Word(PassageOutcome), nullable=False),
    Column("credential", Label(64), nullable=False),
    Column("reason", Label(64)),
    Column("picture_uri", FreeText, nullable=False),
    Column("echo", Flag, nullable=False),
    Index("passages_of_visit", "visit_id", "occurred_at"),
    Index("passages_of_visitor", "visitor_id", "occurred_at"),
    # Whether it is an echo too: so those that count are counted without being read.
    Index("passages_in_time", "occurred_at", "echo"),
)

deleted_events = Table(
    "deleted_events",
    METADATA,
    Column("event_id", Label(128), primary_key=True),
    Column("occurred_at", Instant, nullable=False),
    Index("deleted_events_in_time", "occurred_at"),
)
"""Passages that were deleted while HikCentral can still be asked for them."""

outbox = Table(
    "outbox",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("visit_id", Label(32), ForeignKey("visits.id", ondelete="CASCADE")),
    Column("passage_id", Integer, ForeignKey("passages.id", ondelete="CASCADE")),
    Column("type", Label(32)),
    Column("occurred_at", Instant, nullable=False),
    Column("reason", FreeText),
)

journal = Table(
    "journal",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Word(ActorKind), nullable=False),
    Column("user_id", Label(64)),
    Column("context_id", Label(64)),
    Column("action", Label(64), nullable=False),
    Column("visitor_id", Label(32)),
    Column("visit_id", Label(32)),
    Column("detail", Json, nullable=False),
    Index("journal_of_visit", "visit_id"),
    Index("journal_in_time", "at"),
)

cursors = Table(
    "cursors",
    METADATA,
    Column("event_type", Integer, primary_key=True, autoincrement=False),
    Column("doors", FreeText, primary_key=True),
    Column("until", Instant, nullable=False),
)

day_totals = Table(
    "day_totals",
    METADATA,
    Column("event_type", Integer, primary_key=True, autoincrement=False),
    Column("doors", FreeText, primary_key=True),
    Column("day", Instant, primary_key=True),
    Column("total", Integer, nullable=False),
)

counters = Table(
    "counters",
    METADATA,
    Column("key", Label(64), primary_key=True),
    Column("value", Number, nullable=False),
)

photos = Table(
    "photos",
    METADATA,
    _visitor_id(primary_key=True),
    Column("digest", Label(64), nullable=False),
    Column("jpeg", Picture, nullable=False),
)

places = Table(
    "places",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("visit_id", Label(32), nullable=False, unique=True),
)
