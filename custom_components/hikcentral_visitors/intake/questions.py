"""Asking about door events, by clocks that may differ."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from ..hikcentral import (
    LONGEST_SEARCH,
    DoorEvent,
    HikCentralClient,
    Priority,
)
from .cursors import OVERLAP

_A_LITTLE_AHEAD = timedelta(seconds=30)
"""Terminals' clocks are never quite the server's."""


class Questions:
    """Questions about one type of events and up to ten doors (reference 3.7).

    Times are the server's. Where its clock and ours differ, the terminals' may be like
    either, so that a question about what happened lately is about both.
    """

    def __init__(self, client: HikCentralClient) -> None:
        """Ask this server."""
        self._client = client

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

    async def async_pages(
        self,
        event_type: int,
        door_ids: Sequence[str],
        start: datetime,
        end: datetime,
        priority: Priority,
    ) -> AsyncIterator[Sequence[DoorEvent]]:
        """Yield the events of an answer, page by page, the oldest first.

        However long the log is, whoever drops what is not ours holds a page or two.
        Raises HikCentralError; then only the pages before are in.
        """
        now = self.now()
        start -= now - self.earliest_now()
        end += _A_LITTLE_AHEAD
        if end > now:
            ahead = max(-self._client.clock.terminals_skew, timedelta())
            end = now + ahead + _A_LITTLE_AHEAD
        # The server's clock may have been set back since it was last read.
        start = max(min(start, end - OVERLAP), end - LONGEST_SEARCH)
        async for page in self._client.all_door_events(
            event_type, door_ids, start, end, priority=priority
        ):
            yield page.items

    async def async_total(
        self, event_type: int, door_ids: Sequence[str], start: datetime, end: datetime
    ) -> int | None:
        """Return how many events there are, None where the server does not say.

        Raises HikCentralError.
        """
        page = await self._client.door_events(
            event_type,
            door_ids,
            start,
            end,
            page_size=1,
            priority=Priority.SWEEP,
        )
        return page.total

    async def async_code(self, person_id: str) -> str | None:
        """Return the code of whoever has this person id, None if nobody has.

        Raises HikCentralError.
        """
        person = await self._client.person_by_id(person_id, priority=Priority.POLL)
        return None if person is None else person.code
