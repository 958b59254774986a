"""Problems: one for each cause, shown as repair issues, healed in time or by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.issues.passages import PassageIssues
from custom_components.hikcentral_visitors.issues.visits import VisitIssues
from custom_components.hikcentral_visitors.ledger import LedgerError
from custom_components.hikcentral_visitors.problems import (
    Cause,
    Problem,
    concern,
    problems,
)
from custom_components.hikcentral_visitors.visits.access import Access, AccessState
from custom_components.hikcentral_visitors.visits.presence import Presence
from custom_components.hikcentral_visitors.visits.view import VisitView
from custom_components.hikcentral_visitors.wording import NOTHING, shown
from simulator import Simulator
from tests.facility import ENTRANCE, LEVEL, control, person_of
from tests.live import Told, call
from tests.stand_in import make_view

FACE_GRANTED = 196893
LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)


def problems_of(*views: VisitView) -> list[Problem]:
    return problems(filter(None, map(concern, views)))


@pytest.mark.parametrize(
    ("access", "presence", "causes"),
    [
        (AccessState.ACTIVE, Presence.INSIDE, []),
        (AccessState.FAILED, Presence.NOT_ARRIVED, [Cause.ACCESS_NOT_GIVEN]),
        (AccessState.PARTIAL, Presence.NOT_ARRIVED, [Cause.ACCESS_NOT_GIVEN]),
        (AccessState.GRANTING, Presence.NOT_ARRIVED, []),
        (AccessState.REVOKING, Presence.NOT_ARRIVED, []),
        (AccessState.ACTIVE, Presence.UNKNOWN, [Cause.PRESENCE_UNKNOWN]),
    ],
)
def test_what_is_a_problem(
    access: AccessState, presence: Presence, causes: list[Cause]
) -> None:
    view = make_view(access=access, presence=presence)
    assert [found.cause for found in problems_of(view)] == causes


def test_a_problem_names_the_first_and_counts_all() -> None:
    views = [
        make_view(f"v{number}", f"Guest {number}", access=AccessState.FAILED)
        for number in range(5)
    ]
    (problem,) = problems_of(*views)
    assert problem.names == "Guest 0 Lovelace, Guest 1 Lovelace, Guest 2 Lovelace …"
    assert len(problem.visits) == 5


@pytest.mark.parametrize(
    ("next_attempts", "expected"),
    [
        ((None,), (None, True)),
        ((LATER, None), (LATER, False)),
        ((LATER + timedelta(minutes=5), LATER), (LATER, False)),
    ],
)
def test_a_problem_tells_when_it_is_tried_again(
    next_attempts: tuple[datetime | None, ...], expected: tuple[datetime | None, bool]
) -> None:
    views = [
        replace(
            make_view(f"v{number}"),
            access=Access(state=AccessState.FAILED, next_attempt=next_attempt),
        )
        for number, next_attempt in enumerate(next_attempts)
    ]
    (problem,) = problems_of(*views)
    assert (problem.next_attempt, problem.given_up) == expected


def test_a_problem_tells_all_reasons() -> None:
    views = [
        replace(
            make_view(reason),
            access=Access(state=AccessState.FAILED, reason=reason),
        )
        for reason in ("not_permitted", "capacity_reached", "not_permitted")
    ]
    (problem,) = problems_of(*views)
    assert set(problem.reasons) == {"not_permitted", "capacity_reached"}


async def fix(client: Any, handler: str, issue_id: str, choice: str) -> dict[str, Any]:
    started = await client.post(
        "/api/repairs/issues/fix", json={"handler": handler, "issue_id": issue_id}
    )
    assert started.status == HTTPStatus.OK
    flow = await started.json()
    assert flow["type"] == "menu"
    done = await client.post(
        f"/api/repairs/issues/fix/{flow['flow_id']}", json={"next_step_id": choice}
    )
    assert done.status == HTTPStatus.OK
    result: dict[str, Any] = await done.json()
    return result


async def grant_in_vain(hass: HomeAssistant, simulator: Simulator) -> str:
    """Grant to Ada while the level is full; returns the visit."""
    add = {"path": "acs/v1/privilege/group/single/addPersons", "code": "132"}
    await control(simulator, "faults", {"apply_delay_s": 0, "fail": [add]})
    visit = await call(hass, "grant_access", given_name="Ada", card_no="4711", wait=20)
    await hass.async_block_till_done()
    visit_id: str = visit["visit_id"]
    return visit_id


async def test_a_refused_grant_is_an_issue_until_it_is_given(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    issue_registry: ir.IssueRegistry,
) -> None:
    await grant_in_vain(hass, simulator)
    issue_id = f"{entry.entry_id}_access_not_given"
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["names"] == "Ada"
    assert "full" in issue.translation_placeholders["reason"]
    assert issue.translation_placeholders["since"] == shown(issue.created)

    await control(simulator, "faults", {"apply_delay_s": 0})
    told = Told(hass)
    done = await fix(await hass_client(), DOMAIN, issue_id, "retry")
    assert (done["type"], done["reason"]) == ("abort", "tried_again")
    await told.visit("granted")
    await hass.async_block_till_done()
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_a_visit_that_cannot_be_given_access_is_ended(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    issue_registry: ir.IssueRegistry,
) -> None:
    await grant_in_vain(hass, simulator)
    told = Told(hass)
    issue_id = f"{entry.entry_id}_access_not_given"
    done = await fix(await hass_client(), DOMAIN, issue_id, "end")
    assert done["type"] == "create_entry"
    await told.visit("revoked")
    await hass.async_block_till_done()
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_nothing_can_be_done_while_the_server_is_not_loaded(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    await grant_in_vain(hass, simulator)
    assert await hass.config_entries.async_unload(entry.entry_id)
    issue_id = f"{entry.entry_id}_access_not_given"
    done = await fix(await hass_client(), DOMAIN, issue_id, "end")
    assert (done["type"], done["reason"]) == ("abort", "failed")
    assert done["description_placeholders"]["error"].startswith(
        "HikCentral is not loaded, so nothing was changed."
    )


async def test_what_cannot_be_saved_is_said(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await grant_in_vain(hass, simulator)
    full = AsyncMock(side_effect=LedgerError("disk full"))
    monkeypatch.setattr(entry.runtime_data.ledger, "async_write", full)
    issue_id = f"{entry.entry_id}_access_not_given"
    done = await fix(await hass_client(), DOMAIN, issue_id, "end")
    assert (done["type"], done["reason"]) == ("abort", "failed")
    assert done["description_placeholders"]["error"].startswith(
        "The change could not be saved"
    )
    monkeypatch.undo()


async def test_what_somebody_ignores_stays_so_while_it_is_tried_in_vain(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    visit_id = await grant_in_vain(hass, simulator)
    issue_id = f"{entry.entry_id}_access_not_given"
    ir.async_ignore_issue(hass, DOMAIN, issue_id, ignore=True)

    await call(hass, "check_and_repair")
    view = await entry.runtime_data.coordinator.async_settled(visit_id, 20)
    assert view.access.state is AccessState.FAILED
    await hass.async_block_till_done()
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.dismissed_version is not None


async def test_an_issue_goes_by_itself_with_its_cause(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Nobody has to say that he has seen it (I6)."""
    visit_id = await grant_in_vain(hass, simulator)
    issue_id = f"{entry.entry_id}_access_not_given"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None

    await control(simulator, "faults", {"apply_delay_s": 0})
    told = Told(hass)
    await call(hass, "extend_access", visit_id=visit_id, by={"hours": 1})
    await told.visit("granted")
    await hass.async_block_till_done()
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_a_passage_without_a_visit_is_an_issue_until_it_was_seen(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    issue_registry: ir.IssueRegistry,
) -> None:
    told = Told(hass)
    await call(
        hass,
        "grant_access",
        given_name="Ada",
        card_no="4711",
        valid_from=(dt_util.now() + timedelta(hours=5)).isoformat(),
        duration={"hours": 1},
        wait=20,
    )
    event = {
        "eventType": FACE_GRANTED,
        "doorIndexCode": ENTRANCE,
        "personId": person_of(simulator, "Ada"),
    }
    await entry.runtime_data.directory.async_refresh()
    await entry.runtime_data.poller.async_poll()
    await control(simulator, "events", {"events": [event]})
    await entry.runtime_data.poller.async_poll()
    await told.visit("unjustified_access")
    await hass.async_block_till_done()
    issue_id = f"{entry.entry_id}_unjustified_passage"
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is not None
    # It outlives a restart, until somebody has seen it; then nothing is left of it.
    assert await hass.config_entries.async_unload(entry.entry_id)
    ir.async_delete_issue(hass, DOMAIN, issue_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    again = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert again is not None
    assert again.translation_placeholders is not None
    assert again.translation_placeholders["names"] == "Ada"
    assert again.translation_placeholders["doors"] == "Turnstile In"
    assert again.translation_placeholders["since"] != NOTHING
    # Whoever is forgotten is named no more; that a door opened is still told.
    await call(hass, "forget_visitor", visit_id=told.passages[0]["visit_id"])
    await hass.async_block_till_done()
    nameless = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert nameless is not None
    assert nameless.translation_placeholders is not None
    assert nameless.translation_placeholders["names"] == NOTHING
    assert nameless.translation_placeholders["count"] == "1"
    assert "Ada" not in str(nameless)
    await fix(await hass_client(), DOMAIN, issue_id, "seen")
    # Written in order: what was begun before is stored when this is.
    await entry.runtime_data.ledger.async_write(lambda _transaction: None)
    await PassageIssues(hass, entry).async_recall()
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_a_level_that_is_gone_is_named_and_its_visits_can_be_ended(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    issue_registry: ir.IssueRegistry,
) -> None:
    runtime = entry.runtime_data
    await runtime.directory.async_refresh()
    await control(simulator, "operator", {"delete_level": LEVEL})
    await runtime.auditor.async_audit(thorough=False)
    await call(hass, "grant_access", given_name="Ada", card_no="4711", wait=20)
    await hass.async_block_till_done()
    issue_id = f"{entry.entry_id}_person_or_level_gone"
    issue = issue_registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["levels"] == "Visitors"

    told = Told(hass)
    await fix(await hass_client(), DOMAIN, issue_id, "end")
    await told.visit("revoked")
    await hass.async_block_till_done()
    assert issue_registry.async_get_issue(DOMAIN, issue_id) is None


async def test_a_door_that_does_not_let_go_is_named(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
) -> None:
    """D33: who may still get in, where, since when, and when it is tried again."""
    await entry.runtime_data.directory.async_refresh()
    await control(simulator, "faults", {"apply_delay_s": 0})
    granted = await call(hass, "grant_access", given_name="Ada", card_no="4711")
    visit_id = granted["visit_id"]
    view = await entry.runtime_data.book.visit(visit_id)
    stuck = replace(
        view,
        access=Access(
            state=AccessState.REVOKING,
            reason="door_failed",
            failed_doors=(ENTRANCE,),
            next_attempt=dt_util.utcnow(),
        ),
    )
    coordinator = entry.runtime_data.coordinator
    with patch.object(type(coordinator), "concerns", return_value=[concern(stuck)]):
        await VisitIssues(hass, entry).async_look()
    issue = issue_registry.async_get_issue(DOMAIN, f"{entry.entry_id}_access_not_taken")
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.ERROR
    words = issue.translation_placeholders or {}
    assert words["names"] == "Ada"
    assert words["doors"] == entry.runtime_data.door_names[ENTRANCE]
    assert words["next_attempt"] == shown(dt_util.utcnow())
