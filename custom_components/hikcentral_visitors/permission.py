"""Who may change access, and see who visits."""

from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers.http import current_request

from .settings import Settings
from .visits.visit import SYSTEM, Actor, ActorKind


async def async_authorize(
    hass: HomeAssistant, settings: Settings, context: Context | None
) -> Actor:
    """Return whoever asks, for the journal, where he may ask.

    Automations carry no user; administrators and the operators named in the options
    are the users who may. Callers ask this before they await anything else. Raises
    Unauthorized for everybody else, also for users who were removed or deactivated.
    """
    if context is None or context.user_id is None:
        return Actor(
            kind=ActorKind.AUTOMATION,
            context_id=None if context is None else context.id,
        )
    user = await hass.auth.async_get_user(context.user_id)
    if user is None:
        raise UnknownUser(context=context)
    if not user.is_active or not (user.is_admin or user.id in settings.operators):
        raise Unauthorized(context=context)
    return Actor(kind=ActorKind.USER, user_id=user.id, context_id=context.id)


def requester() -> Actor:
    """Return whose request Home Assistant is working on, for the journal.

    Flows and the removal of an entry carry no context; Home Assistant itself lets
    administrators only get so far. Without a request it is the system.
    """
    request = current_request.get()
    user = None if request is None else request.get(KEY_HASS_USER)
    return SYSTEM if user is None else Actor(kind=ActorKind.USER, user_id=user.id)
