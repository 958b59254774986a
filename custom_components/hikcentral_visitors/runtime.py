"""What a loaded config entry consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry

from .background import Background
from .book import VisitBook
from .contact import Contact
from .coordinator import VisitorsCoordinator
from .directory import Directory
from .doors import Doors
from .hikcentral import HikCentralClient
from .intake import AlarmPoller, Poller, Sweeper
from .ledger import Ledger
from .ledger.records import Moment
from .opening import Epochs
from .push import Push
from .reconciler import Auditor, Reconciler
from .retention import Retention
from .settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The parts of one entry, wired together."""

    settings: Settings
    moment: Callable[[], Moment]
    background: Background
    client: HikCentralClient
    contact: Contact
    ledger: Ledger
    book: VisitBook
    reconciler: Reconciler
    auditor: Auditor
    poller: Poller
    push: Push
    sweeper: Sweeper
    alarms: AlarmPoller
    retention: Retention
    epochs: Epochs
    directory: Directory
    coordinator: VisitorsCoordinator
    doors: Doors

    @property
    def door_names(self) -> Mapping[str, str]:
        """The names of doors, by id; known also while the server is out of reach."""
        return self.directory.door_names

    @property
    def level_names(self) -> Mapping[str, str]:
        """The names of access levels, by id."""
        return self.directory.level_names


type HikCentralConfigEntry = ConfigEntry[Runtime]
