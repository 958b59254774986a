"""The calls themselves: one for one person or for many, and what the answer says."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from itertools import batched

from ..hikcentral import (
    AlreadyExistsError,
    HikCentralClient,
    NotFoundError,
    ParameterError,
    PersonDraft,
    Priority,
    RefusedError,
)
from ..visits import facts, former, person_code, terminals
from ..visits.known import Known
from ..visits.operations import Operation, OperationKind
from ..visits.profile import REMARK, profile_digest
from ..visits.record import VisitorRecord
from ..visits.window import Window
from .batches import BATCH
from .drafts import MOMENT_LATER, Target, ended, only_window, whole, wished_window
from .readings import doors_reading, person_reading

type Answer = Callable[[VisitorRecord], VisitorRecord]
"""What an answer makes of a record."""


class Calls:
    """What each kind of operation calls; nothing is stored here."""

    def __init__(
        self,
        client: HikCentralClient,
        installation: person_code.Installation,
        organisation: str,
        now: Callable[[], datetime],
    ) -> None:
        """Call through `client`; persons are added to `organisation`."""
        self._client = client
        self._installation = installation
        self._organisation = organisation
        self._now = now
        self._telling = False
        """Whether this server was seen to show doors; if not, none means nothing."""
        self.for_one: dict[OperationKind, Callable[[Target], Awaitable[Answer]]] = {
            OperationKind.READ_PERSON: self._read_person,
            OperationKind.ADD_PERSON: self._add_person,
            OperationKind.UPDATE_PERSON: self._update_person,
            OperationKind.NARROW_PERSON: self._narrow_person,
            OperationKind.END_WINDOW: self._end_window,
            OperationKind.UPDATE_FACE: self._update_face,
            OperationKind.DELETE_PERSON: self._delete_person,
            OperationKind.CHECK_APPLICATION: self._check_application,
            OperationKind.APPLY_FORMER: self._apply_former,
        }
        self.for_many: dict[
            OperationKind, Callable[[str, Sequence[Target]], Awaitable[set[str]]]
        ] = {
            OperationKind.ADD_MEMBER: self._add_members,
            OperationKind.REMOVE_MEMBER: self._remove_members,
            OperationKind.APPLY: self._apply,
        }

    async def _read_person(self, target: Target) -> Answer:
        person = await self._client.person_by_code(
            target.record.visitor.person_code, priority=_priority(target)
        )
        now = self._now()
        if person is None:
            return _knowing(lambda known: facts.person_not_found(known, now))
        reading, same = person_reading(person, target.record.visitor)
        digest = profile_digest(target.record.visitor)

        def read(known: Known) -> Known:
            profile = known.profile or (digest if same else None)
            return facts.person_read(known, reading, now, profile)

        return _knowing(read)

    async def _add_person(self, target: Target) -> Answer:
        visitor, window = target.record.visitor, wished_window(target)
        draft = replace(
            self._draft(target, window), person_code=visitor.person_code, remark=REMARK
        )
        face = visitor.photo if target.jpeg else None
        try:
            try:
                person_id = await self._client.add_person(
                    replace(draft, face=target.jpeg)
                )
            except ParameterError:
                if face is None:
                    raise
                # A server that takes no face here may take it by itself.
                face = None
                person_id = await self._client.add_person(draft)
        except AlreadyExistsError:
            # The code, or something else of his, such as a card that another has?
            if not await self._code_exists(visitor.person_code):
                raise
            return self._code_is_taken(target.record.known)
        now = self._now()
        profile = profile_digest(visitor)
        return _knowing(
            lambda known: facts.person_added(
                known, person_id, window, profile, face, now
            )
        )

    async def _code_exists(self, code: str) -> bool:
        found = await self._client.person_by_code(code, priority=Priority.WIDENING)
        return found is not None

    def _code_is_taken(self, before: Known) -> Answer:
        """By ourselves if we tried before, else by somebody else: draw another."""
        if before.add_attempted:
            unknown = facts.assumed(before, [Operation(OperationKind.ADD_PERSON)])
            return _knowing(lambda _known: unknown)
        fresh = person_code.issue(self._installation)
        return lambda record: replace(
            record,
            visitor=replace(record.visitor, person_code=fresh),
            known=facts.code_taken(before),
        )

    async def _update_person(self, target: Target) -> Answer:
        window = wished_window(target)
        profile = profile_digest(target.record.visitor)
        await self._update(target, self._draft(target, window))
        return _knowing(lambda known: facts.person_updated(known, window, profile))

    async def _narrow_person(self, target: Target) -> Answer:
        """Shorten the validity; whatever else of him is refused waits for its turn."""
        try:
            return await self._update_person(target)
        except RefusedError:
            window = wished_window(target)
            await self._update(target, only_window(target, window))
        return _knowing(lambda known: facts.person_updated(known, window, None))

    async def _update(self, target: Target, draft: PersonDraft) -> None:
        await self._client.update_person(
            target.person_id, draft, priority=_priority(target)
        )

    async def _end_window(self, target: Target) -> Answer:
        """End the validity now; where no past end is taken, in a moment.

        Which of the clocks is right nobody knows: it ends by the earlier one, or, where
        the server refuses that, by the server's. Where something else of him may be
        what is refused, the end is sent alone.
        """
        ours = self._now().replace(microsecond=0)
        server = self._client.clock.now().replace(microsecond=0)
        ends = (min(ours, server), server + MOMENT_LATER)
        profile: str | None = profile_digest(target.record.visitor)
        try:
            window = await self._end_at(target, self._draft, ends)
        except RefusedError:
            profile = None
            window = await self._end_at(target, only_window, ends)
        # More cannot be done about a server whose clock is ahead; it is read again.
        over = ended(window, min(window.end, ours + MOMENT_LATER))
        return _knowing(lambda known: facts.window_ended(known, over, profile))

    async def _end_at(
        self,
        target: Target,
        draft: Callable[[Target, Window], PersonDraft],
        ends: tuple[datetime, datetime],
    ) -> Window:
        """End it at the first of these times that the server takes."""
        first, last = (ended(target.record.known.window, end) for end in ends)
        try:
            await self._update(target, draft(target, first))
        except ParameterError:
            await self._update(target, draft(target, last))
            return last
        return first

    async def _update_face(self, target: Target) -> Answer:
        digest = target.record.visitor.photo or ""
        if target.jpeg is None:
            return _knowing(lambda known: facts.face_lost(known, digest))
        await self._client.update_face(
            target.person_id, target.jpeg, priority=_priority(target)
        )
        return _knowing(lambda known: facts.face_taken(known, digest))

    async def _delete_person(self, target: Target) -> Answer:
        try:
            await self._client.delete_person(
                target.person_id, priority=Priority.NARROWING
            )
        except NotFoundError:
            # Somebody else deleted him, or he has another id by now: he is looked for.
            return _knowing(facts.doubted)
        return _knowing(facts.person_deleted)

    async def _check_application(self, target: Target) -> Answer:
        detail = await self._client.application_detail(
            target.person_id, priority=_priority(target)
        )
        self._telling |= bool(detail.doors)
        reading = doors_reading(
            detail,
            face=target.record.known.face is not None,
            telling=self._telling,
        )
        now, asked = self._now(), target.record.known

        def read(known: Known) -> Known:
            if not terminals.same_order(known, asked):
                return known
            return terminals.doors_read(known, reading, now)

        return _knowing(read)

    async def _add_members(self, level: str, targets: Sequence[Target]) -> set[str]:
        persons = [target.person_id for target in targets]
        await self._client.add_members(level, persons, priority=Priority.WIDENING)
        return set(persons)

    async def _remove_members(self, level: str, targets: Sequence[Target]) -> set[str]:
        """Take them out, and read back that they are."""
        persons = {target.person_id for target in targets}
        try:
            await self._client.remove_members(
                level, sorted(persons), priority=Priority.NARROWING
            )
        except NotFoundError:
            if len(persons) > 1 or await self._level_exists(level):
                raise
            return persons
        try:
            still = {
                person
                async for person in self._client.members(
                    level, priority=Priority.NARROWING
                )
                if person in persons
            }
        except RefusedError:
            # The list of members is optional (reference 3.8); the answer must do.
            return persons
        return persons - still

    async def _level_exists(self, level: str) -> bool:
        levels = self._client.access_levels(priority=Priority.NARROWING)
        return level in {one.id async for one in levels}

    async def _apply(self, _level: str, targets: Sequence[Target]) -> set[str]:
        persons = [target.person_id for target in targets]
        await self._client.reapply(persons, priority=min(map(_priority, targets)))
        return set(persons)

    async def _apply_former(self, target: Target) -> Answer:
        """Have the doors forget persons who are gone, unless others have their ids."""
        ids = target.record.known.former.ids
        gone = [one for one in sorted(ids) if not await self._exists(one)]
        # Some servers apply nothing for a person that is gone: no more can be done.
        with suppress(NotFoundError):
            for some in batched(gone, BATCH, strict=False):
                await self._client.reapply(some, priority=Priority.NARROWING)
        now = self._now()
        return _knowing(lambda known: former.terminals_told(known, ids, now))

    def _draft(self, target: Target, window: Window) -> PersonDraft:
        return whole(target, window, self._organisation)

    async def _exists(self, person_id: str) -> bool:
        person = await self._client.person_by_id(person_id, priority=Priority.NARROWING)
        return person is not None


def _knowing(learn: Callable[[Known], Known]) -> Answer:
    return lambda record: replace(record, known=learn(record.known))


def answer_for_many(operation: Operation, now: datetime) -> Answer:
    """Return what it means that a call for many was done for somebody."""
    level = operation.level or ""
    match operation.kind:
        case OperationKind.ADD_MEMBER:
            return _knowing(lambda known: facts.member_added(known, level))
        case OperationKind.REMOVE_MEMBER:
            return _knowing(lambda known: facts.member_removed(known, level))
        case _:
            return _knowing(lambda known: terminals.application_requested(known, now))


def _priority(target: Target) -> Priority:
    return Priority.NARROWING if target.taking else Priority.WIDENING
