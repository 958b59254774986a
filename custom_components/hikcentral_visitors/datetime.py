"""Until when a visitor's access lasts: setting it extends or shortens the visit."""

from datetime import datetime
from typing import Final, override

from homeassistant.components.datetime import (
    DateTimeEntity,
    DateTimeEntityDescription,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import PlaceEntity, async_add_places
from .errors import refusal, translated_errors
from .runtime import HikCentralConfigEntry

# Unlimited, although it changes things: a call must not queue until somebody else holds
# the place. The ledger orders the changes.
PARALLEL_UPDATES = 0

VALID_UNTIL: Final = DateTimeEntityDescription(
    key="valid_until", translation_key="valid_until"
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the end of each place's visit."""
    await async_add_places(
        entry, async_add_entities, lambda number: [ValidUntil(entry, number)]
    )


class ValidUntil(PlaceEntity, DateTimeEntity):
    """The end of the visit that holds the place."""

    def __init__(self, entry: HikCentralConfigEntry, number: int) -> None:
        """Make the entity of a place."""
        super().__init__(entry, number, Platform.DATETIME, VALID_UNTIL)

    @property
    @override
    def native_value(self) -> datetime | None:
        return None if self.view is None else self.view.visit.valid_until

    @override
    async def async_set_value(self, value: datetime) -> None:
        visit_id = self.visit_id  # of whoever holds the place while it is set
        actor = await self.async_authorize()
        if visit_id is None:
            raise refusal("place_free")
        runtime = self.entry.runtime_data
        with translated_errors(runtime.level_names):
            await runtime.book.extend(visit_id, actor, until=value)
