"""Forgetting visitors in time, every hour: retention is desired state like access."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from .intake.agenda import DAYS
from .ledger import Ledger, LedgerError, Transaction
from .ledger.records import Moment
from .ledger.retention import (
    delete_deleted_events,
    delete_forgotten,
    delete_former_persons,
    delete_old_entries,
    delete_old_visits,
    forget_visitor,
    visitors_due,
)

INTERVAL = timedelta(hours=1)

_TOLD_OF = timedelta(days=DAYS + 1)
"""So long HikCentral is asked for what happened: whole days, and the one that runs."""

AT_ONCE = 20
"""How many visitors are forgotten, or rows deleted, before others may write."""

COPIES_KEPT = timedelta(days=7)
"""So long somebody may want to go back to the release before, if nobody is forgotten
meanwhile."""


class Retention:
    """Lets nothing be kept longer than the options say."""

    def __init__(self, ledger: Ledger, moment: Callable[[], Moment]) -> None:
        """Look after `ledger`."""
        self._ledger = ledger
        self._moment = moment

    async def async_run(self) -> None:
        """Do it every hour until cancelled."""
        while True:
            try:
                await self.async_forget()
            except LedgerError as error:
                self._ledger.complaints.make("delete old visits", error)
            await asyncio.sleep(INTERVAL.total_seconds())

    async def async_forget(self) -> None:
        """Forget who is due, and delete what is forgotten; raises LedgerError."""
        forgotten: list[str] = []
        more = True
        while more:
            # One portion after the other, so that nobody at the desk waits for all.
            done = await self._ledger.async_write(
                partial(
                    _forget_some,
                    moment=self._moment(),
                    after=forgotten[-1] if forgotten else "",
                )
            )
            forgotten += done
            more = len(done) == AT_ONCE
        before = self._moment().now - self._moment().policy.retention
        await self._delete(delete_forgotten)
        told_since = self._moment().now - _TOLD_OF
        await self._delete(
            partial(delete_old_visits, before=before, told_since=told_since)
        )
        await self._delete(partial(delete_deleted_events, before=told_since))
        await self._delete(partial(delete_former_persons, before=before))
        await self._delete(partial(delete_old_entries, before=before))
        await self._ledger.async_wipe()
        await self._ledger.async_drop_copies(
            None if forgotten else self._moment().now - COPIES_KEPT
        )

    async def _delete(self, delete_some: Callable[..., int]) -> None:
        """Delete all of a kind, one portion after the other."""
        while (
            await self._ledger.async_write(partial(delete_some, at_most=AT_ONCE))
            == AT_ONCE
        ):
            pass


def _forget_some(transaction: Transaction, moment: Moment, after: str) -> list[str]:
    """Forget the next visitors who are due; returns them.

    Asked here, where nobody can register a visit before it is acted upon.
    """
    before = moment.now - moment.policy.retention
    due = visitors_due(transaction.connection, before, after=after, limit=AT_ONCE)
    for visitor_id in due:
        # Who cannot be read is found again on the server, by his person code.
        with suppress(KeyError):
            forget_visitor(transaction, moment, visitor_id)
    return due
