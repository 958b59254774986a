"""Whether the server can be reached: told once for each change, never by a refusal."""

from datetime import UTC, datetime, timedelta
import logging

import pytest

from custom_components.hikcentral_visitors.contact import HICCUP, LONG_GAP, Contact
from custom_components.hikcentral_visitors.hikcentral import (
    AmbiguousError,
    CannotConnectError,
    CredentialsError,
    HikCentralError,
    NoAnswerError,
    NotFoundError,
    TransientError,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DOWN = CannotConnectError(None, "down", "path")


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def contact(clock: Clock) -> Contact:
    return Contact(clock)


@pytest.fixture
def heard(contact: Contact) -> list[bool]:
    """Whether it was connected each time that listeners were told."""
    found: list[bool] = []
    contact.async_listen(lambda: found.append(contact.connected))
    return found


def test_each_change_is_told_once(contact: Contact, heard: list[bool]) -> None:
    assert not contact.connected
    for _ in range(3):
        contact.answered()
    for _ in range(3):
        contact.failed(DOWN)
    contact.answered()
    assert heard == [True, False, True]
    assert contact.error is None


def test_another_reason_is_told_too(contact: Contact, heard: list[bool]) -> None:
    contact.failed(DOWN)
    wrong = CredentialsError("64", "wrong", "path")
    contact.failed(wrong)
    contact.failed(CredentialsError("64", "wrong", "another path"))
    assert heard == [False, False]
    assert contact.error is wrong


@pytest.mark.parametrize(
    ("error", "connected"),
    [
        (NotFoundError("128", "no such person", "path"), True),
        (TransientError("0x02401009", "quota", "path", rate_limited=True), True),
        (TransientError("6", "busy", "path"), False),
        (AmbiguousError(None, "cut", "path"), False),
        (CredentialsError("64", "wrong", "path"), False),
    ],
    ids=["refused", "too many", "busy", "ambiguous", "credentials"],
)
def test_a_refusal_is_an_answer(
    contact: Contact, error: HikCentralError, connected: bool
) -> None:
    contact.failed(error)
    assert contact.connected is connected


@pytest.mark.parametrize(
    "trouble",
    [TransientError("5", "exception", "path"), AmbiguousError("5", "unclear", "path")],
    ids=["question", "change"],
)
def test_a_hiccup_of_the_server_is_no_loss_of_contact(
    contact: Contact, clock: Clock, heard: list[bool], trouble: HikCentralError
) -> None:
    contact.answered()
    contact.failed(trouble)
    clock.now += HICCUP - timedelta(seconds=1)
    contact.failed(trouble)
    contact.answered()
    clock.now += HICCUP
    contact.failed(trouble)
    assert heard == [True]
    clock.now += HICCUP
    contact.failed(trouble)
    assert heard == [True, False]


def test_it_says_since_when(contact: Contact, clock: Clock) -> None:
    contact.answered()
    clock.now += timedelta(hours=1)
    contact.failed(DOWN)
    clock.now += timedelta(hours=1)
    contact.failed(DOWN)
    clock.now += timedelta(hours=1)
    contact.failed(NoAnswerError(None, "no answer in time"))
    assert contact.since == START + timedelta(hours=1), "one outage, whatever it shows"
    assert isinstance(contact.error, NoAnswerError)


def test_who_stops_listening_is_told_no_more(contact: Contact) -> None:
    heard: list[str] = []
    contact.async_listen(lambda: heard.append("told"))()
    contact.answered()
    assert heard == []


def test_an_outage_is_logged_once_and_its_end_too(
    contact: Contact, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    contact.answered()
    contact.failed(DOWN)
    contact.failed(DOWN)
    contact.answered()
    contact.answered()
    logged = [one.levelname for one in caplog.records]
    assert logged == ["WARNING", "INFO"]


def test_a_short_loss_is_no_gap(contact: Contact, clock: Clock) -> None:
    contact.answered()
    clock.now += timedelta(hours=1)
    contact.failed(DOWN)
    clock.now += LONG_GAP / 2
    contact.answered()
    assert contact.gap == START


def test_a_long_loss_is_a_gap_until_the_server_is_back(
    contact: Contact, clock: Clock
) -> None:
    """Also where few calls were made meanwhile: that it was away is what counts."""
    contact.answered()
    contact.failed(DOWN)
    clock.now += timedelta(hours=1)
    contact.answered()
    assert contact.gap == clock.now
