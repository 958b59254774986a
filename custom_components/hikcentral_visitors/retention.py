"""Forgetting visitors in time, every hour: retention is desired state like access."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from .const import LOGGER
from .ledger import Ledger, LedgerError, Transaction
from .ledger.records import Moment
from .ledger.retention import (
    delete_forgotten,
    delete_old_visits,
    forget_visitor,
    visitors_due,
)

INTERVAL = timedelta(hours=1)


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
                LOGGER.error("Cannot delete old visits: %s", error)
            await asyncio.sleep(INTERVAL.total_seconds())

    async def async_forget(self) -> None:
        """Forget who is due, and delete what is forgotten; raises LedgerError."""
        moment = self._moment()
        before = moment.now - moment.policy.retention

        def work(transaction: Transaction) -> None:
            # Asked here, where nobody can register a visit before it is acted upon.
            for visitor_id in visitors_due(transaction.connection, before):
                # Who cannot be read is found again on the server, by his person code.
                with suppress(KeyError):
                    forget_visitor(transaction, moment, visitor_id)
            delete_forgotten(transaction)
            delete_old_visits(transaction, before)

        await self._ledger.async_write(work)
        await self._ledger.async_wipe()
