"""Which calls to make now: pure grouping of many visitors' next steps.

One call takes up to a hundred persons into a level, out of it, or to the doors. So a
call that many will need waits a little for those who are nearly there, but taking away
waits only for other taking away.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from ..visits.plan import Operation, OperationKind, Plan

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


@dataclass(frozen=True, slots=True)
class Ready:
    """A visitor whose next step may be carried out, and since when he waits."""

    plan: Plan
    since: datetime


def choose(
    ready: Mapping[str, Ready], under_way: Iterable[Job], now: datetime
) -> list[Job]:
    """Return the jobs to start now, taking away first.

    `under_way` are the jobs that run, or ran just now; visitors in them are not in
    `ready`.
    """
    running = list(under_way)
    jobs = _jobs(ready, running, now, narrowing=True)
    room = GIVING_AT_ONCE - sum(not job.narrowing for job in running)
    giving = _jobs(ready, running, now, narrowing=False)
    return jobs + giving[: max(room, 0)]


def _jobs(
    ready: Mapping[str, Ready], running: list[Job], now: datetime, *, narrowing: bool
) -> list[Job]:
    waiting = {
        visitor: one
        for visitor, one in ready.items()
        if one.plan.narrowing is narrowing
    }
    stages = Counter(
        _STAGES[one.plan.step[0].kind] for one in waiting.values()
    ) + Counter(
        _STAGES[job.operation.kind] for job in running if job.narrowing is narrowing
    )
    groups: dict[Operation, list[str]] = {}
    for visitor, one in waiting.items():
        for operation in one.plan.step:
            groups.setdefault(operation, []).append(visitor)
    jobs: list[Job] = []
    for operation in sorted(groups, key=lambda one: _STAGES[one.kind], reverse=True):
        visitors = groups[operation]
        if operation.kind not in _FOR_MANY:
            jobs += [Job(operation, (visitor,), narrowing) for visitor in visitors]
            continue
        oldest = min(waiting[visitor].since for visitor in visitors)
        others_coming = any(stages[stage] for stage in range(_STAGES[operation.kind]))
        full = len(visitors) >= BATCH
        if others_coming and not full and now - oldest < PATIENCE:
            continue
        jobs += [
            Job(operation, part, narrowing)
            for part in batched(visitors, BATCH, strict=False)
        ]
    return jobs
