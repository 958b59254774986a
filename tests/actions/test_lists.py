"""The lists that actions return: with nothing, one and many in them."""

from functools import partial
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.ledger.records import Moment
from custom_components.hikcentral_visitors.services import async_setup_services
from custom_components.hikcentral_visitors.visits.passage import Direction, Passage
from tests.house import House, async_house

FACE_GRANTED = 196893


async def _passes(house: House, visit_id: str) -> None:
    """Let whoever has this visit through the entrance."""
    passage = Passage(
        event_id=f"event of {visit_id}",
        event_type=FACE_GRANTED,
        visitor_id=(await house.book.visit(visit_id)).visitor.id,
        occurred_at=dt_util.utcnow(),
        door_id="11",
        door_name="Entrance",
        direction=Direction.ENTRY,
        credential="face",
    )
    moment = Moment(dt_util.utcnow(), house.entry.runtime_data.settings.policy)
    await house.ledger.async_write(
        partial(record_passage, moment=moment, passage=passage)
    )


@pytest.mark.parametrize("number", [0, 1, 30])
@pytest.mark.parametrize("action", ["get_visits", "get_visitors", "get_passages"])
async def test_every_list_of_none_one_and_many(
    hass: HomeAssistant, tmp_path: Path, action: str, number: int
) -> None:
    """D44: no view fails because there is nothing, or something, to show."""
    async_setup_services(hass)
    house = await async_house(hass, tmp_path)
    for one in range(number):
        await _passes(house, await house.grant(f"Guest {one}", duration="01:00:00"))
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        {"config_entry_id": house.entry.entry_id, "limit": 100},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    listed: Any = answer[action.removeprefix("get_")]
    assert isinstance(listed, list)
    assert len(listed) == answer["total"] == number
    assert {one["name"] for one in listed} == {f"Guest {one}" for one in range(number)}
    await house.close()
