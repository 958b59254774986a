"""Whose passages events tell of: of our visitors, or of anybody else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from ..hikcentral import DoorEvent
from ..ledger.passages import (
    Owner,
    former_visitors_of_persons,
    owners_of_persons,
    visitors_of_codes,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Whose the persons of some events are, by visitor ids.

    A person code is a visitor's for ever. An id has to do where an event bears no code,
    as polled ones do (reference 3.7): `persons` by ids of now, `former` by those of
    persons who were deleted. Such an id may be given to others; `unclaimed` are those
    that were given to nobody else. Not `complete` is that this could not be asked of
    all.
    """

    codes: Mapping[str, str]
    persons: Mapping[str, Owner]
    former: Mapping[str, Owner]
    unclaimed: frozenset[str] = frozenset()
    complete: bool = True

    def whose(self, event: DoorEvent, slack: timedelta) -> str | None:
        """Return the visitor whose passage it is, None where he is none of ours.

        `slack` is how far the terminal's clock may be from ours.
        """
        if event.person_code is not None:
            return self.codes.get(event.person_code)
        person_id = event.person_id or ""
        if self.doubtful(event, slack) and person_id not in self.unclaimed:
            return None
        owner = self.persons.get(person_id) or self.former.get(person_id)
        return None if owner is None else owner.visitor_id

    def doubtful(self, event: DoorEvent, slack: timedelta) -> bool:
        """Whether all that it bears is an id that was ours only until before then."""
        person_id = event.person_id or ""
        if event.person_code is not None or person_id in self.persons:
            return False
        owner = self.former.get(person_id)
        return (
            owner is not None
            and owner.until is not None
            and event.time > owner.until + slack
        )

    def mistaken(self, event: DoorEvent) -> bool:
        """Whether the person bears another code than the one we take him for.

        HikCentral may have been set back to a backup, and the id be somebody else's.
        """
        owner = self.persons.get(event.person_id or "")
        return owner is not None and event.person_code not in {None, owner.person_code}


def owners_of(connection: Connection, events: Iterable[DoorEvent]) -> Owners:
    """Return whose the persons of these events are, as far as we know."""
    persons = {event.person_id for event in events if event.person_id is not None}
    codes = {event.person_code for event in events if event.person_code is not None}
    return Owners(
        codes=visitors_of_codes(connection, codes),
        persons=owners_of_persons(connection, persons),
        former=former_visitors_of_persons(connection, persons),
    )
