"""The actions that only ask: visits, passages and visitors, in pages."""

from homeassistant.core import ServiceCall, ServiceResponse

from ..errors import translated_errors
from ..ledger.passage_queries import PassageQuery
from ..ledger.visit_queries import VisitQuery
from ..ledger.visitor_queries import VisitorQuery
from .responses import async_passage_row, visit_row, visitor_row
from .schemas import (
    ATTR_HOST,
    ATTR_LIMIT,
    ATTR_NAME,
    ATTR_PAGE,
    ATTR_SINCE,
    ATTR_STATUS,
    ATTR_UNTIL,
    ATTR_VISIT_ID,
)
from .targets import async_server


async def async_get_visits(call: ServiceCall) -> ServiceResponse:
    """Return visits by their start, those that are over too."""
    server = await async_server(call)
    data = call.data
    status = data.get(ATTR_STATUS)
    query = VisitQuery(
        status=frozenset(status) if status else None,
        host=data.get(ATTR_HOST),
        since=data.get(ATTR_SINCE),
        until=data.get(ATTR_UNTIL),
        visit_id=data.get(ATTR_VISIT_ID),
        name=data.get(ATTR_NAME),
        limit=data[ATTR_LIMIT],
        page=data[ATTR_PAGE],
    )
    with translated_errors():
        views, total = await server.runtime.book.visits(query)
    return {
        "visits": [visit_row(call.hass, server.entry, view) for view in views],
        "total": total,
    }


async def async_get_passages(call: ServiceCall) -> ServiceResponse:
    """Return passages, newest first."""
    server = await async_server(call)
    data = call.data
    query = PassageQuery(
        visit_id=data.get(ATTR_VISIT_ID),
        since=data.get(ATTR_SINCE),
        until=data.get(ATTR_UNTIL),
        name=data.get(ATTR_NAME),
        host=data.get(ATTR_HOST),
        limit=data[ATTR_LIMIT],
        page=data[ATTR_PAGE],
    )
    with translated_errors():
        rows, total = await server.runtime.book.passages(query)
    return {
        "passages": [
            await async_passage_row(call.hass, server.entry, row) for row in rows
        ],
        "total": total,
    }


async def async_get_visitors(call: ServiceCall) -> ServiceResponse:
    """Return the visitors who are remembered, newest first."""
    server = await async_server(call)
    query = VisitorQuery(
        name=call.data.get(ATTR_NAME),
        limit=call.data[ATTR_LIMIT],
        page=call.data[ATTR_PAGE],
    )
    with translated_errors():
        rows, total = await server.runtime.book.visitors(query)
    return {"visitors": [visitor_row(row) for row in rows], "total": total}
