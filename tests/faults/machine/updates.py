"""What is changed afterwards: of a visit, and of whoever comes."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from custom_components.hikcentral_visitors.book import UpdateRequest
from custom_components.hikcentral_visitors.visits.profile import photo_digest
from custom_components.hikcentral_visitors.visits.update import (
    VisitChanges,
    VisitorChanges,
)
from custom_components.hikcentral_visitors.visits.visit import EntryMode
from tests.faults.promises import Guest, Stay
from tests.reconciler.house import DESK, HOUR, MINUTE

from .days import some
from .desk import Desk, earlies, level_sets, modes

shifts = st.sampled_from((timedelta(), 2 * HOUR, -2 * HOUR, 30 * MINUTE))


class Updates(Desk):
    """Updates of visits, and what they promise when they are accepted."""

    def _update(
        self,
        guest: Guest,
        stay: Stay,
        done: Callable[[], None],
        photo: bytes | None = None,
        visit: VisitChanges | None = None,
        visitor: VisitorChanges | None = None,
    ) -> None:
        request = UpdateRequest(visit=visit or {}, visitor=visitor or {}, photo=photo)

        def promised() -> None:
            done()
            guest.promise(stay)

        work = self.house.book.update(stay.id, request, DESK)
        self.command(guest, stay, work, promised)

    @precondition(lambda self: self.guests)
    @rule(which=some, levels=level_sets)
    def other_levels(self, which: int, levels: frozenset[str]) -> None:
        guest, stay = self.stay(which)

        def done() -> None:
            stay.levels = levels

        self._update(guest, stay, done, visit={"levels": levels})

    @precondition(lambda self: self.guests)
    @rule(which=some, begin=shifts, end=shifts, early=earlies)
    def other_times(
        self, which: int, begin: timedelta, end: timedelta, early: timedelta
    ) -> None:
        guest, stay = self.stay(which)
        begins, until = stay.begins + begin, stay.until + end

        def done() -> None:
            stay.begins, stay.until, stay.early = begins, until, early

        self._update(
            *(guest, stay, done),
            visit={
                "valid_from": begins,
                "valid_until": until,
                "early_arrival": early,
            },
        )

    @precondition(lambda self: self.guests)
    @rule(which=some, mode=modes)
    def other_entry_mode(self, which: int, mode: EntryMode) -> None:
        guest, stay = self.stay(which)

        def done() -> None:
            stay.single = mode is EntryMode.SINGLE

        self._update(guest, stay, done, visit={"entry_mode": mode})

    @precondition(lambda self: self.guests)
    @rule(which=some, taken=st.booleans())
    def other_card(self, which: int, taken: bool) -> None:
        guest, stay = self.stay(which)
        card = "" if taken else self.new_card()

        def done() -> None:
            guest.card = card
            guest.in_hand = card or guest.in_hand

        self._update(guest, stay, done, visitor={"card_no": card})

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def other_name(self, which: int) -> None:
        guest, stay = self.stay(which)
        name = f"Guest {next(self.numbers)}"

        def done() -> None:
            guest.name = name

        self._update(guest, stay, done, visitor={"given_name": name})

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def other_face(self, which: int) -> None:
        guest, stay = self.stay(which)
        face = b"\xff\xd8\xff\xe0 face %d \xff\xd9" % next(self.numbers)

        def done() -> None:
            guest.face, guest.face_seen, guest.face_lost = face, False, False

        photo: VisitorChanges = {"photo": photo_digest(face)}
        self._update(guest, stay, done, photo=face, visitor=photo)
