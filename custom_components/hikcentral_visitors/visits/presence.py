"""Where a visitor is: a fold over his ordered movements.

It is computed anew from all movements each time, so late and out-of-order passages come
out right, and nothing has to be undone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class MovementKind(StrEnum):
    """What moves a visitor: a door, or the reception."""

    ENTRY = "entry"
    EXIT = "exit"
    CHECK_IN = "check_in"
    CHECK_OUT = "check_out"


DESK = frozenset({MovementKind.CHECK_IN, MovementKind.CHECK_OUT})
"""What the reception notes."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One step in or out; `visit_id` is the visit that it belongs to."""

    at: datetime
    kind: MovementKind
    visit_id: str


def in_order(movements: Iterable[Movement]) -> tuple[Movement, ...]:
    """Return movements as they happened.

    Passages bear whole seconds: what was noted in the same one comes after them.
    """
    return tuple(
        sorted(
            movements,
            key=lambda one: (one.at, one.kind in DESK, one.kind, one.visit_id),
        )
    )


class Presence(StrEnum):
    """Where he is."""

    NOT_ARRIVED = "not_arrived"
    ARRIVED = "arrived"
    INSIDE = "inside"
    OUTSIDE = "outside"
    LEFT = "left"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """The outcome of the fold; `since` is when it became so."""

    presence: Presence = Presence.NOT_ARRIVED
    since: datetime | None = None
    first_entry: datetime | None = None
    last_exit: datetime | None = None
    entries: int = 0
    exits: int = 0


def whereabouts(
    movements: Sequence[Movement], now: datetime, timeout: timedelta
) -> Whereabouts:
    """Fold a visitor's movements, ordered by time, into where he is at `now`.

    Somebody inside for longer than `timeout` without any movement has left unseen: his
    presence becomes unknown, since nobody can say. At the reception he is outside, but
    only then believed to be if he was not seen going in shortly before.
    """
    presence, since = Presence.NOT_ARRIVED, None
    first_entry = last_exit = None
    entries = exits = 0
    for movement in movements:
        match movement.kind:
            case MovementKind.ENTRY:
                presence = Presence.INSIDE
                entries += 1
                first_entry = first_entry or movement.at
            case MovementKind.EXIT:
                presence = Presence.OUTSIDE
                exits += 1
                last_exit = movement.at
            case MovementKind.CHECK_IN:
                stays = since is not None and movement.at - since < timeout
                if presence is Presence.INSIDE and stays:
                    continue
                presence = Presence.ARRIVED
            case MovementKind.CHECK_OUT:
                presence = Presence.LEFT
                last_exit = movement.at
        since = movement.at
    if presence is Presence.INSIDE and since is not None and now - since >= timeout:
        presence, since = Presence.UNKNOWN, since + timeout
    return Whereabouts(
        presence=presence,
        since=since,
        first_entry=first_entry,
        last_exit=last_exit,
        entries=entries,
        exits=exits,
    )
