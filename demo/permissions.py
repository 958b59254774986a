"""What a user who is no operator must not be able to do, tried out."""

from collections.abc import Mapping
from typing import Any

from .client import Client, RefusedError
from .language import Person
from .waiting import StoryError

DOMAIN = "hikcentral_visitors"


def forbidden_actions(
    visit_id: str, person: Person
) -> dict[str, tuple[Mapping[str, Any], bool]]:
    """Return the actions with their data, and whether they must be asked to answer."""
    one = {"visit_id": visit_id}
    return {
        f"{DOMAIN}.grant_access": (
            {"given_name": person.given_name, "card_no": person.card_no},
            False,
        ),
        f"{DOMAIN}.extend_access": ({**one, "by": {"hours": 1}}, False),
        f"{DOMAIN}.revoke_access": (one, False),
        f"{DOMAIN}.restore_access": (one, False),
        f"{DOMAIN}.check_in": (one, False),
        f"{DOMAIN}.check_out": (one, False),
        f"{DOMAIN}.cancel_visit": (one, False),
        f"{DOMAIN}.get_visits": ({}, True),
        f"{DOMAIN}.get_passages": ({}, True),
        f"{DOMAIN}.get_visitors": ({}, True),
        "script.register_visitor": ({"given_name": person.given_name}, False),
    }


def forbidden_entities(place: str) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Return the entities of a place that change access: action and data for each."""
    return {
        f"button.{place}_extend": ("button.press", {}),
        f"button.{place}_revoke": ("button.press", {}),
        f"datetime.{place}_valid_until": (
            "datetime.set_value",
            {"datetime": "2099-01-01T00:00:00+00:00"},
        ),
    }


async def check_forbidden(
    user: Client, visit_id: str, place: str, person: Person
) -> None:
    """Try everything, by WebSocket and by REST; raises `StoryError` if any is done."""
    for action, (data, responds) in forbidden_actions(visit_id, person).items():
        await _refused_by_socket(user, action, data, respond=responds)
        await _refused_by_rest(user, action, data, respond=responds)
    for entity_id, (action, data) in forbidden_entities(place).items():
        await _refused_by_socket(user, action, data, entity_id=entity_id)
        await _refused_by_rest(user, action, {**data, "entity_id": entity_id})


async def _refused_by_socket(
    user: Client,
    action: str,
    data: Mapping[str, Any],
    *,
    entity_id: str | None = None,
    respond: bool = False,
) -> None:
    try:
        await user.act(action, data, entity_id=entity_id, respond=respond)
    except RefusedError as refused:
        _check(action, refused)
    else:
        msg = f"{action} was done for somebody who may not (WebSocket)"
        raise StoryError(msg)


async def _refused_by_rest(
    user: Client, action: str, data: Mapping[str, Any], *, respond: bool = False
) -> None:
    path = f"/api/services/{action.replace('.', '/')}"
    try:
        await user.post(f"{path}?return_response" if respond else path, data)
    except RefusedError as refused:
        _check(action, refused)
    else:
        msg = f"{action} was done for somebody who may not (REST)"
        raise StoryError(msg)


def _check(action: str, refused: RefusedError) -> None:
    if not refused.unauthorized:
        msg = f"{action} was refused for another reason: {refused}"
        raise StoryError(msg) from refused
