"""Leaving: all is taken back, and nothing new is given."""

from dataclasses import replace

from hypothesis import given
import pytest

from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from custom_components.hikcentral_visitors.visits.commands import (
    extend,
    register,
    restore,
)
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.known import Application, Effort
from custom_components.hikcentral_visitors.visits.presence import MovementKind as Kind
from custom_components.hikcentral_visitors.visits.visit import Visit
from custom_components.hikcentral_visitors.visits.withdraw import withdraw

from .values import (
    HOUR,
    NOW,
    POLICY,
    applied,
    at,
    moved,
    record,
    several_visits,
    stay,
)

RETIRED = replace(POLICY, retired=True)


@given(several_visits())
def test_after_it_no_visit_lets_anybody_in_and_twice_is_as_once(
    visits: list[Visit],
) -> None:
    before = record(*visits)
    made = withdraw(before, POLICY, NOW).record
    assert not [visit for visit in made.visits if visit.live(NOW)]
    assert withdraw(made, POLICY, NOW).record == made
    untouched = [visit for visit in before.visits if not visit.live(NOW)]
    assert [made.visit(visit.id) for visit in untouched] == untouched


def test_what_goes_on_is_revoked_and_what_has_not_begun_is_cancelled() -> None:
    before = record(stay(), stay(5, 6, name="later"), stay(-3, -2, name="over"))
    change = withdraw(before, POLICY, NOW)
    made = change.record
    assert (made.visit("visit").revoked_at, made.visit("visit").cancelled_at) == (
        NOW,
        None,
    )
    assert made.visit("later").cancelled_at == NOW
    assert made.visit("over") == before.visit("over")
    assert [event.type for event in change.events] == [VisitEventType.CANCELLED]


def test_of_somebody_inside_nothing_is_cancelled() -> None:
    made = withdraw(
        record(stay(1, 2), movements=moved((-0.1, Kind.ENTRY))), POLICY, NOW
    ).record
    assert made.visit("visit").revoked_at == NOW


def test_what_waits_to_be_taken_away_is_tried_at_once() -> None:
    waiting = applied(
        stay(),
        narrowing=Effort(failures=5, refusals=2, next_attempt=at(1)),
        application=Application(next_check=at(1)),
    )
    known = withdraw(record(stay(), known=waiting), POLICY, NOW).record.known
    assert known.narrowing == Effort(failures=5, refusals=2)
    assert known.application.next_check is None


def test_a_retired_server_takes_nobody() -> None:
    with pytest.raises(CommandRefusedError, match="server_retired"):
        register(record(), stay(), RETIRED, NOW)


def test_a_retired_server_lengthens_and_restores_nothing() -> None:
    with pytest.raises(CommandRefusedError, match="server_retired"):
        extend(record(stay()), "visit", RETIRED, NOW, by=HOUR)
    with pytest.raises(CommandRefusedError, match="server_retired"):
        restore(record(stay(revoked_at=NOW)), "visit", RETIRED, NOW)


def test_on_a_retired_server_a_visit_can_end_earlier() -> None:
    made = extend(record(stay()), "visit", RETIRED, NOW, by=-HOUR).record
    assert made.visit("visit").valid_until == at(3)
