"""Answers that are damaged on their way: nulls, wrong types, lists turned objects."""

from collections.abc import Mapping
from dataclasses import replace
import json
import random
from typing import Any

from custom_components.hikcentral_visitors.hikcentral import HikCentralClient
from custom_components.hikcentral_visitors.hikcentral.envelope import Answer, Question

_ODD: tuple[Any, ...] = (
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
)
_WHOLE = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"<html>502</html>",
    b'{"code":"0"}',
    b"{" * 1000,
    b"\xff\xfe",
)


class Mangler:
    """Damages what a client reads, by chance of its own, while it is switched on."""

    def __init__(self, seed: int) -> None:
        """Begin switched on."""
        self.on = True
        self.damaged = 0
        self._chance = random.Random(seed)

    def stand_before(self, client: HikCentralClient) -> None:
        """Damage half of the answers that this client gets."""
        transport: Any = client._transport
        post = client._transport._post

        async def mangled(question: Question, body: Mapping[str, object]) -> Answer:
            answer = await post(question, body)
            if not self.on or self._chance.random() < 0.5:
                return answer
            self.damaged += 1
            return replace(answer, body=self._damage(answer.body))

        transport._post = mangled

    def _damage(self, body: bytes) -> bytes:
        if self._chance.random() < 0.2:
            return self._chance.choice(_WHOLE)
        value = json.loads(body)
        return json.dumps(self._somewhere(value)).encode()

    def _somewhere(self, value: Any) -> Any:
        """Return the value with something odd at one place in it."""
        if isinstance(value, dict) and value and self._chance.random() < 0.85:
            key = self._chance.choice(list(value))
            if key == "code":
                key = "data" if "data" in value else key
            return value | {key: self._somewhere(value.get(key))}
        if isinstance(value, list) and value and self._chance.random() < 0.7:
            place = self._chance.randrange(len(value))
            return [
                self._somewhere(item) if number == place else item
                for number, item in enumerate(value)
            ]
        if isinstance(value, list) and value and self._chance.random() < 0.5:
            return value[0]
        return self._chance.choice(_ODD)
