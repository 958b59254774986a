"""A server that answers nonsense for a while: then all is well again."""

from hypothesis import HealthCheck, event, given, settings

from simulator.model import Credential
from simulator.passages import Presentation, present
from tests.reconciler.house import HOUR, LOBBY, VIP

from .conftest import NewHouse
from .crashes import MortalHouse
from .mangling import Damage, Mangler, damages


@given(damages=damages)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_nonsense_for_a_while(new_house: NewHouse, damages: list[Damage]) -> None:
    """D2: a field that is missing, null or odd never blocks for good."""
    async with new_house() as house:
        await _nonsense(house, damages)


async def _nonsense(house: MortalHouse, damages: list[Damage]) -> None:
    await house.start()
    settled = await house.grant("Settled", LOBBY)
    leaving = await house.grant("Leaving", LOBBY, VIP)
    await house.settle()
    await house.poll()
    mangler = Mangler(damages)
    mangler.stand_before(house.client)
    await house.grant("New", LOBBY, VIP)
    await house.revoke(leaving)
    await house.extend(settled)
    for _ in range(3):
        for person in house.ours():
            present(
                house.world,
                Presentation(
                    credential=Credential.FACE, door="11", person_id=person.id
                ),
            )
        await house.poller.async_poll()
        await house.auditor.async_audit(thorough=True)
        await house.wait(HOUR / 4)
    event(f"{mangler.damaged // 10 * 10} or more answers damaged")
    mangler.on = False
    await house.auditor.async_audit(thorough=True)
    await house.wait(HOUR)
    assert await house.differences() == []
    house.check_calls()
    house.check_staff()
    house.check_handed_on()
    await house.poll()
    await house.sweep()  # what an answer that was damaged left out unnoticed
    log = house.world.log.all()
    ours = {person.id for person in house.ours()}
    passed = {one.event_id for one in log if one.person_id in ours}
    assert set(await house.recorded()) == passed
    await house.stop()
