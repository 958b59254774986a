"""Every call of the client, each once."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from custom_components.hikcentral_visitors.hikcentral import (
    HikCentralClient,
    HikCentralError,
    PersonDraft,
    Priority,
)
from custom_components.hikcentral_visitors.hikcentral.doors import DoorCommand

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
FIRST = Priority.INTERACTIVE
DRAFT = PersonDraft(given_name="Ada", organisation_id="2", begin=NOW, end=NOW + DAY)

type Call = Callable[[HikCentralClient], Any]

CALLS: dict[str, Call] = {
    "version": lambda client: client.version(),
    "organisations": lambda client: client.organisations(),
    "add_person": lambda client: client.add_person(DRAFT),
    "update_person": lambda client: client.update_person("1", DRAFT, priority=FIRST),
    "delete_person": lambda client: client.delete_person("1", priority=FIRST),
    "update_face": lambda client: client.update_face(
        "1", b"\xff\xd8\xff", priority=FIRST
    ),
    "person_by_id": lambda client: client.person_by_id("1", priority=FIRST),
    "person_by_code": lambda client: client.person_by_code("1", priority=FIRST),
    "persons": lambda client: client.persons(priority=FIRST),
    "access_levels": lambda client: client.access_levels(),
    "members": lambda client: client.members("7", priority=FIRST),
    "add_members": lambda client: client.add_members("7", ["1"], priority=FIRST),
    "remove_members": lambda client: client.remove_members("7", ["1"], priority=FIRST),
    "reapply": lambda client: client.reapply(["1"], priority=FIRST),
    "application_detail": lambda client: client.application_detail("1", priority=FIRST),
    "devices": lambda client: client.devices(),
    "doors": lambda client: client.doors(),
    "readers": lambda client: client.readers("11"),
    "control_doors": lambda client: client.control_doors(
        ["11", "12"], DoorCommand.OPEN, priority=FIRST
    ),
    "door_events": lambda client: client.door_events(
        196893, ["11"], NOW - DAY, NOW, priority=FIRST
    ),
    "all_door_events": lambda client: client.all_door_events(
        196893, ["11"], NOW - DAY, NOW, priority=FIRST
    ),
    "event_picture": lambda client: client.event_picture("uri"),
    "subscribe": lambda client: client.subscribe(
        [196893], "http://127.0.0.1/", "token", pass_back=True
    ),
    "unsubscribe": lambda client: client.unsubscribe([196893]),
    "subscriptions": lambda client: client.subscriptions(),
}


async def carry_out(call: Call, client: HikCentralClient) -> None:
    """Make a call to its end, or to an error of ours."""
    try:
        made = call(client)
        if isinstance(made, AsyncIterator):
            async for _ in made:
                pass
        else:
            await made
    except HikCentralError:
        return
