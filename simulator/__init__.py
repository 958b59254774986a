"""A HikCentral Professional gateway with terminals, to be tested against.

It behaves as the project's reference of the OpenAPI describes: signatures,
envelopes, codes, paging, persons, access levels, application to the terminals,
doors and their events, pushes. What is configured and what the terminals hold
are two states; only the latter opens doors. What the reference leaves open is a
switch (`simulator.switches`), what can go wrong is a fault (`simulator.faults`).
Visitors as HikCentral's visitor module knows them are left out; their paths are
answered like any path that does not exist (8).

From the command line: `python -m simulator --help`. In process:

    async with simulator.create_app(clock=Clock(running=False)) as sim:
        ...  # call sim.url, control by sim.control_url, look into sim.world
        await sim.advance(60)

The control API (`simulator.control`) takes and gives JSON:

| Call | Body | Answer |
|---|---|---|
| `POST /present` | `{personId or cardNo, with, doorIndexCode, readerIndexCode?, checkInAndOutType?, at?}` | the event, and `granted` |
| `POST /events` | `{events: [{eventType, doorIndexCode, …}]}` | `{eventIds}` |
| `GET /state` | `?only=` names of parts | see `control.state` |
| `POST /faults` | see `faults.Faults`; `{}` clears | `{faults}` |
| `POST /switches` | see `switches.Switches`; the others stay | `{switches}` |
| `POST /clock` | `{now}` or `{advance_s}` | `{now}` |
| `POST /operator` | see `control.operator.operate` | what each order made |
| `POST /seed` | `{persons, events_per_minute}` | `{personIds}` |
| `POST /restart`, `/reset` | – | `{}` |

What cannot be done is answered by 400 and `{"error": why}`.
"""  # noqa: E501 - a table

from .clock import Clock
from .server import Simulator, create_app
from .world import World

__all__ = ["Clock", "Simulator", "World", "create_app"]
