"""Options as typed values: units, defaults, and only levels that are managed."""

from datetime import time, timedelta
from typing import Any

import pytest

from custom_components.hikcentral_visitors.settings import Settings, WayOut
from custom_components.hikcentral_visitors.visits.passage import DoorRole


def test_nothing_chosen_is_the_defaults() -> None:
    assert Settings.from_options({}) == Settings()


@pytest.mark.parametrize(
    ("option", "entered", "field", "means"),
    [
        ("default_duration", 90, "default_duration", timedelta(minutes=90)),
        ("early_arrival", 0, "early_arrival", timedelta()),
        ("extend_step", 30, "extend_step", timedelta(minutes=30)),
        ("poll_interval", 20, "poll_interval", timedelta(seconds=20)),
        ("hours_from", "07:30:00", "hours_from", time(7, 30)),
        ("hours_until", "20:00:00", "hours_until", time(20)),
        ("re_entry_grace", 5, "re_entry_grace", timedelta(minutes=5)),
        ("presence_timeout", 12, "presence_timeout", timedelta(hours=12)),
        ("provision_ahead", 3, "provision_ahead", timedelta(days=3)),
        ("retention", 30, "retention", timedelta(days=30)),
        ("visit_devices", 10.0, "visit_devices", 10),
        ("way_out", "reader", "way_out", WayOut.READER),
        ("exit_levels", ["9"], "exit_levels", frozenset({"9"})),
        ("exit_grace", 20, "exit_grace", timedelta(minutes=20)),
        ("door_locks", True, "door_locks", True),
        ("operators", ["a", "b", "a"], "operators", frozenset({"a", "b"})),
        ("organisation", "2", "organisation", "2"),
    ],
)
def test_each_option_in_its_unit(
    option: str, entered: Any, field: str, means: Any
) -> None:
    settings = Settings.from_options({option: entered})
    assert getattr(settings, field) == means
    assert settings != Settings()


def test_roles_are_read_by_door_and_reader() -> None:
    settings = Settings.from_options(
        {"doors": {"11": "entry"}, "readers": {"21": "exit"}}
    )
    assert settings.doors == {"11": DoorRole.ENTRY}
    assert settings.readers == {"21": DoorRole.EXIT}


@pytest.mark.parametrize(
    ("defaults", "given"),
    [(["8"], ("8",)), ([], ("7",)), (["9"], ("7",)), (["9", "8"], ("8",))],
    ids=["chosen", "none chosen", "not managed any more", "one of them"],
)
def test_only_managed_levels_are_given(
    defaults: list[str], given: tuple[str, ...]
) -> None:
    options = {"access_levels": ["7", "8"], "default_access_levels": defaults}
    settings = Settings.from_options(options)
    assert settings.default_levels == given
    assert settings.policy.managed_levels == {"7", "8"}


def test_decisions_follow_the_options() -> None:
    policy = Settings.from_options(
        {"retention": 1, "provision_ahead": 2, "presence_timeout": 3}
    ).policy
    assert policy.retention == timedelta(days=1)
    assert policy.provision_ahead == timedelta(days=2)
    assert policy.presence_timeout == timedelta(hours=3)
