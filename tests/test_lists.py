"""The lists that actions return: with nothing, one and many in them."""

from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.services import async_setup_services

from .house import async_house


@pytest.mark.parametrize("number", [0, 1, 30])
@pytest.mark.parametrize("action", ["get_visits", "get_visitors", "get_passages"])
async def test_every_list_of_none_one_and_many(
    hass: HomeAssistant, tmp_path: Path, action: str, number: int
) -> None:
    """D44: no view fails because there is nothing, or something, to show."""
    async_setup_services(hass)
    house = await async_house(hass, tmp_path)
    for one in range(number):
        await house.grant(f"Guest {one}", duration="01:00:00")
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        {"config_entry_id": house.entry.entry_id, "limit": 100},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    listed = answer[action.removeprefix("get_")]
    assert isinstance(listed, list)
    assert len(listed) == (0 if action == "get_passages" else number)
    await house.close()
