"""The actions around visits: forgetting, checking, and opening a door by hand."""

from collections.abc import Iterable

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.helpers.target import TargetSelection

from ..book import Forgotten
from ..errors import refusal, translated_errors
from .door_targets import async_door
from .responses import async_forgotten, checked
from .schemas import ATTR_VISIT_ID, ATTR_VISITOR_ID
from .targets import Server, async_permitted_servers, async_server, async_visits


async def async_forget_visitor(call: ServiceCall) -> ServiceResponse:
    """Erase all that says who these visitors are; none of them where one is unknown."""
    servers = await async_permitted_servers(call)
    found: dict[str, Server] = {}
    done: list[Forgotten] = []
    with translated_errors():
        for visitor_id in call.data.get(ATTR_VISITOR_ID, []):
            found[visitor_id] = await _async_server_of(visitor_id, servers.values())
        of_visits = ATTR_VISIT_ID in call.data
        if of_visits or TargetSelection(call.data).has_any_target:
            for target in await async_visits(call):
                view = await target.server.runtime.book.visit(target.visit_id)
                found[view.visitor.id] = target.server
        if not found:
            raise refusal("no_visitor_named")
        for server in servers.values():
            entry_id = server.entry.entry_id
            his = [one for one in found if found[one].entry.entry_id == entry_id]
            if his:
                done += await server.runtime.book.forget(his, server.actor)
    return await async_forgotten(call.hass, done)


async def _async_server_of(visitor_id: str, servers: Iterable[Server]) -> Server:
    for server in servers:
        if await server.runtime.book.visitor(visitor_id) is not None:
            return server
    raise refusal("unknown_visitor")


async def async_check_and_repair(call: ServiceCall) -> ServiceResponse:
    """Compare everything with HikCentral now, and mend what differs."""
    server = await async_server(call)
    with translated_errors():
        findings = await server.runtime.auditor.async_check_and_repair()
    coordinator = server.runtime.coordinator
    views = [view async for view in coordinator.async_open_views()]
    return checked(server.entry, findings, views)


async def async_let_in(call: ServiceCall) -> ServiceResponse:
    """Open one door once, perhaps for a certain visitor."""
    door = await async_door(call)
    runtime, about = door.server.runtime, dict[str, str]()
    with translated_errors():
        if (visit_id := call.data.get(ATTR_VISIT_ID)) is not None:
            view = await runtime.book.visit(visit_id)
            about = {"visit_id": visit_id, "visitor_id": view.visitor.id}
        opened = await runtime.doors.async_open(
            door.door_id, door.server.actor, **about
        )
    return {
        "config_entry_id": door.server.entry.entry_id,
        "door": runtime.door_names.get(door.door_id, door.door_id),
        "door_id": door.door_id,
        "visit_id": visit_id,
        "confirmed": opened,
    }
