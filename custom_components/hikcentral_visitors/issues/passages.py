"""Doors that opened for a visitor without a visit: an issue until somebody saw it."""

from dataclasses import replace

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from sqlalchemy import Connection

from ..const import DOMAIN
from ..ledger import Ledger, LedgerError
from ..ledger.memory import recall_texts, remember
from ..ledger.passage_queries import PassageQuery, PassageRow, find_passages
from ..notices import VisitNotice
from ..problems import Cause
from ..runtime import HikCentralConfigEntry
from ..visits.checks import CommandRefusedError
from ..visits.events import VisitEventType
from ..visits.passage import PassageOutcome
from ..visits.visit import Visitor
from ..wording import first_names, shown
from .cards import async_set_issue, issue_id

_KEY = "unjustified"


class PassageIssues:
    """Keeps the visits of such passages, by id, over restarts until they were seen."""

    def __init__(self, hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
        """Look after `entry`, whose runtime is there."""
        self._hass = hass
        self._entry = entry
        self._whose: dict[str, Visitor] = {}

    @property
    def _ledger(self) -> Ledger:
        return self._entry.runtime_data.ledger

    @callback
    def async_start(self) -> None:
        """Follow what is told of visits until the entry is unloaded."""
        coordinator = self._entry.runtime_data.coordinator
        self._entry.async_on_unload(coordinator.async_listen_visit_events(self._told))
        self._entry.async_on_unload(
            coordinator.async_listen_forgetting(self._forgotten)
        )
        self._entry.async_on_unload(
            self._hass.bus.async_listen(
                ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, self._issue_changed
            )
        )
        self._entry.async_create_task(
            self._hass, self.async_recall(), f"{DOMAIN} passages without a visit"
        )

    async def async_recall(self) -> None:
        """Show again what nobody had seen before the restart."""
        runtime = self._entry.runtime_data
        try:
            kept = await self._ledger.async_read(
                lambda connection: recall_texts(connection, _KEY)
            )
            for visit_id in kept:
                try:
                    seen = await runtime.book.visit(visit_id)
                except CommandRefusedError:
                    continue  # retention took it
                self._whose.setdefault(visit_id, seen.visitor)
        except LedgerError as error:
            self._ledger.complaints.make("recall passages without a visit", error)
        await self._show()

    @callback
    def _told(self, notice: VisitNotice) -> None:
        """Show it, and look at once why it could be."""
        if notice.type is not VisitEventType.UNJUSTIFIED_ACCESS:
            return
        self._whose[notice.view.visit.id] = notice.view.visitor
        self._show_soon()
        self._entry.async_create_background_task(
            self._hass,
            self._look_why(notice.view.visitor.id),
            f"{DOMAIN} looking why a door opened",
        )

    @callback
    def _forgotten(self, visitor_ids: frozenset[str]) -> None:
        """The door opened all the same; for whom is not said any more."""
        for visit_id, visitor in self._whose.items():
            if visitor.id in visitor_ids:
                self._whose[visit_id] = replace(visitor, given_name="", family_name="")
        self._show_soon()

    @callback
    def _show_soon(self) -> None:
        self._entry.async_create_task(
            self._hass, self._show(), f"{DOMAIN} passage without a visit"
        )

    async def _look_why(self, visitor_id: str) -> None:
        await self._keep()
        try:
            await self._entry.runtime_data.auditor.async_read_back(visitor_id)
        except LedgerError as error:
            self._ledger.complaints.make("look why a door opened", error)

    @callback
    def _issue_changed(self, event: Event[ir.EventIssueRegistryUpdatedData]) -> None:
        """Somebody has seen it: nothing else takes an issue of this cause away."""
        seen = issue_id(self._entry, Cause.UNJUSTIFIED_PASSAGE)
        if event.data["action"] == "remove" and event.data["issue_id"] == seen:
            self._whose.clear()
            self._entry.async_create_background_task(
                self._hass, self._keep(), f"{DOMAIN} passages were seen"
            )

    async def _keep(self) -> None:
        kept = list(self._whose)
        try:
            await self._ledger.async_write(
                lambda transaction: remember(transaction, _KEY, kept)
            )
        except LedgerError as error:
            self._ledger.complaints.make("keep passages without a visit", error)

    async def _show(self) -> None:
        if not self._whose:
            return
        last = [row.passage for row in await self._passages()]
        known = self._entry.runtime_data.door_names
        doors = dict.fromkeys(
            one.door_name or known.get(one.door_id, one.door_id) for one in last
        )
        times = [one.occurred_at for one in last]
        people = {one.id: one.name for one in self._whose.values()}
        async_set_issue(
            self._hass,
            self._entry,
            Cause.UNJUSTIFIED_PASSAGE,
            {
                "names": first_names(list(people.values())),
                "count": str(len(people)),
                "doors": first_names(list(doors)),
                "since": shown(max(times, default=None)),
            },
            fixable=True,
            severe=True,
        )

    async def _passages(self) -> list[PassageRow]:
        """Return the last passage of each of these visits that let somebody in."""
        ids = list(self._whose)

        def newest(connection: Connection) -> list[PassageRow]:
            found = []
            for visit_id in ids:
                rows, _total = find_passages(
                    connection, PassageQuery(visit_id=visit_id)
                )
                found += [
                    row for row in rows if row.passage.outcome is PassageOutcome.GRANTED
                ][:1]
            return found

        try:
            return await self._ledger.async_read(newest)
        except LedgerError as error:
            self._ledger.complaints.make("read passages without a visit", error)
            return []
