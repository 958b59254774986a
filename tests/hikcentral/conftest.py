"""Fixtures for the client's calls."""

from collections.abc import AsyncIterator

import aiohttp
from aioresponses import aioresponses
import pytest

from custom_components.hikcentral_visitors.hikcentral import HikCentralClient

from .gateway import Gateway
from .wire import KEY, SECRET


@pytest.fixture
def gateway(mock_http: aioresponses) -> Gateway:
    return Gateway(mock_http)


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[HikCentralClient]:
    async with aiohttp.ClientSession() as session:
        yield HikCentralClient(session, "https://hcp", KEY, SECRET)
