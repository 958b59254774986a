"""From the outbox to the house: entities first, then the bus, each thing once.

What is told was committed with the fact; it is taken out after it was told. A crash
between the two tells it again rather than never. What can never be told, for a defect
of ours, is logged and passed over, so that it does not stop what comes after it.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant

from .const import DELAYED_AFTER, EVENT_PASSAGE, EVENT_VISIT, LOGGER
from .coordinator import VisitorsCoordinator
from .hikcentral import ALARM_TYPES, DoorEvent, Outcome, event_type
from .ids import async_status_entity
from .ledger import Ledger, LedgerError, Transaction
from .ledger.outbox import Announcement, told, waiting
from .ledger.records import Moment
from .ledger.visit_queries import view_of_visit
from .local_time import first_on_day, iso
from .notices import DoorNotice, PassageNotice, VisitNotice
from .reasons import async_reason_text
from .visits.passage import Passage
from .visits.view import VisitView

BUS_ONLY_AFTER = timedelta(hours=1)
"""What is older is history: told to automations, slowly, but not shown as news."""

HISTORY_AT_ONCE = 10
HISTORY_PAUSE = timedelta(seconds=1)
"""History is told in small parts, and never before news."""

NOT_RECOGNISED = "face_not_recognised"
MOST_EXPECTED = 10
"""So many visits are named that an unrecognised face could mean."""


class Announcer:
    """Tells what waits in the outbox in its order, but news before history."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        ledger: Ledger,
        coordinator: VisitorsCoordinator,
        moment: Callable[[], Moment],
    ) -> None:
        """Speak for one config entry; not before `started` is set."""
        self._hass = hass
        self._entry_id = entry_id
        self._ledger = ledger
        self._coordinator = coordinator
        self._moment = moment
        self._told: set[int] = set()
        self._history_told = float("-inf")
        self.started = asyncio.Event()

    async def async_announce(self, until: int | None = None) -> timedelta | None:
        """Tell what waits, if Home Assistant has started: news, then some history.

        Nothing numbered after `until`: the entities do not know it yet.
        Returns after how long more may be told, None where nothing is left.
        Raises LedgerError.
        """
        if not self.started.is_set():
            return None
        limit = self._moment().now - BUS_ONLY_AFTER
        if news := await self._ledger.async_read(
            partial(waiting, until=until, since=limit)
        ):
            await self._tell_all(news)
            # What was committed meanwhile is told when the entities know it.
            return timedelta()
        history = await self._ledger.async_read(
            partial(waiting, until=until, before=limit, at_most=HISTORY_AT_ONCE)
        )
        if not history:
            return None
        # Whatever wakes us meanwhile, history is not told any faster.
        now = asyncio.get_running_loop().time()
        rest = self._history_told + HISTORY_PAUSE.total_seconds() - now
        if rest > 0:
            return timedelta(seconds=rest)
        self._history_told = now
        await self._tell_all(history)
        return HISTORY_PAUSE

    async def _tell_all(self, pending: Iterable[Announcement]) -> None:
        """Tell all of these, and take out what was told, even if it ends in between."""
        try:
            for one in pending:
                if one.id not in self._told:
                    await self._try_to_tell(one)
                    self._told.add(one.id)
        finally:
            await self._take_out()

    async def _take_out(self) -> None:
        """Take out what was told; where that fails, it is not told again meanwhile."""
        numbers = sorted(self._told)

        def take_out(transaction: Transaction) -> None:
            told(transaction, numbers)

        if numbers:
            await self._ledger.async_write(take_out)
            self._told.clear()

    async def _try_to_tell(self, one: Announcement) -> None:
        try:
            await self._tell(one)
        except LedgerError:
            raise
        except Exception:  # noqa: BLE001 - it would fail for ever and stop all others
            LOGGER.exception("Announcement %d could not be made", one.id)

    async def _tell(self, one: Announcement) -> None:
        view = await self._view(one.visit_id)
        if one.passage is not None:
            await self._tell_passage(one, one.passage, view)
        elif one.type is not None and view is not None:
            data = self._identity(view) | {
                "type": one.type.value,
                "occurred_at": iso(one.occurred_at),
                "reason": one.reason,
                "valid_from": iso(view.visit.valid_from),
                "valid_until": iso(view.visit.valid_until),
            }
            self._coordinator.tell_visit(
                VisitNotice(type=one.type, view=view, data=data)
            )
            self._hass.bus.async_fire(EVENT_VISIT, data)

    async def _tell_passage(
        self, one: Announcement, passage: Passage, view: VisitView | None
    ) -> None:
        age = self._moment().now - passage.occurred_at
        data = self._identity(view) if view else self._nobody(passage)
        data |= {
            "direction": passage.direction.value,
            "outcome": passage.outcome.value,
            "reason": passage.reason,
            "reason_text": await async_reason_text(self._hass, passage.reason),
            "credential": passage.credential,
            "door": passage.door_name or passage.door_id,
            "door_id": passage.door_id,
            "occurred_at": iso(passage.occurred_at),
            "first": one.previous is None,
            "first_today": first_on_day(one.previous, passage.occurred_at),
            "count": one.count,
            "delayed": age > DELAYED_AFTER,
        }
        if age <= BUS_ONLY_AFTER:
            self._coordinator.tell_passage(
                PassageNotice(passage=passage, view=view, data=data)
            )
        self._hass.bus.async_fire(EVENT_PASSAGE, data)

    async def _view(self, visit_id: str | None) -> VisitView | None:
        if visit_id is None:
            return None
        if (seen := self._coordinator.view(visit_id)) is not None:
            return seen
        moment = self._moment()
        return await self._ledger.async_read(
            lambda connection: view_of_visit(connection, moment, visit_id)
        )

    def _identity(self, view: VisitView) -> dict[str, Any]:
        visit = view.visit
        return {
            "visit_id": visit.id,
            "visitor_id": view.visitor.id,
            "name": view.visitor.name,
            "visitor_type": visit.visitor_type.value,
            "company": view.visitor.company,
            "host": visit.host,
            "notify": list(visit.notify),
            "status": view.status.value,
            ATTR_ENTITY_ID: async_status_entity(
                self._hass, self._entry_id, self._coordinator.place_of(visit.id)
            ),
            "config_entry_id": self._entry_id,
        }

    def _nobody(self, passage: Passage) -> dict[str, Any]:
        """The same keys for a person of ours who has no visit any more."""
        empty = dict.fromkeys(
            ("visit_id", "name", "visitor_type", "company", "host", "status"), None
        )
        return empty | {
            "visitor_id": passage.visitor_id,
            "notify": [],
            ATTR_ENTITY_ID: None,
            "config_entry_id": self._entry_id,
        }

    def tell_unknown(self, event: DoorEvent) -> None:
        """Tell of an event at a door that names nobody; only while it is news."""
        if self._moment().now - event.time > DELAYED_AFTER:
            return
        if (alarm := ALARM_TYPES.get(event.type)) is not None:
            self._tell_door(event, alarm, {})
            return
        kind = event_type(event.type)
        if kind.credential != "face" or kind.outcome is not Outcome.DENIED:
            return
        LOGGER.debug("A face was not recognised at door %s", event.door_id)
        expected = self._coordinator.expected_at(event.time)
        about = {
            "reason": kind.reason,
            "expected_now": [view.visit.id for view in islice(expected, MOST_EXPECTED)],
        }
        self._tell_door(event, NOT_RECOGNISED, about)

    def _tell_door(self, event: DoorEvent, kind: str, about: dict[str, Any]) -> None:
        data = {
            "door": event.door_name,
            "door_id": event.door_id,
            "occurred_at": iso(event.time),
        }
        self._coordinator.tell_door(
            DoorNotice(
                door_id=event.door_id,
                type=kind,
                occurred_at=event.time,
                data=data | about,
            )
        )
