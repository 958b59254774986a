"""What entities read: open visits, places and totals, pushed whenever they change."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .contact import Contact
from .directory import Directory
from .hikcentral import CredentialsError, HikCentralClient
from .hikcentral.request_statistics import OK
from .ledger import Committed, Ledger, LedgerError, Transaction
from .ledger.counters import count, totals
from .ledger.memory import held_places, hold_places
from .ledger.passages import denials_since, last_passage
from .ledger.queries import view_of_visit
from .ledger.records import Moment
from .notices import DoorNotice, PassageNotice, VisitNotice
from .overview import Overview, Today, people
from .places import allocate, wanted
from .roster import Roster
from .visits.access import SETTLED_STATES
from .visits.commands import CommandRefusedError
from .visits.view import VisitView

type Listener = Callable[[], None]

_REQUESTS_STORED_EVERY = timedelta(minutes=5)


class VisitorsCoordinator(DataUpdateCoordinator[Overview]):
    """Follows the ledger, the connection and the clock; it never polls.

    After a commit it reads the visitors that changed, tells the entities, and only then
    lets the announcer speak, so that an announcement finds the house as it says.
    """

    config_entry: ConfigEntry[Any]

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        ledger: Ledger,
        client: HikCentralClient,
        contact: Contact,
        directory: Directory,
        moment: Callable[[], Moment],
        places: int,
    ) -> None:
        """Follow `ledger`; at most `places` visits are shown as devices."""
        super().__init__(hass, LOGGER, config_entry=entry, name=DOMAIN)
        self.data = Overview()
        self._ledger = ledger
        self._client = client
        self._contact = contact
        self._directory = directory
        self._moment = moment
        self._capacity = places
        self._roster = Roster(ledger)
        self._places: dict[int, str] = {}
        self._visit_listeners: dict[object, tuple[str | None, Listener]] = {}
        self._place_listeners: list[Listener] = []
        self._passage_listeners: list[Callable[[PassageNotice], None]] = []
        self._event_listeners: list[Callable[[VisitNotice], None]] = []
        self._door_listeners: list[Callable[[DoorNotice], None]] = []
        self._touched: set[str] = set()
        self._wake = asyncio.Event()
        self._in_step = asyncio.Event()
        self._timer: CALLBACK_TYPE | None = None
        self._counted_requests = (0, 0)
        self._requests_stored = self._moment().now

    async def async_load(self) -> None:
        """Read what is open and who holds which place; raises LedgerError."""
        await self._roster.async_load(self._moment())
        self._places = await self._ledger.async_read(held_places)
        await self._allocate()
        self.data = await self._overview()

    async def async_run(self, announce: Callable[[], Awaitable[None]]) -> None:
        """Follow until cancelled; `announce` speaks after the entities were told."""
        stops = (
            self._ledger.async_listen(self._committed),
            self._contact.async_listen(self._contact_changed),
        )
        try:
            while True:
                try:
                    await self._follow()
                    await announce()
                except LedgerError as error:
                    LOGGER.error("Cannot read the visits: %s", error)
                if not self._touched:
                    self._in_step.set()
                self._set_timer()
                await self._wake.wait()
                self._wake.clear()
        finally:
            for stop in stops:
                stop()
            self._cancel_timer()

    async def _follow(self) -> None:
        moment = self._moment()
        touched, self._touched = self._touched, set()
        changed = self._roster.look_again(moment)
        if touched:
            changed |= await self._roster.async_reload(touched, moment)
        if await self._allocate():
            for listener in list(self._place_listeners):
                listener()
        for visit_id, listener in list(self._visit_listeners.values()):
            if changed and (visit_id is None or visit_id in changed):
                listener()
        await self._store_requests(moment.now)
        overview = await self._overview()
        if overview != self.data:
            self.async_set_updated_data(overview)

    async def _allocate(self) -> bool:
        """Give the places to those who should have them; True where that changed."""
        now = self._moment().now
        held = allocate(self._places, wanted(self._roster, now), self._capacity)
        if held == self._places:
            return False
        self._places = held
        await self._ledger.async_write(
            lambda transaction: hold_places(transaction, held)
        )
        return True

    async def _overview(self) -> Overview:
        now = self._moment().now
        start = dt_util.start_of_local_day(dt_util.as_local(now))
        today = Today(start=start, end=start + timedelta(days=1))
        denied, newest, counted = await self._ledger.async_read(
            lambda connection: (
                denials_since(connection, today.start),
                last_passage(connection),
                totals(connection),
            )
        )
        return replace(
            people(self._roster, now, today),
            denied_today=denied,
            last_passage=newest,
            version=self._directory.version,
            connected=self._contact.connected,
            counters=counted,
        )

    async def _store_requests(self, now: datetime) -> None:
        """Add the requests since the last time to the totals, now and then."""
        if now - self._requests_stored >= _REQUESTS_STORED_EVERY:
            await self.async_store_requests()

    async def async_store_requests(self) -> None:
        """Add the requests since the last time to the totals; raises LedgerError."""
        seen = self._client.statistics
        so_far = (seen.total, seen.total - seen.counts[OK])
        requests, errors = (
            new - old for new, old in zip(so_far, self._counted_requests, strict=True)
        )
        self._counted_requests = so_far
        self._requests_stored = self._moment().now
        if requests or errors:
            await self._ledger.async_write(
                lambda transaction: _count_requests(transaction, requests, errors)
            )

    @callback
    def follow_soon(self) -> None:
        """Look at what waits, as if something had changed."""
        self._wake.set()

    @callback
    def _committed(self, committed: Committed) -> None:
        self._touched |= committed.touched
        self._in_step.clear()
        self._wake.set()

    @callback
    def _contact_changed(self) -> None:
        if isinstance(self._contact.error, CredentialsError):
            self.config_entry.async_start_reauth(self.hass)
        self._wake.set()

    @callback
    def _set_timer(self) -> None:
        """Wake up when time changes something: a visit, or the day."""
        self._cancel_timer()
        now = self._moment().now
        midnight = dt_util.start_of_local_day(dt_util.as_local(now) + timedelta(days=1))
        due = min(filter(None, (self._roster.next_due, midnight)))

        @callback
        def wake(_now: datetime) -> None:
            self._timer = None
            self._wake.set()

        self._timer = async_track_point_in_utc_time(
            self.hass, wake, dt_util.as_utc(due)
        )

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    def view(self, visit_id: str) -> VisitView | None:
        """Return an open visit as it is seen now, None for any other."""
        return self._roster.view(visit_id)

    def open_views(self) -> Iterable[VisitView]:
        """Return all open visits."""
        return iter(self._roster)

    @property
    def places(self) -> Mapping[int, str]:
        """Which visit holds which place."""
        return self._places

    def holder(self, place: int) -> str | None:
        """Return the visit that holds a place."""
        return self._places.get(place)

    def place_of(self, visit_id: str) -> int | None:
        """Return the place that a visit holds."""
        return next(
            (number for number, held in self._places.items() if held == visit_id), None
        )

    async def async_settled(self, visit_id: str, seconds: float) -> VisitView:
        """Return a visit once nothing of its access is under way, or as it is then.

        Waiting in vain cancels nothing. Raises CommandRefusedError for no such visit.
        """
        changed = asyncio.Event()
        stop = self.async_listen_visit(visit_id, changed.set)
        try:
            async with asyncio.timeout(seconds):
                await self._in_step.wait()
                while (
                    seen := self.view(visit_id)
                ) is not None and seen.access.state not in SETTLED_STATES:
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            LOGGER.debug("Visit %s is not settled after %s s", visit_id, seconds)
        finally:
            stop()
        return await self._view_now(visit_id)

    async def _view_now(self, visit_id: str) -> VisitView:
        moment = self._moment()
        seen = await self._ledger.async_read(
            lambda connection: view_of_visit(connection, moment, visit_id)
        )
        if seen is None:
            raise CommandRefusedError("unknown_visit")
        return seen

    def async_listen_visit(
        self, visit_id: str | None, listener: Listener
    ) -> CALLBACK_TYPE:
        """Call `listener` when that visit looks different; None: when any does."""
        key = object()
        self._visit_listeners[key] = (visit_id, listener)

        def remove() -> None:
            del self._visit_listeners[key]

        return remove

    def async_listen_places(self, listener: Listener) -> CALLBACK_TYPE:
        """Call `listener` when places are held by others than before."""
        return _listen(self._place_listeners, listener)

    def async_listen_passages(
        self, listener: Callable[[PassageNotice], None]
    ) -> CALLBACK_TYPE:
        """Call `listener` for each passage that is announced."""
        return _listen(self._passage_listeners, listener)

    def async_listen_visit_events(
        self, listener: Callable[[VisitNotice], None]
    ) -> CALLBACK_TYPE:
        """Call `listener` for whatever is announced of visits."""
        return _listen(self._event_listeners, listener)

    def async_listen_doors(
        self, listener: Callable[[DoorNotice], None]
    ) -> CALLBACK_TYPE:
        """Call `listener` for what happens at doors and names no visitor."""
        return _listen(self._door_listeners, listener)

    @callback
    def tell_passage(self, notice: PassageNotice) -> None:
        """Hand a passage to the entities."""
        for listener in list(self._passage_listeners):
            listener(notice)

    @callback
    def tell_visit(self, notice: VisitNotice) -> None:
        """Hand something about a visit to the entities."""
        for listener in list(self._event_listeners):
            listener(notice)

    @callback
    def tell_door(self, notice: DoorNotice) -> None:
        """Hand something at a door to the entities."""
        for listener in list(self._door_listeners):
            listener(notice)


def _listen[L](listeners: list[L], listener: L) -> CALLBACK_TYPE:
    listeners.append(listener)

    def remove() -> None:
        listeners.remove(listener)

    return remove


def _count_requests(transaction: Transaction, requests: int, errors: int) -> None:
    count(transaction, "requests", requests)
    count(transaction, "request_errors", errors)
