"""Somebody stands at a door: who it is, what is decided, what is recorded."""

from dataclasses import dataclass
from datetime import datetime

from .decision import Decision, decide, has_credential
from .event_log import Event
from .model import Credential, Door, Person, Reader
from .terminals import Record
from .world import World


class ImpossibleError(Exception):
    """Nobody can stand there like that: no such door, reader or card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """Somebody, with a credential, at a reader of a door.

    A face belongs to a person (`person_id`; one that does not exist, or none, is
    a stranger), a card or QR code to its number: the card in somebody's hand
    stays there, whatever was done in HikCentral since. Without `reader` it is the
    door's first. `at` is in the past if given.
    """

    credential: Credential
    door: str
    person_id: str = ""
    card_no: str = ""
    reader: str | None = None
    check_in_and_out: int = 0
    at: datetime | None = None


def present(world: World, presentation: Presentation) -> tuple[Event, Decision]:
    """Decide by what the terminal holds, and record the event.

    Raises `ImpossibleError`.
    """
    door = world.database.tables.doors.get(presentation.door)
    if door is None:
        msg = f"no door {presentation.door}"
        raise ImpossibleError(msg)
    if presentation.at is not None and presentation.at > world.clock.now():
        msg = "nobody stands at a door in the future; move the clock"
        raise ImpossibleError(msg)
    reader = _reader(door, presentation.reader)
    card_no = _card(world, presentation)
    record = _known(world, door, presentation, card_no)
    moment = world.terminal_time(presentation.at)
    decision = decide(
        record,
        presentation.credential,
        door.index_code,
        door.state,
        moment,
        end_inclusive=world.switches.window_end_inclusive,
    )
    event_id = world.new_event_id()
    by_face = presentation.credential is Credential.FACE
    who = _named(world, record, card_no)
    event = Event(
        event_id=event_id,
        event_type=decision.event_type,
        time=moment,
        door=door.index_code,
        door_name=door.name,
        reader=reader.index_code if reader else "",
        reader_name=reader.name if reader else "",
        person_id=who.person_id if who else "",
        person_code=who.code if who else "",
        given_name=who.given_name if who else "",
        family_name=who.family_name if who else "",
        card_no=card_no,
        check_in_and_out=presentation.check_in_and_out,
        picture=f"Vsm://event/{event_id}" if by_face else "",
    )
    world.happen(event)
    return event, decision


@dataclass(frozen=True, slots=True)
class _Name:
    person_id: str
    code: str
    given_name: str
    family_name: str


def _reader(door: Door, index_code: str | None) -> Reader | None:
    if index_code is None:
        return door.readers[0] if door.readers else None
    for reader in door.readers:
        if reader.index_code == index_code:
            return reader
    msg = f"door {door.index_code} has no reader {index_code}"
    raise ImpossibleError(msg)


def _card(world: World, presentation: Presentation) -> str:
    if presentation.credential not in (Credential.CARD, Credential.QR):
        return ""
    if presentation.card_no:
        return presentation.card_no
    person = world.database.tables.persons.get(presentation.person_id)
    cards = person.cards if person is not None else ()
    cards = cards or world.database.last_cards.get(presentation.person_id, ())
    if not cards:
        msg = f"person {presentation.person_id} never had a card"
        raise ImpossibleError(msg)
    return cards[0]


def _known(
    world: World, door: Door, presentation: Presentation, card_no: str
) -> Record | None:
    if card_no:
        return world.terminals.holder_of_card(door.device, card_no)
    record = world.terminals.held(door.device, presentation.person_id)
    return record if has_credential(record, presentation.credential) else None


def _named(world: World, record: Record | None, card_no: str) -> _Name | None:
    """Say who is named in the event: whom the terminal knows, else by card.

    A terminal that no longer knows a card reports its number only; HikCentral,
    which may still know whose it is, fills in the person (a switch).
    """
    known: Record | Person | None = record
    if known is None and world.switches.denied_card_person == "resolved":
        known = world.database.owner_of_card(card_no)
    if known is None:
        return None
    return _Name(
        known.person_id if isinstance(known, Record) else known.id,
        known.code,
        known.given_name,
        known.family_name,
    )
