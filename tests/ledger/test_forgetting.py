"""Whoever is forgotten is in no table, and in no byte of any file, any more."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from custom_components.hikcentral_visitors.ledger import Ledger, Transaction
from custom_components.hikcentral_visitors.ledger.loading import load
from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.ledger.photos import keep_photo
from custom_components.hikcentral_visitors.ledger.records import Moment, change
from custom_components.hikcentral_visitors.ledger.retention import (
    delete_forgotten,
    forget_visitor,
)
from custom_components.hikcentral_visitors.visits.known import Existence, Former, Known
from custom_components.hikcentral_visitors.visits.passage import Direction, Passage
from custom_components.hikcentral_visitors.visits.presence import Movement, MovementKind
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord

from .conftest import NOW
from .test_records import store, visit, visitor

SECRETS = {
    "given_name": "Wilhelmina-4711",
    "family_name": "Featherstonehaugh",
    "company": "Company-of-hers",
    "phone": "+31-20-555-0199",
    "email": "mina@hers.example",
    "card_no": "8675309-1337",
}
OF_VISITS = {
    "host": "Host-of-hers",
    "purpose": "Purpose-of-hers",
    "vehicle_plate": "PLATE-77",
    "note": "Note-of-hers " * 400,
    "reference": "Booking-of-hers",
    "revoked_reason": "Reason-of-hers",
}
PICTURE = b"\xff\xd8\xff picture of hers " * 2000
PICTURE_URI = "Vsm://picture-of-hers"


def words() -> list[bytes]:
    texts = [*SECRETS.values(), *OF_VISITS.values(), "notify.of_hers", PICTURE_URI]
    return [text.strip().encode()[:20] for text in texts] + [PICTURE[:20]]


def found_in(folder: Path) -> set[bytes]:
    """Return which of the words are in any file of the folder."""
    content = b"\0".join(path.read_bytes() for path in folder.iterdir())
    return {word for word in words() if word in content}


async def remember(ledger: Ledger, moment: Moment) -> None:
    """Store all that can be known of somebody, over several commits."""
    stays = (
        visit(closed_at=NOW, notify=("notify.of_hers",), **OF_VISITS),
        visit(id="v2", **OF_VISITS | {"reference": None}),
    )
    record = VisitorRecord(visitor=visitor(**SECRETS, photo="x"), visits=stays)
    await store(ledger, moment, record)
    passage = Passage(
        event_id="e1",
        event_type=196893,
        visitor_id="ada",
        occurred_at=NOW,
        door_id="11",
        picture_uri=PICTURE_URI,
    )

    def more(transaction: Transaction) -> None:
        keep_photo(transaction, "ada", "x", PICTURE)
        record_passage(transaction, moment, passage)

    await ledger.async_write(more)
    for number in range(3):

        def rewrite(record: VisitorRecord, number: int = number) -> Change:
            longer = record.visit("v2").note or ""
            changed = replace(record.visit("v2"), note=longer * (number + 1))
            return Change(record.with_visit(changed))

        await ledger.async_write(
            partial(change, moment=moment, visitor_id="ada", decide=rewrite)
        )


async def forget(ledger: Ledger, moment: Moment) -> None:
    await ledger.async_write(lambda one: forget_visitor(one, moment, "ada"))


async def test_no_byte_of_hers_is_left_in_any_file(
    ledger: Ledger, path: Path, moment: Moment
) -> None:
    await remember(ledger, moment)
    assert found_in(path.parent) == set(words())
    await forget(ledger, moment)
    await ledger.async_wipe()
    assert found_in(path.parent) == set()


async def test_nor_after_what_was_in_the_log_flowed_into_the_file(
    ledger: Ledger, path: Path, moment: Moment
) -> None:
    await remember(ledger, moment)
    await ledger.async_wipe()
    assert found_in(path.parent) == set(words())
    await forget(ledger, moment)
    await ledger.async_wipe()
    assert found_in(path.parent) == set()


async def test_a_copy_under_way_is_not_disturbed_and_wiped_behind(
    ledger: Ledger, path: Path, moment: Moment
) -> None:
    await remember(ledger, moment)
    await ledger.async_hold_checkpoints()
    held = path.read_bytes()
    await forget(ledger, moment)
    await ledger.async_wipe()
    assert path.read_bytes() == held
    await ledger.async_release_checkpoints()
    assert found_in(path.parent) == set()


async def test_whoever_is_still_inside_stays_until_he_is_out(
    ledger: Ledger, moment: Moment
) -> None:
    record = VisitorRecord(visitor=visitor(), visits=(visit(),))
    await store(ledger, moment, record)

    def leave(record: VisitorRecord) -> Change:
        out = Movement(NOW, MovementKind.CHECK_OUT, "v1")
        return Change(record.with_movement(out))

    inside = Passage(
        event_id="e1",
        event_type=196893,
        visitor_id="ada",
        occurred_at=NOW - timedelta(minutes=1),
        door_id="11",
        direction=Direction.ENTRY,
    )
    await ledger.async_write(lambda one: record_passage(one, moment, inside))
    await forget(ledger, moment)
    assert await ledger.async_write(delete_forgotten) == 0
    assert await ledger.async_read(lambda one: load(one, "ada")) is not None
    await ledger.async_write(lambda one: change(one, moment, "ada", leave))
    assert await ledger.async_write(delete_forgotten) == 1


@pytest.mark.parametrize(
    "known",
    [
        Known(person_id="42", existence=Existence.PRESENT),
        Known(person_id="42", existence=Existence.UNKNOWN),
        Known(former=Former(ids=frozenset({"42"}), told=1)),
    ],
)
async def test_whoever_hikcentral_or_a_door_may_still_hold_stays(
    ledger: Ledger, moment: Moment, known: Known
) -> None:
    await store(ledger, moment, VisitorRecord(visitor=visitor(), known=known))
    await forget(ledger, moment)
    assert await ledger.async_write(delete_forgotten) == 0


async def test_listeners_learn_who_was_forgotten(
    ledger: Ledger, moment: Moment
) -> None:
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=(visit(),)))
    told: list[frozenset[str]] = []
    ledger.async_listen(lambda committed: told.append(committed.forgotten))
    await forget(ledger, moment)
    assert told == [frozenset({"ada"})]
