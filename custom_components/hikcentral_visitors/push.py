"""The pushes of one entry: subscribed, received, watched, tested."""

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any

from aiohttp import ClientError, ClientTimeout
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from .const import CONF_PUSH_TOKEN, CONF_URL, DOMAIN
from .contact import Contact
from .errors import refusal
from .hikcentral import HikCentralClient, HikCentralError
from .intake import Intake, Pushes, PushState, Standing, Subscriber, Watch
from .listeners import Listeners
from .push_address import async_certificate_refused, is_own_machine, push_url
from .reasons import push_text
from .receiver import TOKEN_HEADER, Receiver
from .settings import Settings

_PATIENCE = ClientTimeout(total=10)


class PushStatus(StrEnum):
    """How pushing is, in one word for people."""

    OFF = "off"
    NO_ADDRESS = "no_address"
    ELSEWHERE = "elsewhere"
    REFUSED = "refused"
    WAITING = "waiting"
    ARRIVING = "arriving"
    LOST = "lost"


_BY_STANDING = {
    Standing.OFF: PushStatus.OFF,
    Standing.NO_ADDRESS: PushStatus.NO_ADDRESS,
    Standing.ELSEWHERE: PushStatus.ELSEWHERE,
    Standing.REFUSED: PushStatus.REFUSED,
}
_BY_STATE = {
    PushState.WAITING: PushStatus.WAITING,
    PushState.ARRIVING: PushStatus.ARRIVING,
    PushState.LOST: PushStatus.LOST,
}


class Push:
    """All that belongs to the pushes of one entry.

    `url` is where HikCentral sends them, None where there is no such place; it holds
    the webhook's id, and is for HikCentral's eyes only. `address` is the part before.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        settings: Settings,
        client: HikCentralClient,
        contact: Contact,
        intake: Intake,
        watch: Watch,
        *,
        poll_soon: Callable[[], None],
    ) -> None:
        """Subscribe and receive nothing yet."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._wanted = settings.push
        self._local_only = settings.push_local_only
        self._watch = watch
        self._listeners = Listeners[[]]()
        self.url = _usable_url(hass, entry, settings)
        self.certificate_refused = False
        self.pushes = Pushes(
            client, intake, watch, settings.doors.keys(), poll_soon=poll_soon
        )
        self.subscriber = Subscriber(
            client,
            contact,
            watch,
            wanted=settings.push,
            address=self.url,
            webhook_id=entry.data[CONF_WEBHOOK_ID],
            token=entry.data[CONF_PUSH_TOKEN],
        )
        self.receiver = Receiver(
            hass, entry, self.pushes.take, self.subscriber.renew_soon
        )

    @property
    def address(self) -> str:
        """Where HikCentral reaches Home Assistant, "" where it does not."""
        return "" if self.url is None else self.url.partition("/api/webhook/")[0]

    @property
    def status(self) -> PushStatus | None:
        """How pushing is; None while nobody knows."""
        if (status := _BY_STANDING.get(self.subscriber.standing)) is not None:
            return status
        return _BY_STATE.get(self._watch.state)

    def async_listen(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` when anything of that may have changed."""
        return self._listeners.add(listener)

    @callback
    def async_start(self) -> None:
        """Receive until the entry is unloaded."""
        stops = [
            self._watch.async_listen(self._listeners.tell),
            self.subscriber.async_listen(self._listeners.tell),
        ]
        if self._wanted:
            stops.append(self.receiver.async_register(local_only=self._local_only))
        for stop in stops:
            self._entry.async_on_unload(stop)

    async def async_look_at_certificate(self) -> None:
        """See whether HikCentral would refuse the address for its certificate."""
        if self._wanted and self.url is not None:
            refused = await async_certificate_refused(self._hass, self.address)
            if refused is not self.certificate_refused:
                self.certificate_refused = refused
                self._listeners.tell()

    async def async_take_over(self) -> None:
        """Have all events pushed to us; raises HomeAssistantError."""
        try:
            await self.subscriber.async_take_over()
        except HikCentralError as error:
            raise self._failure("push_not_checked", reason=str(error)) from error

    async def async_test(self) -> None:
        """Look at everything between HikCentral and us that can be looked at.

        HikCentral has nothing that would make it push. So after this, what happens
        next at a door decides; `status` tells. Raises ServiceValidationError or
        HomeAssistantError with what is wrong.
        """
        if not self._wanted:
            raise refusal("push_off")
        if self.url is None:
            raise refusal("push_no_address")
        try:
            await self.subscriber.async_check()
        except HikCentralError as error:
            raise self._failure("push_not_checked", reason=str(error)) from error
        match self.subscriber.standing:
            case Standing.ELSEWHERE:
                raise self._failure("push_elsewhere")
            case Standing.REFUSED:
                reason = push_text(self._hass, self.subscriber.reason)
                raise self._failure("push_refused", reason=reason)
            case _:
                pass
        if self._watch.state is PushState.ARRIVING:
            return
        await self.async_look_at_certificate()
        if self.certificate_refused:
            raise self._failure("push_certificate", address=self.address)
        if not await self._answers():
            raise self._failure("push_unanswered", address=self.address)
        self._watch.begin_anew(self._client.clock.now())

    async def _answers(self) -> bool:
        """Whether it is this webhook that answers at the address."""
        headers = {TOKEN_HEADER: self._entry.data[CONF_PUSH_TOKEN]}
        with suppress(ClientError, TimeoutError, ValueError):
            async with async_get_clientsession(self._hass).post(
                str(self.url), json={}, headers=headers, timeout=_PATIENCE
            ) as answer:
                # Any other Home Assistant answers 200 too, but not this.
                found = await answer.json() if answer.status == 200 else None
                return isinstance(found, dict) and found.get("code") == "0"
        return False

    def _failure(self, key: str, **placeholders: str) -> HomeAssistantError:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders=placeholders,
        )


def _usable_url(
    hass: HomeAssistant, entry: ConfigEntry[Any], settings: Settings
) -> str | None:
    """The webhook's URL; none that only this machine knows, for a server elsewhere."""
    url = push_url(hass, settings.push_address, entry.data[CONF_WEBHOOK_ID])
    if url is None or (
        is_own_machine(url) and not is_own_machine(entry.data[CONF_URL])
    ):
        return None
    return url
