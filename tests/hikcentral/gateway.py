"""A gateway without sockets: keeps what was asked, answers what a test says."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
import json
import re
from typing import Any

from aioresponses import CallbackResult, aioresponses

from custom_components.hikcentral_visitors.hikcentral import Priority

URGENT = Priority.NARROWING
START = datetime(2026, 1, 15, 8, 0, 0, 700000, tzinfo=timezone(timedelta(hours=5)))
JPEG = b"\xff\xd8\xff\xe0face"
MISSING = object()


class Gateway:
    """Answers in turn."""

    def __init__(self, http: aioresponses) -> None:
        self.asked: list[tuple[str, Any]] = []
        self._answers: list[CallbackResult | Exception] = []
        http.post(re.compile(".*"), callback=self._callback, repeat=True)

    def answers(self, *answers: Any) -> None:
        """Each: the data of a success, an error, or a result of its own."""
        for answer in answers:
            if isinstance(answer, CallbackResult | Exception):
                self._answers.append(answer)
                continue
            envelope = {"code": "0", "msg": "Success", "data": answer}
            if answer is MISSING:
                del envelope["data"]
            self._answers.append(CallbackResult(payload=envelope))

    def refuses(self, code: str, message: str = "") -> None:
        # Labelled as in 3.1.0.
        body = json.dumps({"code": code, "msg": message, "data": ""})
        self._answers.append(CallbackResult(body=body, content_type="application/xml"))

    def _callback(self, url: Any, **options: Any) -> CallbackResult:
        path = url.path.removeprefix("/artemis/api/")
        self.asked.append((path, json.loads(options["data"])))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def in_full[T](items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]
