"""From HikCentral's answers to the domain's readings."""

from dataclasses import replace

from ..hikcentral import NO_NAME, ApplicationDetail, ApplicationState, Person
from ..visits.facts import PersonReading
from ..visits.terminals import DoorsReading
from ..visits.visit import Visitor
from ..visits.window import Window


def person_reading(person: Person, visitor: Visitor) -> tuple[PersonReading, bool]:
    """Return what a person record shows, and whether it says of him what we do.

    Cards may be left out of the answer (reference 3.3) and then prove nothing.
    """
    other_card = not _cards_agree(person.card_numbers, visitor.card_no)
    same = (
        not other_card
        and name_of(person.given_name) == name_of(visitor.given_name)
        and name_of(person.family_name) == name_of(visitor.family_name)
        and person.phone == (visitor.phone or "")
        and person.email == (visitor.email or "")
    )
    return replace(reading_of(person), other_card=other_card), same


def reading_of(person: Person) -> PersonReading:
    """Return what concerns access; a window that is empty is none."""
    window = None
    if (
        person.begin is not None
        and person.end is not None
        and person.begin < person.end
    ):
        window = Window(person.begin, person.end)
    return PersonReading(person_id=person.id, window=window, has_photo=person.has_photo)


def _cards_agree(shown: tuple[str, ...] | None, card_no: str | None) -> bool:
    """Whether he has the card that he should, or none where it was taken away."""
    if shown is None or card_no is None:
        return True
    return card_no in shown if card_no else not shown


def name_of(text: str) -> str:
    """Return a name as people know it: none where HikCentral needs a sign for none."""
    return "" if text.strip() == NO_NAME else text.strip()


def doors_reading(
    detail: ApplicationDetail, *, face: bool, telling: bool
) -> DoorsReading:
    """Count the doors of an application detail; `face` tells that one is expected."""
    doors: dict[ApplicationState, tuple[str, ...]] = {
        state: tuple(door.door_id for door in detail.doors if door.state is state)
        for state in ApplicationState
    }
    kinds = {
        credential.kind for door in detail.doors for credential in door.credentials
    }
    return DoorsReading(
        ready=len(doors[ApplicationState.APPLIED]),
        failed=doors[ApplicationState.FAILED],
        pending=doors[ApplicationState.PENDING],
        telling=telling,
        face_missing=face and bool(detail.doors) and "face" not in kinds,
        cards_shown=bool(kinds),
    )
