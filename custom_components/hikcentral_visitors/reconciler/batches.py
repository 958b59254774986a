"""Which calls to make now: many visitors' next steps, grouped; no I/O.

One call takes up to a hundred persons into a level, out of it, or to the doors. So a
call that many will need waits a little for those who are nearly there, but taking away
waits only for other taking away.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, islice

from ..visits.operations import Operation, OperationKind, Plan

BATCH = 100
"""Persons in one call."""

PATIENCE = timedelta(seconds=5)
"""How long a call for many waits for stragglers."""

GIVING_AT_ONCE = 8
"""Calls under way that give something; few, so that a change of mind finds room."""

_STAGES: Mapping[OperationKind, int] = {
    OperationKind.READ_PERSON: 0,
    OperationKind.END_WINDOW: 0,
    OperationKind.NARROW_PERSON: 0,
    OperationKind.DELETE_PERSON: 0,
    OperationKind.ADD_PERSON: 0,
    OperationKind.UPDATE_PERSON: 0,
    OperationKind.UPDATE_FACE: 0,
    OperationKind.REMOVE_MEMBER: 1,
    OperationKind.ADD_MEMBER: 1,
    OperationKind.APPLY: 2,
    OperationKind.CHECK_APPLICATION: 3,
    OperationKind.APPLY_FORMER: 3,
}
_FOR_MANY = frozenset(
    {OperationKind.ADD_MEMBER, OperationKind.REMOVE_MEMBER, OperationKind.APPLY}
)


@dataclass(frozen=True, slots=True)
class Job:
    """One call: an operation, and the visitors that it is made for."""

    operation: Operation
    visitor_ids: tuple[str, ...]
    narrowing: bool


class Queue:
    """Visitors whose next step may be carried out, grouped by what it is.

    Kept up to date visitor by visitor, so that a look at it costs as much as it finds,
    not as many as there are who wait.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: dict[str, Plan] = {}
        self._sides = {narrowing: _Side() for narrowing in (True, False)}

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def add(self, visitor_id: str, plan: Plan, now: datetime) -> None:
        """Let a visitor wait, from now on, for the first step of his plan."""
        self.discard(visitor_id)
        self._waiting[visitor_id] = plan
        self._sides[plan.narrowing].add(visitor_id, plan.step, now)

    def discard(self, visitor_id: str) -> None:
        """Let a visitor wait no more, if he does."""
        if (plan := self._waiting.pop(visitor_id, None)) is not None:
            self._sides[plan.narrowing].remove(visitor_id, plan.step)

    def choose(self, under_way: Iterable[Job], now: datetime) -> list[Job]:
        """Return the jobs to start now, taking away first.

        `under_way` are the jobs that run, or ran just now; visitors in them do not
        wait.
        """
        running = list(under_way)
        taking = [job for job in running if job.narrowing]
        giving = [job for job in running if not job.narrowing]
        room = max(GIVING_AT_ONCE - len(giving), 0)
        return [
            Job(operation, visitor_ids, narrowing)
            for narrowing, others, most in ((True, taking, None), (False, giving, room))
            for operation, visitor_ids in islice(
                self._sides[narrowing].ready(others, now), most
            )
        ]


class _Side:
    """Who waits to be given something, or to have it taken away.

    Each group is in the order in which its visitors came, with the time.
    """

    def __init__(self) -> None:
        self._groups: dict[Operation, dict[str, datetime]] = {}
        self._stages = Counter[int]()

    def add(self, visitor_id: str, step: Iterable[Operation], since: datetime) -> None:
        for operation in step:
            self._groups.setdefault(operation, {})[visitor_id] = since
            self._stages[_STAGES[operation.kind]] += 1

    def remove(self, visitor_id: str, step: Iterable[Operation]) -> None:
        for operation in step:
            group = self._groups[operation]
            del group[visitor_id]
            if not group:
                del self._groups[operation]
            self._stages[_STAGES[operation.kind]] -= 1

    def ready(
        self, under_way: Iterable[Job], now: datetime
    ) -> Iterator[tuple[Operation, tuple[str, ...]]]:
        """Find the calls to make now, and for whom; what is nearly done goes first."""
        stages = self._stages + Counter(
            _STAGES[job.operation.kind] for job in under_way
        )
        earliest = min(stages, default=0)
        for operation in sorted(
            self._groups, key=lambda one: _STAGES[one.kind], reverse=True
        ):
            group = self._groups[operation]
            if operation.kind not in _FOR_MANY:
                yield from ((operation, (visitor_id,)) for visitor_id in group)
                continue
            others_coming = earliest < _STAGES[operation.kind]
            for some in batched(group, BATCH, strict=False):
                waited = now - group[some[0]]
                if not others_coming or len(some) == BATCH or waited >= PATIENCE:
                    yield operation, some
