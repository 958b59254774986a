"""The visit book: what people and automations ask, made durable.

A command returns when its intent is on disk. It never calls HikCentral; whoever listens
to the ledger learns which visitors changed and does what follows.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
import hashlib
import json
from uuid import uuid7

from sqlalchemy import Connection, select

from .ledger import Ledger, Transaction, journal, records
from .ledger.photos import keep_photo
from .ledger.queries import (
    PassageQuery,
    PassageRow,
    VisitorQuery,
    VisitorRow,
    VisitQuery,
    find_passages,
    find_visitors,
    find_visits,
    view_of_visit,
)
from .ledger.records import Moment
from .ledger.schema import visitors, visits
from .visits import commands, person_code
from .visits.commands import CommandRefusedError
from .visits.policy import Policy
from .visits.profile import photo_digest
from .visits.record import Change, VisitorRecord
from .visits.view import VisitView
from .visits.visit import Actor, EntryMode, Visit, Visitor, VisitorType
from .visits.window import round_down, round_up


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRequest:
    """Who is to be let in, when and where.

    `visitor_id` names somebody who was here before; what is given of him anew replaces
    what was known. Without `valid_from` the visit begins now; it ends at `valid_until`,
    or `duration` after its beginning. `levels` are ids of managed levels. `photo` is a
    JPEG of at most 500 × 500. `reference` makes the request idempotent.
    """

    visitor_id: str | None = None
    given_name: str = field(default="", repr=False)
    family_name: str = field(default="", repr=False)
    company: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    card_no: str | None = field(default=None, repr=False)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    duration: timedelta | None = None
    early_arrival: timedelta = timedelta()
    entry_mode: EntryMode = EntryMode.MULTIPLE
    levels: frozenset[str] = frozenset()
    visitor_type: VisitorType = VisitorType.GUEST
    host: str | None = field(default=None, repr=False)
    notify: tuple[str, ...] = ()
    purpose: str | None = field(default=None, repr=False)
    vehicle_plate: str | None = field(default=None, repr=False)
    note: str | None = field(default=None, repr=False)
    reference: str | None = None
    photo: bytes | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        """A name for the content; two requests for "from now on" have the same."""
        content = asdict(self)
        content["photo"] = photo_digest(self.photo) if self.photo else None
        content["levels"] = sorted(self.levels)
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a request; `warnings` are stable keys."""

    visit_id: str
    visitor_id: str
    created: bool = True
    warnings: tuple[str, ...] = ()


class _DryRun(Exception):  # noqa: N818 - not an error: it undoes what was only tried
    def __init__(self, receipt: Receipt) -> None:
        super().__init__()
        self.receipt = receipt


class VisitBook:
    """Commands and questions about visits; the actor of a command was authorised."""

    def __init__(
        self,
        ledger: Ledger,
        installation: person_code.Installation,
        policy: Policy,
        now: Callable[[], datetime],
    ) -> None:
        """Write into `ledger`, under `policy`, at the time that `now` tells."""
        self._ledger = ledger
        self._installation = installation
        self._policy = policy
        self._now = now

    @property
    def moment(self) -> Moment:
        """Now, and the rules in force."""
        return Moment(self._now(), self._policy)

    async def grant(
        self, request: GrantRequest, actor: Actor, *, dry_run: bool = False
    ) -> Receipt:
        """Let somebody in; with `dry_run` say what would be, and change nothing.

        Raises CommandRefusedError.
        """

        def work(transaction: Transaction) -> Receipt:
            receipt = self._grant(transaction, request, actor)
            if dry_run:
                raise _DryRun(receipt)
            return receipt

        try:
            return await self._ledger.async_write(work)
        except _DryRun as tried:
            return tried.receipt

    def _grant(
        self, transaction: Transaction, request: GrantRequest, actor: Actor
    ) -> Receipt:
        connection, moment = transaction.connection, self.moment
        if request.reference is not None:
            earlier = _of_reference(connection, request.reference, request.digest)
            if earlier is not None:
                return earlier
        known_visitor = request.visitor_id is not None
        visitor = (
            self._returning(connection, request)
            if known_visitor
            else self._newcomer(request, moment.now)
        )
        visit = _visit(request, visitor.id, moment.now)
        warnings = _warnings(connection, visitor, visit)

        def decide(record: VisitorRecord) -> Change:
            return commands.register(
                replace(record, visitor=visitor), visit, moment.policy, moment.now
            )

        if known_visitor:
            records.change(transaction, moment, visitor.id, decide)
        else:
            new = VisitorRecord(visitor=visitor)
            records.insert(transaction, moment, decide(new))
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
        return Receipt(visit_id=visit.id, visitor_id=visitor.id, warnings=warnings)

    def _newcomer(self, request: GrantRequest, now: datetime) -> Visitor:
        given, family = request.given_name.strip(), request.family_name.strip()
        if not given and not family:
            raise CommandRefusedError("name_missing")
        return Visitor(
            id=uuid7().hex,
            person_code=person_code.issue(self._installation),
            given_name=given or family,
            family_name=family if given else "",
            company=request.company,
            phone=request.phone,
            email=request.email,
            card_no=request.card_no,
            photo=photo_digest(request.photo) if request.photo else None,
            created_at=now,
        )

    @staticmethod
    def _returning(connection: Connection, request: GrantRequest) -> Visitor:
        record = records.load(connection, request.visitor_id or "")
        if record is None:
            raise CommandRefusedError("unknown_visitor")
        visitor = record.visitor
        return replace(
            visitor,
            given_name=request.given_name.strip() or visitor.given_name,
            family_name=request.family_name.strip() or visitor.family_name,
            company=request.company or visitor.company,
            phone=request.phone or visitor.phone,
            email=request.email or visitor.email,
            card_no=request.card_no or visitor.card_no,
            photo=photo_digest(request.photo) if request.photo else visitor.photo,
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

    async def _command(
        self,
        visit_id: str,
        actor: Actor,
        action: str,
        decide: Callable[[VisitorRecord, Moment], Change],
    ) -> None:
        moment = self.moment

        def work(transaction: Transaction) -> None:
            visitor_id = transaction.connection.scalar(
                select(visits.c.visitor_id).where(visits.c.id == visit_id)
            )
            if visitor_id is None:
                raise CommandRefusedError("unknown_visit")
            records.change(
                transaction,
                moment,
                visitor_id,
                lambda record: decide(record, moment),
                with_visit=visit_id,
            )
            journal.write(
                transaction,
                moment.now,
                actor,
                action,
                visitor_id=visitor_id,
                visit_id=visit_id,
            )

        await self._ledger.async_write(work)

    async def note(self, action: str, actor: Actor, **detail: str) -> None:
        """Keep in the journal that something else was done, such as a door opened."""
        now = self._now()
        await self._ledger.async_write(
            lambda transaction: journal.write(transaction, now, actor, action, **detail)
        )

    async def visit(self, visit_id: str) -> VisitView:
        """Return one visit, open or closed; raises CommandRefusedError."""
        moment = self.moment
        found = await self._ledger.async_read(
            lambda connection: view_of_visit(connection, moment, visit_id)
        )
        if found is None:
            raise CommandRefusedError("unknown_visit")
        return found

    async def visits(self, query: VisitQuery) -> tuple[list[VisitView], int]:
        """Return a page of visits, and how many there are in all."""
        moment = self.moment
        return await self._ledger.async_read(
            lambda connection: find_visits(connection, moment, query)
        )

    async def passages(self, query: PassageQuery) -> tuple[list[PassageRow], int]:
        """Return a page of passages, newest first, and how many there are in all."""
        return await self._ledger.async_read(
            lambda connection: find_passages(connection, query)
        )

    async def visitors(self, query: VisitorQuery) -> tuple[list[VisitorRow], int]:
        """Return a page of visitors, newest first, and how many there are in all."""
        return await self._ledger.async_read(
            lambda connection: find_visitors(connection, query)
        )


def _visit(request: GrantRequest, visitor_id: str, now: datetime) -> Visit:
    start = request.valid_from or now
    until = request.valid_until
    if until is None:
        if request.duration is None:
            raise CommandRefusedError("end_missing")
        until = start + request.duration
    return Visit(
        id=uuid7().hex,
        visitor_id=visitor_id,
        valid_from=round_up(start) if request.valid_from else round_down(start),
        valid_until=round_down(until),
        early_arrival=request.early_arrival,
        entry_mode=request.entry_mode,
        levels=request.levels,
        visitor_type=request.visitor_type,
        host=request.host,
        notify=request.notify,
        purpose=request.purpose,
        vehicle_plate=request.vehicle_plate,
        note=request.note,
        reference=request.reference,
        reference_digest=request.digest if request.reference is not None else None,
        created_at=now,
    )


def _of_reference(
    connection: Connection, reference: str, digest: str
) -> Receipt | None:
    """Return the visit that was made under this reference; none is made twice."""
    row = connection.execute(
        select(visits.c.id, visits.c.visitor_id, visits.c.reference_digest).where(
            visits.c.reference == reference
        )
    ).one_or_none()
    if row is None:
        return None
    if row.reference_digest != digest:
        raise CommandRefusedError("reference_conflict", reference=reference)
    return Receipt(visit_id=row.id, visitor_id=row.visitor_id, created=False)


def _warnings(
    connection: Connection, visitor: Visitor, visit: Visit
) -> tuple[str, ...]:
    warnings = []
    if visitor.photo is None and visitor.card_no is None:
        warnings.append("nothing_to_show")
    twin = connection.scalar(
        select(visits.c.id)
        .join(visitors, visitors.c.id == visits.c.visitor_id)
        .where(
            visits.c.closed_at.is_(None),
            visitors.c.id != visitor.id,
            visitors.c.given_name == visitor.given_name,
            visitors.c.family_name == visitor.family_name,
            visits.c.valid_from < visit.valid_until,
            visits.c.valid_until > visit.valid_from,
        )
        .limit(1)
    )
    if twin is not None:
        warnings.append("possible_duplicate")
    return tuple(warnings)
