"""Lists in pages: whole, or not at all."""

from typing import Any

import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    HikCentralClient,
    TransientError,
    UnreadableAnswer,
)

from .gateway import MISSING, URGENT, Gateway, in_full


@pytest.mark.parametrize("page", ["", None, MISSING, {}, {"pageNo": 1}, "list"])
async def test_no_answer_is_not_an_empty_list(
    client: HikCentralClient, gateway: Gateway, page: Any
) -> None:
    gateway.answers(page)
    with pytest.raises(UnreadableAnswer):
        await in_full(client.members("7", priority=URGENT))


@pytest.mark.parametrize(
    "page",
    [
        {"total": 0},
        {"total": 0, "pageNo": 0, "pageSize": 0},
        {"total": "0", "list": None},
        {"total": 0, "list": []},
        {"list": []},
        {"total": -1, "list": []},
        [],
    ],
)
async def test_empty_lists(
    client: HikCentralClient, gateway: Gateway, page: Any
) -> None:
    gateway.answers(page)
    assert await in_full(client.members("7", priority=URGENT)) == []


def _ids(first: int, last: int) -> list[dict[str, str]]:
    return [{"id": str(number)} for number in range(first, last + 1)]


@pytest.mark.parametrize(
    "pages",
    [
        # As documented
        [
            {"total": 600, "pageSize": 500, "list": _ids(1, 500)},
            {"total": 600, "pageSize": 500, "list": _ids(501, 600)},
        ],
        # A server that serves fewer than asked for
        [{"total": 600, "list": _ids(1 + 200 * n, 200 + 200 * n)} for n in range(3)],
        # Without totals
        [{"list": _ids(1, 500)}, {"list": _ids(501, 600)}],
        [_ids(1, 500), _ids(501, 600)],
        # Without a total that deserves the name
        [{"total": -1, "list": _ids(1, 500)}, {"total": 0, "list": _ids(501, 600)}],
        # Somebody was added meanwhile
        [{"total": 599, "list": _ids(1, 500)}, {"total": 600, "list": _ids(501, 600)}],
    ],
)
async def test_all_pages(
    client: HikCentralClient, gateway: Gateway, pages: list[Any]
) -> None:
    gateway.answers(*pages)
    members = await in_full(client.members("7", priority=URGENT))
    assert members == [str(number) for number in range(1, 601)]
    numbers = [body["pageNo"] for _, body in gateway.asked]
    assert numbers == list(range(1, len(pages) + 1))


@pytest.mark.parametrize(
    "pages",
    [
        # Ends before its total
        [{"total": 600, "list": _ids(1, 500)}, {"total": 600}],
        # Repeats itself
        [{"total": 1500, "list": _ids(1, 500)}] * 2,
        [{"list": _ids(1, 500)}] * 2,
    ],
)
async def test_lists_that_are_not_whole(
    client: HikCentralClient, gateway: Gateway, pages: list[Any]
) -> None:
    gateway.answers(*pages)
    with pytest.raises(UnreadableAnswer):
        await in_full(client.members("7", priority=URGENT))


async def test_a_failure_between_pages(
    client: HikCentralClient, gateway: Gateway
) -> None:
    gateway.answers({"total": 600, "list": _ids(1, 500)})
    gateway.refuses("6")
    with pytest.raises(TransientError):
        await in_full(client.members("7", priority=URGENT))
