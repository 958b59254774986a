"""Problems as repair issues: one for each cause and server, gone when it is healed."""

from datetime import datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .hikcentral import CredentialsError
from .notices import VisitNotice
from .problems import Cause, Problem, problems
from .reasons import async_access_text
from .runtime import HikCentralConfigEntry
from .visits.events import VisitEventType

UNREACHABLE_AFTER = timedelta(minutes=10)
SKEW_TOLERATED = timedelta(seconds=60)

_LOOK_EVERY = timedelta(minutes=1)
_ABOUT_VISITS = frozenset(
    {
        Cause.ACCESS_NOT_GIVEN,
        Cause.ACCESS_NOT_TAKEN,
        Cause.FACE_REFUSED,
        Cause.PRESENCE_UNKNOWN,
    }
)


def issue_id(entry: HikCentralConfigEntry, cause: Cause) -> str:
    """Return the id of an entry's issue of this cause."""
    return f"{entry.entry_id}_{cause}"


class Issues:
    """Keeps the issues of one entry as its problems are."""

    def __init__(self, hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
        """Look after `entry`, whose runtime is there."""
        self._hass = hass
        self._entry = entry
        self._unjustified: dict[str, None] = {}

    @callback
    def async_start(self) -> None:
        """Follow visits, connection and time until the entry is unloaded."""
        runtime = self._entry.runtime_data
        stops: tuple[CALLBACK_TYPE, ...] = (
            runtime.coordinator.async_listen_visit(None, self._look_soon),
            runtime.coordinator.async_listen_visit_events(self._told),
            runtime.contact.async_listen(self._look_soon),
            async_track_time_interval(
                self._hass, self._tick, _LOOK_EVERY, cancel_on_shutdown=True
            ),
        )
        for stop in stops:
            self._entry.async_on_unload(stop)
        self._look_soon()

    @callback
    def _tick(self, _now: datetime) -> None:
        self._look_soon()

    @callback
    def _look_soon(self) -> None:
        self._entry.async_create_task(
            self._hass, self.async_look(), f"{DOMAIN} problems"
        )

    @callback
    def _told(self, notice: VisitNotice) -> None:
        """Keep an unjustified passage until somebody has seen it."""
        if notice.type is not VisitEventType.UNJUSTIFIED_ACCESS:
            return
        self._unjustified[notice.view.visitor.name] = None
        names = ", ".join(self._unjustified)
        count = len(self._unjustified)
        self._create(Cause.UNJUSTIFIED_PASSAGE, {"names": names, "count": str(count)})

    async def async_look(self) -> None:
        """Create, change and remove issues so that they are what is wrong now."""
        runtime = self._entry.runtime_data
        found = {
            one.cause: one for one in problems(runtime.coordinator.problematic_views())
        }
        for cause in _ABOUT_VISITS:
            if (problem := found.get(cause)) is not None:
                self._create(cause, await self._words(problem))
            else:
                self._delete(cause)
        self._look_at_server()

    @callback
    def _look_at_server(self) -> None:
        runtime = self._entry.runtime_data
        contact, skew = runtime.contact, runtime.client.clock.skew
        lost_for = dt_util.utcnow() - (contact.since or dt_util.utcnow())
        credentials = isinstance(contact.error, CredentialsError)
        if not contact.connected and not credentials and lost_for >= UNREACHABLE_AFTER:
            since = dt_util.as_local(contact.since or dt_util.utcnow())
            words = {"server": self._entry.title, "since": f"{since:%Y-%m-%d %H:%M}"}
            self._create(Cause.SERVER_UNREACHABLE, words, fixable=False)
        else:
            self._delete(Cause.SERVER_UNREACHABLE)
        if skew is not None and abs(skew) > SKEW_TOLERATED:
            words = {
                "server": self._entry.title,
                "skew": str(round(skew.total_seconds())),
            }
            self._create(Cause.CLOCK_SKEW, words, fixable=False)
        else:
            self._delete(Cause.CLOCK_SKEW)

    async def _words(self, problem: Problem) -> dict[str, str]:
        since = dt_util.as_local(problem.since or dt_util.utcnow())
        reason = problem.reason or "unclear"
        return {
            "names": problem.names,
            "count": str(len(problem.visits)),
            "since": f"{since:%Y-%m-%d %H:%M}",
            "reason": await async_access_text(self._hass, reason),
        }

    @callback
    def _create(
        self, cause: Cause, words: dict[str, str], *, fixable: bool = True
    ) -> None:
        severe = cause in {Cause.ACCESS_NOT_TAKEN, Cause.UNJUSTIFIED_PASSAGE}
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(self._entry, cause),
            is_fixable=fixable,
            severity=ir.IssueSeverity.ERROR if severe else ir.IssueSeverity.WARNING,
            translation_key=cause,
            translation_placeholders=words,
            data={"entry_id": self._entry.entry_id, "cause": cause.value, **words},
        )

    @callback
    def _delete(self, cause: Cause) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, issue_id(self._entry, cause))
