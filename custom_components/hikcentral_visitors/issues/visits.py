"""Problems of visits as repair issues: one for each cause, gone when it is healed."""

from datetime import datetime, timedelta

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN
from ..problems import Cause, Problem, problems
from ..reasons import async_access_text, async_attempt_text
from ..runtime import HikCentralConfigEntry
from ..wording import first_names, shown
from .cards import async_set_issue, noticed

_LOOK_EVERY = timedelta(minutes=1)
_ABOUT_VISITS = frozenset(
    {
        Cause.ACCESS_NOT_GIVEN,
        Cause.ACCESS_NOT_TAKEN,
        Cause.PERSON_OR_LEVEL_GONE,
        Cause.FACE_REFUSED,
        Cause.FACE_GONE,
        Cause.PRESENCE_UNKNOWN,
    }
)


class VisitIssues:
    """Keeps the issues of one entry as its problems are."""

    def __init__(self, hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
        """Look after `entry`, whose runtime is there."""
        self._hass = hass
        self._entry = entry

    @callback
    def async_start(self) -> None:
        """Follow visits, connection and time until the entry is unloaded."""
        runtime = self._entry.runtime_data
        stops: tuple[CALLBACK_TYPE, ...] = (
            runtime.coordinator.async_listen_visits(self._look_soon),
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

    async def async_look(self) -> None:
        """Create, change and remove issues so that they are what is wrong now."""
        runtime = self._entry.runtime_data
        found = {one.cause: one for one in problems(runtime.coordinator.concerns())}
        for cause in _ABOUT_VISITS:
            problem = found.get(cause)
            words = None if problem is None else await self._words(problem)
            self._set(cause, words)

    async def _words(self, problem: Problem) -> dict[str, str]:
        runtime = self._entry.runtime_data
        doors = [runtime.door_names.get(door, door) for door in problem.doors]
        through = [runtime.level_names.get(level, level) for level in problem.levels]
        gone = [
            runtime.level_names.get(level, level)
            for level in runtime.auditor.levels.gone
        ]
        return {
            "names": problem.names,
            "count": str(len(problem.visits)),
            "since": shown(
                problem.since or noticed(self._hass, self._entry, problem.cause)
            ),
            "reason": "; ".join(
                [
                    await async_access_text(self._hass, reason)
                    for reason in problem.reasons or ("unclear",)
                ]
            ),
            "doors": first_names(sorted(doors or through)),
            "levels": first_names(sorted(gone)),
            "next_attempt": await self._next_attempt(problem),
        }

    async def _next_attempt(self, problem: Problem) -> str:
        """When it is tried again by itself, in words."""
        if problem.next_attempt is not None:
            return shown(problem.next_attempt)
        return await async_attempt_text(
            self._hass, "never" if problem.given_up else "now"
        )

    @callback
    def _set(self, cause: Cause, words: dict[str, str] | None) -> None:
        async_set_issue(
            self._hass,
            self._entry,
            cause,
            words,
            fixable=True,
            severe=cause is Cause.ACCESS_NOT_TAKEN,
        )
