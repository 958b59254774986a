"""Where HikCentral's pushes come in: a webhook that only HikCentral can use.

The address holds a random id, and HikCentral returns a random token with each push
(reference 3.11). Whatever else comes is refused and counted; nothing of it is logged.
"""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum
import hmac
from http import HTTPStatus
import json
import secrets
from typing import Any, Final

from aiohttp import hdrs
from aiohttp.web import Request, RequestPayloadError, Response, json_response
from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .const import CONF_PUSH_TOKEN, DOMAIN
from .hikcentral import HikCentralError

LARGEST_BODY: Final = 512 * 1024
"""A message has up to 50 events of about 1 KB; Home Assistant takes up to 16 MB."""

TOKEN_HEADER: Final = "token"  # noqa: S105 - the name of the header
_TAKEN: Final = {"code": "0", "msg": "success"}

type Take = Callable[[object], None]
"""Takes the JSON value of a message at once; raises HikCentralError for no push."""


class Refusal(StrEnum):
    """Why a request was refused; the key of its count."""

    METHOD = "method"
    TOKEN = "token"  # noqa: S105 - a reason
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"


_STATUS: Final = {
    Refusal.METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    Refusal.TOKEN: HTTPStatus.UNAUTHORIZED,
    Refusal.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Refusal.MALFORMED: HTTPStatus.BAD_REQUEST,
}


class _RefusedRequest(Exception):  # noqa: N818 - it says what happened
    """A request that is not taken."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason


@callback
def async_keep_secrets(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Give an entry the id of its webhook and its token, once and for all.

    The id may be that of a server that was here before.
    """
    if CONF_WEBHOOK_ID in entry.data and CONF_PUSH_TOKEN in entry.data:
        return
    hass.config_entries.async_update_entry(
        entry,
        data={
            CONF_WEBHOOK_ID: webhook.async_generate_id(),
            CONF_PUSH_TOKEN: secrets.token_hex(32),
            **entry.data,
        },
    )


class Receiver:
    """The webhook of one entry; answers at once and leaves the work to others."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        take: Take,
        mistaken: Callable[[], None],
    ) -> None:
        """Receive nothing yet.

        `mistaken` is called where the address is right and the token is not.
        """
        self._hass = hass
        self._take = take
        self._mistaken = mistaken
        self._id: str = entry.data[CONF_WEBHOOK_ID]
        self._token: bytes = entry.data[CONF_PUSH_TOKEN].encode()
        self.refused: Counter[Refusal] = Counter()

    @callback
    def async_register(self, *, local_only: bool) -> CALLBACK_TYPE:
        """Receive from now on; returns how to stop.

        Home Assistant refuses other methods by itself, but writes the webhook's id
        into its log then: so all of them come here.
        """
        webhook.async_register(
            self._hass,
            DOMAIN,
            "HikCentral Visitors",
            self._id,
            self.async_handle,
            local_only=local_only,
            allowed_methods=webhook.SUPPORTED_METHODS,
        )

        def unregister() -> None:
            webhook.async_unregister(self._hass, self._id)

        return unregister

    async def async_handle(
        self, _hass: HomeAssistant, _webhook_id: str, request: Request
    ) -> Response:
        """Answer a request to the webhook; never raises for what came."""
        try:
            await self._receive(request)
        except _RefusedRequest as refused:
            self.refused[refused.reason] += 1
            return Response(status=_STATUS[refused.reason])
        return json_response(_TAKEN)

    async def _receive(self, request: Request) -> None:
        if request.method != hdrs.METH_POST:
            raise _RefusedRequest(Refusal.METHOD)
        shown = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(shown.encode("utf-8", "replace"), self._token):
            self._mistaken()
            raise _RefusedRequest(Refusal.TOKEN)
        body = await _read(request)
        try:
            # An empty body is taken for a test of the connection.
            self._take(json.loads(body) if body.strip() else {})
        except (HikCentralError, ValueError, RecursionError) as error:
            raise _RefusedRequest(Refusal.MALFORMED) from error


async def _read(request: Request) -> bytes:
    """Return the body, without ever holding more than is allowed."""
    body = bytearray()
    try:
        while chunk := await request.content.read(LARGEST_BODY + 1 - len(body)):
            body += chunk
            if len(body) > LARGEST_BODY:
                raise _RefusedRequest(Refusal.TOO_LARGE)
    except RequestPayloadError as error:  # packed in another way than it says
        raise _RefusedRequest(Refusal.MALFORMED) from error
    return bytes(body)
