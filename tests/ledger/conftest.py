"""A ledger in a folder of the test's own."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.records import Moment
from custom_components.hikcentral_visitors.visits.policy import Policy

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = Policy(managed_levels=frozenset({"7", "8"}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger is."""
    return tmp_path / "visits.db"


@pytest.fixture
async def ledger(path: Path) -> AsyncGenerator[Ledger]:
    """An open ledger."""
    opened = Ledger(path)
    await opened.async_open()
    yield opened
    await opened.async_close()


@pytest.fixture
def moment() -> Moment:
    """Nine o'clock, under usual rules."""
    return Moment(NOW, POLICY)
