"""Telling those who listen: in order, until they stop, whatever happens to one."""

import asyncio
from functools import partial

import pytest

from custom_components.hikcentral_visitors.listeners import Followers, Listeners


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


async def test_followers_are_told_of_what_they_follow_until_they_stop() -> None:
    followers = Followers[str]()
    heard: list[str] = []
    stop = followers.add("a", lambda: heard.append("a"))
    followers.add("b", lambda: heard.append("b"))
    await followers.async_tell(["b", "a", "nobody's"])
    stop()
    await followers.async_tell(["a", "b"])
    assert heard == ["b", "a", "b"]


async def test_others_have_their_turn_between_two_things() -> None:
    followers = Followers[int]()
    heard: list[int] = []
    for thing in (1, 2):
        for _ in range(2):
            followers.add(thing, partial(heard.append, thing))
    telling = asyncio.create_task(followers.async_tell([1, 2]))
    await asyncio.sleep(0)
    assert heard == [1, 1], "all who follow the same hear it at once"
    await telling
    assert heard == [1, 1, 2, 2]


async def test_who_stops_between_two_things_is_not_told_of_the_second() -> None:
    followers = Followers[int]()
    heard: list[int] = []
    stop = followers.add(2, lambda: heard.append(2))
    followers.add(1, stop)
    await followers.async_tell([1, 2])
    assert heard == []
