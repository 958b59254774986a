"""HikCentral Visitors: visitor access on HikCentral Professional.

This module only wires the parts of a config entry together.
"""

from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial

from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

from .actions.taps import async_setup_taps
from .announce import Announcer
from .background import Background
from .const import DOMAIN
from .coordinator import VisitorsCoordinator
from .devices import async_keep_devices
from .directory import Directory
from .doors import Doors
from .engine import create_engine
from .files import INSTALLATION, async_take_up, identity, ledger_path
from .intake import AlarmPoller, Intake, Poller, Questions, Sweeper, Watch
from .issues import async_keep_issues
from .leaving import async_leave, async_returned, async_tell_disabled
from .ledger import Ledger, LedgerError, NewerSchemaError
from .ledger.memory import remember
from .ledger.records import Moment
from .ledger.recovery import quiet_before, restored_at
from .opening import Epochs, async_open_ledger
from .pictures import PassagePictureView
from .push import Push
from .receiver import async_keep_secrets
from .retention import Retention
from .runtime import HikCentralConfigEntry, Runtime
from .services import async_setup_services
from .settings import Retirement, Settings
from .visits.visit import SYSTEM

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.DATETIME,
    Platform.EVENT,
    Platform.LOCK,
    Platform.SENSOR,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what exists once, whether or not a server is loaded."""
    async_setup_services(hass)
    async_setup_taps(hass)
    hass.http.register_view(PassagePictureView)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HikCentralConfigEntry) -> bool:
    """Load a server: from its ledger, whether or not the server answers now."""
    async_keep_secrets(hass, entry)
    async with AsyncExitStack() as undo:
        try:
            await async_take_up(hass, entry)
            path = ledger_path(hass, entry.entry_id)
            ledger = await async_open_ledger(hass, path, dt_util.utcnow())
            undo.push_async_callback(ledger.async_close)
            runtime, announcer = await _async_wire(hass, entry, ledger)
        except NewerSchemaError as error:
            raise ConfigEntryError(
                translation_domain=DOMAIN, translation_key="written_by_newer_release"
            ) from error
        except LedgerError as error:
            raise ConfigEntryNotReady(
                translation_domain=DOMAIN, translation_key="storage_unusable"
            ) from error
        entry.runtime_data = runtime
        await async_keep_devices(hass, entry)
        await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
        undo.pop_all()
    _start(hass, entry, announcer)
    await async_returned(hass, entry)
    return True


async def _async_wire(
    hass: HomeAssistant, entry: HikCentralConfigEntry, ledger: Ledger
) -> tuple[Runtime, Announcer]:
    epochs = Epochs(hass, ledger, entry.entry_id)
    rules = replace(Settings.from_options(entry.options).policy, giving=False)
    await epochs.async_begin(Moment(dt_util.utcnow(), rules))
    restored, quiet = await ledger.async_read(
        lambda connection: (restored_at(connection), quiet_before(connection))
    )
    engine = create_engine(hass, entry, ledger, giving=restored is None)
    settings, client, contact = engine.settings, engine.client, engine.contact
    moment = engine.moment
    if settings.retirement is Retirement.REVOKE:
        await engine.book.withdraw_all(SYSTEM)
    directory = Directory(ledger, client)
    await directory.async_load()
    coordinator = VisitorsCoordinator(
        hass,
        entry,
        ledger,
        client,
        contact,
        directory,
        moment,
        settings.visit_devices,
    )
    await coordinator.async_load()
    announcer = Announcer(hass, entry.entry_id, ledger, coordinator, moment)
    questions = Questions(client)
    intake = Intake(
        ledger,
        questions,
        moment,
        settings.doors,
        settings.readers,
        announcer.tell_unknown,
        quiet,
        skew=lambda: client.clock.terminals_skew,
    )
    watch = Watch()
    poller = Poller(
        questions,
        ledger,
        intake,
        watch,
        settings.doors,
        settings.poll_interval,
        settings.poll_behind_push,
    )
    await _async_keep_installation(ledger, entry)
    runtime = Runtime(
        settings=settings,
        moment=moment,
        background=Background(),
        client=client,
        contact=contact,
        ledger=ledger,
        book=engine.book,
        reconciler=engine.reconciler,
        auditor=engine.auditor,
        poller=poller,
        sweeper=Sweeper(questions, ledger, intake, settings.doors.keys()),
        push=Push(
            hass,
            entry,
            settings,
            client,
            contact,
            intake,
            watch,
            poll_soon=poller.poll_soon,
        ),
        alarms=AlarmPoller(questions, intake, settings.doors),
        retention=Retention(ledger, moment),
        epochs=epochs,
        directory=directory,
        coordinator=coordinator,
        doors=Doors(
            hass,
            entry,
            client,
            contact,
            engine.book,
            names=directory.door_names,
            door_ids=settings.doors.keys(),
        ),
    )
    return runtime, announcer


async def _async_keep_installation(
    ledger: Ledger, entry: HikCentralConfigEntry
) -> None:
    """Keep with the visits what our person codes are recognised by."""
    await ledger.async_write(
        lambda transaction: remember(transaction, INSTALLATION, identity(entry))
    )


@callback
def _start(
    hass: HomeAssistant, entry: HikCentralConfigEntry, announcer: Announcer
) -> None:
    """Start what goes on until the entry is unloaded."""
    runtime = entry.runtime_data

    async def started(_hass: HomeAssistant) -> None:
        announcer.started.set()
        runtime.coordinator.follow_soon()
        entry.async_create_background_task(
            hass, runtime.push.async_look_at_certificate(), "look at certificate"
        )

    async def stopping(_event: Event) -> None:
        """Home Assistant unloads nothing when it stops."""
        await _async_end(runtime)

    entry.async_on_unload(async_at_started(hass, started))
    entry.async_on_unload(
        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, stopping)
    )
    runtime.background.start(
        hass,
        entry,
        {
            "coordinator": partial(
                runtime.coordinator.async_run, announcer.async_announce
            ),
            "reconciler": runtime.reconciler.async_run,
            "audit": runtime.auditor.async_run,
            "directory": runtime.directory.async_run,
            "poll": runtime.poller.async_run,
            "sweeps": runtime.sweeper.async_run,
            "pushes": runtime.push.pushes.async_run,
            "subscription": runtime.push.subscriber.async_run,
            "alarms": runtime.alarms.async_run,
            "retention": runtime.retention.async_run,
            "epochs": runtime.epochs.async_run,
        },
    )
    runtime.push.async_start()
    runtime.doors.async_start()
    entry.async_on_unload(
        runtime.doors.async_add_listener(partial(_tell_sweeper, entry))
    )
    async_keep_issues(hass, entry)


@callback
def _tell_sweeper(entry: HikCentralConfigEntry) -> None:
    """Doors that were out of reach have something to tell when they are back."""
    runtime = entry.runtime_data
    if runtime.doors.reachable:
        offline = {door: status.offline for door, status in runtime.doors.data.items()}
        runtime.sweeper.doors_seen(offline)


async def async_unload_entry(hass: HomeAssistant, entry: HikCentralConfigEntry) -> bool:
    """Unload a server; what was asked is on disk and goes on with the next load."""
    if not await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        return False
    runtime = entry.runtime_data
    await runtime.background.async_stop()
    if entry.disabled_by is not None:
        await async_tell_disabled(hass, entry)
    await _async_end(runtime)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: HikCentralConfigEntry) -> None:
    """Take away what a server that is removed has given; it was unloaded before."""
    await async_leave(hass, entry)


async def _async_end(runtime: Runtime) -> None:
    """End all work in order, and write what is only kept in memory."""
    await runtime.background.async_stop()
    with suppress(LedgerError):  # the disk is full: only totals of requests are lost
        await runtime.coordinator.requests.async_store()
    await runtime.ledger.async_close()
