"""Answers that are damaged on their way: nulls, wrong types, lists turned objects."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle
import json
from typing import Any

from hypothesis import strategies as st

from custom_components.hikcentral_visitors.hikcentral import HikCentralClient
from custom_components.hikcentral_visitors.hikcentral.envelope import Answer, Question

_ODD = st.sampled_from(
    [
        None,
        "",
        "odd",
        -1,
        10**30,
        1.5,
        True,
        [],
        {},
        [None],
        {"list": None},
        "2026-13-45T99:99:99",
        "\ud800",
    ]
)
_WHOLE = st.sampled_from(
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"<html>502</html>",
        b'{"code":"0"}',
        b"{" * 1000,
        b"\xff\xfe",
    ]
)

type Damage = bytes | tuple[Sequence[int], object] | None
"""Another body, or the way into the JSON value and what lies there instead."""

_somewhere = st.tuples(st.lists(st.integers(0, 20), max_size=6), _ODD)
damages: st.SearchStrategy[list[Damage]] = st.lists(
    st.none() | _somewhere | _somewhere | _WHOLE, min_size=1, max_size=100
)
"""What becomes of one answer after the other, again and again."""


class Mangler:
    """Damages what a client reads, while it is switched on."""

    def __init__(self, damages: Sequence[Damage]) -> None:
        """Begin switched on."""
        self.on = True
        self.damaged = 0
        self._damages = cycle(damages)

    def stand_before(self, client: HikCentralClient) -> None:
        """Damage the answers that this client gets."""
        transport: Any = client._transport
        post = client._transport._post

        async def mangled(question: Question, body: Mapping[str, object]) -> Answer:
            answer = await post(question, body)
            damage = next(self._damages) if self.on else None
            if damage is None:
                return answer
            self.damaged += 1
            return replace(answer, body=_damaged(answer.body, damage))

        transport._post = mangled


def _damaged(body: bytes, damage: bytes | tuple[Sequence[int], object]) -> bytes:
    if isinstance(damage, bytes):
        return damage
    way, odd = damage
    return json.dumps(_with(json.loads(body), way, odd)).encode()


def _with(value: Any, way: Sequence[int], odd: object) -> Any:
    """Return a JSON value with something odd at the end of a way into it.

    A way that goes on into an item of a list may end with the item in its list's place.
    """
    if not way or not isinstance(value, dict | list) or not value:
        return odd
    turn, *rest = way
    if isinstance(value, list):
        item = value[turn % len(value)]
        if not rest and turn % 2:
            return item
        changed = list(value)
        changed[turn % len(value)] = _with(item, rest, odd)
        return changed
    # Its code is what an answer is read by first: most ways lead past it.
    keys = [key for key in value if key != "code" or len(value) == 1 or turn == 0]
    key = keys[turn % len(keys)]
    return value | {key: _with(value[key], rest, odd)}
