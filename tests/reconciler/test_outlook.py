"""What there is to do for a visitor, and when he is looked at again."""

from dataclasses import replace

from custom_components.hikcentral_visitors.ledger.records import Moment
from custom_components.hikcentral_visitors.reconciler.outlook import outlook
from custom_components.hikcentral_visitors.visits.known import Effort
from custom_components.hikcentral_visitors.visits.operations import OperationKind
from tests.visits.values import DAY, HOUR, NOW, POLICY, applied, record, stay

MOMENT = Moment(NOW, POLICY)


def test_what_is_to_be_done_now_is_planned() -> None:
    seen = outlook(record(stay()), MOMENT)
    assert seen.todo is not None
    assert seen.todo.operations[0].kind is OperationKind.ADD_PERSON


def test_what_waits_for_its_next_attempt_is_looked_at_then() -> None:
    again = NOW + HOUR / 6
    made = record(stay())
    waits = replace(made.known, widening=Effort(failures=1, next_attempt=again))
    seen = outlook(replace(made, known=waits), MOMENT)
    assert (seen.todo, seen.due) == (None, again)


def test_who_has_everything_is_left_alone_until_time_changes_something() -> None:
    visit = stay()
    told = replace(visit, announced=frozenset({"granted"}))
    seen = outlook(record(told, known=applied(visit)), MOMENT)
    assert (seen.moved, seen.todo) == (False, None)
    assert seen.due is not None
    assert NOW < seen.due <= visit.valid_until


def test_what_time_changed_is_to_be_stored() -> None:
    visit = stay()
    assert outlook(record(visit), Moment(NOW + 9 * DAY, POLICY)).moved
