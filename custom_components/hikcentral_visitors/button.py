"""Buttons: check and repair, open a door once, extend or revoke a visit."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import (
    DoorEntity,
    PlaceEntity,
    ServerEntity,
    async_add_doors,
    async_add_places,
)
from .errors import refusal, translated_errors
from .runtime import HikCentralConfigEntry, Runtime
from .visits.visit import Actor

# Unlimited, although these change things: a press must not queue behind others, since
# by then somebody else may hold the place, or stand at the door. What paces the calls
# is the client; what orders the changes is the ledger.
PARALLEL_UPDATES = 0

CHECK_AND_REPAIR: Final = ButtonEntityDescription(
    key="check_and_repair", translation_key="check_and_repair"
)
TEST_PUSH: Final = ButtonEntityDescription(
    key="test_push",
    translation_key="test_push",
    entity_category=EntityCategory.DIAGNOSTIC,
)
OPEN: Final = ButtonEntityDescription(key="open", translation_key="open")


@dataclass(frozen=True, kw_only=True)
class PlaceButtonDescription(ButtonEntityDescription):
    """What a press does with the visit that holds the place."""

    press_fn: Callable[[Runtime, str, Actor], Awaitable[None]]


PLACE_BUTTONS: Final = (
    PlaceButtonDescription(
        key="extend",
        translation_key="extend",
        press_fn=lambda runtime, visit_id, actor: runtime.book.extend(
            visit_id, actor, by=runtime.settings.extend_step
        ),
    ),
    PlaceButtonDescription(
        key="revoke",
        translation_key="revoke",
        press_fn=lambda runtime, visit_id, actor: runtime.book.revoke(visit_id, actor),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: HikCentralConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of the server, the doors and the places."""
    async_add_entities(
        [
            CheckAndRepairButton(entry, CHECK_AND_REPAIR),
            TestPushButton(entry, TEST_PUSH),
        ]
    )
    async_add_doors(
        entry, async_add_entities, lambda door_id: OpenButton(entry, door_id, OPEN)
    )
    await async_add_places(
        entry,
        async_add_entities,
        lambda number: [
            PlaceButton(entry, number, description) for description in PLACE_BUTTONS
        ],
    )


class CheckAndRepairButton(ServerEntity, ButtonEntity):
    """Compares everything with the server now, and mends what differs."""

    @override
    async def async_press(self) -> None:
        await self.async_authorize()
        with translated_errors():
            await self.entry.runtime_data.auditor.async_check_and_repair()


class TestPushButton(ServerEntity, ButtonEntity):
    """Looks for what keeps events from being pushed; the next one at a door decides."""

    @override
    async def async_press(self) -> None:
        await self.async_authorize()
        await self.entry.runtime_data.push.async_test()


class OpenButton(DoorEntity, ButtonEntity):
    """Opens the door once."""

    @override
    async def async_press(self) -> None:
        actor = await self.async_authorize()
        with translated_errors():
            await self.coordinator.async_open(self.door_id, actor)


class PlaceButton(PlaceEntity, ButtonEntity):
    """Changes the visit that holds the place."""

    entity_description: PlaceButtonDescription

    def __init__(
        self,
        entry: HikCentralConfigEntry,
        number: int,
        description: PlaceButtonDescription,
    ) -> None:
        """Make the entity of a place."""
        super().__init__(entry, number, Platform.BUTTON, description)

    @override
    async def async_press(self) -> None:
        visit_id = self.visit_id  # of whoever holds the place while it is pressed
        actor = await self.async_authorize()
        if visit_id is None:
            raise refusal("place_free")
        runtime = self.entry.runtime_data
        with translated_errors(runtime.level_names):
            await self.entity_description.press_fn(runtime, visit_id, actor)
