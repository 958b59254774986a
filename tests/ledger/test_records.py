"""Records: any value survives the file, every change brings what follows from it."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
import tempfile
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings, strategies as st
import pytest
from sqlalchemy import Connection

from custom_components.hikcentral_visitors.ledger import (
    Committed,
    Ledger,
    Transaction,
    loading,
    transaction,
)
from custom_components.hikcentral_visitors.ledger.loading import (
    ids_to_care_for,
    load,
    load_many,
)
from custom_components.hikcentral_visitors.ledger.outbox import told, waiting
from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.ledger.records import (
    Moment,
    change,
    change_many,
    insert,
)
from custom_components.hikcentral_visitors.ledger.rows import (
    known_from_row,
    known_to_row,
)
from custom_components.hikcentral_visitors.visits.events import VisitEventType
from custom_components.hikcentral_visitors.visits.known import (
    Application,
    Effort,
    Existence,
    Former,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.passage import (
    Passage,
    PassageOutcome,
)
from custom_components.hikcentral_visitors.visits.presence import (
    Movement,
    MovementKind,
)
from custom_components.hikcentral_visitors.visits.record import Change, VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import Visit, Visitor
from custom_components.hikcentral_visitors.visits.window import Window

from .conftest import HOUR, NOW, POLICY

_TIMES = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - made aware by the strategy
    max_value=datetime(2037, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_EFFORTS = st.builds(Effort, next_attempt=st.none() | _TIMES)
_APPLICATIONS = st.builds(
    Application,
    requested_at=st.none() | _TIMES,
    next_check=st.none() | _TIMES,
    failed_doors=st.lists(st.text(max_size=5), max_size=3).map(tuple),
)
_WINDOWS = st.builds(
    lambda start, length: Window(start, start + length),
    _TIMES,
    st.timedeltas(timedelta(seconds=1), timedelta(days=400)),
)
KNOWN = st.builds(
    Known,
    proven_at=st.none() | _TIMES,
    window=st.none() | _WINDOWS,
    application=_APPLICATIONS,
    widening=_EFFORTS,
    narrowing=_EFFORTS,
)


DAY = timedelta(days=1)


def visitor(**fields: Any) -> Visitor:
    return replace(
        Visitor(
            id="ada", person_code="TST0000000000000", given_name="Ada", created_at=NOW
        ),
        **fields,
    )


def visit(**fields: Any) -> Visit:
    return replace(
        Visit(
            id="v1",
            visitor_id="ada",
            valid_from=NOW,
            valid_until=NOW + 8 * HOUR,
            levels=frozenset({"7", "8"}),
            notify=("notify.one", "notify.two"),
            announced=frozenset({"scheduled"}),
            created_at=NOW,
        ),
        **fields,
    )


async def store(ledger: Ledger, moment: Moment, record: VisitorRecord) -> VisitorRecord:
    return await ledger.async_write(
        lambda transaction: insert(transaction, moment, Change(record))
    )


@given(known=KNOWN)
def test_what_is_known_is_a_row_and_back(known: Known) -> None:
    row: Any = known_to_row(known)
    assert known_from_row(row) == known


@settings(max_examples=20, deadline=None)
@given(known=KNOWN)
async def test_what_is_known_survives_the_file(known: Known) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "visits.db")
        await ledger.async_open()
        moment = Moment(NOW, POLICY)
        record = VisitorRecord(visitor=visitor(), known=known)
        await store(ledger, moment, record)
        assert await ledger.async_read(lambda one: load(one, "ada")) == record
        await ledger.async_close()


async def test_a_record_survives_the_file(ledger: Ledger, moment: Moment) -> None:
    record = VisitorRecord(
        visitor=visitor(company="Acme", phone="+1", card_no="77"),
        visits=(
            visit(),
            visit(id="v2", valid_from=NOW + 9 * HOUR, valid_until=NOW + 10 * HOUR),
        ),
        movements=(Movement(NOW + HOUR, MovementKind.CHECK_IN, "v1"),),
    )
    await store(ledger, moment, record)
    assert await ledger.async_read(lambda one: load(one, "ada")) == record


async def test_closed_visits_are_loaded_only_where_named(
    ledger: Ledger, moment: Moment
) -> None:
    closed = visit(closed_at=NOW)
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=(closed,)))
    plain = await ledger.async_read(lambda one: load(one, "ada"))
    named = await ledger.async_read(lambda one: load(one, "ada", with_visits=["v1"]))
    assert plain is not None
    assert plain.visits == ()
    assert named is not None
    assert named.visits == (closed,)


async def test_he_may_have_left_on_a_visit_that_is_closed(
    ledger: Ledger, moment: Moment
) -> None:
    """What moved him lately counts whatever visit it was on."""
    former = visit(
        id="v0",
        valid_from=NOW - 9 * DAY,
        valid_until=NOW + HOUR,
        closed_at=NOW + HOUR,
    )
    long_ago = Movement(NOW - 8 * DAY, MovementKind.CHECK_IN, "v0")
    came = Movement(NOW, MovementKind.CHECK_IN, "v1")
    left = Movement(NOW + HOUR, MovementKind.CHECK_OUT, "v0")
    record = VisitorRecord(
        visitor=visitor(),
        visits=(former, visit()),
        movements=(long_ago, came, left),
    )
    await store(ledger, moment, record)
    found = await ledger.async_read(lambda one: load(one, "ada"))
    assert found is not None
    assert found.movements == (came, left)


async def test_the_same_is_loaded_alone_and_with_others(
    ledger: Ledger, moment: Moment
) -> None:
    """What concerns one does not depend on how long ago others came."""
    long = visit(id="v2", visitor_id="bob", valid_from=NOW - 90 * DAY)
    bob = visitor(id="bob", person_code="TST0000000000001")
    await store(ledger, moment, VisitorRecord(visitor=bob, visits=(long,)))
    gone = visit(id="v0", valid_from=NOW - 30 * DAY, closed_at=NOW - 29 * DAY)
    record = VisitorRecord(
        visitor=visitor(),
        visits=(gone, visit()),
        movements=(Movement(NOW - 30 * DAY, MovementKind.CHECK_IN, "v0"),),
    )
    await store(ledger, moment, record)
    nobody = visitor(id="eve", person_code="TST0000000000002")
    closed = visit(id="v3", visitor_id="eve", closed_at=NOW)
    checked_in = Movement(NOW, MovementKind.CHECK_IN, "v3")
    await store(
        ledger,
        moment,
        VisitorRecord(visitor=nobody, visits=(closed,), movements=(checked_in,)),
    )
    ids = ["ada", "bob", "eve"]
    together = await ledger.async_read(lambda one: load_many(one, ids))
    for one in ids:
        assert together[one] == await ledger.async_read(partial(load, visitor_id=one))
    assert together["ada"].movements == together["eve"].movements == ()


async def test_many_records_are_loaded_in_batches(
    ledger: Ledger, moment: Moment
) -> None:
    ids = [f"visitor{number}" for number in range(1200)]
    for number, one in enumerate(ids):
        await store(
            ledger,
            moment,
            VisitorRecord(visitor=visitor(id=one, person_code=f"TST{number:013}")),
        )
    found = await ledger.async_read(lambda one: load_many(one, [*ids, "nobody"]))
    assert sorted(found) == sorted(ids)


async def test_a_change_stores_what_time_makes_of_it_and_what_is_to_be_told(
    ledger: Ledger, moment: Moment
) -> None:
    """Ended an hour ago, nothing was ever given: nobody came, and it is closed."""
    over = visit(valid_from=NOW - 9 * HOUR, valid_until=NOW - HOUR)
    await ledger.async_write(
        lambda transaction: insert(
            transaction,
            moment,
            Change(VisitorRecord(visitor=visitor(), visits=(over,))),
        )
    )
    record = await ledger.async_read(lambda one: load(one, "ada", with_visits=["v1"]))
    assert record is not None
    assert record.visit("v1").closed_at == NOW
    assert [one.type for one in await ledger.async_read(waiting)] == [
        VisitEventType.NO_SHOW
    ]


async def test_a_change_that_changes_nothing_wakes_nobody(
    ledger: Ledger, moment: Moment
) -> None:
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=(visit(),)))
    heard: list[Committed] = []
    ledger.async_listen(heard.append)
    await ledger.async_write(
        lambda transaction: change(transaction, moment, "ada", Change)
    )
    assert heard == []


CHECKED_IN = Movement(NOW + HOUR, MovementKind.CHECK_IN, "v1")
LATER = visit(id="v2", valid_from=NOW + 9 * HOUR, valid_until=NOW + 10 * HOUR)


@pytest.mark.parametrize(
    ("altered", "handed_on"),
    [
        ({"visits": (visit(purpose="Tea"), LATER)}, True),
        ({"movements": (CHECKED_IN,)}, True),
        ({"known": Known(existence=Existence.PRESENT, person_id="42")}, True),
        ({"visitor": visitor(company="Acme")}, True),
        # What is read besides, or no more, only reading tells.
        ({"visits": (visit(closed_at=NOW), LATER)}, False),
        ({"visits": (visit(valid_from=NOW - HOUR), LATER)}, False),
        ({"visits": (visit(), LATER, visit(id="v3"))}, False),
    ],
)
async def test_a_commit_hands_on_what_would_be_read(
    ledger: Ledger, moment: Moment, altered: dict[str, Any], handed_on: bool
) -> None:
    heard: list[Committed] = []
    ledger.async_listen(heard.append)
    before = VisitorRecord(visitor=visitor(), visits=(visit(), LATER))
    await store(ledger, moment, before)
    after = Change(replace(before, **altered))
    await ledger.async_write(lambda one: change(one, moment, "ada", lambda _: after))
    read = await ledger.async_read(lambda one: load(one, "ada"))
    first, second = (one.touched["ada"] for one in heard)
    assert first == before
    assert second == (read if handed_on else None)


async def test_what_was_written_besides_is_read(ledger: Ledger, moment: Moment) -> None:
    """A passage is stored after a change that was to be handed on."""
    heard: list[Committed] = []
    record = VisitorRecord(visitor=visitor(), visits=(visit(),))
    await store(ledger, moment, record)
    ledger.async_listen(heard.append)
    came = Passage(
        event_id="e1",
        event_type=196893,
        visitor_id="ada",
        occurred_at=NOW,
        door_id="11",
        outcome=PassageOutcome.DENIED,
    )

    def work(transaction: Transaction) -> None:
        known = Known(existence=Existence.PRESENT)
        decided = Change(replace(record, known=known))
        change(transaction, moment, "ada", lambda _: decided)
        record_passage(transaction, moment, came)

    await ledger.async_write(work)
    assert [one.touched for one in heard] == [{"ada": None}]


@pytest.fixture
def read_from_file(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was read."""
    read: list[str] = []

    def noted(connection: Connection, ids: Iterable[str], **more: Any) -> Any:
        ids = list(ids)
        read.extend(ids)
        return load_many(connection, ids, **more)

    monkeypatch.setattr(loading, "load_many", noted)
    return read


def named(name: str) -> Callable[[VisitorRecord], Change]:
    return lambda one: Change(
        replace(one, visitor=replace(one.visitor, given_name=name))
    )


async def call_him(ledger: Ledger, moment: Moment, name: str, who: str = "ada") -> None:
    await ledger.async_write(lambda one: change(one, moment, who, named(name)))


async def test_what_was_written_last_is_not_read_to_be_changed(
    ledger: Ledger, moment: Moment, read_from_file: list[str]
) -> None:
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=(visit(),)))
    for name in ("Eve", "Zoe"):
        await call_him(ledger, moment, name)
    await ledger.async_write(
        lambda one: change_many(one, moment, ["ada"], named("Amy"))
    )
    assert read_from_file == []
    record = await ledger.async_read(lambda one: load(one, "ada"))
    assert record is not None
    assert record.visitor.given_name == "Amy"


async def test_who_moved_is_read_to_be_changed(
    ledger: Ledger, moment: Moment, read_from_file: list[str]
) -> None:
    """What is deleted after some time counts no more."""
    came = VisitorRecord(visitor=visitor(), visits=(visit(),), movements=(CHECKED_IN,))
    await store(ledger, moment, came)
    await call_him(ledger, moment, "Eve")
    assert read_from_file == ["ada"]


async def test_what_was_undone_is_not_at_hand(ledger: Ledger, moment: Moment) -> None:
    """Neither for those who write together with it, nor later."""
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=(visit(),)))
    seen: list[str] = []

    def undone(transaction: Transaction) -> None:
        change(transaction, moment, "ada", named("Eve"))
        raise ZeroDivisionError

    def look(transaction: Transaction) -> None:
        def decide(record: VisitorRecord) -> Change:
            seen.append(record.visitor.given_name)
            return Change(record)

        change(transaction, moment, "ada", decide)

    together = [ledger.async_write(one) for one in (look, undone, look)]
    await asyncio.gather(*together, return_exceptions=True)
    with pytest.raises(ZeroDivisionError):
        await ledger.async_write(undone)
    await ledger.async_write(look)
    assert seen == ["Ada"] * 3


async def test_records_at_hand_take_no_more_room_than_they_may(
    ledger: Ledger, moment: Moment, read_from_file: list[str]
) -> None:
    with patch.object(transaction, "_MOST_AT_HAND", 2):
        for number, name in enumerate(("one", "two", "three")):
            who = visitor(id=name, person_code=f"TST{number:013}")
            stay = visit(id=f"of {name}", visitor_id=name)
            await store(ledger, moment, VisitorRecord(visitor=who, visits=(stay,)))
    for name in ("one", "two", "three"):
        await call_him(ledger, moment, "Eve", name)
    assert read_from_file == ["one"]


async def test_a_refused_change_leaves_no_trace(ledger: Ledger, moment: Moment) -> None:
    """D22: nor anything to be told."""

    def refuse(record: VisitorRecord) -> Change:
        raise ZeroDivisionError

    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=(visit(),)))
    with pytest.raises(ZeroDivisionError):
        await ledger.async_write(
            lambda transaction: change(transaction, moment, "ada", refuse)
        )
    with pytest.raises(KeyError):
        await ledger.async_write(
            lambda transaction: change(transaction, moment, "nobody", Change)
        )


@pytest.mark.parametrize(
    ("known", "cared_for"),
    [
        (Known(), False),
        (Known(existence=Existence.PRESENT), False),
        (Known(existence=Existence.UNKNOWN), True),
        (Known(existence=Existence.PRESENT, members=frozenset({"7"})), True),
        (Known(existence=Existence.PRESENT, unsure=frozenset({"7"})), True),
        (Known(existence=Existence.PRESENT, window_known=False), True),
        (Known(existence=Existence.PRESENT, window=Window(NOW, NOW + HOUR)), True),
        (Known(existence=Existence.PRESENT, window=Window(NOW - HOUR, NOW)), False),
        *(
            (Known(application=Application(progress=progress)), True)
            for progress in (Progress.STALE, Progress.PENDING, Progress.FAILED)
        ),
        (Known(application=Application(progress=Progress.APPLIED)), False),
        (Known(former=Former(ids=frozenset({"42"}), told=2)), True),
    ],
)
async def test_nobody_with_anything_left_is_forgotten_by_the_loop(
    ledger: Ledger, moment: Moment, known: Known, cared_for: bool
) -> None:
    closed = visit(closed_at=NOW)
    record = VisitorRecord(visitor=visitor(), visits=(closed,), known=known)
    await store(ledger, moment, record)
    ids = await ledger.async_read(lambda one: ids_to_care_for(one, NOW))
    assert ids == (["ada"] if cared_for else [])


async def test_a_forgotten_person_is_cared_for_until_he_is_gone(
    ledger: Ledger, moment: Moment
) -> None:
    record = VisitorRecord(
        visitor=visitor(forgotten_at=NOW), known=Known(existence=Existence.PRESENT)
    )
    await store(ledger, moment, record)
    assert await ledger.async_read(lambda one: ids_to_care_for(one, NOW)) == ["ada"]


async def test_what_was_told_is_taken_out(ledger: Ledger, moment: Moment) -> None:
    over = visit(valid_from=NOW - 9 * HOUR, valid_until=NOW - HOUR)
    await store(ledger, moment, VisitorRecord(visitor=visitor(), visits=(over,)))
    pending = await ledger.async_read(waiting)
    await ledger.async_write(lambda one: told(one, [each.id for each in pending]))
    assert await ledger.async_read(waiting) == []
