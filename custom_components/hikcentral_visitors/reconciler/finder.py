"""Looking for persons of ours of whom the ledger knows nothing.

A ledger that was lost or is older than the server left them there, with whatever access
they had. They are recognised by their codes alone; what is read of others is dropped.
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import batched
from uuid import uuid7

from ..hikcentral import HikCentralClient, HikCentralError, Person, Priority
from ..ledger import Ledger
from ..ledger.found import take_in, unexpected_visitors, unknown_codes
from ..ledger.records import Moment
from ..visits.found import FoundPerson, doubt, taken_in
from ..visits.person_code import Installation, is_ours
from ..visits.record import Change
from .findings import NOTHING, UNREAD, Difference, Findings
from .portions import AT_ONCE, async_change_all
from .readings import name_of, reading_of


class Finder:
    """Reads all persons of the server, and takes in who is ours and unknown."""

    def __init__(
        self,
        ledger: Ledger,
        client: HikCentralClient,
        moment: Callable[[], Moment],
        installation: Installation,
    ) -> None:
        """Look through `client` for the codes of `installation`."""
        self._ledger = ledger
        self._client = client
        self._moment = moment
        self._installation = installation

    async def async_find(self) -> Findings:
        """Take in who is found; returns whom. Raises LedgerError.

        What cannot be read is left for the next time.
        """
        try:
            ours = {
                person.code: person
                async for person in self._client.persons(priority=Priority.SWEEP)
                if is_ours(self._installation, person.code)
            }
            # Asked now: whoever was being added while we read is in the ledger.
            unknown, unexpected = await self._ledger.async_read(
                lambda connection: (
                    unknown_codes(connection, ours),
                    unexpected_visitors(connection, ours),
                )
            )
            if unexpected:
                await self._doubt(unexpected)
            if not unknown:
                return NOTHING
            strays = [ours[code] for code in sorted(unknown)]
            levels, unread = await self._levels_of({person.id for person in strays})
        except HikCentralError:
            return UNREAD
        return await self._take_in(
            _found(person, levels.get(person.id, ()), unread) for person in strays
        )

    async def _levels_of(
        self, persons: set[str]
    ) -> tuple[dict[str, set[str]], frozenset[str]]:
        """Return in which of all levels these persons are, and what nobody tells.

        Nobody knows which levels were managed when they were given.
        """
        ours = self._moment().policy.levels_of_ours
        all_levels = {
            level.id
            async for level in self._client.access_levels(priority=Priority.SWEEP)
        }
        levels: dict[str, set[str]] = {}
        unread = set[str]()
        for level in sorted(all_levels | ours):
            try:
                async for person in self._client.members(
                    level, priority=Priority.SWEEP
                ):
                    if person in persons:
                        levels.setdefault(person, set()).add(level)
            except HikCentralError:
                unread.add(level)
        return levels, ours & unread

    async def _doubt(self, visitor_ids: Iterable[str]) -> None:
        """Have those read whom we never added, as far as we know, and who are there."""
        moment = self._moment()
        levels = moment.policy.levels_of_ours
        await async_change_all(
            self._ledger,
            moment,
            visitor_ids,
            lambda record: Change(doubt(record, levels)),
        )

    async def _take_in(self, found: Iterable[FoundPerson]) -> Findings:
        moment = self._moment()
        records = [
            taken_in(person, uuid7().hex, uuid7().hex, moment.now) for person in found
        ]

        taken: list[str] = []
        for some in batched(records, AT_ONCE, strict=False):
            taken += await self._ledger.async_write(
                partial(take_in, moment=moment, records=some)
            )
        unknown = frozenset({Difference.UNKNOWN})
        return Findings(differences=dict.fromkeys(taken, unknown))


def _found(
    person: Person, levels: Iterable[str], unread: frozenset[str]
) -> FoundPerson:
    return FoundPerson(
        person_code=person.code,
        reading=reading_of(person),
        given_name=name_of(person.given_name),
        family_name=name_of(person.family_name),
        phone=person.phone,
        email=person.email,
        card_no=next(iter(person.card_numbers or ()), ""),
        picture_uri=person.picture_uri,
        levels=frozenset(levels),
        unread=unread,
    )
