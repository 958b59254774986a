"""The house in numbers: what the server's entities show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .visits.view import VisitView


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the server's entities show; humans are counted, not visits."""

    inside: int = 0
    arrived: int = 0
    expected_today: int = 0
    overstaying: int = 0
    next_visit: VisitView | None = None
    denied_today: int = 0
    pending_changes: int = 0
    oldest_pending: datetime | None = None
    last_passage: datetime | None = None
    version: str | None = None
    connected: bool = False
    access_problem: bool = False
    counters: Mapping[str, int] = field(default_factory=dict)
