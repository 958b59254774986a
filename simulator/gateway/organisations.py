"""Organisations (reference, 3.2)."""

from dataclasses import replace
from typing import Any

import voluptuous as vol

from ..model import Organisation
from .answer import OCCUPIED, RefusedError
from .endpoint import Endpoint, Request, found, page
from .fields import INDEX_CODE, PAGE, schema, text

_NAME = text(64, 1)


def _write(organisation: Organisation) -> dict[str, Any]:
    return {
        "orgIndexCode": organisation.index_code,
        "orgName": organisation.name,
        "parentOrgIndexCode": organisation.parent,
    }


def _all(request: Request) -> Any:
    return page(request, list(request.tables.organisations.values()), _write)


def _search(request: Request) -> Any:
    """List the hits, and always their ancestors."""
    table = request.tables.organisations
    part = request.params.get("orgName", "").casefold()
    wanted: set[str] = set()
    for organisation in table.values():
        if part not in organisation.name.casefold():
            continue
        node: Organisation | None = organisation
        while node is not None and node.index_code not in wanted:
            wanted.add(node.index_code)
            node = table.get(node.parent)
    hits = [item for code, item in table.items() if code in wanted]
    return page(request, hits, _write)


def _root(request: Request) -> Any:
    table = request.tables.organisations
    return _write(next(item for item in table.values() if item.parent not in table))


def _info(request: Request) -> Any:
    table = request.tables.organisations
    return _write(found(table, request.params["orgIndexCode"]))


def _children(request: Request) -> Any:
    table = request.tables.organisations
    parent = found(table, request.params["parentOrgIndexCode"]).index_code
    return page(request, [o for o in table.values() if o.parent == parent], _write)


def _add(request: Request) -> Any:
    table = request.tables.organisations
    parent = found(table, request.params["parentIndexCode"])
    organisation = Organisation(
        index_code=request.database.new_id("organisation", table),
        name=request.params["orgName"],
        parent=parent.index_code,
    )
    table[organisation.index_code] = organisation
    return _write(organisation)


def _update(request: Request) -> Any:
    table = request.tables.organisations
    organisation = found(table, request.params["orgIndexCode"])
    parent = found(table, request.params["parentIndexCode"])
    table[organisation.index_code] = replace(
        organisation, name=request.params["orgName"], parent=parent.index_code
    )
    return ""


def _delete(request: Request) -> Any:
    """Delete an organisation; one that is not empty is occupied (133)."""
    table = request.tables.organisations
    code = found(table, request.params["orgIndexCode"]).index_code
    children = any(item.parent == code for item in table.values())
    people = any(p.organisation == code for p in request.tables.persons.values())
    if children or people:
        raise RefusedError(OCCUPIED)
    del table[code]
    return ""


ENDPOINTS = (
    Endpoint("resource/v1/org/orgList", schema(PAGE), _all),
    Endpoint(
        "resource/v1/org/advance/orgList",
        schema({**PAGE, "orgName": text(64)}),
        _search,
    ),
    Endpoint("resource/v1/org/rootOrg", schema(), _root),
    Endpoint(
        "resource/v1/org/orgIndexCode/orgInfo",
        schema({vol.Required("orgIndexCode"): INDEX_CODE}),
        _info,
    ),
    Endpoint(
        "resource/v1/org/parentOrgIndexCode/subOrgList",
        schema({**PAGE, vol.Required("parentOrgIndexCode"): INDEX_CODE}),
        _children,
    ),
    Endpoint(
        "resource/v1/org/single/add",
        schema(
            {
                vol.Required("orgName"): _NAME,
                vol.Required("parentIndexCode"): INDEX_CODE,
            }
        ),
        _add,
    ),
    Endpoint(
        "resource/v1/org/single/update",
        schema(
            {
                vol.Required("orgIndexCode"): INDEX_CODE,
                vol.Required("orgName"): _NAME,
                vol.Required("parentIndexCode"): INDEX_CODE,
            }
        ),
        _update,
    ),
    Endpoint(
        "resource/v1/org/single/delete",
        schema({vol.Required("orgIndexCode"): INDEX_CODE}),
        _delete,
    ),
)
