"""Which calls are made now, for whom together, and in which order."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given, strategies as st

from custom_components.hikcentral_visitors.reconciler.batches import (
    BATCH,
    GIVING_AT_ONCE,
    PATIENCE,
    Job,
    Queue,
)
from custom_components.hikcentral_visitors.visits.operations import (
    Operation,
    OperationKind as Kind,
    Plan,
)

from .house import START

SECOND = timedelta(seconds=1)
FOR_MANY = {Kind.ADD_MEMBER, Kind.REMOVE_MEMBER, Kind.APPLY}
BY_LEVEL = {Kind.ADD_MEMBER, Kind.REMOVE_MEMBER}


@dataclass(frozen=True)
class Ready:
    """Somebody's plan, and since when he waits."""

    plan: Plan
    since: datetime


def queue(waiting: dict[str, Ready]) -> Queue:
    made = Queue()
    for visitor, one in waiting.items():
        made.add(visitor, one.plan, one.since)
    return made


def choose(waiting: dict[str, Ready], running: list[Job], now: datetime) -> list[Job]:
    return queue(waiting).choose(running, now)


def step(
    kind: Kind, *levels: str, taking: bool = False, since: timedelta = timedelta()
) -> Ready:
    operations = tuple(Operation(kind, level) for level in levels or (None,))
    return Ready(Plan(operations=operations, narrowing=taking), START + since)


def ready(*steps: Ready) -> dict[str, Ready]:
    return {f"v{number}": one for number, one in enumerate(steps)}


def kinds(jobs: list[Job]) -> list[Kind]:
    return [job.operation.kind for job in jobs]


def test_one_call_takes_many_into_a_level() -> None:
    waiting = ready(*[step(Kind.ADD_MEMBER, "7") for _ in range(3)])
    (job,) = choose(waiting, [], START)
    assert job == Job(Operation(Kind.ADD_MEMBER, "7"), ("v0", "v1", "v2"), False)


def test_each_level_is_a_call_of_its_own() -> None:
    waiting = ready(step(Kind.ADD_MEMBER, "7", "8"), step(Kind.ADD_MEMBER, "8"))
    jobs = {job.operation.level: job.visitor_ids for job in choose(waiting, [], START)}
    assert jobs == {"7": ("v0",), "8": ("v0", "v1")}


def test_persons_are_called_for_one_by_one() -> None:
    waiting = ready(step(Kind.ADD_PERSON), step(Kind.ADD_PERSON))
    jobs = choose(waiting, [], START)
    assert [job.visitor_ids for job in jobs] == [("v0",), ("v1",)]


def test_a_call_takes_a_hundred() -> None:
    waiting = ready(*[step(Kind.APPLY, taking=True) for _ in range(2 * BATCH + 1)])
    sizes = [len(job.visitor_ids) for job in choose(waiting, [], START)]
    assert sizes == [BATCH, BATCH, 1]


def test_a_call_for_many_waits_for_stragglers() -> None:
    waiting = ready(step(Kind.ADD_MEMBER, "7"), step(Kind.ADD_PERSON))
    assert kinds(choose(waiting, [], START)) == [Kind.ADD_PERSON]


def test_a_call_for_many_waits_for_stragglers_under_way() -> None:
    adding = Job(Operation(Kind.ADD_PERSON), ("other",), narrowing=False)
    waiting = ready(step(Kind.ADD_MEMBER, "7"))
    assert choose(waiting, [adding], START) == []
    assert len(choose(waiting, [adding], START + PATIENCE)) == 1


def test_a_full_call_waits_for_nobody() -> None:
    full = [step(Kind.ADD_MEMBER, "7") for _ in range(BATCH)]
    waiting = ready(*full, step(Kind.ADD_PERSON))
    assert kinds(choose(waiting, [], START)) == [Kind.ADD_MEMBER, Kind.ADD_PERSON]


def test_who_is_left_of_a_full_call_waits_for_the_next() -> None:
    """Or a list of a thousand guests costs more calls than it has hundreds."""
    more = [step(Kind.ADD_MEMBER, "7") for _ in range(BATCH + 3)]
    waiting = ready(*more, step(Kind.ADD_PERSON))
    full, adding = choose(waiting, [], START)
    assert len(full.visitor_ids) == BATCH
    assert adding.operation.kind is Kind.ADD_PERSON
    sizes = [len(job.visitor_ids) for job in choose(waiting, [], START + PATIENCE)]
    assert sizes == [BATCH, 3, 1]


def test_patience_counts_from_who_waits_longest() -> None:
    waiting = ready(
        step(Kind.ADD_MEMBER, "7"),
        step(Kind.ADD_MEMBER, "7", since=4 * SECOND),
        step(Kind.ADD_PERSON, since=4 * SECOND),
    )
    assert Kind.ADD_MEMBER not in kinds(choose(waiting, [], START + 4 * SECOND))
    now = START + PATIENCE
    (members,) = [j for j in choose(waiting, [], now) if j.operation.level == "7"]
    assert members.visitor_ids == ("v0", "v1")


def test_later_stages_hold_nothing_back() -> None:
    waiting = ready(step(Kind.ADD_MEMBER, "7"), step(Kind.CHECK_APPLICATION))
    found = kinds(choose(waiting, [], START))
    assert sorted(found) == sorted([Kind.ADD_MEMBER, Kind.CHECK_APPLICATION])


def test_taking_away_does_not_wait_for_giving() -> None:
    waiting = ready(step(Kind.REMOVE_MEMBER, "7", taking=True), step(Kind.ADD_PERSON))
    adding = [
        Job(Operation(Kind.ADD_PERSON), (f"o{n}",), narrowing=False)
        for n in range(GIVING_AT_ONCE)
    ]
    assert kinds(choose(waiting, adding, START)) == [Kind.REMOVE_MEMBER]


def test_taking_away_goes_first() -> None:
    waiting = ready(step(Kind.ADD_PERSON), step(Kind.END_WINDOW, taking=True))
    assert kinds(choose(waiting, [], START)) == [Kind.END_WINDOW, Kind.ADD_PERSON]


def test_giving_leaves_room() -> None:
    waiting = ready(*[step(Kind.ADD_PERSON) for _ in range(GIVING_AT_ONCE)])
    running = [Job(Operation(Kind.APPLY), ("other",), narrowing=False)]
    assert len(choose(waiting, running, START)) == GIVING_AT_ONCE - 1


@st.composite
def steps(draw: st.DrawFn) -> Ready:
    kind = draw(st.sampled_from(Kind))
    levels = draw(st.sets(st.sampled_from("789"), min_size=1))
    return step(
        kind,
        *(sorted(levels) if kind in BY_LEVEL else ()),
        taking=draw(st.booleans()),
        since=-draw(st.integers(0, 9)) * SECOND,
    )


jobs_under_way = st.lists(
    st.builds(
        Job,
        st.sampled_from(Kind).map(Operation),
        st.just(("other",)),
        st.booleans(),
    ),
    max_size=12,
)


@given(st.lists(steps(), max_size=30).map(lambda some: ready(*some)), jobs_under_way)
def test_every_job_is_somebodys_next_step(
    waiting: dict[str, Ready], running: list[Job]
) -> None:
    jobs = choose(waiting, running, START)
    asked = Counter(
        (job.operation, visitor, job.narrowing)
        for job in jobs
        for visitor in job.visitor_ids
    )
    assert set(asked.values()) <= {1}
    for operation, visitor, narrowing in asked:
        plan = waiting[visitor].plan
        assert operation in plan.step
        assert narrowing is plan.narrowing
    for job in jobs:
        assert 1 <= len(job.visitor_ids) <= BATCH
        assert len(job.visitor_ids) == 1 or job.operation.kind in FOR_MANY
    giving = sum(not job.narrowing for job in jobs)
    busy = sum(not job.narrowing for job in running)
    assert giving <= max(GIVING_AT_ONCE - busy, 0)
    order = [job.narrowing for job in jobs]
    assert order == sorted(order, reverse=True)


@given(st.lists(steps(), min_size=1, max_size=30).map(lambda some: ready(*some)))
def test_somebody_is_always_served(waiting: dict[str, Ready]) -> None:
    assert choose(waiting, [], START)


@given(
    st.lists(steps(), max_size=30).map(lambda some: ready(*some)),
    jobs_under_way,
)
def test_nobody_from_whom_is_taken_waits_longer_than_patience(
    waiting: dict[str, Ready], running: list[Job]
) -> None:
    later = START + PATIENCE
    served = {v for job in choose(waiting, running, later) for v in job.visitor_ids}
    assert {v for v, one in waiting.items() if one.plan.narrowing} <= served


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.none() | steps()), max_size=30))
def test_a_queue_that_changes_is_as_one_that_is_new(
    changes: list[tuple[str, Ready | None]],
) -> None:
    """Whoever came, was seen anew and left: only who waits now counts."""
    changing, waiting = Queue(), dict[str, Ready]()
    for visitor, one in changes:
        waiting.pop(visitor, None)
        if one is None:
            changing.discard(visitor)
        else:
            changing.add(visitor, one.plan, one.since)
            waiting[visitor] = one
    assert len(changing) == len(waiting)
    # Four have at most as many next steps as there is room for.
    now = START + PATIENCE / 2
    assert set(changing.choose([], now)) == set(choose(waiting, [], now))
