"""What a facility does in a day, each thing from rest to rest."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect

from custom_components.hikcentral_visitors.book import UpdateRequest
from custom_components.hikcentral_visitors.ledger.migrations import Migration
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.profile import photo_digest
from custom_components.hikcentral_visitors.visits.update import VisitorChanges
from custom_components.hikcentral_visitors.visits.visit import Outcome
from simulator.control.operator import operate
from simulator.event_log import Event
from simulator.model import Credential
from simulator.passages import Presentation, present
from simulator.wire import pushed_event
from tests.intake.test_pushes import message
from tests.reconciler.house import (
    DAY,
    HOUR,
    LOBBY,
    LOBBY_DOORS,
    VIP,
    VIP_DOORS,
)

from .crashes import MortalHouse, receiving

OTHER_FACE = b"\xff\xd8\xff\xe0 another face \xff\xd9"


@dataclass
class Played:
    """What a flow left for its check: its visits, and which requests were answered.

    `crashes` is how often the process died on the way.
    """

    visits: list[str] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    events: list[str] = field(default_factory=list)
    crashes: int = 0


type Part = Callable[[MortalHouse, Played], Awaitable[None]]


UNTIL_TOLD = timedelta(minutes=30)
"""Until terminals were told of a person who is gone, as often as they are."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A flow: `before` it all is at rest; `act` is crashed; `check` comes after.

    After a crash, and without one, time goes on until `lasts` after the beginning.
    """

    before: Part
    act: Part
    check: Part
    lasts: timedelta = timedelta(minutes=6)
    migrations: tuple[Migration, ...] = ()
    """What a newer release, which starts then, does to the ledger first."""


async def _nothing(house: MortalHouse, played: Played) -> None:
    await house.settle()


async def _one_polled(house: MortalHouse, played: Played) -> None:
    await _one_visitor(house, played)
    await house.poll()


async def _one_visitor(house: MortalHouse, played: Played) -> None:
    played.visits = [await house.grant(stay=HOUR)]
    await house.settle()


async def _one_with_a_card(house: MortalHouse, played: Played) -> None:
    """A picture is not kept once the doors have it, so it cannot be given again."""
    played.visits = [await house.grant(stay=HOUR, photo=None)]
    await house.settle()


async def _states(house: MortalHouse, played: Played) -> list[AccessState]:
    return [(await house.access(visit)).state for visit in played.visits]


async def _grant(house: MortalHouse, played: Played) -> None:
    played.visits = [await house.grant()]
    played.answered.add("grant")
    await house.settle()


async def _granted_if_asked(house: MortalHouse, played: Played) -> None:
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


async def _grant_group(house: MortalHouse, played: Played) -> None:
    played.visits = await house.grant_all(3)
    played.answered |= set(played.visits)
    await house.settle()


async def _extend(house: MortalHouse, played: Played) -> None:
    await house.extend(played.visits[0])
    played.answered.add("extend")
    await house.settle()


async def _shorten(house: MortalHouse, played: Played) -> None:
    await house.extend(played.visits[0], -HOUR / 2)
    played.answered.add("shorten")
    await house.settle()


async def _has_moved_if_asked(house: MortalHouse, played: Played) -> None:
    assert await _states(house, played) == [AccessState.ACTIVE]
    (person,) = house.ours()
    (visit,) = (await house.record()).visits
    before = visit.created_at + HOUR
    if played.answered:
        assert visit.valid_until != before.replace(microsecond=0)
    assert house.opens(person.id) == LOBBY_DOORS


async def _revoke(house: MortalHouse, played: Played) -> None:
    await house.revoke(played.visits[0])
    played.answered.add("revoke")
    await house.settle()


async def _revoked_if_asked(house: MortalHouse, played: Played) -> None:
    visit = (await house.book.visit(played.visits[0])).visit
    if played.answered or visit.revoked_at is not None:
        assert await _states(house, played) == [AccessState.REMOVED]
        assert house.open_to_us() == set()
    else:
        assert await _states(house, played) == [AccessState.ACTIVE]


async def _one_revoked(house: MortalHouse, played: Played) -> None:
    await _one_visitor(house, played)
    await house.revoke(played.visits[0])
    await house.settle()


async def _restore(house: MortalHouse, played: Played) -> None:
    await house.book.restore(played.visits[0], house.desk)
    played.answered.add("restore")
    await house.settle()


async def _restored_if_asked(house: MortalHouse, played: Played) -> None:
    visit = (await house.book.visit(played.visits[0])).visit
    if played.answered or visit.revoked_at is None:
        assert await _states(house, played) == [AccessState.ACTIVE]
        assert house.open_to_us() == LOBBY_DOORS
    else:
        assert await _states(house, played) == [AccessState.REMOVED]


async def _cancel_while_granted(house: MortalHouse, played: Played) -> None:
    """Cancelled when the person is there, and on the way into the level."""
    played.visits = [await house.grant()]
    await house.life.until_call(2)
    await house.book.cancel(played.visits[0], house.desk)
    played.answered.add("cancel")
    await house.settle()


async def _cancelled_if_asked(house: MortalHouse, played: Played) -> None:
    for record in await house.records():
        cancelled = not [visit for visit in record.visits if visit.live(house.now())]
        assert house.open_to_us() == (set() if cancelled else LOBBY_DOORS)
        assert cancelled or "cancel" not in played.answered


async def _expire(house: MortalHouse, played: Played) -> None:
    await house.wait(2 * HOUR)


async def _is_out(house: MortalHouse, played: Played) -> None:
    assert house.open_to_us() == set()
    (person,) = house.ours()
    assert not house.world.database.levels_of(person.id)


def _passes(house: MortalHouse, played: Played) -> Iterator[Event]:
    """Let the one visitor in, and out again."""
    (person,) = house.ours()
    for door, credential in (("11", Credential.FACE), ("12", Credential.CARD)):
        event, decision = present(
            house.world,
            Presentation(credential=credential, door=door, person_id=person.id),
        )
        assert decision.granted
        played.events.append(event.event_id)
        yield event


async def _pass(house: MortalHouse, played: Played) -> None:
    for _ in _passes(house, played):
        house.clock.advance(15)
        await house.poll()
    await house.settle()


async def _pass_pushed(house: MortalHouse, played: Played) -> None:
    """Each passage is pushed twice, in messages that cross, and polled after that."""
    async with receiving(house) as receive:
        for event in _passes(house, played):
            body = message(pushed_event(event, house.world.switches))
            await receive(body, body)
            await house.announce()
            house.clock.advance(15)
    await house.poll()
    await house.settle()


async def _passed(house: MortalHouse, played: Played) -> None:
    """Each passage is recorded once, and told once; a crash lets one be told again."""
    await house.poll()
    assert sorted(await house.recorded()) == sorted(played.events)
    told = Counter(one["direction"] for one in house.bus if "direction" in one)
    assert [*told] == ["entry", "exit"][: len(played.events)]
    assert told.total() - len(told) <= played.crashes


async def _widen(house: MortalHouse, played: Played) -> None:
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
    await _audit(house, played)


async def _delete(house: MortalHouse, played: Played) -> None:
    """Somebody deletes the person in HikCentral, and the doors know."""
    (person,) = house.ours()
    operate(house.world, {"delete_person": person.id, "apply": {}})
    house.clock.advance(15)
    assert house.open_to_us() == set()
    await _audit(house, played)


async def _audit(house: MortalHouse, played: Played) -> None:
    """While nothing else is under way, so that commits are always as many."""
    await house.at_once([house.auditor.async_audit(thorough=True)])
    await house.settle()


async def _mended(house: MortalHouse, played: Played) -> None:
    """After a crash it is looked again, as after each start."""
    await _audit(house, played)
    assert await _states(house, played) == [AccessState.ACTIVE]
    (person,) = house.ours()
    assert house.opens(person.id, Credential.CARD) == LOBBY_DOORS
    assert house.open_to_us() == LOBBY_DOORS


async def _closed_long_ago(house: MortalHouse, played: Played) -> None:
    await _one_visitor(house, played)
    await house.wait(HOUR)
    await house.wait(house.policy.retention + DAY)


async def _forget(house: MortalHouse, played: Played) -> None:
    """While nothing else is under way, so that commits are always as many."""
    await house.at_once([house.retention.async_forget()])
    await house.settle()
    await house.at_once([house.retention.async_forget()])


async def _is_forgotten(house: MortalHouse, played: Played) -> None:
    await house.retention.async_forget()
    await house.wait(UNTIL_TOLD)
    await house.retention.async_forget()
    assert await house.records() == []
    assert house.ours() == []


async def _forget_one(house: MortalHouse, played: Played) -> None:
    visitor = (await house.record()).visitor.id
    await house.book.forget([visitor], house.desk)
    played.answered.add("forget")
    await house.settle()
    await house.retention.async_forget()


async def _forgotten_if_asked(house: MortalHouse, played: Played) -> None:
    await house.retention.async_forget()
    people = await house.records()
    assert not (people and played.answered)
    assert len(house.ours()) == len(people)
    assert house.open_to_us() == (LOBBY_DOORS if people else set())


async def _update(house: MortalHouse, played: Played) -> None:
    """Another name, and another picture."""
    changes = VisitorChanges(given_name="Augusta", photo=photo_digest(OTHER_FACE))
    request = UpdateRequest(visitor=changes, photo=OTHER_FACE)
    await house.book.update(played.visits[0], request, house.desk)
    played.answered.add("update")
    await house.settle()


async def _updated_if_asked(house: MortalHouse, played: Played) -> None:
    assert await _states(house, played) == [AccessState.ACTIVE]
    (person,) = house.ours()
    updated = person.given_name == "Augusta"
    assert (person.face == OTHER_FACE) is updated
    assert updated or not played.answered
    assert house.opens(person.id, Credential.FACE) == LOBBY_DOORS


async def _overlap(house: MortalHouse, played: Played) -> None:
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


async def _overlapped(house: MortalHouse, played: Played) -> None:
    record = await house.record()
    live = [visit for visit in record.visits if visit.live(house.now())]
    levels = {level for visit in live for level in visit.levels}
    doors = VIP_DOORS if VIP in levels else LOBBY_DOORS if levels else set()
    assert house.open_to_us() == doors
    assert "grant" not in played.answered or VIP in levels
    assert "revoke" not in played.answered or played.visits[0] not in {
        visit.id for visit in live
    }


_addition = Table("addition", MetaData(), Column("key", String, primary_key=True))


def _add_a_table(connection: Connection) -> None:
    _addition.create(connection)
    connection.execute(_addition.insert().values(key="once"))


async def _go_on(house: MortalHouse, played: Played) -> None:
    await house.settle()


async def _migrated(house: MortalHouse, played: Played) -> None:
    assert await _states(house, played) == [AccessState.ACTIVE]
    assert house.open_to_us() == LOBBY_DOORS

    def keys(connection: Connection) -> list[str]:
        assert inspect(connection).has_table("addition")
        return list(connection.scalars(_addition.select()))

    assert await house.ledger.async_read(keys) == ["once"]


async def _check_out(house: MortalHouse, played: Played) -> None:
    await house.book.check_out(played.visits[0], house.desk)
    played.answered.add("check out")
    await house.settle()


async def _one_checked_in(house: MortalHouse, played: Played) -> None:
    await _one_visitor(house, played)
    await house.book.check_in(played.visits[0], house.desk)
    await house.settle()


async def _gone_if_asked(house: MortalHouse, played: Played) -> None:
    view = await house.book.visit(played.visits[0])
    assert not (played.answered and view.visit.live(house.now()))
    gone = view.visit.outcome is Outcome.LEFT
    assert house.open_to_us() == (set() if gone else LOBBY_DOORS)


FLOWS: dict[str, Flow] = {
    "grant": Flow(before=_nothing, act=_grant, check=_granted_if_asked),
    "grant a group": Flow(before=_nothing, act=_grant_group, check=_granted_if_asked),
    "extend": Flow(before=_one_visitor, act=_extend, check=_has_moved_if_asked),
    "shorten": Flow(before=_one_visitor, act=_shorten, check=_has_moved_if_asked),
    "revoke": Flow(before=_one_visitor, act=_revoke, check=_revoked_if_asked),
    "restore": Flow(before=_one_revoked, act=_restore, check=_restored_if_asked),
    "cancel while granting": Flow(
        before=_nothing, act=_cancel_while_granted, check=_cancelled_if_asked
    ),
    "expiry": Flow(before=_one_visitor, act=_expire, check=_is_out, lasts=2 * HOUR),
    "passages": Flow(before=_one_polled, act=_pass, check=_passed),
    "pushed passages": Flow(before=_one_polled, act=_pass_pushed, check=_passed),
    "widened by somebody": Flow(before=_one_with_a_card, act=_widen, check=_mended),
    "deleted by somebody": Flow(before=_one_with_a_card, act=_delete, check=_mended),
    "retention": Flow(before=_closed_long_ago, act=_forget, check=_is_forgotten),
    "forget": Flow(
        before=_one_visitor,
        act=_forget_one,
        check=_forgotten_if_asked,
        lasts=UNTIL_TOLD,
    ),
    "update": Flow(before=_one_visitor, act=_update, check=_updated_if_asked),
    "overlapping visits": Flow(before=_one_visitor, act=_overlap, check=_overlapped),
    "check out": Flow(before=_one_checked_in, act=_check_out, check=_gone_if_asked),
    "newer schema": Flow(
        before=_one_visitor, act=_go_on, check=_migrated, migrations=(_add_a_table,)
    ),
}
