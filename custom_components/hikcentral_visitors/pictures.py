"""The picture of a passage, fetched from HikCentral whenever an operator looks at it.

Nothing of it is kept: neither here, nor by browsers, nor in any log.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import web
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import Context
from homeassistant.helpers.http import KEY_HASS, HomeAssistantView

from .const import DOMAIN
from .hikcentral import ErrorKind, HikCentralError, NotFoundError
from .ledger import LedgerError
from .permission import async_authorize
from .runtime import HikCentralConfigEntry

_URL: Final = f"/api/{DOMAIN}/{{entry_id}}/passages/{{number:[0-9]{{1,18}}}}/picture"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_STATUSES: Final = {
    ErrorKind.TRANSIENT: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.CREDENTIALS: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.AMBIGUOUS: HTTPStatus.BAD_GATEWAY,
    ErrorKind.REFUSED: HTTPStatus.BAD_GATEWAY,
}


def picture_path(entry_id: str, number: int) -> str:
    """Return where the picture of a passage can be asked for, by its number."""
    return f"/api/{DOMAIN}/{entry_id}/passages/{number}/picture"


class PassagePictureView(HomeAssistantView):
    """Gives administrators and operators the picture that was taken at a door."""

    url = _URL
    name = f"api:{DOMAIN}:passage_picture"

    async def get(
        self, request: web.Request, entry_id: str, number: str
    ) -> web.Response:
        """Answer with the picture, or say why there is none. Raises Unauthorized."""
        hass = request.app[KEY_HASS]
        context = Context(user_id=request[KEY_HASS_USER].id)
        entry: HikCentralConfigEntry | None = next(
            (
                one
                for one in hass.config_entries.async_loaded_entries(DOMAIN)
                if one.entry_id == entry_id
            ),
            None,
        )
        if entry is None:
            return self._none("There is no such server, or it is not running")
        runtime = entry.runtime_data
        await async_authorize(hass, runtime.settings, context)
        try:
            uri = await runtime.book.picture_of_passage(int(number))
            if uri is None:
                return self._none("There is no picture of this passage")
            picture = await runtime.client.event_picture(uri)
        except LedgerError:
            return self._message(
                "The passages cannot be read", HTTPStatus.SERVICE_UNAVAILABLE
            )
        except NotFoundError:
            return self._none("HikCentral does not have the picture any more")
        except HikCentralError as error:
            return self._message(
                "HikCentral did not give the picture", _STATUSES[error.kind]
            )
        return web.Response(
            body=picture.data, content_type=picture.content_type, headers=_HEADERS
        )

    def _none(self, message: str) -> web.Response:
        return self._message(message, HTTPStatus.NOT_FOUND)

    def _message(self, message: str, status: HTTPStatus) -> web.Response:
        return self.json_message(message, status, headers=_HEADERS)
