"""Time, and people at doors."""

from datetime import timedelta

from hypothesis import note, strategies as st
from hypothesis.stateful import precondition, rule

from simulator.model import Credential
from simulator.passages import Presentation, present
from tests.faults.promises import Guest, Step
from tests.reconciler.house import DAY, MINUTE

from .days import some
from .desk import Desk

minutes = st.sampled_from((1, 10, 60, 6 * 60)).map(lambda n: n * MINUTE)
readers = st.sampled_from(("21", "22", "23", "24", "25", "26"))
INWARD = {"21", "23", "25"}
OUTWARD = {"21": "22", "23": "24", "25": "26"}
credentials = st.sampled_from((Credential.CARD, Credential.FACE))
echoes = st.sampled_from((0, 1))


class Doors(Desk):
    """Guests come and go, and doors open or do not."""

    @rule(time=minutes)
    def wait(self, time: timedelta) -> None:
        self.pass_time(time)

    @precondition(lambda self: self.guests)
    @rule(which=some, reader=readers, credential=credentials, echoes=echoes)
    def somebody_at_a_door(
        self, which: int, reader: str, credential: Credential, echoes: int
    ) -> None:
        self._stands_at_a_door(self.guest(which), reader, credential, echoes)

    def _stands_at_a_door(
        self, guest: Guest, reader: str, credential: Credential, echoes: int = 0
    ) -> None:
        """Twice the time of an echo lies between two who stand at doors."""
        self.pass_time(timedelta(seconds=11))
        self._present(guest, reader, credential)
        for _ in range(echoes):
            self.pass_time(timedelta(seconds=2))
            self._present(guest, reader, credential)

    def _present(self, guest: Guest, reader: str, credential: Credential) -> None:
        door = "15" if reader in {"25", "26"} else f"1{reader[1]}"
        device = self.world.database.tables.doors[door].device
        face = next(
            (
                record.person_id
                for where, record in self.checks.held()
                if where == device and self.checks.codes.get(record.code) is guest
            ),
            "",
        )
        shown = Presentation(
            credential=credential,
            door=door,
            reader=reader,
            person_id=face if credential is Credential.FACE else "",
            card_no=guest.in_hand if credential is Credential.CARD else "",
        )
        event, decision = self.act(lambda: present(self.world, shown))
        note(f"{decision}")
        if self.checks.codes.get(event.person_code) is not guest:
            return
        self.listeners.expected[event.event_id] = guest
        if decision.granted:
            kind = "entry" if reader in INWARD else "exit"
            guest.moved.append(Step(event.time, kind))

    # What people do is what matters: some of it in one step, and so more often.

    @precondition(lambda self: self.guests)
    @rule(which=some, reader=readers, time=minutes, echoes=echoes)
    def comes_and_is_expelled(
        self, which: int, reader: str, time: timedelta, echoes: int
    ) -> None:
        guest, stay = self.stay(which)
        self._stands_at_a_door(guest, reader, Credential.CARD, echoes)
        self.revoke_stay(guest, stay)
        self.wait(time)
        self._stands_at_a_door(guest, reader, Credential.CARD, echoes)

    @precondition(lambda self: self.guests)
    @rule(which=some, reader=readers, echoes=echoes)
    def stays_till_it_is_over(self, which: int, reader: str, echoes: int) -> None:
        guest, stay = self.stay(which)
        self._stands_at_a_door(guest, reader, Credential.CARD, echoes)
        if self.now < stay.until < self.now + 3 * DAY:
            self.wait(stay.until - self.now)
        self._stands_at_a_door(guest, reader, Credential.CARD)

    @precondition(lambda self: self.guests)
    @rule(
        which=some,
        reader=st.sampled_from(sorted(INWARD)),
        stays=minutes,
        away=st.sampled_from((1, 10, 20)).map(lambda n: n * MINUTE),
        returns=st.booleans(),
    )
    def comes_and_goes(
        self, which: int, reader: str, stays: timedelta, away: timedelta, returns: bool
    ) -> None:
        """Where one entry is allowed, that may have been it."""
        guest, _ = self.stay(which, lambda stay: stay.counts and stay.single)
        self._stands_at_a_door(guest, reader, Credential.CARD)
        self.wait(stays)
        self._stands_at_a_door(guest, OUTWARD[reader], Credential.CARD)
        self.wait(away)
        if returns:
            self._stands_at_a_door(guest, reader, Credential.CARD)
