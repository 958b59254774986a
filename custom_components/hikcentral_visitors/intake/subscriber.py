"""Keeps the subscription as it should be: at start, after a gap, now and then."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

from ..const import LOGGER
from ..contact import Contact
from ..hikcentral import (
    FAST_TYPES,
    HikCentralClient,
    HikCentralError,
    Priority,
    RefusedError,
)
from .agenda import is_over
from .subscription import WANTED, Steps, async_carry_out, host_of, steps
from .watch import Watch

COMPARED_EVERY = timedelta(minutes=10)
TRIED_AGAIN_AFTER = timedelta(minutes=1)


class Standing(StrEnum):
    """How the subscription is."""

    OFF = "off"
    """Not wanted."""
    NO_ADDRESS = "no_address"
    """Wanted, but there is no address that HikCentral could use."""
    UNKNOWN = "unknown"
    """Not known yet, or not any more."""
    SUBSCRIBED = "subscribed"
    """What happens at doors comes to us."""
    ELSEWHERE = "elsewhere"
    """Somebody else gets it, and would lose it to us."""
    REFUSED = "refused"
    """The server does not do it; `Subscriber.reason` says why."""


class Subscriber:
    """Compares what the server pushes where with what we want, and mends it.

    Watches over the pushes are told whether any are due. Nothing is taken from others
    unless `async_take_over` is called.
    """

    def __init__(
        self,
        client: HikCentralClient,
        contact: Contact,
        watch: Watch,
        *,
        wanted: bool,
        address: str | None,
        webhook_id: str,
        token: str,
    ) -> None:
        """Have events pushed to `address`, if wanted, else to nowhere."""
        self._client = client
        self._contact = contact
        self._watch = watch
        self._wanted = wanted and address is not None
        self._address = address or ""
        self._webhook_id = webhook_id
        self._token = token
        self._refused: dict[int, str] = {}
        self._renew = False
        self._renewed: datetime | None = None
        self._checking = asyncio.Lock()
        self._wake = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        if not wanted:
            self.standing = Standing.OFF
        elif address is None:
            self.standing = Standing.NO_ADDRESS
        else:
            self.standing = Standing.UNKNOWN
        self.elsewhere: frozenset[int] = frozenset()
        self.receivers: frozenset[str] = frozenset()
        self.shared: frozenset[int] = frozenset()
        self.reason = ""

    def async_listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the subscription is looked at."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def renew_soon(self) -> None:
        """Subscribe anew: something came to our address with a token that is not ours.

        The view shows no token, so that nothing else tells. Once between comparisons.
        """
        if is_over(COMPARED_EVERY, self._renewed, self._client.clock.now()):
            self._renew = True
            self._wake.set()

    async def async_run(self) -> None:
        """Compare and mend until cancelled."""
        stop = self._contact.async_listen(self._contact_changed)
        try:
            while True:
                self._wake.clear()
                wait = COMPARED_EVERY if self._wanted else None
                try:
                    await self.async_check()
                except HikCentralError as error:
                    LOGGER.debug("The subscription could not be compared: %s", error)
                    wait = TRIED_AGAIN_AFTER
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait.total_seconds() if wait else None):
                        await self._wake.wait()
        finally:
            stop()

    def _contact_changed(self) -> None:
        """After a gap the server may have lost it, and pushes were not due."""
        if not self._contact.connected:
            self._watch.expect_nothing()
            self._stand(
                Standing.UNKNOWN
                if self.standing is Standing.SUBSCRIBED
                else self.standing
            )
        elif not self._checking.locked():
            self._wake.set()

    async def async_check(self) -> None:
        """Compare and mend now.

        Without an address nothing is touched: it may be there again tomorrow. Raises
        HikCentralError where the server could not be asked; what it refuses shows in
        `standing`.
        """
        async with self._checking:
            await self._check(take_over=False)

    async def async_take_over(self) -> None:
        """Have all events pushed to us, whoever gets them now; raises as above."""
        async with self._checking:
            await self._check(take_over=True)

    async def _check(self, *, take_over: bool) -> None:
        if self.standing is Standing.NO_ADDRESS:
            return
        if take_over or self.standing is Standing.REFUSED:
            self._refused.clear()
        try:
            todo = await self._compare(take_over=take_over)
            if self._renew:
                self._renew, self._renewed = False, self._client.clock.now()
            if not todo.nothing:
                await async_carry_out(
                    self._client,
                    todo,
                    self._address,
                    self._token,
                    refused=self._refused,
                )
                todo = await self._compare(take_over=False)
        except RefusedError as error:
            self.reason = str(error)
            self._watch.expect_nothing()
            self._stand(self._without(Standing.REFUSED))
            return
        self._conclude(todo)

    async def _compare(self, *, take_over: bool) -> Steps:
        """Ask the server; types that it refused are no longer wanted."""
        view = await self._client.subscriptions(priority=Priority.POLL)
        return steps(
            WANTED - self._refused.keys() if self._wanted else (),
            view,
            self._address,
            lambda target: self._webhook_id in target,
            take_over=take_over,
            renew=self._renew,
        )

    def _conclude(self, todo: Steps) -> None:
        fast = frozenset(FAST_TYPES)
        self.elsewhere, self.shared = todo.elsewhere, todo.shared
        self.receivers = frozenset(map(host_of, todo.receivers))
        if not self._wanted:
            self._stand(self.standing)
        elif refused := [self._refused[one] for one in fast & self._refused.keys()]:
            self.reason = refused[0]
            self._watch.expect_nothing()
            self._stand(Standing.REFUSED)
        elif todo.begin & fast:
            self.reason = "subscribed_without_effect"
            self._watch.expect_nothing()
            self._stand(Standing.REFUSED)
        elif todo.elsewhere & fast:
            self._watch.expect_nothing()
            self._stand(Standing.ELSEWHERE)
        else:
            self._watch.expect(self._client.clock.now())
            self._stand(Standing.SUBSCRIBED)

    def _without(self, standing: Standing) -> Standing:
        """What it stays where nothing is wanted."""
        return standing if self._wanted else self.standing

    def _stand(self, standing: Standing) -> None:
        self.standing = standing
        for listener in list(self._listeners):
            listener()
