"""The visit book: what is asked is on disk, once, or refused with a reason."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from custom_components.hikcentral_visitors.book import GrantRequest, VisitBook
from custom_components.hikcentral_visitors.ledger import Ledger
from custom_components.hikcentral_visitors.ledger.schema import journal
from custom_components.hikcentral_visitors.ledger.visit_queries import VisitQuery
from custom_components.hikcentral_visitors.ledger.visitor_queries import VisitorQuery
from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from custom_components.hikcentral_visitors.visits.person_code import (
    Installation,
    is_ours,
)
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.visit import Actor, ActorKind

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
RECEPTION = Actor(kind=ActorKind.USER, user_id="user1", context_id="context1")
INSTALLATION = Installation("TST", bytes(32))
ADA = GrantRequest(given_name="Ada", duration=8 * HOUR, levels=frozenset({"7"}))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncGenerator[Ledger]:
    opened = Ledger(tmp_path / "visits.db")
    await opened.async_open()
    yield opened
    await opened.async_close()


@pytest.fixture
def book(ledger: Ledger, clock: Clock) -> VisitBook:
    policy = Policy(managed_levels=frozenset({"7", "8"}))
    return VisitBook(ledger, INSTALLATION, policy, clock)


async def journalled(ledger: Ledger) -> list[tuple[str, str | None]]:
    rows = await ledger.async_read(lambda one: one.execute(select(journal)).all())
    return [(row.action, row.user_id) for row in rows]


async def test_a_grant_is_a_visit_of_a_new_visitor(
    book: VisitBook, ledger: Ledger
) -> None:
    receipt = await book.grant(ADA, RECEPTION)
    view = await book.visit(receipt.visit_id)
    assert view.visitor.name == "Ada"
    assert is_ours(INSTALLATION, view.visitor.person_code)
    assert (view.visit.valid_from, view.visit.valid_until) == (NOW, NOW + 8 * HOUR)
    assert receipt.warnings == ("nothing_to_show",)
    assert await journalled(ledger) == [("grant_access", "user1")]


async def test_starts_are_rounded_up_and_ends_down(book: VisitBook) -> None:
    """HikCentral keeps whole seconds, and none of them is one too many."""
    start, end = NOW + HOUR, NOW + 2 * HOUR
    moment = timedelta(microseconds=9)
    asked = replace(ADA, valid_from=start + moment, valid_until=end + moment)
    visit = (await book.visit((await book.grant(asked, RECEPTION)).visit_id)).visit
    assert (visit.valid_from, visit.valid_until) == (start + timedelta(seconds=1), end)


async def test_two_visitors_of_one_name_stay_two(book: VisitBook) -> None:
    """D17: nobody is merged by name."""
    first = await book.grant(ADA, RECEPTION)
    second = await book.grant(ADA, RECEPTION)
    assert first.visitor_id != second.visitor_id
    assert "possible_duplicate" in second.warnings


async def test_a_visitor_who_comes_again_keeps_his_person(book: VisitBook) -> None:
    """D18: who comes again is one person still, and nothing of him is lost."""
    first = await book.grant(ADA, RECEPTION)
    again = GrantRequest(
        visitor_id=first.visitor_id,
        company="Acme",
        valid_from=NOW + 24 * HOUR,
        valid_until=NOW + 30 * HOUR,
        levels=frozenset({"8"}),
    )
    second = await book.grant(again, RECEPTION)
    assert second.visitor_id == first.visitor_id
    before, after = await book.visit(first.visit_id), await book.visit(second.visit_id)
    assert before.visitor == after.visitor
    assert (after.visitor.given_name, after.visitor.company) == ("Ada", "Acme")


async def test_a_one_word_family_name_is_a_name(book: VisitBook) -> None:
    """D8: a one-word name is no failure."""
    request = GrantRequest(
        family_name=" Lovelace ", duration=HOUR, levels=frozenset({"7"})
    )
    receipt = await book.grant(request, RECEPTION)
    assert (await book.visit(receipt.visit_id)).visitor.name == "Lovelace"


async def test_a_dry_run_changes_nothing(book: VisitBook, ledger: Ledger) -> None:
    receipt, view = await book.try_grant(ADA, RECEPTION)
    assert receipt.warnings == ("nothing_to_show",)
    assert view.status is Status.GRANTING
    assert await book.visitors(VisitorQuery()) == ([], 0)
    assert await journalled(ledger) == []


async def test_a_reference_makes_one_visit_however_often_it_is_asked_for(
    book: VisitBook, clock: Clock
) -> None:
    request = GrantRequest(
        given_name="Ada", duration=HOUR, levels=frozenset({"7"}), reference="R-1"
    )
    first = await book.grant(request, RECEPTION)
    clock.now += timedelta(minutes=5)
    second = await book.grant(request, RECEPTION)
    assert (second.visit_id, second.created) == (first.visit_id, False)
    other = GrantRequest(
        given_name="Eve", duration=HOUR, levels=frozenset({"7"}), reference="R-1"
    )
    with pytest.raises(CommandRefusedError) as refused:
        await book.grant(other, RECEPTION)
    assert refused.value.key == "reference_conflict"


@pytest.mark.parametrize(
    ("request_", "key"),
    [
        (GrantRequest(duration=HOUR, levels=frozenset({"7"})), "name_missing"),
        (GrantRequest(given_name="Ada", levels=frozenset({"7"})), "end_missing"),
        (GrantRequest(given_name="Ada", duration=HOUR), "no_access_levels"),
        (
            GrantRequest(given_name="Ada", duration=HOUR, levels=frozenset({"9"})),
            "level_not_managed",
        ),
        (
            GrantRequest(given_name="Ada", valid_until=NOW, levels=frozenset({"7"})),
            "end_before_start",
        ),
        (
            GrantRequest(visitor_id="nobody", duration=HOUR, levels=frozenset({"7"})),
            "unknown_visitor",
        ),
    ],
)
async def test_what_cannot_be_is_refused_and_leaves_no_trace(
    book: VisitBook, ledger: Ledger, request_: GrantRequest, key: str
) -> None:
    with pytest.raises(CommandRefusedError) as refused:
        await book.grant(request_, RECEPTION)
    assert refused.value.key == key
    assert await book.visitors(VisitorQuery()) == ([], 0)
    assert await journalled(ledger) == []


async def test_the_journal_holds_ids_and_nothing_that_was_said(
    ledger: Ledger, book: VisitBook
) -> None:
    said = replace(
        ADA,
        given_name="Wilhelmina",
        family_name="Featherstone",
        phone="+31205550199",
        card_no="4711471147",
        host="Charles",
        purpose="a secret",
        note="a secret",
        reference="a secret",
    )
    receipt = await book.grant(said, RECEPTION)
    await book.revoke(receipt.visit_id, RECEPTION, reason="a secret")
    await book.forget([receipt.visitor_id], RECEPTION)
    rows = await ledger.async_read(lambda one: one.execute(select(journal)).all())
    kept = str(rows)
    assert receipt.visit_id in kept
    personal = ("Wilhelmina", "Featherstone", "+312", "4711", "Charles", "secret")
    assert [word for word in personal if word in kept] == []


async def test_every_command_is_journalled_under_who_asked(
    book: VisitBook, ledger: Ledger
) -> None:
    visit_id = (await book.grant(ADA, RECEPTION)).visit_id
    await book.extend(visit_id, RECEPTION, by=HOUR)
    await book.check_in(visit_id, RECEPTION)
    await book.check_out(visit_id, RECEPTION)
    other = (await book.grant(ADA, RECEPTION)).visit_id
    await book.revoke(other, RECEPTION, reason="badge lost")
    await book.restore(other, RECEPTION)
    await book.cancel(other, RECEPTION)
    await book.note("open_door", RECEPTION, door="11")
    assert [action for action, user in await journalled(ledger) if user == "user1"] == [
        "grant_access",
        "extend_access",
        "check_in",
        "check_out",
        "grant_access",
        "revoke_access",
        "restore_access",
        "cancel_visit",
        "open_door",
    ]


async def test_an_unknown_visit_is_refused(book: VisitBook) -> None:
    for command in (
        book.extend("x", RECEPTION, by=HOUR),
        book.revoke("x", RECEPTION),
        book.visit("x"),
    ):
        with pytest.raises(CommandRefusedError) as refused:
            await command
        assert refused.value.key == "unknown_visit"


async def test_visits_are_found_by_status_host_name_and_time(
    book: VisitBook, clock: Clock
) -> None:
    now = await book.grant(
        GrantRequest(
            given_name="Ada",
            family_name="Byron",
            host="person.eva",
            duration=2 * HOUR,
            levels=frozenset({"7"}),
        ),
        RECEPTION,
    )
    later = await book.grant(
        GrantRequest(
            given_name="Ben 100%",
            valid_from=NOW + 10 * 24 * HOUR,
            duration=HOUR,
            levels=frozenset({"7"}),
        ),
        RECEPTION,
    )
    gone = (await book.grant(ADA, RECEPTION)).visit_id
    await book.cancel(gone, RECEPTION)

    async def found(query: VisitQuery) -> list[str]:
        views, total = await book.visits(query)
        assert total == len(views)
        return [view.visit.id for view in views]

    assert await found(VisitQuery(status=frozenset({Status.CLOSED}))) == [gone]
    assert await found(VisitQuery(status=frozenset({Status.GRANTING}))) == [
        now.visit_id
    ]
    assert await found(
        VisitQuery(status=frozenset({Status.SCHEDULED, Status.CLOSED}))
    ) == [gone, later.visit_id]
    assert await found(VisitQuery(host="person.eva")) == [now.visit_id]
    assert await found(VisitQuery(name="ada byr")) == [now.visit_id]
    assert await found(VisitQuery(name="100%")) == [later.visit_id]
    assert await found(VisitQuery(since=NOW + 24 * HOUR)) == [later.visit_id]
    assert await found(VisitQuery(visit_id=gone)) == [gone]
    page, total = await book.visits(VisitQuery(limit=1, page=2))
    assert (len(page), total) == (1, 3)


async def test_visitors_are_listed_with_their_visits(book: VisitBook) -> None:
    receipt = await book.grant(ADA, RECEPTION)
    rows, total = await book.visitors(VisitorQuery(name="ada"))
    assert total == 1
    assert (rows[0].visitor.id, rows[0].open_visits, rows[0].last_visit) == (
        receipt.visitor_id,
        1,
        NOW + 8 * HOUR,
    )
