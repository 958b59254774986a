"""Asking for alarms of doors: forced, held open, tampered with.

They are news or nothing. So what happened before the start is not asked for, and no
cursor is kept.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from ..const import LOGGER
from ..hikcentral import (
    ALARM_TYPES,
    DoorEvent,
    HikCentralError,
    Priority,
    RefusedError,
)
from ..ledger import LedgerError
from .cursors import OVERLAP, groups
from .intake import Intake
from .questions import Questions

INTERVAL = timedelta(minutes=1)
"""A question for each type and ten doors: more often would take turns from passages."""


class AlarmPoller:
    """Reads alarms from the log of door events, also where pushes bring them too."""

    def __init__(
        self, questions: Questions, intake: Intake, door_ids: Iterable[str]
    ) -> None:
        """Ask about these doors."""
        self._questions = questions
        self._intake = intake
        self._groups = [group.split(",") for group in groups(door_ids)]
        self._types = sorted(ALARM_TYPES)
        self._began: datetime | None = None
        self._read_until: dict[int, datetime] = {}

    async def async_run(self) -> None:
        """Ask until cancelled."""
        self._began = self._questions.earliest_now()
        while True:
            await asyncio.sleep(INTERVAL.total_seconds())
            try:
                await self.async_poll()
            except LedgerError as error:
                self._intake.complaints.make("read the visits", error)

    async def async_poll(self) -> None:
        """Ask for what came since the last time.

        A type that this server does not know is not asked for again. Raises
        LedgerError.
        """
        now = self._questions.now()
        began = self._began = self._began or self._questions.earliest_now()
        for code in list(self._types):
            since = max(self._read_until.get(code, began) - OVERLAP, began)
            try:
                await self._ask(code, min(since, now), now)
            except RefusedError as error:
                LOGGER.debug("This server tells no alarms of type %d: %s", code, error)
                self._types.remove(code)
            except HikCentralError:
                return
            else:
                self._read_until[code] = now

    async def _ask(self, code: int, since: datetime, now: datetime) -> None:
        for group in self._groups:
            async for events in self._questions.async_pages(
                code, group, since, now, Priority.SWEEP
            ):
                await self._intake.async_take(
                    [event for event in events if self._is_news(event)]
                )

    def _is_news(self, event: DoorEvent) -> bool:
        return self._began is not None and event.time >= self._began
