"""Comparing what HikCentral really holds with what we know, and learning from it.

The audit repairs nothing itself. It corrects what is known; what differs from the wish
then is put right like any other change.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from ..const import LOGGER
from ..contact import Contact
from ..hikcentral import HikCentralClient, HikCentralError, Priority, RefusedError
from ..ledger import Ledger, LedgerError, Transaction
from ..ledger.records import Moment, change, ids_to_care_for, load_many
from ..visits import facts
from ..visits.known import Effort, Existence, Known
from ..visits.record import Change, VisitorRecord
from .readings import person_reading

INTERVAL = timedelta(minutes=15)
THOROUGH_EVERY = 96
"""Every so many audits, once a day, all persons are read too."""


class Auditor:
    """Looks regularly at the members of levels and, more rarely, at every person."""

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

    async def async_run(self) -> None:
        """Audit now, all persons included, and then regularly, until cancelled."""
        count = 0
        while True:
            try:
                await self.async_audit(thorough=count % THOROUGH_EVERY == 0)
            except LedgerError as error:
                LOGGER.error("Cannot compare with HikCentral: %s", error)
            count += 1
            await asyncio.sleep(INTERVAL.total_seconds())

    async def async_check_and_repair(self) -> None:
        """Look at everything now, and try again what was given up or waits.

        Raises LedgerError.
        """
        moment = self._moment()

        def again(known: Known) -> Known:
            return replace(
                known,
                widening=Effort(),
                narrowing=replace(known.narrowing, next_attempt=None),
                face_refused=None,
            )

        ids = await self._ids(moment)
        await self._learn(dict.fromkeys(ids, again), moment)
        await self.async_audit(thorough=True)

    async def async_audit(self, *, thorough: bool) -> None:
        """Compare the members of all levels that concern us, and perhaps all persons.

        What cannot be read is left for the next time. Raises LedgerError.
        """
        moment = self._moment()
        ids = await self._ids(moment)
        records = await self._ledger.async_read(
            lambda connection: load_many(connection, ids)
        )
        present = {
            record.known.person_id: record
            for record in records.values()
            if record.known.existence is Existence.PRESENT
        }
        levels = set(moment.policy.managed_levels).union(
            *(record.known.possible_levels for record in present.values())
        )
        for level in sorted(levels):
            await self._compare_level(level, present, moment)
        if thorough:
            for record in present.values():
                await self._compare_person(record)

    async def _ids(self, moment: Moment) -> list[str]:
        return await self._ledger.async_read(
            lambda connection: ids_to_care_for(connection, moment.now)
        )

    async def _compare_level(
        self, level: str, present: Mapping[str | None, VisitorRecord], moment: Moment
    ) -> None:
        try:
            members = {
                person
                async for person in self._client.members(level, priority=Priority.SWEEP)
                if person in present
            }
        except HikCentralError as error:
            self._contact.failed(error)
            return
        self._contact.answered()
        different = {
            record.visitor.id: _membership(record.known, level, person in members)
            for person, record in present.items()
            if (person in members) != (level in record.known.members)
            or level in record.known.unsure
        }
        await self._learn(different, moment)

    async def _compare_person(self, record: VisitorRecord) -> None:
        visitor = record.visitor
        try:
            person = await self._client.person_by_code(
                visitor.person_code, priority=Priority.SWEEP
            )
        except RefusedError:
            return
        except HikCentralError as error:
            self._contact.failed(error)
            return
        self._contact.answered()
        moment = self._moment()
        if person is None:
            gone = _if_same(record.known, facts.person_deleted)
            await self._learn({visitor.id: gone}, moment)
            return
        reading, _ = person_reading(person, visitor)
        read = _if_same(
            record.known,
            lambda known: facts.person_read(known, reading, moment.now, known.profile),
        )
        await self._learn({visitor.id: read}, moment)

    async def _learn(
        self, lessons: Mapping[str, Callable[[Known], Known]], moment: Moment
    ) -> None:
        if not lessons:
            return

        def work(transaction: Transaction) -> None:
            for visitor_id, lesson in lessons.items():
                change(
                    transaction,
                    moment,
                    visitor_id,
                    lambda record, lesson=lesson: Change(  # type: ignore[misc]
                        replace(record, known=lesson(record.known))
                    ),
                )

        await self._ledger.async_write(work)


def _membership(before: Known, level: str, is_member: bool) -> Callable[[Known], Known]:
    def learn(known: Known) -> Known:
        if not is_member:
            return facts.member_removed(known, level)
        if level in known.possible_levels:
            return facts.member_added(known, level)
        return replace(known, unsure=known.unsure | {level})

    return _if_same(before, learn)


def _if_same(
    before: Known, learn: Callable[[Known], Known]
) -> Callable[[Known], Known]:
    """Learn only where nothing was done since: the reading may be older than that."""
    return lambda known: learn(known) if known == before else known
