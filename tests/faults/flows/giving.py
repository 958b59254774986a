"""Access is given, given back, and changed."""

from custom_components.hikcentral_visitors.book import UpdateRequest
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.profile import photo_digest
from custom_components.hikcentral_visitors.visits.update import VisitorChanges
from simulator.model import Credential
from tests.faults.crashes import MortalHouse
from tests.reconciler.house import (
    HOUR,
    LOBBY,
    LOBBY_DOORS,
    VIP,
    VIP_DOORS,
)

from .played import OTHER_FACE, Played, one_visitor, states


async def grant(house: MortalHouse, played: Played) -> None:
    played.visits = [await house.grant()]
    played.answered.add("grant")
    await house.settle()


async def granted_if_asked(house: MortalHouse, played: Played) -> None:
    """What is on disk is at the doors; what was answered is on disk."""
    people = await house.records()
    assert len(people) >= len(played.answered)
    for record in people:
        (visit,) = record.visits
        assert (await house.access(visit.id)).state is AccessState.ACTIVE
        assert record.known.person_id is not None
        for credential in (Credential.FACE, Credential.CARD):
            assert house.opens(record.known.person_id, credential) == LOBBY_DOORS
    assert len(house.ours()) == len(people)


async def grant_group(house: MortalHouse, played: Played) -> None:
    played.visits = await house.grant_all(3)
    played.answered |= set(played.visits)
    await house.settle()


async def extend(house: MortalHouse, played: Played) -> None:
    await house.extend(played.visits[0])
    played.answered.add("extend")
    await house.settle()


async def shorten(house: MortalHouse, played: Played) -> None:
    await house.extend(played.visits[0], -HOUR / 2)
    played.answered.add("shorten")
    await house.settle()


async def has_moved_if_asked(house: MortalHouse, played: Played) -> None:
    assert await states(house, played) == [AccessState.ACTIVE]
    (person,) = house.ours()
    (visit,) = (await house.record()).visits
    before = visit.created_at + HOUR
    if played.answered:
        assert visit.valid_until != before.replace(microsecond=0)
    assert house.opens(person.id) == LOBBY_DOORS


async def one_revoked(house: MortalHouse, played: Played) -> None:
    await one_visitor(house, played)
    await house.revoke(played.visits[0])
    await house.settle()


async def restore(house: MortalHouse, played: Played) -> None:
    await house.book.restore(played.visits[0], house.desk)
    played.answered.add("restore")
    await house.settle()


async def restored_if_asked(house: MortalHouse, played: Played) -> None:
    visit = (await house.book.visit(played.visits[0])).visit
    if played.answered or visit.revoked_at is None:
        assert await states(house, played) == [AccessState.ACTIVE]
        assert house.open_to_us() == LOBBY_DOORS
    else:
        assert await states(house, played) == [AccessState.REMOVED]


async def update(house: MortalHouse, played: Played) -> None:
    """Another name, and another picture."""
    changes = VisitorChanges(given_name="Augusta", photo=photo_digest(OTHER_FACE))
    request = UpdateRequest(visitor=changes, photo=OTHER_FACE)
    await house.book.update(played.visits[0], request, house.desk)
    played.answered.add("update")
    await house.settle()


async def updated_if_asked(house: MortalHouse, played: Played) -> None:
    assert await states(house, played) == [AccessState.ACTIVE]
    (person,) = house.ours()
    updated = person.given_name == "Augusta"
    assert (person.face == OTHER_FACE) is updated
    assert updated or not played.answered
    assert house.opens(person.id, Credential.FACE) == LOBBY_DOORS


async def overlap(house: MortalHouse, played: Played) -> None:
    """A second visit with another level, of somebody whose first is then revoked."""
    visitor = (await house.record()).visitor
    played.visits.append(
        await house.grant("Ada", LOBBY, VIP, visitor_id=visitor.id, stay=2 * HOUR)
    )
    played.answered.add("grant")
    await house.settle()
    await house.revoke(played.visits[0])
    played.answered.add("revoke")
    await house.settle()


async def overlapped(house: MortalHouse, played: Played) -> None:
    record = await house.record()
    live = [visit for visit in record.visits if visit.live(house.now())]
    levels = {level for visit in live for level in visit.levels}
    doors = VIP_DOORS if VIP in levels else LOBBY_DOORS if levels else set()
    assert house.open_to_us() == doors
    assert "grant" not in played.answered or VIP in levels
    assert "revoke" not in played.answered or played.visits[0] not in {
        visit.id for visit in live
    }
