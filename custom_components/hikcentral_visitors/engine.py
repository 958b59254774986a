"""What makes HikCentral hold what the visits justify, wired together.

It needs no entities: an entry that is loaded has them around it, one that is being
removed has not, and access is taken away in the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .book import VisitBook
from .connection import create_client
from .const import CONF_KEY, CONF_MARK
from .contact import Contact
from .hikcentral import HikCentralClient
from .ledger import Ledger
from .ledger.records import Moment
from .reconciler import Auditor, Executor, Reconciler
from .settings import Settings
from .visits.person_code import Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The parts between the visits that are kept and the server."""

    settings: Settings
    moment: Callable[[], Moment]
    client: HikCentralClient
    contact: Contact
    ledger: Ledger
    book: VisitBook
    reconciler: Reconciler
    auditor: Auditor


def create_engine(
    hass: HomeAssistant, entry: ConfigEntry[Any], ledger: Ledger, *, giving: bool = True
) -> Engine:
    """Return an entry's engine; nothing runs, and nothing is sent.

    Without `giving` it only takes access away.
    Raises ValueError for data that no flow makes.
    """
    settings = Settings.from_options(entry.options)
    policy = replace(settings.policy, giving=giving)
    installation = Installation(
        entry.data[CONF_MARK], bytes.fromhex(entry.data[CONF_KEY])
    )
    contact = Contact(dt_util.utcnow)
    client = create_client(hass, entry.data, observer=contact)

    def moment() -> Moment:
        return Moment(dt_util.utcnow(), policy)

    executor = Executor(
        ledger, client, contact, installation, settings.organisation, moment
    )
    return Engine(
        settings=settings,
        moment=moment,
        client=client,
        contact=contact,
        ledger=ledger,
        book=VisitBook(ledger, installation, policy, dt_util.utcnow),
        reconciler=Reconciler(ledger, executor, contact, moment),
        auditor=Auditor(ledger, client, contact, moment, installation),
    )
