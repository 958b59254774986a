"""A small house for tests of actions: a real visit book, registries with places.

The coordinator is a stand-in that nobody drives: it says what a test put into it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, create_autospec

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors.book import VisitBook
from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.doors import Doors
from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.reconciler import Auditor, Findings
from custom_components.hikcentral_visitors.settings import Settings
from custom_components.hikcentral_visitors.visits.person_code import new_installation
from custom_components.hikcentral_visitors.visits.view import VisitView

LEVELS = {"1": "Visitors", "2": "Parking", "3": "Laboratory"}


@dataclass
class StandInCoordinator:
    """Who holds which place, and how long somebody waited for what."""

    book: VisitBook
    places: dict[int, str] = field(default_factory=dict)
    views: dict[str, VisitView] = field(default_factory=dict)
    waited: list[tuple[str, float]] = field(default_factory=list)

    def view(self, visit_id: str) -> VisitView | None:
        return self.views.get(visit_id)

    async def async_open_views(self) -> AsyncIterator[VisitView]:
        for view in self.views.values():
            yield view

    def holder(self, place: int) -> str | None:
        return self.places.get(place)

    def place_of(self, visit_id: str) -> int | None:
        return next((n for n, held in self.places.items() if held == visit_id), None)

    async def async_settled(self, visit_id: str, timeout: float) -> VisitView:  # noqa: ASYNC109
        self.waited.append((visit_id, timeout))
        return await self.book.visit(visit_id)


@dataclass
class House:
    """One server's config entry, as if it were loaded."""

    hass: HomeAssistant
    entry: MockConfigEntry
    ledger: Ledger
    book: VisitBook
    coordinator: StandInCoordinator

    async def close(self) -> None:
        """End it before Home Assistant would unload what was never set up."""
        self.entry.mock_state(self.hass, ConfigEntryState.NOT_LOADED)
        await self.ledger.async_close()

    async def grant(self, name: str = "Maria", **data: Any) -> str:
        """Grant access with an action; returns the visit's id."""
        answer = await self.hass.services.async_call(
            DOMAIN,
            "grant_access",
            {"config_entry_id": self.entry.entry_id, "given_name": name, **data},
            blocking=True,
            return_response=True,
        )
        assert answer is not None
        visit_id = str(answer["visit_id"])
        self.coordinator.views[visit_id] = await self.book.visit(visit_id)
        return visit_id

    def seat(self, place: int, visit_id: str | None) -> tuple[str, str]:
        """Give a place its entities, and a holder; returns entity and device id."""
        device = dr.async_get(self.hass).async_get_or_create(
            config_entry_id=self.entry.entry_id,
            identifiers={(DOMAIN, f"{self.entry.entry_id}_place_{place}")},
            name=f"Visitor place {place}",
        )
        for platform, key in (("sensor", "status"), ("button", "extend")):
            er.async_get(self.hass).async_get_or_create(
                platform,
                DOMAIN,
                f"{self.entry.entry_id}_place_{place}_{key}",
                config_entry=self.entry,
                device_id=device.id,
            )
        if visit_id is not None:
            self.coordinator.places[place] = visit_id
        entity_id = er.async_get(self.hass).async_get_entity_id(
            "sensor", DOMAIN, f"{self.entry.entry_id}_place_{place}_status"
        )
        assert entity_id is not None
        return entity_id, device.id


async def async_house(
    hass: HomeAssistant, folder: Path, title: str = "HikCentral", **options: Any
) -> House:
    """Build a house; `options` are settings. The caller closes it."""
    settings = Settings(
        **{"access_levels": tuple(LEVELS), "default_levels": ("1",), **options}
    )
    ledger = Ledger(folder / f"{title}.db")
    await ledger.async_open()
    book = VisitBook(ledger, new_installation(), settings.policy, dt_util.utcnow)
    coordinator = StandInCoordinator(book)
    entry = MockConfigEntry(domain=DOMAIN, title=title, state=ConfigEntryState.LOADED)
    entry.add_to_hass(hass)
    entry.runtime_data = SimpleNamespace(
        settings=settings,
        ledger=ledger,
        book=book,
        coordinator=coordinator,
        level_names=LEVELS,
        door_names={"11": "Entrance"},
        doors=create_autospec(Doors, instance=True, async_open=AsyncMock()),
        auditor=create_autospec(Auditor, instance=True),
    )
    entry.runtime_data.doors.async_open.return_value = True
    entry.runtime_data.auditor.async_check_and_repair.return_value = Findings()
    return House(hass, entry, ledger, book, coordinator)
