"""What people ask at the desk."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from hypothesis import note, strategies as st
from hypothesis.stateful import initialize, precondition, rule

from custom_components.hikcentral_visitors.book import GrantRequest
from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from custom_components.hikcentral_visitors.visits.visit import EntryMode
from tests.faults.facility import CrashedError
from tests.faults.promises import Guest, Stay, Step
from tests.reconciler.house import DAY, DESK, HOUR, JPEG, LOBBY, MINUTE, VIP

from . import hearsay
from .days import Days, some

lengths = st.sampled_from((30 * MINUTE, 2 * HOUR, 8 * HOUR, 2 * DAY))
beginnings = st.sampled_from(
    (None, timedelta(), HOUR, 2 * HOUR, 8 * HOUR, DAY, 6 * DAY, 8 * DAY)
)
level_sets = st.sampled_from(
    (frozenset({LOBBY}), frozenset({VIP}), frozenset({LOBBY, VIP}))
)
earlies = st.sampled_from((timedelta(), 30 * MINUTE))
modes = st.sampled_from((EntryMode.MULTIPLE, EntryMode.MULTIPLE, EntryMode.SINGLE))
terms = st.fixed_dictionaries(
    {
        "levels": level_sets,
        "begins": beginnings,
        "duration": lengths,
        "early_arrival": earlies,
        "entry_mode": modes,
    }
)
"""When and where somebody may come; `begins` is from now on."""


class Desk(Days):
    """Commands, and what they promise when they are accepted."""

    @initialize(
        levels=level_sets,
        mode=modes,
        face=st.booleans(),
        detail=st.sampled_from(("available",) * 5 + ("empty", "missing")),
        pushed=st.booleans(),
        way_out=st.booleans(),
        clocks=st.sampled_from((0,) * 6 + (600, -600)),
    )
    def somebody_comes(
        self,
        levels: frozenset[str],
        mode: EntryMode,
        face: bool,
        detail: str,
        pushed: bool,
        way_out: bool,
        clocks: int,
    ) -> None:
        """At a facility of some kind; its clocks may be wrong, all alike."""
        self.house.switch(
            person_application_detail=detail, terminal_clock_offset_s=clocks
        )
        self.world.faults.clock_skew_s = self.clocks = clocks
        self.skew = timedelta(seconds=abs(clocks))
        self.choose(pushed=pushed, way_out=way_out)
        self.grant_new(
            {"levels": levels, "duration": 8 * HOUR, "entry_mode": mode}, face
        )

    @rule(pushed=st.booleans(), way_out=st.booleans())
    def options_are_others(self, pushed: bool, way_out: bool) -> None:
        """Or the same, after a restart."""
        self.choose(pushed=pushed, way_out=way_out)

    # Visits are granted.

    @precondition(lambda self: len(self.guests) < 4)
    @rule(terms=terms, face=st.booleans())
    def grant_new(self, terms: dict[str, Any], face: bool) -> None:
        card = self.new_card()
        guest = Guest(
            visitor_id="",
            name=f"Guest {card}",
            card=card,
            in_hand=card,
            face=JPEG if face else None,
            rules=self.rules_of_house,
        )
        self._grant(guest, terms, given_name=guest.name, card_no=card, photo=guest.face)

    @precondition(lambda self: self.guests)
    @rule(which=some, terms=terms)
    def grant_again(self, which: int, terms: dict[str, Any]) -> None:
        guest = self.guest(which)
        self._grant(guest, terms, visitor_id=guest.visitor_id)

    def new_card(self) -> str:
        return f"77{next(self.numbers):06}"

    def _grant(self, guest: Guest, terms: dict[str, Any], **who: Any) -> None:
        terms = terms.copy()
        begins = terms.pop("begins", None)
        now = self.now
        start = None if begins is None else now + begins
        request = GrantRequest(valid_from=start, **terms, **who)
        until = (start or now) + terms["duration"]
        stay = Stay(
            id="",
            levels=request.levels,
            begins=_no_sooner(start) if start else _no_later(now),
            early=request.early_arrival,
            until=_no_later(until),
            single=request.entry_mode is EntryMode.SINGLE,
        )
        try:
            receipt = self.do(self.house.book.grant(request, DESK))
        except CommandRefusedError as error:
            note(f"refused: {error.key}")
            return
        except CrashedError:
            granted = self.run(hearsay.learn_grant(self.house, guest, stay))
        else:
            guest.visitor_id, stay.id = receipt.visitor_id, receipt.visit_id
            granted = True
        if granted:
            if not guest.stays:
                self.guests.append(guest)
            guest.promise(stay)
        self.run(self.checks.learn_codes())

    # Visits are changed.

    def command(
        self,
        guest: Guest,
        stay: Stay,
        work: Coroutine[Any, Any, Any],
        done: Callable[[], None],
    ) -> None:
        self.listeners.listen()
        try:
            self.do(work)
        except CommandRefusedError as error:
            note(f"refused: {error.key}")
        except CrashedError:
            before, undo = hearsay.facts(guest, stay), hearsay.keeping(guest, stay)
            done()
            after = hearsay.facts(guest, stay)
            accepted = hearsay.was_accepted(self.house, guest, stay, before, after)
            if not self.run(accepted):
                undo()
        else:
            done()

    @precondition(lambda self: self.guests)
    @rule(
        which=some,
        by=st.sampled_from((HOUR, 4 * HOUR, DAY, -HOUR, -30 * MINUTE)),
    )
    def extend(self, which: int, by: timedelta) -> None:
        guest, stay = self.stay(which)
        base = max(stay.until, self.now) if by > timedelta() else stay.until

        def done() -> None:
            stay.until = _no_later(base + by)
            guest.promise(stay)

        self.command(guest, stay, self.house.extend(stay.id, by), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def revoke(self, which: int) -> None:
        self.revoke_stay(*self.stay(which))

    def revoke_stay(self, guest: Guest, stay: Stay) -> None:
        now = self.now

        def done() -> None:
            stay.revoked_at = stay.revoked_at or now

        self.command(guest, stay, self.house.revoke(stay.id), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def restore(self, which: int) -> None:
        guest, stay = self.stay(which, lambda stay: stay.revoked_at is not None)

        def done() -> None:
            stay.revoked_at = None
            guest.promise(stay)

        self.command(guest, stay, self.house.book.restore(stay.id, DESK), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def cancel(self, which: int) -> None:
        guest, stay = self.stay(which)
        now = self.now

        def done() -> None:
            stay.ended_at = stay.ended_at or now

        self.command(guest, stay, self.house.book.cancel(stay.id, DESK), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def check_in(self, which: int) -> None:
        guest, stay = self.stay(which)
        self.listeners.listen()
        again = guest.checked_in(stay)
        step = Step(guest.note_at(self.now), "check_in", stay.id)

        def done() -> None:
            if not again:
                guest.note(step)

        self.command(guest, stay, self.house.book.check_in(stay.id, DESK), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def check_out(self, which: int) -> None:
        guest, stay = self.stay(which)
        now = self.now
        self.listeners.listen()
        step = Step(guest.note_at(now), "check_out", stay.id)

        def done() -> None:
            if stay.counts:
                stay.ended_at = now
            stay.left_at = None
            guest.note(step)

        self.command(guest, stay, self.house.book.check_out(stay.id, DESK), done)

    @precondition(lambda self: len(self.guests) > 1)
    @rule(which=some)
    def forget(self, which: int) -> None:
        guest = self.guest(which)
        self.listeners.listen()
        with suppress(CommandRefusedError):
            self.live(self.house.book.forget([guest.visitor_id], DESK))
        self.run(hearsay.learn_forgotten(self.house, self.guests, asked=guest))

    @rule()
    def check_and_repair(self) -> None:
        self.live(self.house.auditor.async_check_and_repair())


def _no_sooner(when: datetime) -> datetime:
    """Return the whole second from which on it may be."""
    whole = _no_later(when)
    return whole if whole == when else whole + timedelta(seconds=1)


def _no_later(when: datetime) -> datetime:
    """Return the whole second until which it may be."""
    return when.replace(microsecond=0)
