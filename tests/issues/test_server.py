"""What is wrong with a server is an issue as long as it is so."""

from dataclasses import replace
from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.hikcentral import CertificateError
from custom_components.hikcentral_visitors.issues.server import ServerIssues
from custom_components.hikcentral_visitors.problems import Cause
from simulator import Simulator
from tests.facility import LEVEL, control


def issue(
    hass: HomeAssistant, entry: MockConfigEntry, cause: Cause
) -> dict[str, str] | None:
    """Look, and return the words of the issue of this cause, if there is one."""
    ServerIssues(hass, entry).look()
    found = ir.async_get(hass).async_get_issue(DOMAIN, f"{entry.entry_id}_{cause}")
    return None if found is None else found.translation_placeholders


async def test_an_outage_is_an_issue_only_when_it_lasts(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    runtime = entry.runtime_data
    down = {"path": "*", "drop_before": True}
    await control(simulator, "faults", {"fail": [down]})
    await runtime.poller.async_poll()
    assert issue(hass, entry, Cause.SERVER_UNREACHABLE) is None
    runtime.contact.since -= timedelta(minutes=11)
    words = issue(hass, entry, Cause.SERVER_UNREACHABLE)
    assert words is not None
    assert words["reason"] == "HikCentral does not answer"
    severe = ir.async_get(hass).async_get_issue(
        DOMAIN, f"{entry.entry_id}_{Cause.SERVER_UNREACHABLE}"
    )
    assert severe is not None
    assert severe.severity is ir.IssueSeverity.ERROR
    await control(simulator, "faults", {})
    await runtime.poller.async_poll()
    assert issue(hass, entry, Cause.SERVER_UNREACHABLE) is None
    runtime.contact.since -= timedelta(minutes=11)
    assert issue(hass, entry, Cause.SERVER_UNREACHABLE) is None


async def test_another_certificate_is_told_at_once_and_not_as_an_outage(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    contact = entry.runtime_data.contact
    contact.failed(CertificateError(None, "another one", fingerprint="ab" * 32))
    words = issue(hass, entry, Cause.CERTIFICATE_CHANGED)
    assert words is not None
    assert words["fingerprint"].replace(" ", "") == ":".join(["AB"] * 32)
    contact.since -= timedelta(minutes=11)
    assert issue(hass, entry, Cause.SERVER_UNREACHABLE) is None
    contact.answered()
    assert issue(hass, entry, Cause.CERTIFICATE_CHANGED) is None


@pytest.mark.parametrize("skew", [300, -300], ids=["ahead", "behind"])
async def test_clocks_that_differ_are_an_issue_until_they_are_set_right(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, skew: int
) -> None:
    runtime = entry.runtime_data
    assert issue(hass, entry, Cause.CLOCK_SKEW) is None
    await control(simulator, "faults", {"clock_skew_s": skew})
    await runtime.poller.async_poll()
    words = issue(hass, entry, Cause.CLOCK_SKEW)
    assert words is not None
    sign = "+" if skew > 0 else "-"
    assert words["skew"].startswith((f"{sign}0:04:5", f"{sign}0:05:0"))
    await control(simulator, "faults", {})
    await runtime.poller.async_poll()
    assert issue(hass, entry, Cause.CLOCK_SKEW) is None


async def test_a_level_that_is_gone_is_an_issue_until_it_is_back(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    runtime, world = entry.runtime_data, simulator.world
    await runtime.directory.async_refresh()
    level = world.database.tables.levels[LEVEL]
    await control(simulator, "operator", {"delete_level": LEVEL})
    await runtime.auditor.async_audit(thorough=False)
    words = issue(hass, entry, Cause.LEVEL_GONE)
    assert words is not None
    assert words["names"] == level.name
    world.database.save_level(replace(level))
    await runtime.auditor.async_audit(thorough=False)
    assert issue(hass, entry, Cause.LEVEL_GONE) is None


async def test_a_door_that_joins_a_level_is_an_issue_until_it_has_a_role(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    await entry.runtime_data.auditor.async_audit(thorough=False)
    assert issue(hass, entry, Cause.DOOR_ADDED) is None
    made = await control(
        simulator,
        "operator",
        {"add_door": {"doorName": "Side Door", "levels": [LEVEL]}},
    )
    (door,) = made.values()
    await entry.runtime_data.auditor.async_audit(thorough=False)
    words = issue(hass, entry, Cause.DOOR_ADDED)
    assert words is not None
    assert words["count"] == "1"
    doors = {**entry.options["doors"], door: "entry"}
    hass.config_entries.async_update_entry(
        entry, options={**entry.options, "doors": doors}
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.settings.doors[door] == "entry"
    await entry.runtime_data.auditor.async_audit(thorough=False)
    assert issue(hass, entry, Cause.DOOR_ADDED) is None
