"""The simulated facility of the demo, as a process of its own."""

from pathlib import Path
import secrets

import aiohttp
import pytest

from demo import facility
from demo.language import ENGLISH


async def test_a_secret_may_begin_like_an_option(
    socket_enabled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "-not-an-option"
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _size: secret)
    async with (
        aiohttp.ClientSession() as session,
        facility.open_facility(session, tmp_path, ENGLISH) as opened,
    ):
        assert opened.app_secret == secret
