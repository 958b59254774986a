"""The control API's web application: JSON in, JSON out, 400 with a reason.

It never runs on the gateway's port.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
import json
from typing import Any

from aiohttp import web
import voluptuous as vol

from ..background import Background
from ..event_log import Event
from ..faults import parse_faults, whole
from ..model import Credential
from ..passages import ImpossibleError, Presentation, present
from ..wire import instant, polled_event
from ..world import World
from .operator import operate
from .state import describe

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LARGEST_BODY = 64 * 1024 * 1024


def _aware(value: Any) -> datetime:
    if not isinstance(value, str) or (
        (moment := datetime.fromisoformat(value)).tzinfo is None
    ):
        msg = "expected ISO 8601 with offset"
        raise vol.Invalid(msg)
    return moment


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = "expected a number"
        raise vol.Invalid(msg)
    return float(value)


_PRESENT = vol.Schema(
    {
        vol.Exclusive("personId", "who"): str,
        vol.Exclusive("cardNo", "who"): vol.All(str, vol.Length(min=1)),
        vol.Required("with"): vol.Coerce(Credential),
        vol.Required("doorIndexCode"): str,
        "readerIndexCode": str,
        "checkInAndOutType": vol.In(range(7)),
        "at": _aware,
    }
)

_EVENTS = vol.Schema(
    {
        vol.Required("events"): [
            vol.Schema(
                {
                    vol.Required("eventType"): vol.All(int, vol.Range(min=1)),
                    vol.Required("doorIndexCode"): str,
                },
                extra=vol.ALLOW_EXTRA,
            )
        ]
    }
)

_CLOCK = vol.Schema(
    vol.Any(
        {vol.Required("now"): _aware},
        {vol.Required("advance_s"): vol.All(_number, vol.Range(min=0))},
    )
)

_SEED = vol.Schema(
    {
        vol.Optional("persons", default=0): whole,
        vol.Optional("events_per_minute", default=0.0): vol.All(
            _number, vol.Range(min=0)
        ),
    }
)


class Control:
    """Serves the control API of a world."""

    def __init__(self, world: World, background: Background) -> None:
        """Control this world and the staff in its background."""
        self._world = world
        self._background = background

    def app(self) -> web.Application:
        """Make the web application."""
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_explain])
        app.router.add_get("/state", self._state)
        for path, handler in (
            ("/present", self._present),
            ("/events", self._events),
            ("/faults", self._faults),
            ("/switches", self._switches),
            ("/clock", self._clock),
            ("/operator", self._operator),
            ("/seed", self._seed),
            ("/restart", self._restart),
            ("/reset", self._reset),
        ):
            app.router.add_post(path, handler)
        return app

    async def _state(self, request: web.Request) -> web.Response:
        """`?only=calls,log` gives these parts alone."""
        self._world.clock.run_due()
        parts = [part for part in request.query.get("only", "").split(",") if part]
        return web.json_response(describe(self._world, parts))

    async def _present(self, request: web.Request) -> web.Response:
        """Answer the event, with `granted`."""
        found: dict[str, Any] = _PRESENT(await _body(request))
        self._world.clock.run_due()
        event, decision = present(
            self._world,
            Presentation(
                credential=found["with"],
                door=found["doorIndexCode"],
                person_id=found.get("personId", ""),
                card_no=found.get("cardNo", ""),
                reader=found.get("readerIndexCode"),
                check_in_and_out=found.get("checkInAndOutType", 0),
                at=found.get("at"),
            ),
        )
        return web.json_response(
            {
                **polled_event(event, self._world.switches),
                "granted": decision.granted,
            }
        )

    async def _events(self, request: web.Request) -> web.Response:
        """Record word for word; id and time are given where they are missing."""
        rows: list[dict[str, Any]] = _EVENTS(await _body(request))["events"]
        events = [self._raw(row) for row in rows]
        for event in events:
            self._world.record(event)
        return web.json_response({"eventIds": [event.event_id for event in events]})

    def _raw(self, row: dict[str, Any]) -> Event:
        now = self._world.terminal_time()
        sent = row.get("eventTime")
        when = _aware(sent) if sent is not None else now
        row = {
            "eventId": self._world.new_event_id(),
            "eventTime": instant(when, self._world.switches.server_zone),
            **row,
        }
        door = self._world.database.tables.doors.get(row["doorIndexCode"])
        return Event(
            event_id=str(row["eventId"]),
            event_type=row["eventType"],
            time=when,
            door=row["doorIndexCode"],
            door_name=door.name if door is not None else "",
            person_id=str(row.get("personId") or ""),
            raw=row,
        )

    async def _faults(self, request: web.Request) -> web.Response:
        self._world.faults = parse_faults(await _body(request))
        return web.json_response(describe(self._world, ["faults"]))

    async def _switches(self, request: web.Request) -> web.Response:
        """Change those named; the others stay."""
        self._world.switches = self._world.switches.changed(await _body(request))
        return web.json_response(describe(self._world, ["switches"]))

    async def _clock(self, request: web.Request) -> web.Response:
        """Move, do what falls due, and let pushes arrive before answering."""
        found: dict[str, Any] = _CLOCK(await _body(request))
        if "now" in found:
            self._world.clock.move_to(found["now"])
        else:
            self._world.clock.advance(found["advance_s"])
        await self._world.push.settle()
        return web.json_response(describe(self._world, ["now"]))

    async def _operator(self, request: web.Request) -> web.Response:
        return web.json_response(operate(self._world, await _body(request)))

    async def _seed(self, request: web.Request) -> web.Response:
        found: dict[str, Any] = _SEED(await _body(request))
        ids = self._background.seed(found["persons"], found["events_per_minute"])
        return web.json_response({"personIds": ids})

    async def _restart(self, _: web.Request) -> web.Response:
        self._world.restart()
        return web.json_response({})

    async def _reset(self, _: web.Request) -> web.Response:
        self._background.forget()
        self._world.reset()
        return web.json_response({})


@web.middleware
async def _explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except (vol.Invalid, ValueError, ImpossibleError) as error:
        return web.json_response({"error": str(error)}, status=400)


async def _body(request: web.Request) -> dict[str, Any]:
    content = json.loads(await request.read() or b"{}")
    if isinstance(content, dict):
        return content
    msg = "expected a JSON object"
    raise ValueError(msg)
