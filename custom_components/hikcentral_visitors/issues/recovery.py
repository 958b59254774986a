"""Trouble with the stored visits as repair issues, until it is healed or decided."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from sqlalchemy import Connection

from ..const import DOMAIN, LOGGER
from ..ledger import LedgerError, Trouble
from ..ledger.found import waiting_for_decision
from ..ledger.records import Moment
from ..ledger.recovery import lost, restored_at, unreadable_visits
from ..reasons import async_storage_text
from ..runtime import HikCentralConfigEntry
from ..visits.view import VisitView
from ..wording import NOTHING, first_names, shown
from .cards import async_set_issue

_LOOK_EVERY = timedelta(minutes=1)


class RecoveryCause(StrEnum):
    """What happened to the stored visits; the key of its texts."""

    VISITS_LOST = "visits_lost"
    PERSONS_FOUND = "persons_found"
    BACKUP_RESTORED = "backup_restored"
    VISITS_UNREADABLE = "visits_unreadable"
    STORAGE_TROUBLE = "storage_trouble"


_FIXABLE = frozenset(
    {
        RecoveryCause.VISITS_LOST,
        RecoveryCause.PERSONS_FOUND,
        RecoveryCause.BACKUP_RESTORED,
        RecoveryCause.VISITS_UNREADABLE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    lost: tuple[datetime, str | None] | None
    restored: datetime | None
    found: list[VisitView]
    unreadable: list[str]


def _state(connection: Connection, moment: Moment) -> _State:
    return _State(
        lost=lost(connection),
        restored=restored_at(connection),
        found=waiting_for_decision(connection, moment),
        unreadable=list(unreadable_visits(connection).values()),
    )


class RecoveryIssues:
    """Keeps an entry's issues about its stored visits as they are."""

    def __init__(self, hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
        """Look after `entry`, whose runtime is there."""
        self._hass = hass
        self._entry = entry

    @callback
    def async_start(self) -> None:
        """Follow until the entry is unloaded."""
        ledger = self._entry.runtime_data.ledger
        stops: tuple[CALLBACK_TYPE, ...] = (
            ledger.async_listen_trouble(self._troubled),
            async_track_time_interval(
                self._hass, self._tick, _LOOK_EVERY, cancel_on_shutdown=True
            ),
        )
        for stop in stops:
            self._entry.async_on_unload(stop)
        self.look_soon()

    @callback
    def _tick(self, _now: datetime) -> None:
        self.look_soon()

    @callback
    def _troubled(self) -> None:
        """Load anew where the file is damaged: it is set aside then."""
        if self._entry.runtime_data.ledger.trouble is Trouble.DAMAGED:
            LOGGER.error("The file of the visits is damaged: it is looked through")
            self._hass.config_entries.async_schedule_reload(self._entry.entry_id)
        self.look_soon()

    @callback
    def look_soon(self) -> None:
        """Look at what is so, in a task of its own."""
        self._entry.async_create_task(
            self._hass, self.async_look(), f"{DOMAIN} recovery"
        )

    async def async_look(self) -> None:
        """Create, change and remove issues so that they are what is so now."""
        runtime = self._entry.runtime_data
        trouble = runtime.ledger.trouble
        words = None
        if trouble is not None:
            words = {"reason": await async_storage_text(self._hass, trouble)}
        self._set(RecoveryCause.STORAGE_TROUBLE, words)
        moment = runtime.book.moment
        try:
            state = await runtime.ledger.async_read(
                lambda connection: _state(connection, moment)
            )
        except LedgerError:
            return
        self._set(RecoveryCause.VISITS_LOST, _lost_words(state.lost))
        self._set(RecoveryCause.PERSONS_FOUND, _found_words(state.found))
        restored = state.restored
        self._set(
            RecoveryCause.BACKUP_RESTORED,
            None if restored is None else {"since": shown(restored)},
        )
        self._set(
            RecoveryCause.VISITS_UNREADABLE,
            _whose(state.unreadable),
        )

    @callback
    def _set(self, cause: RecoveryCause, words: dict[str, str] | None) -> None:
        async_set_issue(
            self._hass,
            self._entry,
            cause,
            words,
            fixable=cause in _FIXABLE,
            severe=True,
        )


def _lost_words(lost_: tuple[datetime, str | None] | None) -> dict[str, str] | None:
    if lost_ is None:
        return None
    at, file = lost_
    return {"since": shown(at), "file": file or NOTHING}


def _found_words(found: list[VisitView]) -> dict[str, str] | None:
    return _whose([one.visitor.name for one in found])


def _whose(names: list[str]) -> dict[str, str] | None:
    """Return how many visits there are, and whose; None where there are none."""
    if not names:
        return None
    named = first_names(list(filter(None, names)))
    return {"names": named, "count": str(len(names))}
