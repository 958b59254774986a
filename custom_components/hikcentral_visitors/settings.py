"""A config entry's data and options as typed values, with their defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from typing import Any, Self

from homeassistant.util import dt as dt_util

from .const import (
    CONF_ACCESS_LEVELS,
    CONF_DEFAULT_DURATION,
    CONF_DEFAULT_LEVELS,
    CONF_DOOR_LOCKS,
    CONF_DOORS,
    CONF_EARLY_ARRIVAL,
    CONF_EXIT_GRACE,
    CONF_EXIT_LEVELS,
    CONF_EXTEND_STEP,
    CONF_HOURS_FROM,
    CONF_HOURS_UNTIL,
    CONF_OPERATORS,
    CONF_ORGANISATION,
    CONF_POLL_BEHIND_PUSH,
    CONF_POLL_INTERVAL,
    CONF_PRESENCE_TIMEOUT,
    CONF_PROVISION_AHEAD,
    CONF_PUSH,
    CONF_PUSH_ADDRESS,
    CONF_PUSH_LOCAL_ONLY,
    CONF_RE_ENTRY_GRACE,
    CONF_READERS,
    CONF_RETENTION,
    CONF_RETIREMENT,
    CONF_VISIT_DEVICES,
    CONF_WAY_OUT,
)
from .visits.hours import Hours
from .visits.passage import DoorRole
from .visits.policy import Policy


class Retirement(StrEnum):
    """What becomes of the access that a server has given when it is retired."""

    REVOKE = "revoke"
    RUN_OUT = "run_out"


class WayOut(StrEnum):
    """How visitors get out."""

    FREE = "free"
    """The way out needs no right."""
    READER = "reader"
    """A reader lets them out: they need levels for leaving."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options; spans that users enter in minutes, hours or days are spans here.

    `doors` and `readers` give the role of each chosen door and of its readers, by id.
    `default_levels` are given where a grant names none. `push_address` is where
    HikCentral reaches Home Assistant, "" for the address that Home Assistant has in its
    own network. From `hours_from` to `hours_until` people are expected to come.
    `exit_levels` are those for leaving, and count only where `way_out` needs them.
    """

    access_levels: tuple[str, ...] = ()
    default_levels: tuple[str, ...] = ()
    organisation: str = ""
    doors: Mapping[str, DoorRole] = field(default_factory=dict)
    readers: Mapping[str, DoorRole] = field(default_factory=dict)
    operators: frozenset[str] = frozenset()
    default_duration: timedelta = timedelta(hours=8)
    early_arrival: timedelta = timedelta(minutes=15)
    extend_step: timedelta = timedelta(hours=1)
    poll_interval: timedelta = timedelta(seconds=15)
    poll_behind_push: timedelta = timedelta(minutes=5)
    push: bool = True
    push_address: str = ""
    push_local_only: bool = True
    visit_devices: int = 50
    retention: timedelta = timedelta(days=90)
    hours_from: time = time(6)
    hours_until: time = time(22)
    re_entry_grace: timedelta = timedelta(minutes=15)
    presence_timeout: timedelta = timedelta(hours=16)
    provision_ahead: timedelta = timedelta(days=7)
    door_locks: bool = False
    retirement: Retirement | None = None
    way_out: WayOut = WayOut.FREE
    exit_levels: frozenset[str] = frozenset()
    exit_grace: timedelta = timedelta(hours=1)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read a config entry's options; what is absent has its default."""
        default = cls()
        levels = tuple(options.get(CONF_ACCESS_LEVELS, ()))
        chosen = tuple(
            level for level in options.get(CONF_DEFAULT_LEVELS, ()) if level in levels
        )

        def span(key: str, unit: timedelta, otherwise: timedelta) -> timedelta:
            return options[key] * unit if key in options else otherwise

        def clock(key: str, otherwise: time) -> time:
            return time.fromisoformat(options[key]) if key in options else otherwise

        minute, hour = timedelta(minutes=1), timedelta(hours=1)
        day, second = timedelta(days=1), timedelta(seconds=1)
        return cls(
            access_levels=levels,
            default_levels=chosen or levels[:1],
            organisation=options.get(CONF_ORGANISATION, default.organisation),
            doors=_roles(options.get(CONF_DOORS, {})),
            readers=_roles(options.get(CONF_READERS, {})),
            operators=frozenset(options.get(CONF_OPERATORS, ())),
            default_duration=span(
                CONF_DEFAULT_DURATION, minute, default.default_duration
            ),
            early_arrival=span(CONF_EARLY_ARRIVAL, minute, default.early_arrival),
            extend_step=span(CONF_EXTEND_STEP, minute, default.extend_step),
            poll_interval=span(CONF_POLL_INTERVAL, second, default.poll_interval),
            poll_behind_push=span(
                CONF_POLL_BEHIND_PUSH, minute, default.poll_behind_push
            ),
            push=bool(options.get(CONF_PUSH, default.push)),
            push_address=options.get(CONF_PUSH_ADDRESS, default.push_address),
            push_local_only=bool(
                options.get(CONF_PUSH_LOCAL_ONLY, default.push_local_only)
            ),
            visit_devices=int(options.get(CONF_VISIT_DEVICES, default.visit_devices)),
            retention=span(CONF_RETENTION, day, default.retention),
            hours_from=clock(CONF_HOURS_FROM, default.hours_from),
            hours_until=clock(CONF_HOURS_UNTIL, default.hours_until),
            re_entry_grace=span(CONF_RE_ENTRY_GRACE, minute, default.re_entry_grace),
            presence_timeout=span(
                CONF_PRESENCE_TIMEOUT, hour, default.presence_timeout
            ),
            provision_ahead=span(CONF_PROVISION_AHEAD, day, default.provision_ahead),
            door_locks=bool(options.get(CONF_DOOR_LOCKS, default.door_locks)),
            retirement=(
                Retirement(options[CONF_RETIREMENT])
                if CONF_RETIREMENT in options
                else None
            ),
            way_out=WayOut(options.get(CONF_WAY_OUT, default.way_out)),
            exit_levels=frozenset(options.get(CONF_EXIT_LEVELS, ())),
            exit_grace=span(CONF_EXIT_GRACE, minute, default.exit_grace),
        )

    @property
    def policy(self) -> Policy:
        """What of the options the domain's decisions depend on."""
        return Policy(
            provision_ahead=self.provision_ahead,
            presence_timeout=self.presence_timeout,
            re_entry_grace=self.re_entry_grace,
            retention=self.retention,
            hours=Hours(
                opens=self.hours_from,
                closes=self.hours_until,
                zone=dt_util.get_default_time_zone(),
            ),
            managed_levels=frozenset(self.access_levels),
            default_levels=frozenset(self.default_levels),
            retired=self.retirement is not None,
            exit_levels=self.exit_levels
            if self.way_out is WayOut.READER
            else frozenset(),
            exit_grace=self.exit_grace,
        )


def _roles(chosen: Mapping[str, str]) -> dict[str, DoorRole]:
    return {key: DoorRole(role) for key, role in chosen.items()}
