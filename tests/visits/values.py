"""Visitors, visits and instants for the tests, made up or drawn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from custom_components.hikcentral_visitors.visits.known import (
    Application,
    Existence,
    Known,
    Progress,
)
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.presence import (
    Movement,
    MovementKind,
    in_order,
)
from custom_components.hikcentral_visitors.visits.profile import profile_digest
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import EntryMode, Visit, Visitor
from custom_components.hikcentral_visitors.visits.window import Window

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LEVELS = ("lobby", "office", "garage")
POLICY = Policy(managed_levels=frozenset(LEVELS))
WAY_OUT = "way out"
READERS = replace(POLICY, exit_levels=frozenset({WAY_OUT}))
"""The rules of a facility whose way out needs a right."""
VISITOR = Visitor(
    id="somebody",
    person_code="ABC0123456789XYZ",
    given_name="Ada",
    family_name="Test",
    card_no="1001",
    created_at=NOW - DAY,
)


def at(hours: float) -> datetime:
    """Return an instant so many hours after the tests' noon."""
    return NOW + timedelta(hours=hours)


def stay(
    start: float = -1, end: float = 4, *levels: str, name: str = "visit", **other: Any
) -> Visit:
    """Return a visit from and to so many hours after noon, for the lobby at least."""
    return Visit(
        id=name,
        visitor_id=VISITOR.id,
        valid_from=at(start),
        valid_until=at(end),
        levels=frozenset(levels or LEVELS[:1]),
        created_at=NOW - DAY,
        **other,
    )


def stopped(visit: Visit, how: str, instant: datetime = NOW) -> Visit:
    """Return the visit stopped at an instant, by the field that says how."""
    change: dict[str, Any] = {how: instant}
    return replace(visit, **change)


def record(*visits: Visit, **other: Any) -> VisitorRecord:
    """Return the test visitor's record with these visits."""
    made = VisitorRecord(visitor=VISITOR, **other)
    for visit in visits:
        made = made.with_visit(visit)
    return made


def moved(*steps: tuple[float, MovementKind], visit: str = "visit") -> Any:
    """Return movements at so many hours after noon."""
    return tuple(Movement(at(hours), kind, visit) for hours, kind in steps)


def applied(visit: Visit, **other: Any) -> Known:
    """Return what is known when the doors hold exactly what one visit justifies."""
    known = Known(
        person_id="7",
        existence=Existence.PRESENT,
        add_attempted=True,
        proven_at=NOW,
        window=visit.window,
        profile=profile_digest(VISITOR),
        members=visit.levels,
        application=Application(
            progress=Progress.APPLIED, doors_ready=2, doors_total=2
        ),
    )
    return replace(known, **other)


minutes = st.integers(-3 * 24 * 60, 3 * 24 * 60)
instants = minutes.map(lambda minute: NOW + minute * MINUTE)
# Coarse times meet each other's ends often, and that is where mistakes are.
coarse = st.integers(-8, 8).map(lambda half_days: NOW + half_days * DAY / 2)
times = st.one_of(coarse, instants)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start, end = sorted(
        (draw(times), draw(times.filter(lambda instant: instant != NOW)))
    )
    return Window(start, end if end > start else start + MINUTE)


levels = st.frozensets(st.sampled_from(LEVELS), min_size=1)


@st.composite
def visits(draw: st.DrawFn, name: str = "visit") -> Visit:
    """Draw a visit; one in four was stopped somehow."""
    window = draw(windows())
    early = draw(st.sampled_from([0, 15, 120])) * MINUTE
    if early >= window.end - window.start:
        early = timedelta()
    made = Visit(
        id=name,
        visitor_id=VISITOR.id,
        valid_from=window.start + early,
        valid_until=window.end,
        early_arrival=early,
        entry_mode=draw(st.sampled_from(EntryMode)),
        levels=draw(levels),
        created_at=NOW - 9 * DAY,
    )
    stop = draw(
        st.sampled_from(
            [None, None, None, None, "revoked_at", "cancelled_at", "ended_at"]
        )
    )
    return made if stop is None else stopped(made, stop, draw(times))


@st.composite
def several_visits(draw: st.DrawFn, most: int = 4) -> list[Visit]:
    count = draw(st.integers(0, most))
    return [draw(visits(name=f"visit-{number}")) for number in range(count)]


@st.composite
def movements(draw: st.DrawFn, visit_ids: tuple[str, ...]) -> tuple[Movement, ...]:
    drawn = draw(
        st.lists(
            st.builds(
                Movement,
                times,
                st.sampled_from(MovementKind),
                st.sampled_from(visit_ids or ("gone",)),
            ),
            max_size=6,
        )
    )
    return in_order(drawn)
