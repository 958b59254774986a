"""Asking about door events, and telling everybody what that says of the connection."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ..contact import Contact
from ..hikcentral import (
    LONGEST_SEARCH,
    DoorEvent,
    HikCentralClient,
    HikCentralError,
    Priority,
)

_A_LITTLE_AHEAD = timedelta(seconds=30)
"""Terminals' clocks are never quite the server's."""


class Questions:
    """Questions about one type of events and up to ten doors (guide 3.7).

    Times are the server's. Where its clock and ours differ, the terminals' may be like
    either, so that a question about what happened lately is about both.
    """

    def __init__(self, client: HikCentralClient, contact: Contact) -> None:
        """Ask this server."""
        self._client = client
        self._contact = contact

    def now(self) -> datetime:
        """Return the server's time."""
        return self._client.clock.now()

    def earliest_now(self) -> datetime:
        """Return the time on the clock that is behind, the server's or ours."""
        return self.now() - max(self._client.clock.terminals_skew, timedelta())

    def latest_now(self) -> datetime:
        """Return the time on the clock that is ahead, the server's or ours.

        Before the server has told its own, ours may be wrong: no time is too late.
        """
        skew = self._client.clock.skew
        if skew is None:
            return datetime.max.replace(tzinfo=UTC)
        return self.now() + max(-skew, timedelta())

    async def async_events(
        self,
        event_type: int,
        door_ids: Sequence[str],
        start: datetime,
        end: datetime,
        priority: Priority,
    ) -> Sequence[DoorEvent]:
        """Return the events of all pages of an answer; raises HikCentralError."""
        now = self.now()
        start -= now - self.earliest_now()
        end += _A_LITTLE_AHEAD
        if end > now:
            ahead = max(-self._client.clock.terminals_skew, timedelta())
            end = now + ahead + _A_LITTLE_AHEAD
        events: list[DoorEvent] = []
        try:
            async for page in self._client.all_door_events(
                event_type,
                door_ids,
                max(start, end - LONGEST_SEARCH),
                end,
                priority=priority,
            ):
                events += page.items
        except HikCentralError as error:
            self._contact.failed(error)
            raise
        self._contact.answered()
        return events

    async def async_total(
        self, event_type: int, door_ids: Sequence[str], start: datetime, end: datetime
    ) -> int | None:
        """Return how many events there are, None where the server does not say.

        Raises HikCentralError.
        """
        try:
            page = await self._client.door_events(
                event_type,
                door_ids,
                start,
                end,
                page_size=1,
                priority=Priority.SWEEP,
            )
        except HikCentralError as error:
            self._contact.failed(error)
            raise
        self._contact.answered()
        return page.total

    async def async_code(self, person_id: str) -> str | None:
        """Return the code of whoever has this person id, None if nobody has.

        Raises HikCentralError.
        """
        try:
            person = await self._client.person_by_id(person_id, priority=Priority.POLL)
        except HikCentralError as error:
            self._contact.failed(error)
            raise
        self._contact.answered()
        return None if person is None else person.code
