"""Taking an answer out of its envelope, or telling what is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
import json
import re

from .codes import SUCCESS, error_for, normalised
from .errors import (
    AmbiguousError,
    CredentialsError,
    HikCentralError,
    MalformedAnswer,
    NotExposedError,
    TransientError,
    UnreadableAnswer,
)
from .fields import Fields

_ISAPI_CODE = re.compile(r"<(?:\w+:)?ErrorCode>\s*([^<\s]+)", re.IGNORECASE)
_LONGEST_MESSAGE = 200
_SHORTEST_SECRET = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back over HTTP.

    `skew`: the answer's Date minus the time that the request carried, where the answer
    had a Date. `retry_after`: seconds, where the server said so.
    """

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    skew: timedelta | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked, as far as the answer's reading depends on it.

    `secrets` must not come back in the text of an error.
    """

    path: str
    write: bool
    secrets: frozenset[str] = field(repr=False, default=frozenset())

    def malformed(self, what: str) -> HikCentralError:
        """Return the error for an answer that makes no sense."""
        if self.write:
            return MalformedAnswer(None, what, self.path)
        return UnreadableAnswer(None, what, self.path)


def texts_in(value: object) -> Iterator[str]:
    """Return all texts in a JSON value that are long enough to give anything away."""
    if isinstance(value, str):
        if len(value) >= _SHORTEST_SECRET:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


def harmless(message: str, secrets: frozenset[str]) -> str:
    """Return a server's message without what we sent, on one short line."""
    for secret in sorted(secrets, key=len, reverse=True):
        message = message.replace(secret, "***")
    message = " ".join(message.split())
    if "x-ca-" in message.lower():  # the signed text, in whatever form
        return ""
    return message[:_LONGEST_MESSAGE]


def parse_json(body: bytes) -> object:
    """Return the JSON value in a body, whatever its content type says.

    Raises ValueError.
    """
    try:
        value: object = json.loads(body.decode("utf-8-sig", "replace"))
    except RecursionError as error:
        msg = "nested too deeply"
        raise ValueError(msg) from error
    return value


def data_of(answer: Answer, question: Question) -> object:
    """Return the `data` of an answer.

    Raises the HikCentralError that the answer stands for.
    """
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TransientError(
            str(answer.status),
            "too many requests",
            question.path,
            retry_after=answer.retry_after,
            rate_limited=True,
        )
    try:
        envelope = Fields(parse_json(answer.body))
    except ValueError:
        raise _not_json(answer, question) from None
    code, message = envelope.text("code"), envelope.text("msg", "message")
    if not code:
        status = envelope.child("ResponseStatus") or envelope
        code = status.text("ErrorCode")
        message = status.text("ErrorDescription", "ErrorMsg")
    if not code:
        raise _by_status(answer, question, "an answer without a code")
    if normalised(code) != SUCCESS:
        raise error_for(
            code,
            harmless(message, question.secrets),
            question.path,
            write=question.write,
            skew=answer.skew,
            retry_after=answer.retry_after,
        )
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise _by_status(answer, question, "success with an HTTP error")
    return envelope.get("data")


def _not_json(answer: Answer, question: Question) -> HikCentralError:
    text = answer.body[:4096].decode("utf-8", "replace")
    if (found := _ISAPI_CODE.search(text)) is not None:
        return error_for(
            harmless(found[1], question.secrets),
            "",
            question.path,
            write=question.write,
            skew=answer.skew,
        )
    return _by_status(answer, question, "an answer that is not JSON")


def _by_status(answer: Answer, question: Question, what: str) -> HikCentralError:
    """Return the error for an answer that is no envelope, from its HTTP status."""
    status, path = answer.status, question.path
    code = str(status)
    if status == HTTPStatus.UNAUTHORIZED:
        return CredentialsError(code, "unauthorised", path)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return TransientError(code, "unavailable", path, retry_after=answer.retry_after)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        text = f"HTTP status {status}"
        if question.write:  # a proxy may have lost the answer only
            return AmbiguousError(code, text, path)
        return TransientError(code, text, path, retry_after=answer.retry_after)
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        return NotExposedError(code, f"HTTP status {status}", path)
    if not question.write and answer.body.lstrip()[:1] == b"<":
        return NotExposedError(None, "a web page, not the OpenAPI gateway", path)
    return question.malformed(what)
