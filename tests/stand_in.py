"""A house without a ledger: entities over a coordinator that the tests command."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, create_autospec

from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.hikcentral_visitors.book import VisitBook
from custom_components.hikcentral_visitors.const import DOMAIN, LOGGER
from custom_components.hikcentral_visitors.contact import Contact
from custom_components.hikcentral_visitors.devices import async_keep_devices
from custom_components.hikcentral_visitors.doors import Doors
from custom_components.hikcentral_visitors.hikcentral import (
    AccessDevice,
    Door,
    DoorCommand,
    DoorControlResult,
    DoorState,
    HikCentralClient,
    HikCentralError,
    Observer,
    RequestStatistics,
)
from custom_components.hikcentral_visitors.intake import PushCounts
from custom_components.hikcentral_visitors.notices import (
    DoorNotice,
    PassageNotice,
    VisitNotice,
)
from custom_components.hikcentral_visitors.overview import Overview
from custom_components.hikcentral_visitors.push import PushStatus
from custom_components.hikcentral_visitors.receiver import Refusal
from custom_components.hikcentral_visitors.settings import Settings
from custom_components.hikcentral_visitors.visits.access import Access, AccessState
from custom_components.hikcentral_visitors.visits.passage import (
    Direction,
    DoorRole,
    Passage,
    PassageOutcome,
)
from custom_components.hikcentral_visitors.visits.presence import Presence, Whereabouts
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.view import VisitView
from custom_components.hikcentral_visitors.visits.visit import Visit, Visitor

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

type Stop = Callable[[], None]


def make_view(
    visit_id: str = "visit-1",
    name: str = "Ada",
    *,
    status: Status = Status.EXPECTED,
    presence: Presence = Presence.NOT_ARRIVED,
    access: AccessState = AccessState.ACTIVE,
    starts_in: timedelta = timedelta(),
    overstaying: bool = False,
    closed_at: datetime | None = None,
) -> VisitView:
    """Return a visit of two hours as people see it, with all that is personal."""
    return VisitView(
        visitor=Visitor(
            id=f"visitor-of-{visit_id}",
            person_code="0123456789ABCDEF",
            given_name=name,
            family_name="Lovelace",
            company="Engines Ltd",
            phone="+44 555 0100",
            email="ada@engines.example",
            card_no="8675309",
            created_at=NOW,
        ),
        visit=Visit(
            id=visit_id,
            visitor_id=f"visitor-of-{visit_id}",
            valid_from=NOW + starts_in,
            valid_until=NOW + starts_in + timedelta(hours=2),
            host="Charles Babbage",
            purpose="Look at the engine",
            vehicle_plate="AB12 CDE",
            note="Likes tea",
            notify=("notify.charles",),
            created_at=NOW,
            closed_at=closed_at,
        ),
        status=status,
        access=Access(state=access, doors_ready=2, doors_total=2),
        whereabouts=Whereabouts(presence=presence),
        overstaying=overstaying,
        credentials=("card",),
        person_id="4711",
    )


SECRETS = (
    "555 0100",
    "engines.example",
    "8675309",
    "AB12 CDE",
    "Likes tea",
    "notify.charles",
    "0123456789ABCDEF",
    "key-of-partner",
    "secret-of-partner",
)
"""What of all that no state, attribute or download may show."""

NAMES = ("Ada", "Lovelace", "Babbage", "Engines", "Look at the engine")
"""What tells who somebody is."""


def user_context(hass: HomeAssistant, user_id: str) -> Context:
    """Return the context of a call by a user who is no administrator."""
    user = MockUser(id=user_id).add_to_hass(hass)
    user.mock_policy({"entities": True})
    return Context(user_id=user.id)


def passage_notice(
    view: VisitView,
    *,
    door_id: str = "1",
    direction: Direction = Direction.ENTRY,
    outcome: PassageOutcome = PassageOutcome.GRANTED,
) -> PassageNotice:
    """Return the notice of a passage, with data as rich as the bus event's and more."""
    visit, visitor = view.visit, view.visitor
    return PassageNotice(
        passage=Passage(
            event_id="event-1",
            event_type=196893,
            visitor_id=visitor.id,
            occurred_at=NOW,
            door_id=door_id,
            direction=direction,
            outcome=outcome,
            visit_id=visit.id,
        ),
        view=view,
        data={
            "visit_id": visit.id,
            "visitor_id": visitor.id,
            "name": visitor.name,
            "visitor_type": visit.visitor_type.value,
            "company": visitor.company,
            "host": visit.host,
            "notify": list(visit.notify),
            "phone": visitor.phone,
            "direction": direction.value,
            "outcome": outcome.value,
            "reason": None,
            "reason_text": None,
            "credential": "face",
            "door": "Main entrance",
            "door_id": door_id,
            "occurred_at": NOW.isoformat(),
            "first": True,
            "first_today": True,
            "count": 1,
            "delayed": False,
            "status": view.status.value,
            "entity_id": "sensor.visitor_1",
            "config_entry_id": "entry",
        },
    )


class StandInCoordinator(DataUpdateCoordinator[Overview]):
    """What entities see of the coordinator, changed by tests instead of a ledger."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        super().__init__(hass, LOGGER, config_entry=entry, name="stand-in")
        self.data = Overview(version="2.6.1", connected=True)
        self.views: dict[str, VisitView] = {}
        self.places: dict[int, str] = {}
        self._told: dict[str, list[Callable[..., None]]] = {}

    def view(self, visit_id: str) -> VisitView | None:
        return self.views.get(visit_id)

    async def async_open_views(self) -> AsyncIterator[VisitView]:
        for view in self.views.values():
            yield view

    def holder(self, place: int) -> str | None:
        return self.places.get(place)

    def _listen(self, kind: str, listener: Callable[..., None]) -> Stop:
        listeners = self._told.setdefault(kind, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def tell(self, kind: str, *notice: object) -> None:
        """Call who listens to this kind of news."""
        for listener in list(self._told.get(kind, ())):
            listener(*notice)

    @property
    def listening(self) -> int:
        """How many listen."""
        return sum(map(len, self._told.values()))

    def async_listen_place(self, place: int, listener: Callable[[], None]) -> Stop:
        return self._listen(f"place {place}", listener)

    def async_listen_passages(self, listener: Callable[[PassageNotice], None]) -> Stop:
        return self._listen("passages", listener)

    def async_listen_visit_events(
        self, listener: Callable[[VisitNotice], None]
    ) -> Stop:
        return self._listen("visits", listener)

    def async_listen_forgetting(
        self, listener: Callable[[frozenset[str]], None]
    ) -> Stop:
        return self._listen("forgetting", listener)

    def async_listen_doors(self, listener: Callable[[DoorNotice], None]) -> Stop:
        return self._listen("doors", listener)


@dataclass
class StandInServer:
    """The few calls that are about doors, answered as a test says."""

    doors: list[Door] = field(
        default_factory=lambda: [
            Door(id="1", name="Main entrance", state=DoorState.CLOSED, device_id="a"),
            Door(id="2", name="Way out", state=DoorState.CLOSED, device_id="b"),
            Door(id="3", name="Not chosen", state=DoorState.CLOSED, device_id="b"),
        ]
    )
    devices: list[AccessDevice] = field(
        default_factory=lambda: [
            AccessDevice(id="a", online=True),
            AccessDevice(id="b", online=True),
        ]
    )
    error: HikCentralError | None = None
    devices_error: HikCentralError | None = None
    result: DoorControlResult | None = None
    commands: list[tuple[tuple[str, ...], DoorCommand]] = field(default_factory=list)
    reads: int = 0
    observer: Observer = field(init=False)

    def set_door(self, door_id: str, **changes: Any) -> None:
        """Change a door."""
        self.doors = [
            replace(door, **changes) if door.id == door_id else door
            for door in self.doors
        ]

    def client(self, observer: Observer) -> HikCentralClient:
        """Return a client that asks this server."""
        self.observer = observer
        client: Any = create_autospec(HikCentralClient, instance=True)
        client.statistics = RequestStatistics()
        client.clock.skew = timedelta(seconds=3)
        client.doors = self._doors
        client.devices = self._devices
        client.control_doors = self._control_doors
        made: HikCentralClient = client
        return made

    def _answer(self, error: HikCentralError | None) -> None:
        if error is not None:
            self.observer.failed(error)
            raise error
        self.observer.answered()

    async def _doors(self, **_: Any) -> AsyncIterator[Door]:
        self.reads += 1
        self._answer(self.error)
        for door in self.doors:
            yield door

    async def _devices(self, **_: Any) -> AsyncIterator[AccessDevice]:
        self._answer(self.error or self.devices_error)
        for device in self.devices:
            yield device

    async def _control_doors(
        self, door_ids: list[str], command: DoorCommand, **_: Any
    ) -> list[DoorControlResult]:
        self.commands.append((tuple(door_ids), command))
        self._answer(self.error)
        return [self.result or DoorControlResult(door_id=door_ids[0], done=True)]


@dataclass(slots=True, kw_only=True)
class StandInPush:
    """What entities and downloads see of the pushes."""

    status: PushStatus | None = PushStatus.ARRIVING
    address: str = "http://192.0.2.10:8123"
    certificate_refused: bool = False
    async_test: AsyncMock = field(default_factory=AsyncMock)
    async_take_over: AsyncMock = field(default_factory=AsyncMock)
    subscriber: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(
            elsewhere=frozenset(), shared=frozenset({1}), reason=""
        )
    )
    pushes: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(counts=PushCounts(events=3), last=NOW)
    )
    receiver: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(refused=Counter({Refusal.TOKEN: 2}))
    )
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def async_listen(self, listener: Callable[[], None]) -> Stop:
        """Call `listener` when the test says so."""
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def become(self, status: PushStatus | None) -> None:
        """Be like this from now on."""
        self.status = status
        for listener in list(self.listeners):
            listener()


@dataclass(slots=True, kw_only=True)
class StandInRuntime:
    """What a config entry runs on, as far as entities use it."""

    settings: Settings
    client: HikCentralClient
    contact: Contact
    book: AsyncMock
    auditor: AsyncMock
    coordinator: StandInCoordinator
    doors: Doors
    push: StandInPush
    door_names: Mapping[str, str]
    level_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class StandIn:
    """A loaded config entry whose every part obeys the test."""

    hass: HomeAssistant
    entry: MockConfigEntry = field(
        default_factory=lambda: MockConfigEntry(
            domain=DOMAIN,
            title="Head office",
            entry_id="entry",
            data={
                "url": "https://hikcentral.example",
                "app_key": "key-of-partner",
                "app_secret": "secret-of-partner",
            },
        )
    )
    settings: Settings = field(
        default_factory=lambda: Settings(
            doors={"1": DoorRole.ENTRY, "2": DoorRole.EXIT}, visit_devices=5
        )
    )
    server: StandInServer = field(default_factory=StandInServer)
    door_names: dict[str, str] = field(
        default_factory=lambda: {"1": "Main entrance", "2": "Way out"}
    )
    platforms: list[Platform] = field(default_factory=list)
    held: dict[int, VisitView] = field(default_factory=dict)
    push: StandInPush = field(default_factory=StandInPush)
    runtime: StandInRuntime = field(init=False)

    @property
    def coordinator(self) -> StandInCoordinator:
        """What entities read."""
        return self.runtime.coordinator

    @property
    def book(self) -> AsyncMock:
        """What commands were written into."""
        return self.runtime.book

    def operators(self, *user_ids: str) -> None:
        """Let these users change access."""
        self.settings = replace(self.settings, operators=frozenset(user_ids))

    async def load(self, *platforms: Platform) -> None:
        """Set the entry up with these platforms."""
        self.platforms = list(platforms)
        if self.entry.entry_id not in {
            entry.entry_id for entry in self.hass.config_entries.async_entries(DOMAIN)
        }:
            self.entry.add_to_hass(self.hass)
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def unload(self) -> None:
        """Unload the entry."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)

    async def async_setup_entry(self) -> bool:
        """Stand in for the integration's own set-up of an entry."""
        contact = Contact(lambda: NOW)
        client = self.server.client(contact)
        book = create_autospec(VisitBook, instance=True)
        coordinator = StandInCoordinator(self.hass, self.entry)
        for number, view in self.held.items():
            coordinator.places[number] = view.visit.id
            coordinator.views[view.visit.id] = view
        self.runtime = StandInRuntime(
            settings=self.settings,
            client=client,
            contact=contact,
            book=book,
            auditor=AsyncMock(),
            coordinator=coordinator,
            door_names=self.door_names,
            push=self.push,
            doors=Doors(
                self.hass,
                self.entry,
                client,
                contact,
                book,
                door_ids=self.settings.doors,
                names=self.door_names,
            ),
        )
        self.entry.runtime_data = self.runtime
        await async_keep_devices(self.hass, self.entry)
        await self.hass.config_entries.async_forward_entry_setups(
            self.entry, self.platforms
        )
        self.runtime.doors.async_start()
        return True

    async def seat(self, number: int, view: VisitView | None) -> None:
        """Give a place to a visit, or free it."""
        places = dict(self.coordinator.places)
        places.pop(number, None)
        if view is not None:
            places[number] = view.visit.id
            self.coordinator.views[view.visit.id] = view
        self.coordinator.places = places
        self.coordinator.tell(f"place {number}")
        await self.hass.async_block_till_done()

    def show(self, view: VisitView) -> None:
        """Show a visit as it is now."""
        self.coordinator.views[view.visit.id] = view
        for number, holder in self.coordinator.places.items():
            if holder == view.visit.id:
                self.coordinator.tell(f"place {number}")
