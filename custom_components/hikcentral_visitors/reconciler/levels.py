"""The access levels themselves: which are gone, and which doors they open now.

Whoever changes a level in HikCentral changes what visitors hold who are in it. So the
doors are told again of a level that opens others than before, and those who were in a
level that is gone are not believed to be in it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..contact import Contact
from ..hikcentral import AccessLevel, HikCentralClient, HikCentralError, Priority
from ..ledger import Ledger, Transaction
from ..ledger.memory import recall, remember
from ..ledger.records import Moment, change, ids_to_audit, load_many
from ..visits.known import Existence, Known, Progress
from ..visits.record import Change, VisitorRecord

_KEY = "level_doors"


class Levels:
    """What was last seen of the levels that concern us.

    `gone` are levels from the options that the server does not show any more, `added`
    doors that some of them opens since they were first seen.
    """

    def __init__(
        self,
        ledger: Ledger,
        client: HikCentralClient,
        contact: Contact,
        moment: Callable[[], Moment],
    ) -> None:
        """Look through `client`, learn into `ledger`."""
        self._ledger = ledger
        self._client = client
        self._contact = contact
        self._moment = moment
        self.gone: frozenset[str] = frozenset()
        self.added: frozenset[str] = frozenset()

    async def async_look(self) -> None:
        """Ask for the levels, and learn what follows; raises LedgerError."""
        try:
            shown = {
                level.id: level
                async for level in self._client.access_levels(priority=Priority.SWEEP)
            }
        except HikCentralError as error:
            self._contact.failed(error)
            return
        self._contact.answered()
        policy = self._moment().policy
        chosen = policy.managed_levels | policy.exit_levels
        self.gone = chosen - shown.keys()
        records = await self._ledger.async_read(
            lambda connection: load_many(connection, ids_to_audit(connection))
        )
        await self._ledger.async_write(
            lambda transaction: self._learn(transaction, shown, chosen, records)
        )

    def _learn(
        self,
        transaction: Transaction,
        shown: Mapping[str, AccessLevel],
        chosen: Iterable[str],
        records: Mapping[str, VisitorRecord],
    ) -> None:
        before: dict[str, Any] = recall(transaction.connection, _KEY) or {}
        after: dict[str, Any] = {}
        fewer, other = set[str](), set[str]()
        added = set[str]()
        for level in set(chosen) & shown.keys():
            doors = sorted(door.id for door in shown[level].doors)
            was = before.get(level, {"doors": doors, "first": doors})
            if set(was["doors"]) - set(doors):
                fewer.add(level)
            elif was["doors"] != doors:
                other.add(level)
            added |= set(doors) - set(was["first"])
            after[level] = {"doors": doors, "first": was["first"]}
        self.added = frozenset(added)
        if after != before:
            remember(transaction, _KEY, after)

        def learn(record: VisitorRecord) -> Change:
            return Change(
                replace(record, known=_seen(record.known, shown.keys(), fewer, other))
            )

        moment = self._moment()
        for visitor_id, record in records.items():
            if learn(record).record != record:
                change(transaction, moment, visitor_id, learn)


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
