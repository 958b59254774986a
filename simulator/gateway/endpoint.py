"""An endpoint of the gateway, and what it is called with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from ..database import Database, Tables
from ..model import Level, LevelType, Person
from ..switches import Switches
from ..world import World
from .answer import NOT_FOUND, RefusedError

type Handler = Callable[[Request], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call whose parameters were checked; `nulls` were sent as null."""

    world: World
    params: dict[str, Any]
    nulls: frozenset[str]

    @property
    def database(self) -> Database:
        """The configured state."""
        return self.world.database

    @property
    def tables(self) -> Tables:
        """The tables of the configured state."""
        return self.world.database.tables

    @property
    def switches(self) -> Switches:
        """The switches in force."""
        return self.world.switches

    def person(self, field: str = "personId") -> Person:
        """Return the person that a parameter names; refuse with 128."""
        return found(self.tables.persons, self.params[field])

    def level(self) -> Level:
        """Return the level that the call is about, if its type matches too."""
        level = found(self.tables.levels, self.params["privilegeGroupId"])
        if level.type != LevelType(self.params["type"]):
            raise RefusedError(NOT_FOUND)
        return level


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path, the schema of its body, and what answers it.

    The handler returns the envelope's `data`, or `Raw`, or raises `RefusedError`.
    `reads_by_get` marks the one path that also answers GET (1.1).
    """

    path: str
    schema: vol.Schema
    handler: Handler
    reads_by_get: bool = False

    @property
    def bare_errors(self) -> bool:
        """Whether errors come without `data`, as the visitor module's do (2.1)."""
        return self.path.startswith("visitor/")


def found[T](table: dict[str, T], index_code: str) -> T:
    """Look an object up; refuse with 128 if it does not exist."""
    try:
        return table[index_code]
    except KeyError:
        raise RefusedError(NOT_FOUND) from None


def page[T](
    request: Request,
    items: Sequence[T],
    write: Callable[[T], Any],
    *,
    echo_when_empty: bool = True,
) -> dict[str, Any]:
    """Write one page of a list; an empty one has no `list` (2.3)."""
    number, size = request.params["pageNo"], request.params["pageSize"]
    part = items[(number - 1) * size : number * size]
    if not items and not echo_when_empty:
        number = size = 0
    body: dict[str, Any] = {"total": len(items), "pageNo": number, "pageSize": size}
    if part or request.switches.empty_list_included:
        body["list"] = [write(item) for item in part]
    return body
