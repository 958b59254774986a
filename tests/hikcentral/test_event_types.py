"""The table of event types."""

import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    ACCESS_TYPES,
    ALARM_TYPES,
    EVENT_TYPES,
    FAST_TYPES,
    Outcome,
    event_type,
)


@pytest.mark.parametrize(
    ("code", "outcome", "credential", "reason"),
    [
        (196893, Outcome.GRANTED, "face", None),
        (197151, Outcome.DENIED, "face", "face_denied"),
        (198914, Outcome.GRANTED, "card", None),
        (197127, Outcome.GRANTED, "fingerprint", None),
        (197635, Outcome.DENIED, "", "no_access_level"),
        (197633, Outcome.DENIED, "card", "card_expired"),
        (197634, Outcome.DENIED, "card", "card_unknown"),
        (197146, Outcome.DENIED, "face_card", "timed_out"),
        (197107, Outcome.OTHER, "", "skin_temperature"),
        (198657, Outcome.OTHER, "", "forced_open"),
        (1, Outcome.OTHER, "", None),
    ],
)
def test_types(
    code: int, outcome: Outcome, credential: str, reason: str | None
) -> None:
    """D1: what is denied is never taken for a passage."""
    found = event_type(code)
    assert (found.code, found.outcome, found.credential, found.reason) == (
        code,
        outcome,
        credential,
        reason,
    )


def test_every_code_stands_under_itself_and_once() -> None:
    assert all(code == found.code for code, found in EVENT_TYPES.items())
    # 53 in the table of modes, 26 other denials, 3 others, 24 of the sibling, 8 alarms
    assert len(EVENT_TYPES) == 112


def test_a_denial_has_a_reason_and_a_grant_has_none() -> None:
    for found in EVENT_TYPES.values():
        if found.outcome is Outcome.DENIED:
            assert found.reason
        if found.outcome is Outcome.GRANTED:
            assert found.reason is None
            assert found.credential


def test_sets() -> None:
    assert set(FAST_TYPES) < set(ACCESS_TYPES) < set(EVENT_TYPES)
    assert set(ALARM_TYPES) < set(EVENT_TYPES)
    assert not set(ALARM_TYPES) & set(ACCESS_TYPES)
    assert all(
        EVENT_TYPES[code].outcome is not Outcome.OTHER and EVENT_TYPES[code].documented
        for code in ACCESS_TYPES
    )
