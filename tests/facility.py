"""A facility for tests: a simulated HikCentral, and a config entry that reaches it."""

from collections.abc import Mapping
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors.const import DOMAIN
from simulator import Simulator

ENTRANCE, EXIT, PARKING_IN, PARKING_OUT, MEETING_ROOM = "1", "2", "3", "4", "5"
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
            "early_arrival": 0,
        }
        | dict(options or {}),
    )


def person_of(simulator: Simulator, name: str) -> str:
    """Return the personId of somebody by his given name."""
    (found,) = (
        person.person_id
        for person in simulator.world.database.tables.persons.values()
        if person.given_name == name
    )
    return found
