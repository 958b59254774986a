"""What is told to the house: passages, visits, and doors, as values; and to whom."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homeassistant.core import CALLBACK_TYPE, callback

from .listeners import Listeners
from .visits.events import VisitEventType
from .visits.passage import Passage
from .visits.view import VisitView


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageNotice:
    """A passage of a visitor; `data` is the payload of the bus event."""

    passage: Passage
    view: VisitView | None
    data: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitNotice:
    """Something about a visit; `data` is the payload of the bus event."""

    type: VisitEventType
    view: VisitView
    data: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorNotice:
    """Something at a door that names no visitor of ours."""

    door_id: str
    type: str
    occurred_at: datetime
    data: dict[str, Any] = field(repr=False)


class NoticeBoard:
    """Hands on what is announced to the entities that show it."""

    def __init__(self) -> None:
        """Begin with nobody who listens."""
        self._passages = Listeners[[PassageNotice]]()
        self._visits = Listeners[[VisitNotice]]()
        self._doors = Listeners[[DoorNotice]]()
        self._forgetting = Listeners[[frozenset[str]]]()

    def async_listen_passages(
        self, listener: Callable[[PassageNotice], None]
    ) -> CALLBACK_TYPE:
        """Call `listener` for each passage that is announced."""
        return self._passages.add(listener)

    def async_listen_visit_events(
        self, listener: Callable[[VisitNotice], None]
    ) -> CALLBACK_TYPE:
        """Call `listener` for whatever is announced of visits."""
        return self._visits.add(listener)

    def async_listen_doors(
        self, listener: Callable[[DoorNotice], None]
    ) -> CALLBACK_TYPE:
        """Call `listener` for what happens at doors and names no visitor."""
        return self._doors.add(listener)

    def async_listen_forgetting(
        self, listener: Callable[[frozenset[str]], None]
    ) -> CALLBACK_TYPE:
        """Call `listener` with the ids of visitors who are forgotten."""
        return self._forgetting.add(listener)

    @callback
    def tell_passage(self, notice: PassageNotice) -> None:
        """Hand a passage to the entities."""
        self._passages.tell(notice)

    @callback
    def tell_visit(self, notice: VisitNotice) -> None:
        """Hand something about a visit to the entities."""
        self._visits.tell(notice)

    @callback
    def tell_door(self, notice: DoorNotice) -> None:
        """Hand something at a door to the entities."""
        self._doors.tell(notice)

    @callback
    def tell_forgotten(self, visitor_ids: frozenset[str]) -> None:
        """Have the entities show nobody of these any more."""
        self._forgetting.tell(visitor_ids)
