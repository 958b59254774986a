"""The access levels themselves: which are gone, and which doors they open now.

Whoever changes a level in HikCentral changes what visitors hold who are in it. So the
doors are told again of a level that opens others than before, and those who were in a
level that is gone are not believed to be in it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from ..hikcentral import AccessLevel, HikCentralClient, HikCentralError, Priority
from ..ledger import Ledger
from ..ledger.loading import ids_to_audit, levels_held
from ..ledger.memory import recall, remember, texts
from ..ledger.records import Moment
from ..visits.known import Existence, Known, Progress
from ..visits.record import Change, VisitorRecord
from .portions import async_change_all, async_records

_KEY = "level_doors"


class Levels:
    """What was last seen of the levels that concern us, or that visitors are still in.

    `gone` are levels from the options that the server does not show any more, `added`
    doors that some of them opens since they were first seen, with their names.
    """

    def __init__(
        self,
        ledger: Ledger,
        client: HikCentralClient,
        moment: Callable[[], Moment],
    ) -> None:
        """Look through `client`, learn into `ledger`."""
        self._ledger = ledger
        self._client = client
        self._moment = moment
        self.gone: frozenset[str] = frozenset()
        self.added: Mapping[str, str] = {}

    async def async_look(self) -> None:
        """Ask for the levels, and learn what follows; raises LedgerError."""
        try:
            shown = {
                level.id: level
                async for level in self._client.access_levels(priority=Priority.SWEEP)
            }
        except HikCentralError:
            return
        self.gone = self._moment().policy.levels_of_ours - shown.keys()
        await self._learn(shown)

    async def _learn(self, shown: Mapping[str, AccessLevel]) -> None:
        ours = self._moment().policy.levels_of_ours
        held = await self._ledger.async_read(levels_held)
        before = await self._ledger.async_read(remembered_doors)
        after: dict[str, dict[str, list[str]]] = {}
        fewer, other = set[str](), set[str]()
        added: dict[str, str] = {}
        for level in (ours | held) & shown.keys():
            names = {door.id: door.name or door.id for door in shown[level].doors}
            doors = sorted(names)
            was = before.get(level, {"doors": doors, "first": doors})
            if set(was["doors"]) - set(doors):
                fewer.add(level)
            elif was["doors"] != doors:
                other.add(level)
            if level in ours:
                new = names.keys() - set(was["first"])
                added |= {door: names[door] for door in new}
            after[level] = {"doors": doors, "first": was["first"]}
        self.added = added

        def learn(record: VisitorRecord) -> Change:
            return Change(
                replace(record, known=_seen(record.known, shown.keys(), fewer, other))
            )

        ids = await self._ledger.async_read(ids_to_audit)
        concerned = [
            record.visitor.id
            async for record in async_records(self._ledger, ids)
            if learn(record).record != record
        ]
        await async_change_all(self._ledger, self._moment(), concerned, learn)
        # Last: what was interrupted before is learnt again.
        if after != before:
            await self._ledger.async_write(partial(remember, key=_KEY, value=after))


def remembered_doors(connection: Connection) -> dict[str, dict[str, list[str]]]:
    """Return which doors each level had when it was seen first, and last."""
    stored = recall(connection, _KEY)
    return {
        level: {name: texts(kept.get(name)) for name in ("doors", "first")}
        for level, kept in (stored if isinstance(stored, dict) else {}).items()
        if isinstance(kept, dict)
    }


def _seen(
    known: Known, shown: Iterable[str], fewer: set[str], other: set[str]
) -> Known:
    """Return what is known of somebody after levels were seen to be otherwise."""
    if known.existence is not Existence.PRESENT:
        return known
    gone = known.members - set(shown)
    held = known.possible_levels
    application = known.application
    if gone or held & fewer or application.progress is Progress.NARROWED:
        application = replace(application, progress=Progress.NARROWED)
    elif held & other:
        application = replace(application, progress=Progress.STALE)
    return replace(
        known,
        members=known.members - gone,
        unsure=known.unsure | gone,
        application=application,
    )
