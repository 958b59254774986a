"""Telling those who listen: in order, until they stop, whatever happens to one."""

import pytest

from custom_components.hikcentral_visitors.listeners import Listeners


def test_everybody_is_told_in_order_until_he_stops() -> None:
    listeners = Listeners[[int]]()
    heard: list[tuple[str, int]] = []
    stop = listeners.add(lambda number: heard.append(("a", number)))
    listeners.add(lambda number: heard.append(("b", number)))
    listeners.tell(1)
    stop()
    listeners.tell(2)
    assert heard == [("a", 1), ("b", 1), ("b", 2)]


def test_who_stops_while_being_told_skips_nobody() -> None:
    listeners = Listeners[[]]()
    heard: list[str] = []

    def once() -> None:
        heard.append("once")
        stop()

    stop = listeners.add(once)
    listeners.add(lambda: heard.append("always"))
    listeners.tell()
    listeners.tell()
    assert heard == ["once", "always", "always"]


def test_one_that_fails_stops_nobody_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    listeners = Listeners[[]]()
    heard: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    listeners.add(fail)
    listeners.add(lambda: heard.append("other"))
    listeners.tell()
    assert heard == ["other"]
    assert "ZeroDivisionError" in caplog.text
