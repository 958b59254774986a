"""Alarms of doors: asked for each minute, news or nothing."""

from custom_components.hikcentral_visitors.hikcentral import ALARM_TYPES
from custom_components.hikcentral_visitors.intake import AlarmPoller, Questions
from tests.facility import control

from .conftest import DOORS, PERSON, House

FORCED_OPEN, DURESS = 198657, 721678


def alarms(house: House) -> AlarmPoller:
    return AlarmPoller(Questions(house.client), house.intake(), DOORS)


async def happen(house: House, code: int, **fields: str) -> None:
    event = {"eventType": code, "doorIndexCode": "11"} | fields
    await control(house.simulator, "events", {"events": [event]})


async def test_an_alarm_is_handed_on_once(house: House) -> None:
    poller = alarms(house)
    await poller.async_poll()
    await house.advance(10)
    await happen(house, FORCED_OPEN)
    await house.advance(10)
    await poller.async_poll()
    await poller.async_poll()
    assert [event.type for event in house.unknown] == [FORCED_OPEN]


async def test_what_happened_before_the_start_is_no_news(house: House) -> None:
    await happen(house, FORCED_OPEN)
    await house.advance(60)
    poller = alarms(house)
    await poller.async_poll()
    await poller.async_poll()
    assert house.unknown == []


async def test_an_alarm_that_somebody_raised_is_an_alarm(house: House) -> None:
    """Under duress he is named; it is the door that matters."""
    poller = alarms(house)
    await poller.async_poll()
    await house.advance(10)
    await happen(house, DURESS, personId=PERSON)
    await poller.async_poll()
    assert [event.type for event in house.unknown] == [DURESS]


async def test_an_outage_loses_no_alarm(house: House) -> None:
    poller = alarms(house)
    await poller.async_poll()
    await house.advance(10)
    await happen(house, FORCED_OPEN)
    down = {"path": "*", "http": 502}
    await control(house.simulator, "faults", {"fail": [down]})
    await poller.async_poll()
    assert house.unknown == []
    await control(house.simulator, "faults", {})
    await house.advance(600)
    await poller.async_poll()
    assert [event.type for event in house.unknown] == [FORCED_OPEN]


async def test_types_that_the_server_refuses_are_not_asked_for_again(
    house: House,
) -> None:
    poller = alarms(house)
    refused = {"path": "acs/v1/door/events", "code": "2", "times": len(ALARM_TYPES)}
    await control(house.simulator, "faults", {"fail": [refused]})
    await poller.async_poll()
    before = house.simulator.world.traffic.per_path["acs/v1/door/events"]
    assert before == len(ALARM_TYPES)
    await poller.async_poll()
    assert house.simulator.world.traffic.per_path["acs/v1/door/events"] == before
