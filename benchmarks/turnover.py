"""Places: many visitors come and go, and the registries stay as small as the peak.

Home Assistant's core with the whole integration in this process; nobody calls a server.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime

from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.hikcentral_visitors.ledger import Transaction
from custom_components.hikcentral_visitors.ledger.schema import visits

from .crowd import admit, guest
from .figures import Budget, Table
from .meter import budget_of_loop, measured
from .server import DOORS
from .sizes import Sizes
from .stage import Stage, open_stage

_PATIENCE_S = 60


async def measure(sizes: Sizes) -> AsyncGenerator[Table]:
    """Let all of them have been there, so many at a time."""
    table = Table(
        title="Places",
        how=f"{sizes.turnover:,} visits, {sizes.at_a_time} at a time.",
        columns=(
            "visits",
            "places",
            "devices",
            "entities",
            "seconds",
            "held ms",
            "garbage ms",
        ),
    )
    async with open_stage() as stage:
        await stage.load()
        places = stage.entry.runtime_data.settings.visit_devices
        with measured() as cost:
            for first in range(0, sizes.turnover, sizes.at_a_time):
                await _come_and_go(stage, range(first, first + sizes.at_a_time))
        entry_id = stage.entry.entry_id
        devices = len(
            dr.async_entries_for_config_entry(dr.async_get(stage.hass), entry_id)
        )
        entities = len(
            er.async_entries_for_config_entry(er.async_get(stage.hass), entry_id)
        )
    table.add(
        sizes.turnover,
        places,
        devices,
        entities,
        cost.wall,
        cost.hold * 1000,
        cost.collection * 1000,
    )
    others = 1 + len(DOORS)
    table.budgets += [
        Budget(what="devices of places", limit=places, found=devices - others),
        budget_of_loop("", cost),
    ]
    yield table


async def _come_and_go(stage: Stage, numbers: Sequence[int]) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    # In a thread: what the benchmark does itself must not hold the loop.
    guests = await asyncio.to_thread(lambda: [guest(one, now) for one in numbers])
    ids = [one.visitor.id for one in guests]

    def come(transaction: Transaction) -> None:
        admit(transaction.connection, guests)
        transaction.touched.update(dict.fromkeys(ids))

    def go(transaction: Transaction) -> None:
        transaction.connection.execute(
            visits.update()
            .where(visits.c.visitor_id.in_(ids))
            .values(closed_at=now, ended_at=now)
        )
        transaction.touched.update(dict.fromkeys(ids))

    runtime = stage.entry.runtime_data
    changed = asyncio.Event()
    stop = runtime.coordinator.async_listen_visits(changed.set)
    for change, there in ((come, True), (go, False)):
        await runtime.ledger.async_write(change)
        async with asyncio.timeout(_PATIENCE_S):
            while bool(runtime.coordinator.places) is not there:
                changed.clear()
                await changed.wait()
    stop()
