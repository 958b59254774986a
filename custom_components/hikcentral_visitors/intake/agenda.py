"""When to look again for what was missed: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from ..ledger.memory import instant

HOURLY: Final = timedelta(hours=1)
DAILY: Final = timedelta(days=1)
DAYS: Final = 31
"""As far back as the server can be asked."""

RETURNS: Final = (timedelta(), timedelta(minutes=1), timedelta(minutes=10))
"""How long after its return a terminal is asked for: it needs time to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A door whose terminal was out of reach since then; looked at again when due."""

    door_id: str
    since: datetime
    back: datetime
    looks: int = 0

    @property
    def due(self) -> datetime:
        """When it is looked at next."""
        return self.back + RETURNS[self.looks]

    def looked(self) -> Self | None:
        """Return what is left to do after a look, None for nothing."""
        if self.looks + 1 == len(RETURNS):
            return None
        return replace(self, looks=self.looks + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What was done when, and which doors are out of reach since when."""

    hourly: datetime | None = None
    daily: datetime | None = None
    offline: Mapping[str, datetime] = field(default_factory=dict)
    returns: tuple[Return, ...] = ()

    @classmethod
    def from_kept(cls, kept: Any) -> Self:
        """Read what `kept` returned, as JSON gives it back."""
        if not isinstance(kept, dict):
            return cls()
        offline = kept.get("offline")
        return cls(
            hourly=instant(kept.get("hourly")),
            daily=instant(kept.get("daily")),
            offline={
                door: time
                for door, text in (offline if isinstance(offline, dict) else {}).items()
                if (time := instant(text)) is not None
            },
        )

    def kept(self) -> dict[str, Any]:
        """Return what survives a restart; a door that came back counts as offline."""
        offline = {one.door_id: one.since for one in self.returns} | dict(self.offline)
        return {
            "hourly": _text(self.hourly),
            "daily": _text(self.daily),
            "offline": {door: _text(since) for door, since in offline.items()},
        }

    def hourly_due(self, now: datetime) -> bool:
        """Whether the last day is looked at again."""
        return is_over(HOURLY, self.hourly, now)

    def daily_due(self, now: datetime) -> bool:
        """Whether the last 31 days are."""
        return is_over(DAILY, self.daily, now)

    def returned(self, now: datetime) -> Return | None:
        """The door that is looked at now, for the time it was out of reach."""
        due = [one for one in self.returns if one.due <= now]
        return min(due, key=lambda one: one.due, default=None)

    def looked_at(self, done: Return) -> Self:
        """A door was looked at."""
        rest = [one for one in self.returns if one is not done]
        if (left := done.looked()) is not None:
            rest.append(left)
        return replace(self, returns=tuple(rest))

    def seen(self, offline: Mapping[str, bool | None], now: datetime) -> Self:
        """Which doors are out of reach; None is what nobody knows.

        One that is lost again while it is looked at has still to tell everything.
        """
        gone = dict(self.offline)
        back = list(self.returns)
        for door, out in offline.items():
            if out and door not in gone:
                lost = (one.since for one in back if one.door_id == door)
                gone[door] = min(lost, default=now)
                back = [one for one in back if one.door_id != door]
            elif out is False and (since := gone.pop(door, None)) is not None:
                back = [one for one in back if one.door_id != door]
                # The clock may have been set back meanwhile.
                back.append(Return(door_id=door, since=min(since, now), back=now))
        if gone == self.offline:
            return self
        return replace(self, offline=gone, returns=tuple(back))


def is_over(span: timedelta, began: datetime | None, now: datetime) -> bool:
    """Whether so much time has passed, or the clock was set back by so much.

    By less it goes back all the time: a server tells its time in whole seconds.
    """
    return began is None or abs(now - began) >= span


def past_days(now: datetime) -> list[datetime]:
    """Return the beginnings of the last whole days (UTC), the youngest first."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - timedelta(days=back) for back in range(1, DAYS + 1)]


def has_changed(before: int | None, total: int) -> bool:
    """Whether a day has to be read; one that was never counted, if it has anything."""
    return total != (before or 0)


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
