"""What can be asked about visits: the ledger answers, whatever the server does."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from ..ledger import Ledger
from ..ledger.loading import load
from ..ledger.passage_queries import (
    PassageQuery,
    PassageRow,
    find_passages,
    picture_of_passage,
)
from ..ledger.records import Moment
from ..ledger.visit_queries import (
    VisitKey,
    VisitQuery,
    derives,
    find_visits,
    find_visits_among,
    open_visits,
    view_of_visit,
)
from ..ledger.visitor_queries import VisitorQuery, VisitorRow, find_visitors
from ..visits.checks import CommandRefusedError
from ..visits.policy import Policy
from ..visits.view import VisitView
from ..visits.visit import Visitor


def found(view: VisitView | None) -> VisitView:
    """Return a visit that was looked for; raises CommandRefusedError."""
    if view is None:
        raise CommandRefusedError("unknown_visit")
    return view


class VisitQuestions:
    """Questions about visits, visitors and passages; all raise LedgerError."""

    def __init__(
        self, ledger: Ledger, policy: Policy, now: Callable[[], datetime]
    ) -> None:
        """Read `ledger` as it is seen under `policy`, when `now` tells."""
        self._ledger = ledger
        self._policy = policy
        self._now = now

    @property
    def moment(self) -> Moment:
        """Now, and the rules in force."""
        return Moment(self._now(), self._policy)

    async def visitor(self, visitor_id: str) -> Visitor | None:
        """Return a visitor, forgotten or not; None where there is none of that id."""
        record = await self._ledger.async_read(
            lambda connection: load(connection, visitor_id)
        )
        return None if record is None else record.visitor

    async def visit(self, visit_id: str) -> VisitView:
        """Return one visit, open or closed; raises CommandRefusedError."""
        moment = self.moment
        return found(
            await self._ledger.async_read(
                lambda connection: view_of_visit(connection, moment, visit_id)
            )
        )

    async def visits(self, query: VisitQuery) -> tuple[list[VisitView], int]:
        """Return a page of visits, and how many there are in all."""
        moment = self.moment
        if not derives(query):
            return await self._ledger.async_read(
                lambda connection: find_visits(connection, moment, query)
            )
        keys: list[VisitKey] = []
        after: str | None = ""
        while after is not None:
            some, after = await self._ledger.async_read(
                partial(open_visits, moment=moment, query=query, after=after)
            )
            keys += some
        return await self._ledger.async_read(
            lambda connection: find_visits_among(connection, moment, query, keys)
        )

    async def passages(self, query: PassageQuery) -> tuple[list[PassageRow], int]:
        """Return a page of passages, newest first, and how many there are in all."""
        return await self._ledger.async_read(
            lambda connection: find_passages(connection, query)
        )

    async def picture_of_passage(self, number: int) -> str | None:
        """Return where HikCentral has the picture of a passage, if it has one."""
        return await self._ledger.async_read(
            lambda connection: picture_of_passage(connection, number)
        )

    async def visitors(self, query: VisitorQuery) -> tuple[list[VisitorRow], int]:
        """Return a page of visitors, newest first, and how many there are in all."""
        return await self._ledger.async_read(
            lambda connection: find_visitors(connection, query)
        )
