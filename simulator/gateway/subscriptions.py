"""Event subscriptions (reference, 3.11)."""

from typing import Any

import voluptuous as vol

from .endpoint import Endpoint, Request
from .fields import MAX_INT, choice, http_url, number, schema, text

_TYPES = vol.All([number(1, MAX_INT)], vol.Length(min=1))


def _subscribe(request: Request) -> Any:
    params = request.params
    request.world.push.subscribe(
        params["eventTypes"],
        params["eventDest"],
        params.get("token"),
        passing=params.get("passBack", 0) == 1,
    )
    return ""


def _unsubscribe(request: Request) -> Any:
    request.world.push.unsubscribe(request.params["eventTypes"])
    return ""


def _view(request: Request) -> Any:
    types: dict[str, list[int]] = {}
    for item in request.world.push.subscriptions:
        types.setdefault(item.destination, []).append(item.event_type)
    if not types and not request.switches.empty_list_included:
        return {}
    return {
        "detail": [
            {"eventTypes": kinds, "eventDest": destination}
            for destination, kinds in types.items()
        ]
    }


ENDPOINTS = (
    Endpoint(
        "eventService/v1/eventSubscriptionByEventTypes",
        schema(
            {
                vol.Required("eventTypes"): _TYPES,
                vol.Required("eventDest"): http_url,
                "token": text(1024),
                "passBack": choice(0, 1),
            }
        ),
        _subscribe,
    ),
    Endpoint(
        "eventService/v1/eventUnSubscriptionByEventTypes",
        schema({vol.Required("eventTypes"): _TYPES}),
        _unsubscribe,
    ),
    Endpoint("eventService/v1/eventSubscriptionView", schema(), _view),
)
