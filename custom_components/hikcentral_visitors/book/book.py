"""The visit book: what people and automations ask, made durable.

A command returns when its intent is on disk. It never calls HikCentral; whoever listens
to the ledger learns which visitors changed and does what follows.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from typing import NoReturn

from sqlalchemy import select

from ..ledger import Ledger, LedgerError, Transaction, journal, records
from ..ledger.loading import ids_to_care_for, load
from ..ledger.photos import keep_photo
from ..ledger.records import Moment
from ..ledger.retention import forget_visitor
from ..ledger.schema import visits
from ..ledger.visit_queries import view_of_visit
from ..visits import commands, person_code
from ..visits.checks import CommandRefusedError
from ..visits.policy import Policy
from ..visits.record import Change, VisitorRecord
from ..visits.update import update
from ..visits.view import VisitView, views
from ..visits.visit import Actor
from .questions import VisitQuestions, found
from .registration import newcomer, of_reference, returning, visit_of, warnings
from .requests import Forgotten, GrantRequest, Receipt, UpdateRequest
from .withdrawal import withdraw_from

_AT_ONCE = 100
"""So many visitors in one commit; others get their turn between two."""


class _Tried(Exception):  # noqa: N818 - not an error: it undoes what was only tried
    def __init__(self, receipt: Receipt, view: VisitView) -> None:
        super().__init__()
        self.receipt = receipt
        self.view = view


class VisitBook(VisitQuestions):
    """Commands and questions about visits; the actor of a command was authorised."""

    def __init__(
        self,
        ledger: Ledger,
        installation: person_code.Installation,
        policy: Policy,
        now: Callable[[], datetime],
    ) -> None:
        """Write into `ledger`, under `policy`, at the time that `now` tells."""
        super().__init__(ledger, policy, now)
        self._installation = installation

    async def grant(self, request: GrantRequest, actor: Actor) -> Receipt:
        """Let somebody in; raises CommandRefusedError."""
        return await self._ledger.async_write(
            lambda transaction: self._grant(transaction, request, actor)
        )

    async def try_grant(
        self, request: GrantRequest, actor: Actor
    ) -> tuple[Receipt, VisitView]:
        """Return what a grant would be, and change nothing; raises as `grant` does."""

        def work(transaction: Transaction) -> NoReturn:
            receipt = self._grant(transaction, request, actor)
            connection = transaction.connection
            view = view_of_visit(connection, self.moment, receipt.visit_id)
            raise _Tried(receipt, found(view))

        try:
            return await self._ledger.async_write(work)
        except _Tried as tried:
            return tried.receipt, tried.view

    def _grant(
        self, transaction: Transaction, request: GrantRequest, actor: Actor
    ) -> Receipt:
        connection, moment = transaction.connection, self.moment
        if (earlier := of_reference(connection, request)) is not None:
            return earlier
        if request.visitor_id is None:
            visitor = newcomer(request, self._installation, moment.now)
            record = VisitorRecord(visitor=visitor)
        else:
            record = _record(transaction, request.visitor_id)
            visitor = returning(record.visitor, request)
        visit = visit_of(request, visitor.id, moment.now)
        doubts = warnings(connection, visitor, visit)

        def decide(record: VisitorRecord) -> Change:
            return commands.register(
                replace(record, visitor=visitor), visit, moment.policy, moment.now
            )

        if request.visitor_id is None:
            records.insert(transaction, moment, decide(record))
        else:
            records.change(transaction, moment, visitor.id, decide)
        if request.photo is not None and visitor.photo is not None:
            keep_photo(transaction, visitor.id, visitor.photo, request.photo)
        journal.write(
            transaction,
            moment.now,
            actor,
            "grant_access",
            visitor_id=visitor.id,
            visit_id=visit.id,
        )
        return Receipt(visit_id=visit.id, visitor_id=visitor.id, warnings=doubts)

    async def update(self, visit_id: str, request: UpdateRequest, actor: Actor) -> None:
        """Change what a visit and its visitor are; raises CommandRefusedError."""
        await self._command(
            visit_id,
            actor,
            "update_visit",
            lambda record, moment: update(
                record,
                visit_id,
                request.visit,
                request.visitor,
                moment.policy,
                moment.now,
            ),
            photo=request.photo,
        )

    async def extend(
        self,
        visit_id: str,
        actor: Actor,
        *,
        until: datetime | None = None,
        by: timedelta | None = None,
    ) -> None:
        """Move a visit's end, later or earlier; raises CommandRefusedError."""
        await self._command(
            visit_id,
            actor,
            "extend_access",
            lambda record, moment: commands.extend(
                record, visit_id, moment.policy, moment.now, until=until, by=by
            ),
        )

    async def revoke(
        self, visit_id: str, actor: Actor, *, reason: str | None = None
    ) -> None:
        """Take a visit's access away, from now on; raises CommandRefusedError."""
        await self._command(
            visit_id,
            actor,
            "revoke_access",
            lambda record, moment: commands.revoke(
                record, visit_id, moment.now, reason=reason
            ),
        )

    async def restore(self, visit_id: str, actor: Actor) -> None:
        """Undo a revocation; raises CommandRefusedError."""
        await self._command(
            visit_id,
            actor,
            "restore_access",
            lambda record, moment: commands.restore(
                record, visit_id, moment.policy, moment.now
            ),
        )

    async def check_in(self, visit_id: str, actor: Actor) -> None:
        """Note that the visitor is at the reception; raises CommandRefusedError."""
        await self._command(
            visit_id,
            actor,
            "check_in",
            lambda record, moment: commands.check_in(
                record, visit_id, moment.policy, moment.now
            ),
        )

    async def check_out(self, visit_id: str, actor: Actor) -> None:
        """Note that the visitor has left for good; raises CommandRefusedError."""
        await self._command(
            visit_id,
            actor,
            "check_out",
            lambda record, moment: commands.check_out(record, visit_id, moment.now),
        )

    async def cancel(self, visit_id: str, actor: Actor) -> None:
        """Note that the visitor will not come; raises CommandRefusedError."""
        await self._command(
            visit_id,
            actor,
            "cancel_visit",
            lambda record, moment: commands.cancel(
                record, visit_id, moment.policy, moment.now
            ),
        )

    async def withdraw_all(self, actor: Actor) -> None:
        """Take all access away, and cancel what has not begun.

        Whoever is registered meanwhile is not concerned.
        """
        moment = self.moment
        await self._ledger.async_write(records.end_for_good)
        ids = await self._ledger.async_read(
            lambda connection: ids_to_care_for(connection, moment.now)
        )
        for some in batched(ids, _AT_ONCE, strict=False):
            await self._ledger.async_write(
                partial(withdraw_from, moment=moment, visitor_ids=some, actor=actor)
            )

    async def _command(
        self,
        visit_id: str,
        actor: Actor,
        action: str,
        decide: Callable[[VisitorRecord, Moment], Change],
        *,
        photo: bytes | None = None,
    ) -> None:
        moment = self.moment

        def decided(record: VisitorRecord) -> Change:
            if all(visit.id != visit_id for visit in record.visits):
                raise CommandRefusedError("unreadable_visit")
            return decide(record, moment)

        def work(transaction: Transaction) -> None:
            visitor_id = transaction.connection.scalar(
                select(visits.c.visitor_id).where(visits.c.id == visit_id)
            )
            if visitor_id is None:
                raise CommandRefusedError("unknown_visit")
            changed = records.change(
                transaction, moment, visitor_id, decided, with_visits=(visit_id,)
            )
            if photo is not None and changed.visitor.photo is not None:
                keep_photo(transaction, visitor_id, changed.visitor.photo, photo)
            journal.write(
                transaction,
                moment.now,
                actor,
                action,
                visitor_id=visitor_id,
                visit_id=visit_id,
            )

        await self._ledger.async_write(work)

    async def forget(
        self, visitor_ids: Collection[str], actor: Actor
    ) -> list[Forgotten]:
        """Wipe all that says who these visitors are, from the file's bytes too.

        Their visits end; what HikCentral holds of them is taken away like after any
        other end, and then they themselves. Raises CommandRefusedError, and then
        nobody is forgotten.
        """
        moment = self.moment

        def work(transaction: Transaction) -> list[Forgotten]:
            before = [_record(transaction, one) for one in visitor_ids]
            for visitor_id in visitor_ids:
                journal.write(
                    transaction,
                    moment.now,
                    actor,
                    "forget_visitor",
                    visitor_id=visitor_id,
                )
            return [
                _forgotten(
                    record,
                    forget_visitor(transaction, moment, record.visitor.id),
                    moment,
                )
                for record in before
            ]

        done = await self._ledger.async_write(work)
        # It is done; where the disk does not answer now, retention wipes later.
        with suppress(LedgerError):
            await self._ledger.async_wipe()
            await self._ledger.async_drop_copies()
        return done

    async def note(self, action: str, actor: Actor, **detail: str) -> None:
        """Keep in the journal that something else was done, such as a door opened."""
        now = self.moment.now
        await self._ledger.async_write(
            lambda transaction: journal.write(transaction, now, actor, action, **detail)
        )


def _record(transaction: Transaction, visitor_id: str) -> VisitorRecord:
    record = load(transaction.connection, visitor_id)
    if record is None:
        raise CommandRefusedError("unknown_visitor")
    return record


def _forgotten(
    before: VisitorRecord, after: VisitorRecord, moment: Moment
) -> Forgotten:
    live = {visit.id for visit in before.visits if visit.live(moment.now)}
    seen = views(after, moment.policy, moment.now)
    return Forgotten(
        visitor_id=after.visitor.id,
        ended=tuple(sorted(live)),
        inside=any(one.inside for one in seen if one.visit.closed_at is None),
        gone=after.known.nothing_left,
    )
