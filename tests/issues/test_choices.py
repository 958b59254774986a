"""Each choice that an issue offers does what it says, whatever the issue is about."""

from unittest.mock import AsyncMock, patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.issues.cards import (
    async_set_issue,
    issue_id,
)
from custom_components.hikcentral_visitors.issues.problem_flow import ProblemFlow
from custom_components.hikcentral_visitors.problems import Cause

from .test_problems import fix

WORDS = dict.fromkeys(
    (
        *("names", "count", "since", "reason", "doors", "levels", "next_attempt"),
        "receiver",
    ),
    "–",
)


def offering(choice: str) -> list[Cause]:
    """Return the causes whose issues offer this choice."""
    return [
        cause for cause, offered in ProblemFlow.options.items() if choice in offered
    ]


def test_every_choice_is_tried_somewhere() -> None:
    """Those that are about visits, passages and pushes are tried with these."""
    with_real_ones = {"end", "close", "seen", "take_over"}
    offered = {one for choices in ProblemFlow.options.values() for one in choices}
    assert offered == {"ignore", "retry"} | with_real_ones


@pytest.mark.parametrize("cause", offering("ignore"))
async def test_what_is_ignored_is_not_shown_until_it_was_healed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    issue_registry: ir.IssueRegistry,
    cause: Cause,
) -> None:
    def ignored() -> bool:
        found = issue_registry.async_get_issue(DOMAIN, issue_id(entry, cause))
        assert found is not None
        return found.dismissed_version is not None

    async_set_issue(hass, entry, cause, WORDS, fixable=True)
    done = await fix(await hass_client(), DOMAIN, issue_id(entry, cause), "ignore")
    assert (done["type"], done["reason"]) == ("abort", "ignored")
    assert ignored()
    async_set_issue(hass, entry, cause, {**WORDS, "names": "Ada"}, fixable=True)
    assert ignored(), "it goes on"
    async_set_issue(hass, entry, cause, None)
    async_set_issue(hass, entry, cause, WORDS, fixable=True)
    assert not ignored(), "it came back"


@pytest.mark.parametrize("cause", offering("retry"))
async def test_what_is_tried_again_is_tried_now(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    cause: Cause,
) -> None:
    async_set_issue(hass, entry, cause, WORDS, fixable=True)
    auditor = entry.runtime_data.auditor
    with patch.object(auditor, "async_check_and_repair", AsyncMock()) as repair:
        done = await fix(await hass_client(), DOMAIN, issue_id(entry, cause), "retry")
    assert (done["type"], done["reason"]) == ("abort", "tried_again")
    repair.assert_awaited_once_with()
