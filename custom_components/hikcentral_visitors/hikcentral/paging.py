"""Lists in pages (reference 2.3)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from .errors import UnreadableAnswer
from .fields import Fields, as_items
from .pace import Priority
from .transport import Transport

LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """One page of a list, numbered from 1.

    `total` is None where the server did not say. `malformed` counts entries that could
    not be read.
    """

    number: int
    total: int | None
    items: tuple[T, ...]
    has_next: bool
    malformed: int = 0


def page_of(data: object, path: str, number: int, page_size: int) -> Page[object]:
    """Return the page in an answer's data.

    An empty result has a total of 0 and no list. What has neither is no answer: taken
    for "none", it would let somebody pass for removed who is not. Raises
    UnreadableAnswer.
    """
    if isinstance(data, list):
        return Page(
            number=number,
            total=None,
            items=tuple(data),
            has_next=len(data) >= page_size,
        )
    fields = Fields(data)
    listed = fields.get("list")
    total = fields.number("total", "totalNum")
    if total is not None and total < 0:
        total = None
    if listed is None and total is None:
        raise UnreadableAnswer(None, "neither a list nor a total", path)
    items = tuple(as_items(listed))
    if total is None or (total == 0 and items):
        return Page(
            number=number,
            total=None,
            items=items,
            has_next=len(items) >= page_size,
        )
    served = fields.number("pageSize")  # a server may cap what was asked for
    size = served if served and 0 < served < page_size else page_size
    has_next = bool(items) and (number - 1) * size + len(items) < total
    return Page(number=number, total=total, items=items, has_next=has_next)


async def fetch_page(
    transport: Transport,
    path: str,
    body: Mapping[str, object],
    priority: Priority,
    *,
    number: int,
    page_size: int,
) -> Page[object]:
    """Ask for one page."""
    return await transport.read(
        path,
        {**body, "pageNo": number, "pageSize": page_size},
        priority,
        lambda data: page_of(data, path, number, page_size),
    )


async def all_pages(
    transport: Transport,
    path: str,
    body: Mapping[str, object],
    priority: Priority,
    *,
    page_size: int = LARGEST_PAGE,
) -> AsyncIterator[Page[object]]:
    """Ask for page after page until all entries have come.

    Raises UnreadableAnswer if the list ends before its total, or repeats itself.
    """
    number, seen = 1, 0
    previous: tuple[object, ...] = ()
    while True:
        page = await fetch_page(
            transport, path, body, priority, number=number, page_size=page_size
        )
        if page.items and page.items == previous:
            raise UnreadableAnswer(None, "the same page again", path)
        seen += len(page.items)
        if page.total is None:
            more = page.has_next
        else:
            more = seen < page.total
            if more and not page.items:
                text = f"{seen} entries of {page.total}"
                raise UnreadableAnswer(None, text, path)
        yield Page(number=number, total=page.total, items=page.items, has_next=more)
        if not more:
            return
        previous = page.items
        number += 1


async def all_objects(
    transport: Transport,
    path: str,
    body: Mapping[str, object],
    priority: Priority,
) -> AsyncIterator[Fields]:
    """Ask for all entries of a list; what is no object is left out."""
    async for page in all_pages(transport, path, body, priority):
        for item in page.items:
            if isinstance(item, dict):
                yield Fields(item)
