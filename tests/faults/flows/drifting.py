"""HikCentral or the ledger is not as it was left."""

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect

from custom_components.hikcentral_visitors.ledger.visit_queries import VisitQuery
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.visit import Visit
from simulator.control.operator import operate
from simulator.model import Credential
from tests.faults.crashes import MortalHouse
from tests.reconciler.house import (
    DAY,
    LOBBY_DOORS,
    VIP,
    VIP_DOORS,
)

from .played import Played, one_with_a_card, states


async def widen(house: MortalHouse, played: Played) -> None:
    """Somebody gives more in HikCentral than the visit does, and the doors hold it."""
    (person,) = house.ours()
    longer = {"personId": person.id, "endTime": (house.now() + DAY).isoformat()}
    member = {"personId": person.id, "privilegeGroupId": VIP}
    operate(
        house.world,
        {"set_window": longer, "add_member": member, "apply": {}},
    )
    house.clock.advance(15)
    assert house.open_to_us() == VIP_DOORS
    await audit(house, played)


async def delete(house: MortalHouse, played: Played) -> None:
    """Somebody deletes the person in HikCentral, and the doors know."""
    (person,) = house.ours()
    operate(house.world, {"delete_person": person.id, "apply": {}})
    house.clock.advance(15)
    assert house.open_to_us() == set()
    await audit(house, played)


async def audit(house: MortalHouse, played: Played) -> None:
    """While nothing else is under way, so that commits are always as many."""
    await house.at_once([house.auditor.async_audit(thorough=True)])
    await house.settle()


async def mended(house: MortalHouse, played: Played) -> None:
    """After a crash it is looked again, as after each start."""
    await audit(house, played)
    assert await states(house, played) == [AccessState.ACTIVE]
    (person,) = house.ours()
    assert house.opens(person.id, Credential.CARD) == LOBBY_DOORS
    assert house.open_to_us() == LOBBY_DOORS


_addition = Table("addition", MetaData(), Column("key", String, primary_key=True))


def add_a_table(connection: Connection) -> None:
    _addition.create(connection)
    connection.execute(_addition.insert().values(key="once"))


async def go_on(house: MortalHouse, played: Played) -> None:
    await house.settle()


async def migrated(house: MortalHouse, played: Played) -> None:
    assert await states(house, played) == [AccessState.ACTIVE]
    assert house.open_to_us() == LOBBY_DOORS

    def keys(connection: Connection) -> list[str]:
        assert inspect(connection).has_table("addition")
        return list(connection.scalars(_addition.select()))

    assert await house.ledger.async_read(keys) == ["once"]


async def one_whose_visit_is_lost(house: MortalHouse, played: Played) -> None:
    await one_with_a_card(house, played)
    await house.stop()
    house.path = house.next_file()
    await house.start()


async def _found_visit(house: MortalHouse) -> Visit:
    views, _ = await house.book.visits(VisitQuery())
    (view,) = views
    return view.visit


async def find_and_give_back(house: MortalHouse, played: Played) -> None:
    await audit(house, played)
    await house.book.restore((await _found_visit(house)).id, house.desk)
    played.answered.add("restore")
    await house.settle()


async def given_back_if_asked(house: MortalHouse, played: Played) -> None:
    await audit(house, played)
    visit = await _found_visit(house)
    assert visit.revoked_at is None or not played.answered
    assert house.open_to_us() == (LOBBY_DOORS if visit.revoked_at is None else set())
