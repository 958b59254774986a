"""Comparing what HikCentral really holds with what we know, and learning from it.

The audit repairs nothing itself. It corrects what is known; what differs from the wish
then is put right like any other change.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from ..contact import Contact
from ..hikcentral import (
    HikCentralClient,
    HikCentralError,
    NotPermittedError,
    Priority,
    UnsupportedError,
)
from ..ledger import Ledger, LedgerError
from ..ledger.loading import ids_to_audit, ids_to_care_for
from ..ledger.records import Moment
from ..visits import attempts, facts, terminals
from ..visits.known import Existence, Known
from ..visits.person_code import Installation
from ..visits.plan import open_part
from ..visits.record import Change, VisitorRecord
from .finder import Finder
from .findings import (
    NOTHING,
    UNREAD,
    Difference,
    Findings,
    combined,
    differences,
)
from .levels import Levels
from .portions import async_change_all, async_records
from .readings import person_reading

INTERVAL = timedelta(minutes=15)
THOROUGH_EVERY = 96
"""Every so many audits, once a day, all persons are read too."""

type _Held = tuple[str, Known]
"""A visitor who is a person on the server, and what is known of that."""


class Auditor:
    """Looks regularly at the members of levels and, more rarely, at every person."""

    def __init__(
        self,
        ledger: Ledger,
        client: HikCentralClient,
        contact: Contact,
        moment: Callable[[], Moment],
        installation: Installation,
    ) -> None:
        """Look through `client`, learn into `ledger`."""
        self._finder = Finder(ledger, client, moment, installation)
        self._ledger = ledger
        self._client = client
        self._contact = contact
        self._moment = moment
        self._repairing = asyncio.Lock()
        self._found = UNREAD
        self.levels = Levels(ledger, client, moment)

    async def async_run(self) -> None:
        """Audit now, all persons included, and then regularly, until cancelled."""
        count, gap = 0, self._contact.gap
        while True:
            last = self._contact.gap
            thorough = count % THOROUGH_EVERY == 0 or gap != last
            try:
                await self.async_audit(thorough=thorough)
            except LedgerError as error:
                self._ledger.complaints.make("compare with HikCentral", error)
            if self._contact.connected:
                # What an outage interrupted is done as thoroughly the next time.
                count, gap = count + 1, last
            await asyncio.sleep(INTERVAL.total_seconds())

    async def async_check_and_repair(self) -> Findings:
        """Look at everything now, and try again what was given up or waits.

        Returns what was different. Whoever asks while it is done waits for the same.
        Raises LedgerError.
        """
        joined = self._repairing.locked()
        async with self._repairing:
            if not joined:
                self._found = UNREAD
                self._found = await self._check_and_repair()
            return self._found

    async def _check_and_repair(self) -> Findings:
        now = self._moment().now
        ids = await self._ledger.async_read(
            lambda connection: {
                *ids_to_care_for(connection, now),
                *ids_to_audit(connection),
            }
        )
        await self._learn(dict.fromkeys(ids, attempts.asked_again))
        return await self.async_audit(thorough=True)

    async def async_read_back(self, visitor_id: str) -> None:
        """Look at one visitor at once, and tell the doors again what he may.

        A door opened for him that should not have. Raises LedgerError.
        """
        async for record in async_records(self._ledger, [visitor_id]):
            await self._compare_person(record)
        await self._learn({visitor_id: terminals.untold})
        await self._compare_levels([visitor_id], thorough=True)

    async def async_audit(self, *, thorough: bool) -> Findings:
        """Compare the members of all levels that concern us, and perhaps all persons.

        A thorough audit also looks for persons of ours of whom nothing is known.
        What cannot be read is left for the next time; once the server is out of reach,
        nobody else is asked about. Raises LedgerError.
        """
        await self.levels.async_look()
        found = [await self._finder.async_find()] if thorough else []
        ids = await self._ledger.async_read(ids_to_audit)
        found.append(Findings(compared=len(ids)))
        if thorough:
            async for record in async_records(self._ledger, ids):
                found.append(await self._compare_person(record))
                if not self._contact.connected:
                    return combined(found)
        found += await self._compare_levels(
            await self._ledger.async_read(ids_to_audit), thorough=thorough
        )
        return combined(found)

    async def _compare_levels(
        self, visitor_ids: Iterable[str], *, thorough: bool
    ) -> list[Findings]:
        """Compare what levels hold of these visitors with what was known before."""
        policy = self._moment().policy
        levels = policy.levels_of_ours
        present: dict[str | None, _Held] = {}
        async for record in async_records(self._ledger, visitor_ids):
            known = record.known
            if known.existence is Existence.PRESENT:
                present[known.person_id] = (record.visitor.id, known)
                levels |= known.possible_levels
        return [
            await self._compare_level(level, present, thorough=thorough)
            for level in sorted(levels)
        ]

    async def _compare_level(
        self,
        level: str,
        present: Mapping[str | None, _Held],
        *,
        thorough: bool,
    ) -> Findings:
        try:
            members = {
                person
                async for person in self._client.members(level, priority=Priority.SWEEP)
                if person in present
            }
        except NotPermittedError, UnsupportedError:
            if thorough:
                await self._doubt(
                    level, (visitor_id for visitor_id, _ in present.values())
                )
            return UNREAD
        except HikCentralError:
            return UNREAD
        different = {
            visitor_id: _membership(known, level, person in members)
            for person, (visitor_id, known) in present.items()
            if (person in members) != (level in known.members) or level in known.unsure
        }
        return await self._learn(different)

    async def _doubt(self, level: str, visitor_ids: Iterable[str]) -> None:
        """Where nobody tells who is in a level, it is said again for whom it matters.

        Those are all who could pass a door by their validity.
        """
        now = self._moment().now

        def unsure(known: Known) -> Known:
            if known.existence is not Existence.PRESENT:
                return known
            if known.window_known and open_part(known.window, now) is None:
                return known
            return replace(
                known, members=known.members - {level}, unsure=known.unsure | {level}
            )

        await self._learn(dict.fromkeys(visitor_ids, unsure))

    async def _compare_person(self, record: VisitorRecord) -> Findings:
        visitor = record.visitor
        try:
            person = await self._client.person_by_code(
                visitor.person_code, priority=Priority.SWEEP
            )
        except HikCentralError:
            return UNREAD
        now = self._moment().now
        if person is None:
            if record.known.existence is Existence.ABSENT:
                return NOTHING
            gone = _if_same(
                record.known, lambda known: facts.person_not_found(known, now)
            )
            return await self._learn({visitor.id: gone})
        reading, _ = person_reading(person, visitor)
        back = record.known.existence is Existence.ABSENT
        policy = self._moment().policy
        levels = policy.levels_of_ours if back else frozenset()

        def learn(known: Known) -> Known:
            """Of somebody who is back, nobody knows which levels came with him."""
            read = facts.person_read(known, reading, now, known.profile)
            return terminals.once_more(replace(read, unsure=read.unsure | levels))

        return await self._learn({visitor.id: _if_same(record.known, learn)})

    async def _learn(self, lessons: Mapping[str, Callable[[Known], Known]]) -> Findings:
        """Take over what was read; returns in what it differs from what was known."""
        found: dict[str, frozenset[Difference]] = {}

        def learn(record: VisitorRecord) -> Change:
            visitor_id = record.visitor.id
            known = lessons[visitor_id](record.known)
            if different := differences(record.known, known):
                found[visitor_id] = different
            return Change(replace(record, known=known))

        await async_change_all(self._ledger, self._moment(), lessons, learn)
        return Findings(differences=found) if found else NOTHING


def _membership(before: Known, level: str, is_member: bool) -> Callable[[Known], Known]:
    def found_in(known: Known) -> Known:
        """Whatever was done since: a level that nobody knew of is to be looked into."""
        if known.person_id != before.person_id or level in known.possible_levels:
            return known
        return replace(known, unsure=known.unsure | {level})

    if not is_member:
        return _if_same(before, lambda known: facts.member_missing(known, level))
    if level in before.possible_levels:
        return _if_same(before, lambda known: facts.member_added(known, level))
    return found_in


def _if_same(
    before: Known, learn: Callable[[Known], Known]
) -> Callable[[Known], Known]:
    """Learn only where nothing was done since: the reading may be older than that."""
    return lambda known: learn(known) if known == before else known
