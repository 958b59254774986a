"""Doors as locks, where the options ask for it."""

from typing import Any, Final, override

from homeassistant.components.lock import LockEntity, LockEntityDescription
from homeassistant.components.lock.const import LockEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import DoorEntity, async_add_doors
from .errors import translated_errors
from .runtime import HikCentralConfigEntry

# Commands go to doors in the order in which they were given.
PARALLEL_UPDATES = 1

LOCK: Final = LockEntityDescription(key="lock", translation_key="door")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a lock for each chosen door, if they are wanted."""
    if entry.runtime_data.settings.door_locks:
        async_add_doors(
            entry, async_add_entities, lambda door_id: DoorLock(entry, door_id, LOCK)
        )


class DoorLock(DoorEntity, LockEntity):
    """A door: unlocking opens it once, locking shuts it.

    It is never left open: that would let in everybody, for as long as nobody notices.
    """

    _attr_supported_features = LockEntityFeature.OPEN

    @property
    @override
    def is_locked(self) -> bool | None:
        return self.status.closed

    @property
    @override
    def is_open(self) -> bool | None:
        closed = self.status.closed
        return None if closed is None else not closed

    @override
    async def async_open(self, **kwargs: Any) -> None:
        actor = await self.async_authorize()
        with translated_errors():
            await self.coordinator.async_open(self.door_id, actor)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        await self.async_open(**kwargs)

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        actor = await self.async_authorize()
        with translated_errors():
            await self.coordinator.async_close(self.door_id, actor)
