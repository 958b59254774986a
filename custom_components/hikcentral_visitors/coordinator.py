"""What entities read: open visits, places and totals, pushed whenever they change."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .contact import Contact
from .directory import Directory
from .hikcentral import CredentialsError, HikCentralClient
from .ledger import Committed, Ledger, LedgerError
from .ledger.counters import totals
from .ledger.outbox import newest
from .ledger.passages import denials_since, last_passage
from .ledger.records import Moment
from .ledger.visit_queries import view_of_visit
from .listeners import Followers, Listeners
from .notices import NoticeBoard
from .overview import Overview
from .problems import Concern
from .request_totals import RequestTotals
from .roster import Roster
from .seats import Seats
from .visits.access import SETTLED_STATES
from .visits.checks import CommandRefusedError
from .visits.record import VisitorRecord
from .visits.view import VisitView

type Listener = Callable[[], None]

type Announce = Callable[[int], Awaitable[timedelta | None]]
"""Tells what waits, up to this number; returns after how long to be called again."""

_STORAGE_RETRY = timedelta(seconds=10)

_LONGEST_WAIT = timedelta(minutes=1)
"""Due times are the clock's on the wall, which may be set while we wait."""


class VisitorsCoordinator(NoticeBoard, DataUpdateCoordinator[Overview]):
    """Follows the ledger, the connection and the clock; it never polls.

    After a commit it reads the visitors that changed, tells the entities, place by
    place, and only then lets the announcer speak, so that an announcement finds the
    house as it says.
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
        NoticeBoard.__init__(self)
        DataUpdateCoordinator.__init__(
            self, hass, LOGGER, config_entry=entry, name=DOMAIN
        )
        self.data = Overview()
        self._ledger = ledger
        self._contact = contact
        self._directory = directory
        self._moment = moment
        self._roster = Roster(ledger)
        self._seats = Seats(ledger, places)
        self.requests = RequestTotals(ledger, client, moment)
        self._visit_followers = Followers[str]()
        self._place_followers = Followers[int]()
        self._any_visit_listeners = Listeners[[]]()
        self._touched: dict[str, VisitorRecord | None] = {}
        """Who changed, with his record where a commit handed it on."""
        self._followed_at = self._moment().now
        self._missed_some = False
        self._wake = asyncio.Event()
        self._in_step = asyncio.Event()

    async def async_load(self) -> None:
        """Read what is open and who holds which place; raises LedgerError."""
        await self._roster.async_load(self._moment())
        self._roster.take_changed()
        await self._seats.async_load()
        self._allocate()
        await self._seats.async_store()
        self.data = await self._overview()

    async def async_run(self, announce: Announce) -> None:
        """Follow until cancelled; `announce` speaks after the entities were told."""
        stops = (
            self._ledger.async_listen(self._committed),
            self._contact.async_listen(self._contact_changed),
        )
        try:
            while True:
                rest: timedelta | None = _STORAGE_RETRY
                try:
                    written = await self._ledger.async_read(newest)
                    await self._ledger.async_heard()
                    await self._follow()
                    rest = await announce(written)
                except LedgerError as error:
                    self._ledger.complaints.make("read or write the visits", error)
                if not self._touched:
                    self._in_step.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._longest_wait(rest)):
                        await self._wake.wait()
                self._wake.clear()
        finally:
            for stop in stops:
                stop()
            self._missed_some = True

    async def _follow(self) -> None:
        """Read what changed, tell the entities, and keep what is to be kept.

        Raises LedgerError; then what was not done is done the next time.
        """
        await self._read(self._moment())
        handed_on = self._allocate()
        changed = self._roster.take_changed()
        places = handed_on | self._seats.places_of(changed)
        await self._place_followers.async_tell(sorted(places))
        await self._visit_followers.async_tell(changed)
        if changed:
            self._any_visit_listeners.tell()
        overview = await self._overview()
        if overview != self.data:
            self.async_set_updated_data(overview)
        await self._seats.async_store()
        await self.requests.async_store_sometimes()

    async def _read(self, moment: Moment) -> None:
        """Bring the roster up to date with the ledger and the clock."""
        if moment.now < self._followed_at - _LONGEST_WAIT:
            self._missed_some = True  # the clock was set back: nothing is as it looks
        self._followed_at = moment.now
        due = dict.fromkeys(self._roster.take_due(moment.now))
        touched, self._touched = due | self._touched, {}
        missed, self._missed_some = self._missed_some, False
        try:
            if missed:
                await self._roster.async_load(moment)
            await self._roster.async_reload(touched, moment)
        except LedgerError:
            self._touched = dict.fromkeys(touched) | self._touched
            self._missed_some |= missed
            raise

    def _allocate(self) -> set[int]:
        """Give the places to those who should have them; returns what changed hands."""
        now = self._moment().now
        served = self._roster.census.wanted(now, self._seats.capacity)
        return self._seats.allocate(served)

    async def _overview(self) -> Overview:
        start = dt_util.start_of_local_day(dt_util.as_local(self._moment().now))
        denied, newest, counted = await self._ledger.async_read(
            lambda connection: (
                denials_since(connection, start),
                last_passage(connection),
                totals(connection),
            )
        )
        coming = self._roster.census.next_visit
        return replace(
            self._roster.census.overview(start + timedelta(days=1)),
            next_visit=None if coming is None else self.view(coming),
            denied_today=denied,
            last_passage=newest,
            version=self._directory.version,
            connected=self._contact.connected,
            counters=counted,
        )

    @callback
    def follow_soon(self) -> None:
        """Look at what waits, as if something had changed."""
        self._wake.set()

    @callback
    def _committed(self, committed: Committed) -> None:
        self._touched.update(committed.touched)
        if committed.forgotten:
            self.tell_forgotten(committed.forgotten)
        self._in_step.clear()
        self._wake.set()

    @callback
    def _contact_changed(self) -> None:
        if isinstance(self._contact.error, CredentialsError):
            self.config_entry.async_start_reauth(self.hass)
        self._wake.set()

    def _longest_wait(self, rest: timedelta | None) -> float:
        """Return in how many seconds time changes something: a visit, or the day."""
        now = self._moment().now
        today = dt_util.as_local(self._followed_at)
        midnight = dt_util.start_of_local_day(today + timedelta(days=1))
        due = min(filter(None, (self._roster.next_due, midnight)))
        waits = [_LONGEST_WAIT, max(due - now, timedelta())]
        if rest is not None:
            waits.append(rest)
        return min(waits).total_seconds()

    def view(self, visit_id: str) -> VisitView | None:
        """Return an open visit as it is seen now, None for any other."""
        return self._roster.view(visit_id)

    def async_open_views(self) -> AsyncIterator[VisitView]:
        """Return all open visits."""
        return self._roster.async_views()

    def expected_at(self, instant: datetime) -> Iterator[VisitView]:
        """Return the visits on which somebody may come in at this instant."""
        return self._roster.expected_at(instant)

    def concerns(self) -> Iterable[Concern]:
        """Return the open visits that somebody has to look at, and why."""
        return self._roster.census.concerns()

    @property
    def places(self) -> Mapping[int, str]:
        """Which visit holds which place."""
        return self._seats.held

    def holder(self, place: int) -> str | None:
        """Return the visit that holds a place."""
        return self._seats.held.get(place)

    def place_of(self, visit_id: str) -> int | None:
        """Return the place that a visit holds."""
        return self._seats.place_of(visit_id)

    async def async_settled(self, visit_id: str, seconds: float) -> VisitView:
        """Return a visit once nothing of its access is under way, or as it is then.

        Waiting in vain cancels nothing. Raises CommandRefusedError for no such visit,
        LedgerError where it cannot be read and was not seen before.
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
        try:
            return await self._view_now(visit_id)
        except LedgerError:
            # Unloaded while somebody waited: what he asked for is kept all the same.
            if (last := self.view(visit_id)) is not None:
                return last
            raise

    async def _view_now(self, visit_id: str) -> VisitView:
        moment = self._moment()
        seen = await self._ledger.async_read(
            lambda connection: view_of_visit(connection, moment, visit_id)
        )
        if seen is None:
            raise CommandRefusedError("unknown_visit")
        return seen

    def async_listen_visit(self, visit_id: str, listener: Listener) -> CALLBACK_TYPE:
        """Call `listener` when that visit looks different."""
        return self._visit_followers.add(visit_id, listener)

    def async_listen_visits(self, listener: Listener) -> CALLBACK_TYPE:
        """Call `listener` when any open visit looks different."""
        return self._any_visit_listeners.add(listener)

    def async_listen_place(self, place: int, listener: Listener) -> CALLBACK_TYPE:
        """Call `listener` when that place is held by another, or he looks different."""
        return self._place_followers.add(place, listener)
