"""What was promised: a model of what people asked for, and nothing else.

It knows no plan, no call and no ledger. Times are those of the terminals' clocks.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

AHEAD = timedelta(days=7)
STAYS = timedelta(hours=16)
RE_ENTRY = timedelta(minutes=15)
EXIT_GRACE = timedelta(hours=1)
AT_THE_DESK = {"check_in", "check_out"}
OUT = {"exit", "check_out"}
KEPT = timedelta(days=3)

type Span = tuple[datetime, datetime]
"""From the first instant to the first one after it."""


@dataclass(slots=True, kw_only=True)
class Rules:
    """How visitors leave: by a level for leaving, or as they like.

    `ways_out` are the levels for leaving that there ever were.
    """

    way_out: str | None = None
    ways_out: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A step in or out: by a door, or by what the reception noted."""

    at: datetime
    kind: str
    stay_id: str = ""


@dataclass(slots=True, kw_only=True)
class Stay:
    """A visit as it was accepted; with one entry, or with any number of them."""

    id: str
    levels: frozenset[str]
    begins: datetime
    early: timedelta
    until: datetime
    single: bool = False
    revoked_at: datetime | None = None
    ended_at: datetime | None = None
    """Cancelled, or left for good."""
    left_at: datetime | None = None
    """When he went out, where that ended it as far as was told."""

    @property
    def start(self) -> datetime:
        """When the doors may open first."""
        return self.begins - self.early

    @property
    def counts(self) -> bool:
        return self.revoked_at is None and self.ended_at is None

    @property
    def over_at(self) -> datetime:
        stops = (self.revoked_at, self.ended_at)
        return min([self.until, *filter(None, stops)])


@dataclass(slots=True, kw_only=True)
class Guest:
    """Somebody whom we let in, with all that he was ever promised.

    `in_hand` is the card that he shows, also where it is his no more.
    """

    visitor_id: str
    name: str
    card: str
    in_hand: str
    face: bytes | None
    rules: Rules
    stays: list[Stay] = field(default_factory=list)
    promised: list[tuple[frozenset[str], Span]] = field(default_factory=list)
    moved: list[Step] = field(default_factory=list)
    """When he went in or out."""
    told: list[Step] = field(default_factory=list)
    """The same, as far as everybody knows, with the visit that it belongs to."""
    forgotten: bool = False
    meddled: bool = False
    """Somebody changed him in HikCentral's own client, and nobody has looked since."""
    face_seen: bool = False
    face_lost: bool = False
    """HikCentral may not have it, and the picture is not kept for ever."""
    _looked: datetime | None = None

    def promise(self, stay: Stay) -> None:
        if not any(stay is one for one in self.stays):
            self.stays.append(stay)
        self.promised.append((stay.levels, (stay.start, stay.until)))

    # Where he is.

    def note_at(self, now: datetime) -> datetime:
        """Return when something is noted of him: after all that is known till then."""
        last = max((step.at for step in self.told), default=now)
        return now if last < now else last + timedelta.resolution

    def note(self, step: Step) -> None:
        """The reception notes something."""
        if step not in self.told:
            self.moved.append(step)
            self.told.append(step)

    def checked_in(self, stay: Stay) -> bool:
        """Tell whether the reception has noted already that he is there."""
        last = _last(self.told)
        came = any(step.stay_id == stay.id for step in self.told)
        return came and last is not None and last.kind == "check_in"

    def hear(self, step: Step, now: datetime) -> None:
        """A passage is told."""
        self.settle(now)
        self.told.append(step)

    def settle(self, now: datetime) -> None:
        """End the visits of a single entry that he left for good, as far as told."""
        for stay in self.stays:
            if self._goes_on(stay, now):
                stay.ended_at = stay.left_at = None
            if stay.single and stay.counts:
                self._end_if_left(stay, now)
        live = any(stay.counts and now < stay.until for stay in self.stays)
        self.face_lost |= not live and not self.face_seen
        self._looked = now

    def _goes_on(self, stay: Stay, now: datetime) -> bool:
        """Tell whether it turned out that he was back in time, and stayed."""
        left_at = stay.left_at
        if left_at is None or stay.revoked_at is not None or self.forgotten:
            return False
        steps = [step for step in _in_order(self.told) if step.at >= left_at]
        until = [*(step.at for step in steps[1:]), now]
        return any(left_at < step.at < left_at + RE_ENTRY for step in steps) and all(
            step.kind not in OUT or back - step.at < RE_ENTRY
            for step, back in zip(steps, until, strict=True)
        )

    def _end_if_left(self, stay: Stay, now: datetime) -> None:
        last = _last(self.told)
        own = [step for step in self.told if step.stay_id == stay.id]
        before = [step for step in self.told if step.at < stay.start]
        came = any(step.kind == "entry" for step in own) or _inside(before, stay.start)
        if last is None or last.kind not in OUT or not own or not came:
            return
        over = last.at + RE_ENTRY
        if over <= now:
            stay.ended_at = max(over, self._looked or over)
            stay.left_at = last.at

    def inside(self, now: datetime) -> bool:
        """Tell whether his steps took him in, and not out again."""
        return _inside(self.moved, now)

    # Where he may be.

    def asked(self, now: datetime) -> Iterator[tuple[str, Span]]:
        """Yield the levels that his visits justify, and when, as it is now.

        For leaving, also a while after a visit, unless he is known to be out.
        """
        last = _last(self.told)
        may_be_inside = last is not None and last.kind == "entry"
        for stay in self.stays:
            if stay.counts and not self.forgotten:
                for level in stay.levels:
                    yield level, (stay.start, stay.until)
            if self.rules.way_out and stay.start < stay.over_at:
                begun = stay.start <= now
                grace = EXIT_GRACE if may_be_inside and begun else timedelta()
                yield self.rules.way_out, (stay.start, stay.over_at + grace)

    def spans(self, level: str, now: datetime) -> list[Span]:
        """Return when he may be in a level, by what counts now."""
        return [span for one, span in self.asked(now) if one == level]

    def ever(self, level: str, now: datetime) -> list[Span]:
        """Return when he was ever said to be allowed into a level."""
        found = [span for levels, span in self.promised if level in levels]
        if level in self.rules.ways_out:
            found += [
                (start, until + EXIT_GRACE) for _, (start, until) in self.promised
            ]
        return found + self.spans(level, now)

    def levels(self, at: datetime, now: datetime) -> set[str]:
        """Return the levels that his visits justify at an instant."""
        return {level for level, (start, end) in self.asked(now) if start <= at < end}

    def next(self, now: datetime) -> datetime | None:
        """Return when the doors should open next, if that is to be prepared now."""
        return min(
            (start for _, (start, _) in self.asked(now) if now < start <= now + AHEAD),
            default=None,
        )

    def until(self, now: datetime) -> datetime:
        """Return until when nothing that he holds now ends, if nobody asks again."""
        end = datetime.max.replace(tzinfo=now.tzinfo)
        for level in self.levels(now, now):
            reach = now
            for start, until in sorted(self.spans(level, now)):
                if start <= reach and start - AHEAD <= now:
                    reach = max(reach, until)
            end = min(end, reach)
        return end

    def may_be_forgotten(self, now: datetime) -> bool:
        """Tell whether all his visits were over long ago."""
        return all(stay.over_at + KEPT <= now for stay in self.stays)


def _in_order(steps: Iterable[Step]) -> list[Step]:
    """Return steps as they were made.

    Terminals tell whole seconds: what was noted in the same one was noted afterwards.
    """
    return sorted(steps, key=lambda step: (step.at, step.kind in AT_THE_DESK))


def _last(steps: Iterable[Step]) -> Step | None:
    """Return the step that says where somebody is.

    A reception that did not know yet that he went in does not take him out.
    """
    last: Step | None = None
    for step in _in_order(steps):
        stays = last is not None and last.kind == "entry" and step.at - last.at < STAYS
        if step.kind != "check_in" or not stays:
            last = step
    return last


def _inside(steps: Iterable[Step], now: datetime) -> bool:
    last = _last(steps)
    return last is not None and last.kind == "entry" and now - last.at < STAYS


def uncovered(span: Span, allowed: Iterable[Span], slack: timedelta) -> Span | None:
    """Return a part of a span that none of the allowed ones covers."""
    start, end = span
    for first, last in sorted(allowed):
        if first - slack <= start < last + slack:
            start = last + slack
    return (start, end) if start < end else None


def doors_of(levels: Iterable[str], doors: Mapping[str, Iterable[str]]) -> set[str]:
    """Return the doors that some levels open, by level."""
    return {door for level in levels for door in doors.get(level, ())}
