"""A server that answers nonsense for a while: then all is well again."""

import logging

import pytest

from simulator.model import Credential
from simulator.passages import Presentation, present
from tests.reconciler.house import HOUR, LOBBY, VIP

from .crashes import MortalHouse
from .mangling import Mangler


@pytest.mark.parametrize("seed", range(10))
async def test_nonsense_for_a_while(
    mortal_house: MortalHouse, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    """D2: a field that is missing, null or odd never blocks for good."""
    house = mortal_house
    caplog.set_level(logging.DEBUG, "custom_components")
    await house.start()
    settled = await house.grant("Settled", LOBBY)
    leaving = await house.grant("Leaving", LOBBY, VIP)
    await house.settle()
    await house.poll()
    mangler = Mangler(seed)
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
    assert mangler.damaged > 10
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
    passed = {event.event_id for event in log if event.person_id in ours}
    assert set(await house.recorded()) == passed
    unforeseen = [record.getMessage() for record in caplog.records if record.exc_info]
    assert unforeseen == []
    await house.stop()
