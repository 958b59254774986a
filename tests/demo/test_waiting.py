import asyncio

import pytest

from demo.waiting import Board, StoryError


async def test_whoever_waits_looks_again_when_something_changed() -> None:
    board, found = Board(), list[str]()
    waiting = asyncio.create_task(
        board.until("it comes", lambda: found[0] if found else None)
    )
    await asyncio.sleep(0)
    board.changed()
    await asyncio.sleep(0)
    assert not waiting.done()
    found.append("it")
    board.changed()
    assert await waiting == "it"


async def test_what_does_not_happen_is_said_with_what_there_is() -> None:
    with pytest.raises(StoryError, match=r"it comes: .* within 0 s; found: \['else'\]"):
        await Board().until(
            "it comes", lambda: None, patience=0, found=lambda: ["else"]
        )
