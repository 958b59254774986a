"""Changing a visit and its visitor: what becomes of it, and what is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from custom_components.hikcentral_visitors.visits.events import VisitEventType as Told
from custom_components.hikcentral_visitors.visits.known import Effort, Existence, Known
from custom_components.hikcentral_visitors.visits.presence import MovementKind as Kind
from custom_components.hikcentral_visitors.visits.profile import profile_digest
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.update import (
    VisitChanges,
    VisitorChanges,
    update,
)
from custom_components.hikcentral_visitors.visits.visit import (
    EntryMode,
    Outcome,
    Visit,
    VisitorType,
)

from .values import HOUR, MINUTE, NOW, POLICY, VISITOR, applied, at, moved, record, stay

INSIDE = moved((-0.5, Kind.ENTRY))


def changed(
    made: VisitorRecord,
    visit: VisitChanges | None = None,
    visitor: VisitorChanges | None = None,
) -> Change:
    return update(made, "visit", visit or {}, visitor or {}, POLICY, NOW)


def told(change: Change) -> list[Told]:
    return [event.type for event in change.events]


def refused(
    made: VisitorRecord,
    visit: VisitChanges | None = None,
    visitor: VisitorChanges | None = None,
) -> str:
    with pytest.raises(CommandRefusedError) as caught:
        changed(made, visit, visitor)
    return caught.value.key


def test_details_become_what_was_asked_and_the_rest_stays() -> None:
    made = record(stay(host="Eva", note="tea", purpose="audit"))
    done = changed(
        made,
        {"host": "Bob", "note": None, "visitor_type": VisitorType.VIP},
        {"company": "Acme", "phone": ""},
    )
    assert done.record.visit("visit") == replace(
        made.visit("visit"), host="Bob", note=None, visitor_type=VisitorType.VIP
    )
    assert done.record.visitor == replace(VISITOR, company="Acme", phone="")
    assert told(done) == [Told.UPDATED]


def test_the_end_alone_is_an_extension() -> None:
    done = changed(record(stay()), {"valid_until": at(6)})
    assert done.record.visit("visit").valid_until == at(6)
    assert told(done) == [Told.EXTENDED]


def test_the_end_and_something_else_are_both_told() -> None:
    done = changed(record(stay()), {"valid_until": at(6), "host": "Bob"})
    assert told(done) == [Told.UPDATED, Told.EXTENDED]


def test_what_is_so_already_changes_nothing() -> None:
    made = record(stay(host="Eva"))
    done = changed(
        made, {"host": "Eva", "valid_until": at(4)}, {"given_name": VISITOR.given_name}
    )
    assert done == Change(made)


def test_a_visit_moves_to_another_day_as_a_whole() -> None:
    made = record(stay(24, 30))
    for start in (-48, 48):
        later = start + 72
        done = changed(made, {"valid_from": at(start), "valid_until": at(later)})
        visit = done.record.visit("visit")
        assert (visit.valid_from, visit.valid_until) == (at(start), at(later))


def test_a_visit_that_expired_lately_is_opened_again() -> None:
    over = stay(-4, -0.5, closed_at=at(-0.4), outcome=Outcome.EXPIRED)
    done = changed(record(over), {"valid_until": at(2), "note": "stays"})
    visit = done.record.visit("visit")
    assert (visit.closed_at, visit.outcome, visit.note) == (None, None, "stays")
    assert refused(record(over), {"note": "late"}) == "visit_closed"


@pytest.mark.parametrize(
    ("state", "change", "key"),
    [
        ({}, {}, "nothing_to_update"),
        ({"closed_at": NOW}, {"note": "x"}, "visit_closed"),
        ({"revoked_at": NOW}, {"levels": frozenset({"office"})}, "visit_revoked"),
        ({"revoked_at": NOW}, {"valid_from": at(1)}, "visit_revoked"),
        ({"revoked_at": NOW}, {"valid_until": at(6)}, "visit_revoked"),
        ({"cancelled_at": NOW}, {"early_arrival": HOUR}, "visit_cancelled"),
        ({"ended_at": NOW}, {"entry_mode": EntryMode.SINGLE}, "visit_ended"),
        ({}, {"levels": frozenset()}, "no_access_levels"),
        ({}, {"levels": frozenset({"roof"})}, "level_not_managed"),
        ({}, {"valid_from": at(5)}, "end_before_start"),
        ({}, {"valid_until": at(-0.5)}, "end_in_past"),
        ({"valid_until": at(-0.1)}, {"levels": frozenset({"office"})}, "end_in_past"),
    ],
)
def test_refused_for_what_the_visit_is(
    state: dict[str, Any], change: VisitChanges, key: str
) -> None:
    assert refused(record(replace(stay(), **state)), change) == key


def test_withdrawn_visits_still_take_notes() -> None:
    done = changed(record(stay(revoked_at=NOW)), {"note": "badge is back"})
    assert done.record.visit("visit").note == "badge is back"
    assert done.record.visit("visit").revoked_at == NOW


def test_nobody_inside_is_put_before_his_visit() -> None:
    made = record(stay(), movements=INSIDE)
    assert refused(made, {"valid_from": at(1)}) == "visitor_inside"
    earlier = changed(made, {"valid_from": at(-2)})
    assert earlier.record.visit("visit").valid_from == at(-2)
    outside = changed(record(stay()), {"valid_from": at(1)})
    assert outside.record.visit("visit").valid_from == at(1)


def test_a_name_is_needed() -> None:
    nameless: VisitorChanges = {"given_name": " ", "family_name": ""}
    assert refused(record(stay()), visitor=nameless) == "name_missing"
    done = changed(record(stay()), visitor={"given_name": ""})
    assert (done.record.visitor.given_name, done.record.visitor.family_name) == (
        "Test",
        "",
    )


def test_a_picture_that_hikcentral_has_can_be_replaced_and_not_taken_away() -> None:
    pictured = replace(VISITOR, photo="a")
    made = replace(record(stay()), visitor=pictured)
    done = changed(made, visitor={"photo": None})
    assert done.record.visitor.photo is None
    known = applied(stay(), face="a", face_refused="b")
    there = replace(made, known=known)
    assert refused(there, visitor={"photo": None}) == "photo_stays"
    other = changed(there, visitor={"photo": "b"}).record
    assert (other.visitor.photo, other.known.face_refused) == ("b", None)
    unknown = replace(made, known=Known(existence=Existence.UNKNOWN))
    assert refused(unknown, visitor={"photo": None}) == "photo_stays"


def test_forgotten_visitors_are_not_described_again() -> None:
    made = replace(record(stay()), visitor=replace(VISITOR, forgotten_at=NOW))
    assert refused(made, {"note": "x"}) == "visitor_forgotten"


def test_asking_for_something_else_tries_again_at_once() -> None:
    waiting = Effort(failures=9, next_attempt=at(1), refused_for="this")
    made = record(stay(), known=Known(widening=waiting))
    effort = changed(made, {"levels": frozenset({"office"})}).record.known.widening
    assert (effort.next_attempt, effort.refused_for) == (None, None)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"levels": frozenset({"office"})}, True),
        ({"valid_from": at(-2)}, True),
        ({"note": "x"}, False),
        ({"valid_until": at(8)}, False),
    ],
)
def test_other_doors_or_times_are_granted_anew(
    change: VisitChanges, again: bool
) -> None:
    made = record(stay(announced=frozenset({Told.GRANTED})))
    announced = changed(made, change).record.visit("visit").announced
    assert (Told.GRANTED not in announced) == again


@pytest.mark.parametrize(
    "change",
    [
        {"given_name": "Eve"},
        {"family_name": "Other"},
        {"phone": "1"},
        {"email": "a@b"},
        {"card_no": "2"},
        {"card_no": ""},
        {"phone": ""},
    ],
)
def test_whatever_hikcentral_holds_of_him_is_sent_again(change: VisitorChanges) -> None:
    visitor = changed(record(stay()), visitor=change).record.visitor
    assert profile_digest(visitor) != profile_digest(VISITOR)


FIELDS: VisitChanges = {
    "valid_from": at(1),
    "valid_until": at(9),
    "early_arrival": 10 * MINUTE,
    "entry_mode": EntryMode.SINGLE,
    "levels": frozenset({"office", "garage"}),
    "visitor_type": VisitorType.VIP,
    "host": None,
    "notify": ("notify.eva",),
    "purpose": "audit",
    "vehicle_plate": "AB 1",
    "note": "tea",
}


@given(st.sets(st.sampled_from(sorted(FIELDS)), min_size=1))
def test_each_field_is_changed_by_itself(names: set[str]) -> None:
    asked: Any = {name: value for name, value in FIELDS.items() if name in names}
    before = stay(host="Eva")
    after = changed(record(before), asked).record.visit("visit")
    assert after == replace(before, **asked)


def test_rounds_times_so_that_nothing_opens_too_long() -> None:
    moment = timedelta(milliseconds=300)
    done = changed(
        record(stay()), {"valid_from": at(-2) + moment, "valid_until": at(3) + moment}
    )
    visit: Visit = done.record.visit("visit")
    assert visit.valid_from == at(-2) + timedelta(seconds=1)
    assert visit.valid_until == at(3)
