"""A facility for tests: a simulated HikCentral, and a config entry that reaches it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import aiohttp
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors.const import DOMAIN
from simulator import Simulator

ENTRANCE, EXIT, PARKING_IN, PARKING_OUT, MEETING_ROOM = "11", "12", "13", "14", "15"
LEVEL = "7"


def config_entry(
    simulator: Simulator, options: Mapping[str, Any] | None = None
) -> MockConfigEntry:
    """Return an entry for a simulator that was started, not yet added anywhere."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="HikCentral",
        data={
            "url": simulator.url,
            "app_key": simulator.partner.app_key,
            "app_secret": simulator.partner.app_secret,
            "installation_mark": "TST",
            "installation_key": "00" * 32,
        },
        options={
            "access_levels": [LEVEL],
            "organisation": "2",
            "doors": {
                ENTRANCE: "entry",
                EXIT: "exit",
                PARKING_IN: "passage",
                PARKING_OUT: "passage",
            },
            "poll_interval": 3600,
            "push": False,
            "early_arrival": 0,
        }
        | dict(options or {}),
    )


def person_of(simulator: Simulator, given_name: str) -> str:
    """Return the personId of somebody by his given name."""
    (found,) = (
        person.id
        for person in simulator.world.database.tables.persons.values()
        if person.given_name == given_name
    )
    return found


async def control(
    simulator: Simulator, path: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Call the simulator's control API and return its answer."""
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(f"{simulator.control_url}/{path}", json=body) as answer,
    ):
        found: dict[str, Any] = await answer.json()
        return found


async def present(
    simulator: Simulator, door: str, *, card: str = "", person: str = "", **more: str
) -> dict[str, Any]:
    """Let somebody stand at a door with his card or his face; returns the event."""
    body = {"doorIndexCode": door, "with": "card" if card else "face"} | more
    body |= {"cardNo": card} if card else {"personId": person}
    return await control(simulator, "present", body)


def calls(simulator: Simulator) -> Counter[str]:
    """Return how often each path of the gateway was called so far."""
    return Counter(simulator.world.traffic.per_path)
