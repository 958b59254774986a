"""The chosen doors: what the server says of them, and opening them once.

Passages come another way (intake); this is about the doors themselves. A command is
never repeated by itself: a door that opens twice lets somebody in whom nobody saw.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .contact import Contact
from .errors import refusal
from .hikcentral import (
    AmbiguousError,
    DoorCommand,
    DoorState,
    HikCentralClient,
    HikCentralError,
    Priority,
    RefusedError,
    TransientError,
)
from .visits.visit import Actor

SLOW: Final = timedelta(seconds=60)
AFTER_COMMAND: Final = timedelta(seconds=10)
"""How often doors are read while one of them falls shut again."""
SETTLING: Final = timedelta(seconds=45)
"""How long a door is looked after so closely."""

_ACTIONS: Final = {DoorCommand.OPEN: "open_door", DoorCommand.CLOSE: "close_door"}


class Journal(Protocol):
    """Where it is noted who commanded a door (the visit book)."""

    async def note(self, action: str, actor: Actor, **detail: str) -> None:
        """Write down who did what, durably."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorStatus:
    """A door as the server sees it; None is what the server does not know."""

    name: str = ""
    state: DoorState | None = None
    device_online: bool | None = None

    @property
    def offline(self) -> bool | None:
        """Whether commands and new access cannot reach it."""
        if self.state is DoorState.OFFLINE or self.device_online is False:
            return True
        return None if self.state is None and self.device_online is None else False

    @property
    def closed(self) -> bool | None:
        """Whether it is shut for those who have no access."""
        match self.state:
            case DoorState.CLOSED | DoorState.REMAIN_CLOSED:
                return True
            case DoorState.OPEN | DoorState.REMAIN_OPEN:
                return False
            case _:
                return None


class Doors(DataUpdateCoordinator[dict[str, DoorStatus]]):
    """The states of the chosen doors by id, read slowly; and their commands.

    `data` is empty until the server has answered once, and holds only doors that the
    server knows.
    """

    config_entry: ConfigEntry[Any]

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        client: HikCentralClient,
        contact: Contact,
        journal: Journal,
        *,
        door_ids: Collection[str],
        names: Mapping[str, str],
    ) -> None:
        """Keep what is needed; nothing is asked yet. `names` are the doors', by id."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name="doors",
            update_interval=SLOW,
            always_update=False,
        )
        self.data = {}
        self._client = client
        self._contact = contact
        self._journal = journal
        self._names = names
        self._door_ids = frozenset(door_ids)
        self._commanded_at: datetime | None = None
        self._reading = False

    @property
    def reachable(self) -> bool:
        """Whether what `data` says is how it is."""
        return self.last_update_success and self._contact.connected

    @callback
    def async_start(self) -> None:
        """Read the doors now, and again when the server is back; until unloaded.

        The entry loads without the server, so nobody waits for this.
        """
        self.config_entry.async_on_unload(
            self._contact.async_listen(self._contact_changed)
        )
        self._read_soon()

    @callback
    def _contact_changed(self) -> None:
        self.async_update_listeners()
        if self._contact.connected and not self._reading:
            self._read_soon()

    def _read_soon(self) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), "read doors"
        )

    async def async_open(self, door_id: str, actor: Actor, **about: str) -> bool:
        """Open a door once; it falls shut by itself. False where the server is silent.

        `about` are ids to be noted with it. Raises ServiceValidationError for a door
        that is not among the chosen ones, HomeAssistantError where it did not open, or
        nobody can tell.
        """
        return await self._command(door_id, DoorCommand.OPEN, actor, **about)

    async def async_close(self, door_id: str, actor: Actor) -> None:
        """Shut a door, and end its being held open; raises as `async_open`."""
        await self._command(door_id, DoorCommand.CLOSE, actor)

    async def _command(
        self, door_id: str, command: DoorCommand, actor: Actor, **about: str
    ) -> bool:
        if door_id not in self._door_ids:
            raise refusal("door_not_chosen")
        action = _ACTIONS[command]
        about["door"] = door_id
        await self._journal.note(action, actor, **about)
        try:
            (result,) = await self._client.control_doors(
                [door_id], command, priority=Priority.INTERACTIVE
            )
        except HikCentralError as error:
            if isinstance(error, AmbiguousError):
                key, outcome = "door_uncertain", f"{action}_uncertain"
            else:
                key, outcome = "door_failed", f"{action}_failed"
            await self._journal.note(outcome, actor, **about)
            raise self._failure(key, door_id, error.message) from error
        self._commanded_at = dt_util.utcnow()
        await self.async_request_refresh()
        if result.done is False:
            await self._journal.note(f"{action}_failed", actor, **about)
            reason = result.message or result.code
            raise self._failure("door_failed", door_id, reason)
        return result.done is True

    def _failure(self, key: str, door_id: str, reason: str) -> HomeAssistantError:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={
                "door": self._names.get(door_id, door_id),
                "reason": reason,
            },
        )

    @override
    async def _async_update_data(self) -> dict[str, DoorStatus]:
        self.update_interval = AFTER_COMMAND if self._settling() else SLOW
        if not self._door_ids:
            return {}
        self._reading = True
        try:
            return await self._doors()
        except HikCentralError as error:
            wait = error.retry_after if isinstance(error, TransientError) else None
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="doors_not_read",
                translation_placeholders={"reason": error.message},
                retry_after=wait,
            ) from error
        finally:
            self._reading = False

    async def _doors(self) -> dict[str, DoorStatus]:
        online = await self._devices()
        return {
            door.id: DoorStatus(
                name=door.name,
                state=door.state,
                device_online=online.get(door.device_id),
            )
            async for door in self._client.doors(priority=Priority.POLL)
            if door.id in self._door_ids
        }

    async def _devices(self) -> dict[str, bool | None]:
        try:
            return {
                device.id: device.online
                async for device in self._client.devices(priority=Priority.POLL)
            }
        except RefusedError:
            # A permission of its own: without it, the doors' own states must do.
            return {}

    def _settling(self) -> bool:
        return (
            self._commanded_at is not None
            and dt_util.utcnow() - self._commanded_at < SETTLING
        )
