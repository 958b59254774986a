"""The client of one HikCentral Professional gateway."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import override

import aiohttp

from .clock import ServerClock
from .doors import DoorCalls
from .events import EventCalls
from .levels import LevelCalls
from .limiter import Limiter
from .persons import PersonCalls
from .request_statistics import RequestStatistics
from .signing import Credentials
from .system import SystemCalls
from .times import ServerZone, utcnow
from .transport import TIMEOUT, Observer, Ssl, Transport


class HikCentralClient(SystemCalls, PersonCalls, LevelCalls, DoorCalls, EventCalls):
    """All calls on one gateway, signed for one partner.

    Each call makes one attempt (a listing: one per page): whether to try again is for
    the caller to say, who knows what is at stake. A call waits in the limiter for its
    turn, which the time-outs do not count. All raise HikCentralError (see errors.py)
    for what went wrong outside, ValueError for an argument that must not be sent.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        app_key: str,
        app_secret: str,
        *,
        ssl: Ssl = True,
        limiter: Limiter | None = None,
        timeout: aiohttp.ClientTimeout | None = None,
        now: Callable[[], datetime] = utcnow,
        zone: tzinfo = UTC,
        observer: Observer | None = None,
    ) -> None:
        """Keep what calls need; nothing is sent.

        `base_url` is http(s)://host[:port], with or without /artemis (ValueError for
        anything else). `ssl` as for aiohttp: a Fingerprint pins a self-signed
        certificate. `zone` is the facility's, for the rare times without an offset.
        `observer` hears of every call.
        """
        self._zone = ServerZone(zone)
        self._transport = Transport(
            session,
            base_url,
            Credentials(app_key=app_key, app_secret=app_secret),
            ssl=ssl,
            limiter=limiter if limiter is not None else Limiter(),
            timeout=timeout if timeout is not None else TIMEOUT,
            now=now,
            observer=observer,
        )

    @override
    def __repr__(self) -> str:
        """Show the address, never the credentials."""
        return f"<HikCentralClient {self._transport!r}>"

    @property
    def clock(self) -> ServerClock:
        """The server's time."""
        return self._transport.clock

    @property
    def statistics(self) -> RequestStatistics:
        """What became of the requests."""
        return self._transport.statistics

    @property
    def zone(self) -> ServerZone:
        """The zone of the server's naive times, for `parse_push`."""
        return self._zone
