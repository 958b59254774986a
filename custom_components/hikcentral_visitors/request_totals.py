"""How many requests were made and failed: counted by the client, kept in the ledger."""

from collections.abc import Callable
from datetime import timedelta

from .hikcentral import HikCentralClient
from .hikcentral.request_statistics import OK
from .ledger import Ledger, Transaction
from .ledger.counters import count
from .ledger.records import Moment

_STORED_EVERY = timedelta(minutes=5)


class RequestTotals:
    """Adds what the client counted to the totals, now and then."""

    def __init__(
        self, ledger: Ledger, client: HikCentralClient, moment: Callable[[], Moment]
    ) -> None:
        """Count from what the client has counted up to now."""
        self._ledger = ledger
        self._client = client
        self._moment = moment
        self._counted = (0, 0)
        self._stored_at = moment().now

    async def async_store_sometimes(self) -> None:
        """Store them if that was not done lately; raises LedgerError."""
        if abs(self._moment().now - self._stored_at) >= _STORED_EVERY:
            await self.async_store()

    async def async_store(self) -> None:
        """Add the requests since the last time; raises LedgerError."""
        seen = self._client.statistics
        so_far = (seen.total, seen.total - seen.counts[OK])
        requests, errors = (
            new - old for new, old in zip(so_far, self._counted, strict=True)
        )
        if requests or errors:
            await self._ledger.async_write(
                lambda transaction: _add(transaction, requests, errors)
            )
        self._counted = so_far
        self._stored_at = self._moment().now


def _add(transaction: Transaction, requests: int, errors: int) -> None:
    count(transaction, "requests", requests)
    count(transaction, "request_errors", errors)
