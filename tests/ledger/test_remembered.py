"""What was remembered may have been changed by other hands: it is read or left out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy import Connection, Engine

from custom_components.hikcentral_visitors.intake.agenda import Agenda
from custom_components.hikcentral_visitors.ledger.engines import create
from custom_components.hikcentral_visitors.ledger.memory import recall, recall_texts
from custom_components.hikcentral_visitors.ledger.recovery import (
    lost,
    quiet_before,
    restored_at,
)
from custom_components.hikcentral_visitors.ledger.schema import METADATA, meta
from custom_components.hikcentral_visitors.reconciler.levels import remembered_doors
from tests.hikcentral.strategies import JSON

READERS: dict[str, Callable[[Connection], Any]] = {
    "backup_restored": restored_at,
    "found": lambda connection: recall_texts(connection, "found"),
    "level_doors": remembered_doors,
    "quiet_before": quiet_before,
    "sweeps": lambda connection: Agenda.from_kept(recall(connection, "sweeps")),
    "unjustified": lambda connection: recall_texts(connection, "unjustified"),
    "visits_lost": lost,
}
TIMES = st.sampled_from(
    ["", "2026-03-02", "2026-03-02T08:00:00+00:00", "0001-01-01T00:00:00+14:00"]
)
WORDS = st.sampled_from(["at", "daily", "doors", "file", "first", "hourly", "offline"])
STORED = JSON | st.dictionaries(
    WORDS | st.text(max_size=3),
    JSON | TIMES | st.dictionaries(WORDS, JSON | TIMES, max_size=2),
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create(tmp_path / "visits.db", "BEGIN IMMEDIATE")
    METADATA.create_all(made)
    yield made
    made.dispose()


@given(stored=STORED)
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_was_remembered_can_be_read(engine: Engine, stored: Any) -> None:
    with engine.connect() as connection:
        connection.execute(
            meta.insert(), [{"key": key, "value": stored} for key in READERS]
        )
        for read in READERS.values():
            read(connection)
        connection.rollback()
