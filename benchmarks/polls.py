"""What a poll costs, with many open visits and much staff at the doors.

Home Assistant's core with the whole integration in this process; real time.
"""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .crowd import open_visits
from .figures import Budget, Table
from .meter import budget_of_loop, measured
from .server import ENTRANCE
from .sizes import Sizes
from .stage import open_stage
from .wire import recorded

_FACE_GRANTED = 196893


async def measure(sizes: Sizes) -> AsyncGenerator[Table]:
    """Poll once for each number of staff events."""
    table = Table(
        title="One poll",
        how="CPU milliseconds of the whole process and its threads; the longest time "
        "in which nothing else could run in the event loop. Nothing else goes on "
        "meanwhile.",
        columns=("open visits", "staff events", "calls", "cpu ms", "held ms"),
    )
    for visits in (1, *sizes.crowds):
        async with open_stage() as stage:
            await open_visits(stage, visits)
            await stage.load()
            await stage.entry.runtime_data.background.async_stop()
            poller = stage.entry.runtime_data.poller
            await poller.async_poll()
            for events in sizes.staff_events:
                now = datetime.now(UTC).isoformat(timespec="seconds")
                await stage.server.record(
                    [
                        {
                            "eventType": _FACE_GRANTED,
                            "doorIndexCode": ENTRANCE,
                            "personId": f"staff-{number}",
                            "eventTime": now,
                        }
                        for number in range(events)
                    ]
                )
                with (
                    recorded(async_get_clientsession(stage.hass)) as recording,
                    measured() as cost,
                ):
                    await poller.async_poll()
                asked = sum(one.path == "acs/v1/door/events" for one in recording.calls)
                cpu, held = cost.cpu * 1000, cost.hold * 1000
                table.add(visits, events, asked, cpu, held)
                if events == 500 and visits == max(sizes.crowds):
                    where = f"with {visits} open visits and {events} staff events"
                    table.budgets += [
                        Budget(what=f"CPU ms of a poll {where}", limit=50, found=cpu),
                        budget_of_loop(f" {where}", cost),
                    ]
    yield table
