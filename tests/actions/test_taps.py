"""Taps on the buttons of a push: done for those who may, refused for all others."""

from collections.abc import AsyncGenerator
import logging
from pathlib import Path

from homeassistant.core import Context, HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.hikcentral_visitors.actions.taps import (
    EVENT_TAP,
    async_setup_taps,
)
from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.ledger import LedgerError
from custom_components.hikcentral_visitors.services import async_setup_services
from custom_components.hikcentral_visitors.visits.visit import SYSTEM, Actor, Visit
from tests.house import House, async_house

NAMES = ("Maria", "Rossi")


@pytest.fixture
async def house(
    hass: HomeAssistant, tmp_path: Path, hass_read_only_user: MockUser
) -> AsyncGenerator[House]:
    """A house whose receptionist, no administrator, is an operator."""
    async_setup_services(hass)
    operators = frozenset({hass_read_only_user.id})
    house = await async_house(hass, tmp_path, operators=operators)
    async_setup_taps(hass)
    yield house
    await house.close()


async def _tap(hass: HomeAssistant, action: str, user: MockUser | None) -> None:
    context = Context(user_id=None if user is None else user.id)
    hass.bus.async_fire(EVENT_TAP, {"action": action}, context=context)
    await hass.async_block_till_done()


async def _visit(house: House, visit_id: str) -> Visit:
    return (await house.book.visit(visit_id)).visit


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what we warned of; Home Assistant and asyncio have their own worries."""
    return [
        log.message
        for log in caplog.records
        if log.levelno >= logging.WARNING and DOMAIN in log.name
    ]


async def _granted(house: House) -> str:
    return await house.grant("Maria", family_name="Rossi")


async def test_each_button_does_what_it_says(
    hass: HomeAssistant, house: House, hass_read_only_user: MockUser
) -> None:
    visit_id = await _granted(house)
    before = await _visit(house, visit_id)

    async def tap(action: str) -> Visit:
        name = f"HIKCENTRAL_VISITORS_{action}_{visit_id}"
        await _tap(hass, name, hass_read_only_user)
        return await _visit(house, visit_id)

    extended = await tap("EXTEND")
    step = house.entry.runtime_data.settings.extend_step
    assert extended.valid_until == before.valid_until + step
    assert (await tap("REVOKE")).revoked_at is not None
    assert (await tap("RESTORE")).revoked_at is None
    assert (await tap("CHECK_OUT")).ended_at is not None


async def test_administrator_may_tap(
    hass: HomeAssistant, house: House, hass_admin_user: MockUser
) -> None:
    visit_id = await _granted(house)
    await _tap(hass, f"HIKCENTRAL_VISITORS_REVOKE_{visit_id}", hass_admin_user)
    assert (await _visit(house, visit_id)).revoked_at is not None


async def test_tap_is_journalled_under_the_tapper(
    hass: HomeAssistant,
    house: House,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit_id = await _granted(house)
    actors: list[Actor] = []
    revoke = house.book.revoke

    async def noting(visit_id: str, actor: Actor) -> None:
        actors.append(actor)
        await revoke(visit_id, actor)

    monkeypatch.setattr(house.book, "revoke", noting)
    await _tap(hass, f"HIKCENTRAL_VISITORS_REVOKE_{visit_id}", hass_admin_user)
    assert [actor.user_id for actor in actors] == [hass_admin_user.id]


@pytest.mark.parametrize("somebody", [True, False])
async def test_tap_of_others_is_refused_and_logged_without_names(
    hass: HomeAssistant,
    house: House,
    caplog: pytest.LogCaptureFixture,
    somebody: bool,
) -> None:
    """D36, D37: a button that somebody else pressed."""
    visit_id = await _granted(house)
    user = MockUser(name="Eve").add_to_hass(hass) if somebody else None
    await _tap(hass, f"HIKCENTRAL_VISITORS_REVOKE_{visit_id}", user)
    assert (await _visit(house, visit_id)).revoked_at is None
    (warning,) = [log for log in caplog.records if log.levelno == logging.WARNING]
    told = warning.getMessage()
    assert visit_id in told
    assert str(user and user.id) in told
    assert not [name for name in (*NAMES, "Eve") if name in caplog.text]


async def test_tap_too_late_is_logged_and_changes_nothing(
    hass: HomeAssistant,
    house: House,
    hass_admin_user: MockUser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    visit_id = await _granted(house)
    await house.book.revoke(visit_id, SYSTEM)
    before = await _visit(house, visit_id)
    caplog.set_level(logging.INFO)
    await _tap(hass, f"HIKCENTRAL_VISITORS_EXTEND_{visit_id}", hass_admin_user)
    assert await _visit(house, visit_id) == before
    assert f"EXTEND of visit {visit_id} did nothing: visit_revoked" in caplog.text


async def test_tap_that_cannot_be_saved_is_an_error_in_the_log(
    hass: HomeAssistant,
    house: House,
    hass_admin_user: MockUser,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit_id = await _granted(house)

    async def full(_: object) -> None:
        raise LedgerError("disk full")

    monkeypatch.setattr(house.ledger, "async_write", full)
    await _tap(hass, f"HIKCENTRAL_VISITORS_REVOKE_{visit_id}", hass_admin_user)
    assert f"REVOKE of visit {visit_id} was not saved" in caplog.text


@pytest.mark.parametrize(
    "action",
    [
        "EXTEND_{}",
        "HIKCENTRAL_VISITORS_{}",
        "HIKCENTRAL_VISITORS_CANCEL_{}",
        "HIKCENTRAL_VISITORS_REVOKE_",
        "HIKCENTRAL_VISITORS_REVOKE_{} ",
        "OTHER_HIKCENTRAL_VISITORS_REVOKE_{}",
    ],
)
async def test_other_taps_are_none_of_ours(
    hass: HomeAssistant,
    house: House,
    hass_admin_user: MockUser,
    caplog: pytest.LogCaptureFixture,
    action: str,
) -> None:
    visit_id = await _granted(house)
    before = await _visit(house, visit_id)
    caplog.clear()
    caplog.set_level(logging.INFO)
    await _tap(hass, action.format(visit_id), hass_admin_user)
    hass.bus.async_fire(EVENT_TAP, {})
    await hass.async_block_till_done()
    assert await _visit(house, visit_id) == before
    assert "tap" not in caplog.text


async def test_server_leaves_taps_on_visits_of_another_alone(
    hass: HomeAssistant,
    house: House,
    tmp_path: Path,
    hass_read_only_user: MockUser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    annex = await async_house(hass, tmp_path, "Annex")
    own, foreign = await _granted(house), await _granted(annex)
    await _tap(hass, f"HIKCENTRAL_VISITORS_REVOKE_{own}", hass_read_only_user)
    assert (await _visit(house, own)).revoked_at is not None
    assert _warnings(caplog) == []
    # The receptionist of the house is none of the annex.
    await _tap(hass, f"HIKCENTRAL_VISITORS_REVOKE_{foreign}", hass_read_only_user)
    assert (await _visit(annex, foreign)).revoked_at is None
    assert len(_warnings(caplog)) == 1
    # Of a visit that is over, too.
    await annex.book.cancel(foreign, SYSTEM)
    await _tap(hass, f"HIKCENTRAL_VISITORS_EXTEND_{foreign}", hass_read_only_user)
    assert len(_warnings(caplog)) == 2
    await annex.close()


async def test_tap_while_no_server_is_loaded_says_so(
    hass: HomeAssistant, hass_admin_user: MockUser, caplog: pytest.LogCaptureFixture
) -> None:
    async_setup_taps(hass)
    await _tap(hass, "HIKCENTRAL_VISITORS_REVOKE_1", hass_admin_user)
    assert "REVOKE of visit 1 did nothing: no server is loaded" in caplog.text
