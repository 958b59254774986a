"""Stored visits that were damaged, lost or set back: found, shown and decided upon."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
import json
from pathlib import Path
import shutil
import sqlite3
from typing import Any

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hikcentral_visitors import backup
from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.files import ledger_path
from custom_components.hikcentral_visitors.issues.recovery import (
    RecoveryCause,
    RecoveryIssues,
)
from custom_components.hikcentral_visitors.ledger import LedgerError
from custom_components.hikcentral_visitors.ledger.schema import METADATA
from simulator import Simulator
from tests.issues.test_problems import fix

from .facility import ENTRANCE, EXIT, LEVEL, config_entry, control, person_of, present
from .live import PATIENCE_S, Told, call


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """An entry that is loaded, and unloaded at the end."""
    assert await async_setup_component(hass, REPAIRS, {})
    made = config_entry(simulator)
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    await hass.async_block_till_done()
    yield made
    if made.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(made.entry_id)


HOUR = timedelta(hours=1)


class Place:
    """The entry's files, and what is said about them."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.entry = entry
        self.path = ledger_path(hass, entry.entry_id)
        self.folder = self.path.parent

    async def issue(self, cause: RecoveryCause) -> ir.IssueEntry | None:
        if self.entry.state is ConfigEntryState.LOADED:
            await RecoveryIssues(self.hass, self.entry).async_look()
        return ir.async_get(self.hass).async_get_issue(
            DOMAIN, f"{self.entry.entry_id}_{cause}"
        )

    async def stop(self) -> None:
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)

    async def start(self) -> None:
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.hass.async_block_till_done()

    def copy(self) -> Path:
        aside = self.folder / "copy"
        shutil.copy(self.path, aside)
        return aside

    def put_back(self, copy: Path) -> None:
        for tail in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + tail).unlink(missing_ok=True)
        shutil.copy(copy, self.path)

    def forget_epochs(self) -> None:
        """Do what the restoration of a backup does to what is in none."""
        for file in self.folder.glob("*.log.epoch"):
            file.unlink()


@pytest.fixture
def place(hass: HomeAssistant, entry: MockConfigEntry) -> Place:
    return Place(hass, entry)


async def _ada(hass: HomeAssistant, **other: Any) -> dict[str, Any]:
    visit = await call(
        hass, "grant_access", given_name="Ada", card_no="4711", wait=20, **other
    )
    assert visit["access"] == "active"
    return visit


def _members(simulator: Simulator) -> list[str]:
    """Return who of ours is in the level."""
    tables = simulator.world.database.tables
    members = tables.levels[LEVEL].members
    return [one for one in members if tables.persons[one].code.startswith("TST")]


async def test_a_damaged_file_is_set_aside_and_nobody_stays_in(
    hass: HomeAssistant,
    simulator: Simulator,
    place: Place,
    hass_client: ClientSessionGenerator,
) -> None:
    await _ada(hass)
    person = person_of(simulator, "Ada")
    await place.stop()
    garbage = b"no database at all " * 2000
    place.path.write_bytes(garbage)
    told = Told(hass)
    await place.start()
    await told.visit("revoked")
    assert person not in _members(simulator)
    assert (await present(simulator, ENTRANCE, card="4711"))["granted"] is False

    lost = await place.issue(RecoveryCause.VISITS_LOST)
    assert lost is not None
    assert lost.translation_placeholders is not None
    aside = place.folder / lost.translation_placeholders["file"]
    assert aside.read_bytes() == garbage
    found = await place.issue(RecoveryCause.PERSONS_FOUND)
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["names"] == "Ada"

    client = await hass_client()
    await fix(client, DOMAIN, lost.issue_id, "seen")
    assert await place.issue(RecoveryCause.VISITS_LOST) is None
    await fix(client, DOMAIN, found.issue_id, "adopt")
    await told.visit("granted")
    assert person in _members(simulator)
    assert (await present(simulator, ENTRANCE, card="4711"))["granted"] is True
    assert await place.issue(RecoveryCause.PERSONS_FOUND) is None


async def test_who_cannot_have_his_access_back_is_named(
    hass: HomeAssistant,
    place: Place,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """His access level is not managed any more."""
    await _ada(hass)
    await place.stop()
    place.path.unlink()
    other = {**entry.options, "access_levels": ["8"]}
    hass.config_entries.async_update_entry(entry, options=other)
    told = Told(hass)
    await place.start()
    await told.visit("revoked")
    found = await place.issue(RecoveryCause.PERSONS_FOUND)
    assert found is not None
    done = await fix(await hass_client(), DOMAIN, found.issue_id, "adopt")
    assert (done["type"], done["reason"]) == ("abort", "failed")
    assert "Ada" in done["description_placeholders"]["error"]
    assert await place.issue(RecoveryCause.PERSONS_FOUND) is None


async def test_who_is_left_out_stays_out(
    hass: HomeAssistant,
    simulator: Simulator,
    place: Place,
    hass_client: ClientSessionGenerator,
) -> None:
    await _ada(hass)
    await place.stop()
    place.path.unlink()
    told = Told(hass)
    await place.start()
    await told.visit("revoked")
    found = await place.issue(RecoveryCause.PERSONS_FOUND)
    assert found is not None
    await fix(await hass_client(), DOMAIN, found.issue_id, "leave_out")
    assert await place.issue(RecoveryCause.PERSONS_FOUND) is None
    assert await place.issue(RecoveryCause.VISITS_LOST) is not None, "it is gone"
    assert _members(simulator) == []


async def test_damage_that_shows_later_is_dealt_with_too(
    hass: HomeAssistant, place: Place, entry: MockConfigEntry
) -> None:
    await _ada(hass)
    ledger = entry.runtime_data.ledger
    await ledger.async_hold_checkpoints()
    await ledger.async_release_checkpoints()
    whole = place.path.read_bytes()
    place.path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    def read_all(connection: Any) -> None:
        for table in METADATA.sorted_tables:
            connection.execute(table.select()).all()

    with pytest.raises(LedgerError):
        await ledger.async_read(read_all)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert await place.issue(RecoveryCause.VISITS_LOST) is not None


async def test_an_ordinary_restart_is_no_restoration(
    hass: HomeAssistant, simulator: Simulator, place: Place
) -> None:
    await _ada(hass)
    for _ in range(3):
        await place.stop()
        await place.start()
    assert await place.issue(RecoveryCause.BACKUP_RESTORED) is None
    assert await place.issue(RecoveryCause.VISITS_LOST) is None
    assert person_of(simulator, "Ada") in _members(simulator)


async def _restore(hass: HomeAssistant, place: Place) -> dict[str, dict[str, Any]]:
    """Ada is in at the backup; then she goes, Bea comes, and the backup returns."""
    ada = await _ada(hass)
    later = await call(
        hass,
        "grant_access",
        given_name="Cleo",
        card_no="4713",
        wait=20,
    )
    await place.stop()
    copy = place.copy()
    await place.start()
    await call(hass, "revoke_access", visit_id=ada["visit_id"], wait=20)
    await call(hass, "grant_access", given_name="Bea", card_no="4712", wait=20)
    await place.stop()
    place.put_back(copy)
    return {"ada": ada, "cleo": later}


@pytest.mark.parametrize("whole", [True, False], ids=["backup", "visits only"])
async def test_after_a_restoration_nothing_is_given_until_somebody_decides(
    hass: HomeAssistant,
    simulator: Simulator,
    place: Place,
    hass_client: ClientSessionGenerator,
    whole: bool,
) -> None:
    """I1: Ada's revocation is forgotten, Bea's visit is; neither lets anybody in."""
    visits = await _restore(hass, place)
    if whole:
        place.forget_epochs()
    told = Told(hass)
    await place.start()
    issue = await place.issue(RecoveryCause.BACKUP_RESTORED)
    assert issue is not None
    await told.visit("revoked")
    await place.entry.runtime_data.auditor.async_audit(thorough=True)
    assert _members(simulator) == [person_of(simulator, "Cleo")]
    ada = await _visit(hass, visits["ada"])
    assert (ada["access"], ada["reason"]) == ("held", "backup_restored")
    await _becomes(hass, place, visits["cleo"], access="active")

    fresh = await call(hass, "grant_access", given_name="Dot", card_no="4714", wait=0)
    assert fresh["access"] == "held"
    await place.stop()
    await place.start()
    assert await place.issue(RecoveryCause.BACKUP_RESTORED) is not None
    assert _members(simulator) == [person_of(simulator, "Cleo")]

    done = await fix(await hass_client(), DOMAIN, issue.issue_id, "grant_again")
    assert done["type"] == "create_entry"
    await told.until(lambda: len(_members(simulator)) == 3)
    assert await place.issue(RecoveryCause.BACKUP_RESTORED) is None
    assert person_of(simulator, "Bea") not in _members(simulator)


async def _visit(hass: HomeAssistant, visit: dict[str, Any]) -> dict[str, Any]:
    answer = await call(hass, "get_visits", visit_id=visit["visit_id"])
    visits: list[dict[str, Any]] = answer["visits"]
    (found,) = visits
    return found


async def _becomes(
    hass: HomeAssistant, place: Place, visit: dict[str, Any], **shown: str
) -> None:
    """Wait until a visit is shown so."""
    committed = asyncio.Event()
    place.entry.runtime_data.ledger.async_listen(lambda _: committed.set())
    async with asyncio.timeout(PATIENCE_S):
        while not shown.items() <= (await _visit(hass, visit)).items():
            await committed.wait()
            committed.clear()


async def test_closing_ends_what_is_not_given(
    hass: HomeAssistant,
    simulator: Simulator,
    place: Place,
    hass_client: ClientSessionGenerator,
) -> None:
    visits = await _restore(hass, place)
    await place.start()
    await place.entry.runtime_data.auditor.async_audit(thorough=True)
    issue = await place.issue(RecoveryCause.BACKUP_RESTORED)
    assert issue is not None
    await _becomes(hass, place, visits["cleo"], access="active")
    done = await fix(await hass_client(), DOMAIN, issue.issue_id, "close")
    assert done["type"] == "create_entry"
    await hass.async_block_till_done()
    await _becomes(hass, place, visits["ada"], status="closed")
    assert (await _visit(hass, visits["cleo"]))["access"] == "active"
    assert _members(simulator) == [person_of(simulator, "Cleo")]


async def test_nothing_is_closed_before_the_server_was_asked(
    hass: HomeAssistant,
    simulator: Simulator,
    place: Place,
    hass_client: ClientSessionGenerator,
) -> None:
    visits = await _restore(hass, place)
    await control(simulator, "faults", {"fail": [{"path": "*", "drop_before": True}]})
    await place.start()
    issue = await place.issue(RecoveryCause.BACKUP_RESTORED)
    assert issue is not None
    done = await fix(await hass_client(), DOMAIN, issue.issue_id, "close")
    assert (done["type"], done["reason"]) == ("abort", "not_read_yet")
    assert (await _visit(hass, visits["cleo"]))["status"] != "closed"
    assert await place.issue(RecoveryCause.BACKUP_RESTORED) is not None


async def test_passages_from_before_are_recorded_and_not_announced(
    hass: HomeAssistant, simulator: Simulator, place: Place
) -> None:
    """I3: those who went on without this copy have announced them."""
    now = dt_util.utcnow()
    visit = await _ada(hass, valid_from=now - HOUR, duration={"hours": 2})
    await place.entry.runtime_data.poller.async_poll()
    await place.stop()
    copy = place.copy()
    await place.start()
    told = Told(hass)
    at = (now - HOUR / 60).isoformat()
    await present(simulator, ENTRANCE, card="4711", at=at)
    await place.entry.runtime_data.poller.async_poll()
    await told.passage()
    await place.stop()
    place.put_back(copy)
    told = Told(hass)
    await place.start()
    await place.entry.runtime_data.poller.async_poll()
    await hass.async_block_till_done()
    assert (await _visit(hass, visit))["status"] == "inside"
    assert told.passages == []
    await present(simulator, EXIT, card="4711")
    await place.entry.runtime_data.poller.async_poll()
    assert (await told.passage())["door_id"] == EXIT


async def test_a_backup_makes_the_copies_before_it_old(
    hass: HomeAssistant, place: Place, entry: MockConfigEntry
) -> None:
    def number() -> int:
        (file,) = place.folder.glob("*.log.epoch")
        found: int = json.loads(file.read_bytes())["number"]
        return found

    before = number()
    await backup.async_pre_backup(hass)
    assert number() == before
    await backup.async_post_backup(hass)
    assert number() == before + 1


async def test_a_disk_that_cannot_be_written_is_said_and_heals(
    hass: HomeAssistant, simulator: Simulator, place: Place, entry: MockConfigEntry
) -> None:
    ledger = entry.runtime_data.ledger

    await ledger._pragmas("query_only=1")
    with pytest.raises(HomeAssistantError) as failed:
        await call(hass, "grant_access", given_name="Ada", card_no="4711", wait=0)
    assert failed.value.translation_key == "not_saved"
    issue = await place.issue(RecoveryCause.STORAGE_TROUBLE)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert "write-protected" in issue.translation_placeholders["reason"]
    assert (await call(hass, "get_visits"))["visits"] == []
    await ledger._pragmas("query_only=0")
    await _ada(hass)
    assert await place.issue(RecoveryCause.STORAGE_TROUBLE) is None


async def _damage(hass: HomeAssistant, place: Place) -> ir.IssueEntry:
    """Let a visit of Ada's be none any more, and return what is said of it."""
    await place.stop()
    with sqlite3.connect(place.path) as file:
        file.execute("UPDATE visits SET valid_until = 'soon'")
    file.close()
    await place.start()
    issue = await place.issue(RecoveryCause.VISITS_UNREADABLE)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["count"] == "1"
    assert issue.translation_placeholders["names"] == "Ada"
    return issue


async def test_visits_that_cannot_be_read_are_told_until_they_are_closed(
    hass: HomeAssistant,
    simulator: Simulator,
    place: Place,
    hass_client: ClientSessionGenerator,
) -> None:
    """Their access is taken away, and nothing else can be done with them."""
    visit = await _ada(hass)
    person = person_of(simulator, "Ada")
    issue = await _damage(hass, place)
    committed = asyncio.Event()
    place.entry.runtime_data.ledger.async_listen(lambda _: committed.set())
    async with asyncio.timeout(PATIENCE_S):
        while person in _members(simulator):
            await committed.wait()
            committed.clear()
    with pytest.raises(ServiceValidationError) as failed:
        await call(hass, "revoke_access", visit_id=visit["visit_id"])
    assert failed.value.translation_key == "unreadable_visit"
    await fix(await hass_client(), DOMAIN, issue.issue_id, "close_unreadable")
    assert await place.issue(RecoveryCause.VISITS_UNREADABLE) is None


async def test_a_visit_that_cannot_be_read_keeps_nobody_from_being_forgotten(
    hass: HomeAssistant, simulator: Simulator, place: Place
) -> None:
    visit = await _ada(hass)
    await _damage(hass, place)
    await call(hass, "forget_visitor", visitor_id=visit["visitor_id"])
    assert await place.issue(RecoveryCause.VISITS_UNREADABLE) is None
    committed = asyncio.Event()
    ledger = place.entry.runtime_data.ledger
    ledger.async_listen(lambda _: committed.set())
    async with asyncio.timeout(PATIENCE_S):
        while (await call(hass, "get_visitors"))["visitors"]:
            await committed.wait()
            committed.clear()
