"""What people may ask, and what is refused them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custom_components.hikcentral_visitors.visits.checks import (
    LONGEST_END,
    CommandRefusedError,
    check_times,
)
from custom_components.hikcentral_visitors.visits.commands import (
    cancel,
    check_in,
    check_out,
    extend,
    forget,
    register,
    restore,
    revoke,
)
from custom_components.hikcentral_visitors.visits.events import VisitEventType as Told
from custom_components.hikcentral_visitors.visits.known import Effort, Known
from custom_components.hikcentral_visitors.visits.lifecycle import advance
from custom_components.hikcentral_visitors.visits.presence import MovementKind as Kind
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import (
    WIPED,
    EntryMode,
    Outcome,
    Visit,
    Visitor,
)

from .values import HOUR, MINUTE, NOW, POLICY, VISITOR, at, moved, record, stay

type Command = Callable[[VisitorRecord], Change]

EXTEND: Command = lambda made: extend(made, "visit", POLICY, NOW, by=HOUR)  # noqa: E731
REVOKE: Command = lambda made: revoke(made, "visit", NOW)  # noqa: E731
RESTORE: Command = lambda made: restore(made, "visit", POLICY, NOW)  # noqa: E731
CHECK_IN: Command = lambda made: check_in(made, "visit", POLICY, NOW)  # noqa: E731
CHECK_OUT: Command = lambda made: check_out(made, "visit", NOW)  # noqa: E731
CANCEL: Command = lambda made: cancel(made, "visit", POLICY, NOW)  # noqa: E731

CLOSED: dict[str, Any] = {"closed_at": NOW, "outcome": Outcome.LEFT}
REVOKED: dict[str, Any] = {"revoked_at": NOW}
CANCELLED = {"cancelled_at": NOW}
ENDED = {"ended_at": NOW}
INSIDE = moved((-0.5, Kind.ENTRY))


def told(change: Change) -> list[Told]:
    return [event.type for event in change.events]


def refusal(command: Command, made: VisitorRecord) -> str:
    with pytest.raises(CommandRefusedError) as refused:
        command(made)
    return refused.value.key


@pytest.mark.parametrize(
    ("command", "state", "key"),
    [
        (EXTEND, REVOKED, "visit_revoked"),
        (EXTEND, CANCELLED, "visit_cancelled"),
        (EXTEND, ENDED, "visit_ended"),
        (EXTEND, CLOSED, "visit_closed"),
        (REVOKE, CLOSED, "visit_closed"),
        (RESTORE, {}, "visit_not_revoked"),
        (RESTORE, REVOKED | CANCELLED, "visit_cancelled"),
        (RESTORE, REVOKED | ENDED, "visit_ended"),
        (CHECK_IN, CLOSED, "visit_closed"),
        (CHECK_IN, REVOKED, "visit_revoked"),
        (CHECK_IN, CANCELLED, "visit_cancelled"),
        (CHECK_IN, ENDED, "visit_ended"),
        (CHECK_OUT, CLOSED, "visit_closed"),
        (CANCEL, CLOSED, "visit_closed"),
        (CANCEL, ENDED, "visit_ended"),
    ],
)
def test_refused_for_what_the_visit_is(
    command: Command, state: dict[str, Any], key: str
) -> None:
    assert refusal(command, record(stay(**state))) == key


@pytest.mark.parametrize("command", [CANCEL, CHECK_IN])
def test_refused_for_somebody_inside(command: Command) -> None:
    made = record(stay(), movements=INSIDE)
    assert refusal(command, made) == "visitor_inside"


@pytest.mark.parametrize(("command", "state"), [(EXTEND, {}), (RESTORE, REVOKED)])
def test_refused_for_somebody_forgotten(
    command: Command, state: dict[str, Any]
) -> None:
    forgotten = replace(VISITOR, forgotten_at=NOW)
    made = replace(record(stay(**state)), visitor=forgotten)
    assert refusal(command, made) == "visitor_forgotten"


@pytest.mark.parametrize(
    "command", [EXTEND, REVOKE, RESTORE, CHECK_IN, CHECK_OUT, CANCEL]
)
def test_a_visit_that_is_not_in_the_record(command: Command) -> None:
    with pytest.raises(KeyError):
        command(record(stay(name="other")))


def grant(visit: Visit, made: VisitorRecord | None = None) -> Change:
    return register(made or record(), visit, POLICY, NOW)


def test_a_visit_is_registered() -> None:
    change = grant(stay())
    assert change.record.visit("visit") == stay()
    assert told(change) == [Told.SCHEDULED]


@pytest.mark.parametrize(
    ("visit", "key"),
    [
        (stay(4, 4), "end_before_start"),
        (stay(4, 3), "end_before_start"),
        (stay(-4, -1), "end_in_past"),
        (stay(-4, 0), "end_in_past"),
        (replace(stay(), valid_until=LONGEST_END + MINUTE), "end_too_late"),
        (replace(stay(), levels=frozenset()), "no_access_levels"),
        (stay(-1, 4, "lobby", "vault", "attic"), "level_not_managed"),
    ],
)
def test_what_cannot_be_registered(visit: Visit, key: str) -> None:
    with pytest.raises(CommandRefusedError) as refused:
        grant(visit)
    assert refused.value.key == key
    if key == "level_not_managed":
        assert refused.value.levels == ("attic", "vault")
    if key == "end_too_late":
        assert refused.value.placeholders == {"latest": LONGEST_END.isoformat()}


def test_the_longest_end_is_taken() -> None:
    check_times(NOW, LONGEST_END, NOW)


def test_a_new_visit_asks_again_for_what_was_refused() -> None:
    refused = Known(widening=Effort(refused_for="wish", next_attempt=at(1)))
    change = grant(stay(), record(known=refused))
    assert change.record.known.widening.refused_for is None
    forgotten = replace(record(), visitor=replace(VISITOR, forgotten_at=NOW))
    with pytest.raises(CommandRefusedError, match="visitor_forgotten"):
        grant(stay(), forgotten)


def end(made: VisitorRecord, now: datetime = NOW, **how: Any) -> datetime:
    return extend(made, "visit", POLICY, now, **how).record.visit("visit").valid_until


def test_an_extension_adds_to_the_end() -> None:
    assert end(record(stay(-1, 4)), by=HOUR) == at(5)
    assert end(record(stay(-1, 4)), until=at(9)) == at(9)
    assert told(EXTEND(record(stay()))) == [Told.EXTENDED]


@pytest.mark.parametrize(
    "zone", ["Asia/Almaty", "America/Los_Angeles", "Europe/Berlin"]
)
def test_an_extension_over_midnight_and_the_change_of_clocks(zone: str) -> None:
    """D4: in UTC+5, UTC-8 and over the end of summer time."""
    evening = datetime(2026, 10, 24, 23, 30, tzinfo=ZoneInfo(zone))
    visit = replace(stay(), valid_from=evening - HOUR, valid_until=evening)
    utc = evening.astimezone(NOW.tzinfo)
    made = record(replace(visit, valid_from=utc - HOUR, valid_until=utc))
    longer = end(made, evening - MINUTE, by=timedelta(hours=6))
    assert longer - utc == timedelta(hours=6)
    assert longer.astimezone(ZoneInfo(zone)).day == 25


def test_shortening_is_from_the_end_and_not_into_the_past() -> None:
    assert end(record(stay(-1, 4)), by=-HOUR) == at(3)
    shorten: Command = lambda made: extend(made, "visit", POLICY, NOW, by=-5 * HOUR)  # noqa: E731
    assert refusal(shorten, record(stay(-1, 4))) == "end_before_start"
    assert refusal(shorten, record(stay(-3, 4))) == "end_in_past"
    before: Command = lambda made: extend(made, "visit", POLICY, NOW, until=at(1))  # noqa: E731
    assert refusal(before, record(stay(2, 4))) == "end_before_start"


def test_a_level_that_is_not_managed_any_more_is_not_given_for_longer() -> None:
    made = record(stay(-1, 4, "lobby", "old"))
    longer: Command = lambda made: extend(made, "visit", POLICY, NOW, by=HOUR)  # noqa: E731
    assert refusal(longer, made) == "level_not_managed"
    assert end(made, by=-HOUR) == at(3)
    assert end(made, until=at(4)) == at(4)


def test_after_its_end_a_visit_is_extended_from_now() -> None:
    """D4: an extension after the end."""
    assert end(record(stay(-4, -0.5)), by=HOUR) == at(1)


def test_a_visit_is_opened_again_within_the_grace() -> None:
    closed = stay(
        -4,
        -1,
        closed_at=at(-1),
        outcome=Outcome.EXPIRED,
        announced=frozenset(
            {Told.EXPIRED, Told.OVERSTAY, Told.ENDING_SOON, Told.GRANTED}
        ),
    )
    visit = EXTEND(record(closed)).record.visit("visit")
    assert (visit.closed_at, visit.outcome) == (None, None)
    assert visit.announced == {Told.GRANTED}
    assert visit.live(NOW)
    late: Command = lambda made: extend(  # noqa: E731
        made, "visit", POLICY, NOW + MINUTE, by=HOUR
    )
    assert refusal(late, record(closed)) == "visit_closed"


def test_an_end_is_rounded_down() -> None:
    assert end(record(stay()), until=at(5) + timedelta(microseconds=9)) == at(5)


def test_extending_to_the_same_end_changes_nothing() -> None:
    made = record(stay(-1, 4))
    change = extend(made, "visit", POLICY, NOW, until=at(4))
    assert change == Change(made)


def test_an_extension_needs_to_know_how_long() -> None:
    nothing: Command = lambda made: extend(made, "visit", POLICY, NOW)  # noqa: E731
    assert refusal(nothing, record(stay())) == "extend_by_what"


def test_an_extension_asks_again_for_what_was_refused() -> None:
    known = Known(widening=Effort(failures=2, refused_for="wish", next_attempt=at(1)))
    widening = EXTEND(record(stay(), known=known)).record.known.widening
    assert (widening.refused_for, widening.next_attempt) == (None, None)


def test_a_revocation_stops_access_and_is_the_same_twice() -> None:
    once = revoke(record(stay()), "visit", NOW, reason="lost badge")
    visit = once.record.visit("visit")
    assert (visit.revoked_at, visit.revoked_reason) == (NOW, "lost badge")
    assert not visit.live(NOW)
    # It is told when it is confirmed.
    assert told(once) == []
    assert revoke(once.record, "visit", at(1)) == Change(once.record)


def test_who_left_and_was_given_his_access_back_can_leave_again() -> None:
    left = CHECK_OUT(REVOKE(record(stay())).record).record
    assert left.visit("visit").ended_at is None
    again = CHECK_OUT(RESTORE(left).record)
    assert told(again) == [Told.CHECKED_OUT]
    assert not again.record.visit("visit").live(NOW)


def test_a_revocation_is_taken_back_until_the_end() -> None:
    revoked = REVOKE(record(stay(announced=frozenset({Told.GRANTED})))).record
    done = advance(revoked, POLICY, NOW)
    assert told(done) == [Told.REVOKED]
    assert done.record.visit("visit").outcome is Outcome.REVOKED
    change = RESTORE(done.record)
    visit = change.record.visit("visit")
    assert told(change) == [Told.RESTORED]
    assert visit.live(NOW)
    assert visit == replace(stay(), announced=visit.announced)
    assert not visit.announced & {Told.REVOKED, Told.GRANTED}
    too_late: Command = lambda made: restore(made, "visit", POLICY, at(4))  # noqa: E731
    assert refusal(too_late, done.record) == "end_in_past"


def test_an_overstay_after_a_restoration_is_told() -> None:
    made = record(stay(announced=frozenset({Told.OVERSTAY}), **REVOKED))
    assert Told.OVERSTAY not in RESTORE(made).record.visit("visit").announced


def test_only_managed_levels_are_restored() -> None:
    made = record(stay(-1, 4, "lobby", "old", **REVOKED))
    assert RESTORE(made).record.visit("visit").levels == {"lobby"}
    made = record(stay(-1, 4, "old", **REVOKED))
    assert refusal(RESTORE, made) == "level_not_managed"


def test_where_nobody_knows_the_levels_the_default_ones_are_given_back() -> None:
    made = record(replace(stay(-1, 4, **REVOKED), levels=frozenset()))
    assert refusal(RESTORE, made) == "no_access_levels"
    policy = replace(POLICY, default_levels=frozenset({"lobby"}))
    restored = restore(made, "visit", policy, NOW).record
    assert restored.visit("visit").levels == {"lobby"}


def test_who_used_his_one_entry_is_not_given_another() -> None:
    once = stay(-3, 4, entry_mode=EntryMode.SINGLE, **REVOKED)
    gone = record(once, movements=moved((-2, Kind.ENTRY), (-1, Kind.EXIT)))
    assert refusal(RESTORE, gone) == "visit_ended"
    just_out = record(once, movements=moved((-2, Kind.ENTRY), (-0.1, Kind.EXIT)))
    assert told(RESTORE(just_out)) == [Told.RESTORED]


def test_checking_in() -> None:
    change = CHECK_IN(record(stay()))
    assert told(change) == [Told.CHECKED_IN]
    assert [one.kind for one in change.record.movements] == [Kind.CHECK_IN]
    assert CHECK_IN(change.record) == Change(change.record)


def test_who_left_unseen_is_checked_in_once() -> None:
    made = record(stay(-40, 4), movements=moved((-30, Kind.ENTRY)))
    change = CHECK_IN(made)
    assert told(change) == [Told.CHECKED_IN]
    assert told(CHECK_IN(change.record)) == []


def test_checking_out_ends_the_visit_once() -> None:
    change = CHECK_OUT(record(stay(), movements=INSIDE))
    assert told(change) == [Told.CHECKED_OUT]
    assert change.record.visit("visit").ended_at == NOW
    again = check_out(change.record, "visit", at(1))
    assert again == Change(change.record)
    closed = advance(change.record, POLICY, NOW).record.visit("visit")
    assert closed.outcome is Outcome.LEFT


def test_who_overstays_can_be_checked_out() -> None:
    made = record(stay(**REVOKED), movements=INSIDE)
    change = CHECK_OUT(made)
    assert change.record.visit("visit").ended_at is None
    assert told(change) == [Told.CHECKED_OUT]


def test_cancelling() -> None:
    change = CANCEL(record(stay(24, 30)))
    assert told(change) == [Told.CANCELLED]
    assert change.record.visit("visit").cancelled_at == NOW
    assert CANCEL(change.record) == Change(change.record)
    closed = advance(change.record, POLICY, NOW).record.visit("visit")
    assert closed.outcome is Outcome.CANCELLED


def test_cancelling_one_visit_leaves_the_other() -> None:
    """D13: each visit is cancelled by itself."""
    other = stay(-1, 30, name="other")
    change = CANCEL(record(stay(), other))
    assert change.record.visit("other") == other


def test_forgetting_leaves_no_word_of_who_he_was() -> None:
    words: dict[str, Any] = {
        "host": "Eva",
        "notify": ("notify.eva",),
        "purpose": "audit",
        "vehicle_plate": "AB 1",
        "note": "tea",
        "reference": "booking",
        "reference_digest": "0f",
        "revoked_reason": "lost badge",
    }
    visitor = replace(
        VISITOR, company="Acme", phone="1", email="a@b", card_no="7", photo="f"
    )
    known = Known(profile="p", face="f", face_refused="f", person_id="42")
    made = replace(record(stay(**words)), visitor=visitor, known=known)
    forgotten = forget(made, POLICY, NOW).record
    assert forgotten.visitor == Visitor(
        id=VISITOR.id,
        person_code=VISITOR.person_code,
        given_name="",
        created_at=VISITOR.created_at,
        forgotten_at=NOW,
    )
    (visit,) = forgotten.visits
    assert words.keys() == WIPED.keys()
    assert {name: getattr(visit, name) for name in WIPED} == dict(WIPED)
    assert forgotten.known == Known(person_id="42")


def test_forgetting_ends_visits_and_tells_so() -> None:
    done = forget(record(stay(), stay(24, 26, name="later")), POLICY, NOW)
    assert all(visit.cancelled_at == NOW for visit in done.record.visits)
    assert told(done) == [Told.CANCELLED, Told.CANCELLED]


def test_somebody_inside_who_is_forgotten_is_counted_until_he_is_out() -> None:
    forgotten = forget(record(stay(), movements=INSIDE), POLICY, NOW).record
    for later in (NOW, at(2)):
        advanced = advance(forgotten, POLICY, later).record
        assert advanced.visit("visit").revoked_at == NOW
        assert advanced.visit("visit").closed_at is None
    out = check_out(forgotten, "visit", at(2)).record
    assert advance(out, POLICY, at(2)).record.visit("visit").closed_at == at(2)


def test_forgetting_twice_is_as_once_and_changes_nothing_that_was_over() -> None:
    over = record(stay(-5, -1, closed_at=at(-1), outcome=Outcome.LEFT))
    once = forget(over, POLICY, NOW).record
    assert once.visit("visit").outcome is Outcome.LEFT
    assert once.visit("visit").revoked_at is None
    assert forget(once, POLICY, at(1)) == Change(once)


@pytest.mark.parametrize("ahead", [0, 0.2], ids=["at the same instant", "ahead"])
def test_what_the_desk_notes_comes_after_what_was_known(ahead: float) -> None:
    """The terminals' clocks may be ahead of ours."""
    change = CHECK_OUT(record(stay(), movements=moved((ahead, Kind.ENTRY))))
    assert [one.kind for one in change.record.movements] == ["entry", "check_out"]
    closed = advance(change.record, POLICY, at(1)).record.visit("visit")
    assert closed.outcome is Outcome.LEFT


def test_a_closed_visit_that_is_revoked_goes_on_by_nothing_heard_of_late() -> None:
    over = stay(ended_at=NOW, left_at=NOW, closed_at=NOW)
    change = revoke(record(over), "visit", NOW)
    assert change.record.visit("visit") == replace(over, left_at=None)
    assert change.events == ()
    with pytest.raises(CommandRefusedError):
        revoke(change.record, "visit", NOW)
