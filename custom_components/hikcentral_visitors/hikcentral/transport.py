"""One signed call over HTTP: its time, its limits, its errors."""

from collections.abc import Callable, Mapping
from datetime import datetime
import json
import logging
import math
import ssl as ssl_module
from typing import Protocol, override
import uuid

import aiohttp
from yarl import URL

from .clock import ServerClock, parse_http_date
from .envelope import Answer, Question, data_of, texts_in
from .errors import (
    AmbiguousError,
    CannotConnectError,
    CertificateError,
    HikCentralError,
    NoAnswerError,
    NotFoundError,
    RefusedError,
    TransientError,
)
from .limiter import Limiter
from .pace import Priority
from .request_statistics import RequestStatistics
from .signing import Credentials, signed_headers

_LOGGER = logging.getLogger(__name__)

PREFIX = "/artemis/api/"
TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
LARGEST_ANSWER = 16 * 2**20  # 500 persons or events are far below
_CHUNK = 2**16

type Ssl = ssl_module.SSLContext | aiohttp.Fingerprint | bool


def base_address(address: str) -> URL:
    """Return the address in front of /artemis, given with or without it.

    Raises ValueError for what is not an http or https address.
    """
    url = URL(address.strip())
    if url.scheme not in {"http", "https"} or not url.host:
        msg = "not an http or https address"
        raise ValueError(msg)
    path = url.path.rstrip("/").removesuffix("/artemis")
    return url.with_user(None).with_path(path).with_query(None).with_fragment(None)


class Observer(Protocol):
    """Hears what became of every call."""

    def answered(self) -> None:
        """Take note that the gateway did what was asked."""

    def failed(self, error: HikCentralError) -> None:
        """Take note that it did not, or that it could not be asked."""


class Transport:
    """Signed POSTs to one gateway for one partner."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: str,
        credentials: Credentials,
        *,
        ssl: Ssl,
        limiter: Limiter,
        timeout: aiohttp.ClientTimeout,
        now: Callable[[], datetime],
        observer: Observer | None,
    ) -> None:
        """Keep all that a call needs; nothing is sent."""
        self._session = session
        self._base = base_address(address)
        self._credentials = credentials
        self._ssl = ssl
        self._limiter = limiter
        self._timeout = timeout
        self._now = now
        self._observer = observer
        self.clock = ServerClock(now)
        self.statistics = RequestStatistics()

    @override
    def __repr__(self) -> str:
        """Show the address; the key not even in part, since 8 digits are short."""
        return f"<Transport {self._base} key=***>"

    async def read[T](
        self,
        path: str,
        body: Mapping[str, object],
        priority: Priority,
        parse: Callable[[object], T],
    ) -> T:
        """Ask something and return what `parse` makes of the answer's data.

        Raises HikCentralError, never an AmbiguousError: asking changes nothing.
        """
        question = self._question(path, body, write=False)
        return await self._exchange(
            question, body, priority, lambda answer: parse(data_of(answer, question))
        )

    async def read_raw[T](
        self,
        path: str,
        body: Mapping[str, object],
        priority: Priority,
        parse: Callable[[Answer, Question], T],
    ) -> T:
        """Ask for something that comes without an envelope (pictures)."""
        question = self._question(path, body, write=False)
        return await self._exchange(
            question, body, priority, lambda answer: parse(answer, question)
        )

    async def write[T](
        self,
        path: str,
        body: Mapping[str, object],
        priority: Priority,
        parse: Callable[[object], T],
    ) -> T:
        """Change something and return what `parse` makes of the answer's data.

        Raises HikCentralError; AmbiguousError if the change may have been made.
        """
        question = self._question(path, body, write=True)
        return await self._exchange(
            question, body, priority, lambda answer: parse(data_of(answer, question))
        )

    def _question(
        self, path: str, body: Mapping[str, object], *, write: bool
    ) -> Question:
        secrets = frozenset(
            (
                self._credentials.app_key,
                self._credentials.app_secret,
                *texts_in(dict(body)),
            )
        ) - {""}
        return Question(path=path, write=write, secrets=secrets)

    async def _exchange[T](
        self,
        question: Question,
        body: Mapping[str, object],
        priority: Priority,
        parse: Callable[[Answer], T],
    ) -> T:
        async with self._limiter.slot(priority):
            try:
                result = parse(await self._post(question, body))
            except HikCentralError as error:
                self._note(error, question)
                raise
            self._limiter.succeeded()
        self.statistics.succeeded(self._now())
        if self._observer is not None:
            self._observer.answered()
        return result

    def _note(self, error: HikCentralError, question: Question) -> None:
        _LOGGER.debug("%s: %s", type(error).__name__, error)
        if isinstance(error, TransientError) and (
            error.rate_limited or error.retry_after is not None
        ):
            self._limiter.refused(error.retry_after)
        elif isinstance(error, RefusedError):
            self._limiter.succeeded()
        if isinstance(error, NotFoundError) and not question.write:
            self.statistics.succeeded(self._now())  # "none" is an answer
        else:
            self.statistics.failed(error, self._now())
        if self._observer is not None:
            self._observer.failed(error)

    async def _post(self, question: Question, body: Mapping[str, object]) -> Answer:
        if self._session.closed:
            raise CannotConnectError(None, "the session is closed", question.path)
        # ASCII only: the content type names no charset.
        payload = json.dumps(body, separators=(",", ":")).encode("ascii")
        path = PREFIX + question.path
        stamp = self.clock.now()
        headers = signed_headers(
            self._credentials,
            path,
            payload,
            nonce=str(uuid.uuid4()),
            timestamp=stamp,
        )
        sent = self.clock.monotonic()
        try:
            async with self._session.post(
                self._base.with_path(self._base.path.rstrip("/") + path),
                data=payload,
                headers=headers,
                ssl=self._ssl,
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                received = self.clock.monotonic()
                date = parse_http_date(response.headers.get("Date"))
                if date is not None:
                    self.clock.observe(date, sent=sent, received=received)
                return Answer(
                    status=response.status,
                    body=await _read(response, question),
                    content_type=response.headers.get("Content-Type", ""),
                    skew=None if date is None else date - stamp,
                    retry_after=self._retry_after(response.headers.get("Retry-After")),
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _failed(error, question) from error

    def _retry_after(self, text: str | None) -> float | None:
        if text is None:
            return None
        try:
            seconds = float(text)
        except ValueError:
            date = parse_http_date(text)
            if date is None:
                return None
            seconds = (date - self.clock.now()).total_seconds()
        return max(seconds, 0.0) if math.isfinite(seconds) else None


async def _read(response: aiohttp.ClientResponse, question: Question) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise question.malformed("an answer larger than any should be")
    return bytes(body)


def _failed(error: Exception, question: Question) -> HikCentralError:
    """Return the error for a call that aiohttp gave up.

    Only these are raised before a byte of the request is written: a connector's
    errors, a fingerprint that differs, a time-out while connecting. In particular, a
    kept-alive connection that turns out closed is not among them: the server may have
    read the request before it closed.
    """
    path = question.path
    match error:
        case aiohttp.ServerFingerprintMismatch():
            return CertificateError(
                None,
                "the certificate is not the pinned one",
                path,
                fingerprint=error.got.hex(),
            )
        case aiohttp.ClientConnectorCertificateError():
            return CertificateError(None, "the certificate is not trusted", path)
        case aiohttp.ClientConnectorError() | aiohttp.InvalidURL():
            text = f"cannot connect ({type(error).__name__})"
            return CannotConnectError(None, text, path)
        case aiohttp.ConnectionTimeoutError():
            return CannotConnectError(None, "no connection in time", path)
        case TimeoutError():
            text = "no answer in time"
        case _:
            text = f"connection lost ({type(error).__name__})"
    if question.write:
        return AmbiguousError(None, text, path)
    return NoAnswerError(None, text, path)
