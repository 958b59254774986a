"""What Home Assistant shows: live states, and the integration's bus events."""

from collections.abc import Callable, Mapping
from typing import Any

from .client import Client
from .waiting import Board

type State = Mapping[str, Any]
type Event = Mapping[str, Any]

PASSAGE = "hikcentral_visitors_passage"
VISIT = "hikcentral_visitors_visit"


class Watch:
    """States by entity id and events in order, kept up to date by a WebSocket."""

    def __init__(self) -> None:
        """See nothing yet."""
        self.states: dict[str, State] = {}
        self.passages: list[Event] = []
        self.visits: list[Event] = []
        self.heard: Callable[[str, Event], None] | None = None
        self._board = Board()

    async def follow(self, administrator: Client) -> None:
        """Follow all states and the integration's events from now on."""
        await administrator.listen(
            self._state_changed, "subscribe_events", event_type="state_changed"
        )
        for event_type in (PASSAGE, VISIT):
            await administrator.listen(
                self._event, "subscribe_events", event_type=event_type
            )
        for state in await administrator.command("get_states"):
            self.states.setdefault(state["entity_id"], state)
        self._board.changed()

    def _state_changed(self, event: Mapping[str, Any]) -> None:
        entity_id, state = event["data"]["entity_id"], event["data"]["new_state"]
        if state is None:
            self.states.pop(entity_id, None)
        else:
            self.states[entity_id] = state
        self._board.changed()

    def _event(self, event: Mapping[str, Any]) -> None:
        kind, data = event["event_type"], event["data"]
        (self.passages if kind == PASSAGE else self.visits).append(data)
        if self.heard is not None:
            self.heard(kind, data)
        self._board.changed()

    async def state(
        self, entity_id: str, what: str, test: Callable[[State], bool]
    ) -> State:
        """Wait until an entity's state passes the test."""

        def look() -> State | None:
            state = self.states.get(entity_id)
            return state if state is not None and test(state) else None

        return await self._board.until(
            f"{entity_id}: {what}", look, found=lambda: self.states.get(entity_id)
        )

    async def passage(self, visit_id: str, **expected: object) -> Event:
        """Wait for a passage of a visit in which all of `expected` is found."""
        wanted = {"visit_id": visit_id, **expected}
        return await self._board.until(
            f"a passage {wanted}",
            lambda: next(
                (event for event in self.passages if wanted.items() <= event.items()),
                None,
            ),
            found=lambda: self.passages,
        )
