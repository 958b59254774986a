from pathlib import Path
import socket

import pytest

from demo.process import free_port, running
from demo.waiting import StoryError


async def test_a_child_ends_with_its_context(tmp_path: Path) -> None:
    async with running(
        "a server", "http.server", "0", "--bind", "127.0.0.1", log=tmp_path / "log"
    ) as child:
        assert child.process.returncode is None
    assert child.process.returncode is not None


async def test_the_last_words_of_a_child_are_told(tmp_path: Path) -> None:
    async with running(
        "a tool", "json.tool", "--nonsense", log=tmp_path / "log", listen=True
    ) as child:
        with pytest.raises(StoryError, match=r"a tool ended with code 2:(?s:.*)usage"):
            await child.first_line(60)


@pytest.mark.usefixtures("socket_enabled")
def test_a_port_that_is_taken_is_not_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port
