"""What is told to the house: passages, visits, and doors, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .visits.events import VisitEventType
from .visits.passage import Passage
from .visits.view import VisitView


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageNotice:
    """A passage of a visitor; `data` is the payload of the bus event."""

    passage: Passage
    view: VisitView | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitNotice:
    """Something about a visit; `data` is the payload of the bus event."""

    type: VisitEventType
    view: VisitView
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorNotice:
    """Something at a door that names no visitor of ours."""

    door_id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any]
