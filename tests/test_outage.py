"""A week without Home Assistant: all of it is caught up, and no phone is flooded."""

from collections.abc import AsyncGenerator
from datetime import timedelta

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors import announce
from custom_components.hikcentral_visitors.announce import HISTORY_AT_ONCE
from custom_components.hikcentral_visitors.hikcentral import FAST_TYPES
from custom_components.hikcentral_visitors.intake.cursors import groups
from custom_components.hikcentral_visitors.ledger.memory import move_cursor
from simulator import Simulator

from .facility import ENTRANCE, EXIT, config_entry, control, person_of, present
from .live import Told, call

CARD = "4711"
FACE_GRANTED = 196893
PASSAGES = 84
"""One each two hours of a week."""


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """An entry that was unloaded a week ago, when Ada was expected."""
    made = config_entry(simulator)
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    await made.runtime_data.poller.async_poll()
    week_ago = dt_util.utcnow() - timedelta(days=7, hours=1)
    (group,) = groups(made.runtime_data.settings.doors)
    for code in FAST_TYPES:
        await made.runtime_data.ledger.async_write(
            lambda one, code=code: move_cursor(one, code, group, week_ago)
        )
    await hass.config_entries.async_unload(made.entry_id)
    yield made
    if made.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(made.entry_id)


async def test_a_weeks_outage_is_caught_up_slowly_and_news_overtakes_it(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D32, D42: none is lost, none is told twice, history comes as history."""
    person, now = person_of(simulator, "Ada"), dt_util.utcnow()
    events = [
        {
            "eventId": f"old {number}",
            "eventType": FACE_GRANTED,
            "doorIndexCode": EXIT if number % 2 else ENTRANCE,
            "personId": person,
            "eventTime": (now - timedelta(hours=2 * (number + 1))).isoformat(
                timespec="seconds"
            ),
        }
        for number in range(PASSAGES)
    ]
    await control(simulator, "events", {"events": events})
    monkeypatch.setattr(announce, "HISTORY_PAUSE", timedelta(hours=1))
    told, shown = Told(hass), list[str]()
    assert await hass.config_entries.async_setup(entry.entry_id)
    coordinator = entry.runtime_data.coordinator
    coordinator.async_listen_passages(lambda one: shown.append(one.passage.event_id))
    await told.passage()
    await hass.async_block_till_done()
    history = len(told.passages)
    assert history <= HISTORY_AT_ONCE

    # Whatever happens meanwhile, the rest takes its time; news does not.
    for name in ("Bea", "Cyd", "Dot"):
        await call(hass, "grant_access", given_name=name, card_no=name, wait=20)
    event = await present(simulator, ENTRANCE, card=CARD)
    await entry.runtime_data.poller.async_poll()
    await told.passage(history + 1)
    for _ in range(5):
        coordinator.follow_soon()
        await hass.async_block_till_done(wait_background_tasks=False)
    assert len(told.passages) == history + 1
    assert not told.passages[-1]["delayed"]
    assert shown == [event["eventId"]], "history is no news for entities"

    monkeypatch.setattr(announce, "HISTORY_PAUSE", timedelta())
    coordinator.follow_soon()
    await told.passage(PASSAGES + 1)
    await hass.async_block_till_done()
    assert len(told.passages) == PASSAGES + 1
    assert len({one["occurred_at"] for one in told.passages}) == PASSAGES + 1
    assert [one["delayed"] for one in told.passages].count(False) == 1
    assert shown == [event["eventId"]]
