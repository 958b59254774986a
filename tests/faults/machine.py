"""Random days at a facility where everything goes wrong, until it does not."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
import random
import secrets
import tempfile
from typing import Any, override
from unittest.mock import patch
from uuid import UUID

import aiohttp
from hypothesis import note, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from custom_components.hikcentral_visitors.book import GrantRequest, registration
from custom_components.hikcentral_visitors.ledger import database
from custom_components.hikcentral_visitors.ledger.records import load
from custom_components.hikcentral_visitors.visits.checks import CommandRefusedError
from simulator import create_app
from simulator.clock import Clock
from simulator.control.operator import operate
from simulator.event_types import GRANTED
from simulator.faults import ApplyFault, CallFault, Faults
from simulator.layout import LATEST_END, STAFF_BEGIN
from simulator.model import Credential, Person
from simulator.passages import Presentation, present
from tests.reconciler.house import (
    ADD,
    APPLY,
    BY_ID,
    CHECK,
    DAY,
    DELETE,
    DESK,
    ENROL,
    EXPEL,
    FACE,
    HOUR,
    JPEG,
    LOBBY,
    MEMBERS,
    MINUTE,
    READ,
    START,
    UPDATE,
    VIP,
)

from .checks import Checks
from .facility import Crash, CrashedError, Facility
from .promises import Guest, Stay

EVENTS = "acs/v1/door/events"
PATHS = (
    *("*", ADD, UPDATE, DELETE, FACE, BY_ID, READ, ENROL, EXPEL),
    *(MEMBERS, APPLY, CHECK, EVENTS),
)
WAYS: tuple[dict[str, Any], ...] = (
    *({"cut": cut} for cut in ("drop_before", "drop_after", "hang")),
    *({"http": status} for status in (500, 503)),
    {"http": 500, "after": True},
    {"code": "5", "after": True},
    *({"code": code} for code in ("2", "5", "7", "17", "128", "131", "192")),
    *({"code": code} for code in ("68", "0x02401009", "0x00052103")),
)
SWITCHES: tuple[dict[str, Any], ...] = (
    {"add_answers_object": True},
    {"person_id_as_number": True},
    {"empty_list_included": True},
    {"numeric_codes": True},
    {"detail_status_as_text": True, "single_item_as_object": True},
    {"detail_key_case": "lower"},
    {"event_time_format": "millis"},
    {"first_apply_fails": True},
    {"deletion_needs_apply": False},
    {"duplicate_code": "accepted"},
    {"denied_card_person": "empty"},
    {"faces_in_add": "ignored"},
    {"faces_in_add": "refused"},
    {"jobs_lost_on_restart": True},
    {"member_lists": "forbidden"},
    {"member_lists": "unsupported"},
    {"past_end_refused": True},
    {"server_utc_offset": "+08:00"},
    {"server_utc_offset": "-05:00"},
    {"unknown_id_in_batch": "some"},
    {"unknown_id_in_batch": "none"},
    {"update_clears_omitted": True},
    {"window_end_inclusive": True},
)

_HIDDEN = {"first_apply_fails", "jobs_lost_on_restart"}
"""What nobody gets to know where the server does not tell of applications."""

minutes = st.sampled_from((1, 10, 60, 6 * 60)).map(lambda n: n * MINUTE)
lengths = st.sampled_from((30 * MINUTE, 2 * HOUR, 8 * HOUR, 2 * DAY))
beginnings = st.sampled_from(
    (None, timedelta(), HOUR, 2 * HOUR, 8 * HOUR, DAY, 6 * DAY, 8 * DAY)
)
level_sets = st.sampled_from(
    (frozenset({LOBBY}), frozenset({VIP}), frozenset({LOBBY, VIP}))
)
readers = st.sampled_from(("21", "22", "23", "24", "25", "26"))
credentials = st.sampled_from((Credential.CARD, Credential.FACE))
echoes = st.sampled_from((0, 1))
some = st.integers(0, 7)
"""Which of those that there are, counted round."""


class FaultyDays(RuleBasedStateMachine):
    """People command, people walk, things break; the model knows what was promised."""

    def __init__(self) -> None:
        super().__init__()
        numbers, chance = count(1), random.Random(1)
        # What a power cut would lose is not what is killed here.
        pragmas = (*database._PRAGMAS, "PRAGMA synchronous=OFF")
        self.patches = ExitStack()
        for patched in (
            patch.object(registration, "uuid7", lambda: UUID(int=next(numbers))),
            patch.object(secrets, "choice", chance.choice),
            patch.object(database, "_PRAGMAS", pragmas),
        ):
            self.patches.enter_context(patched)
        self.folder = tempfile.TemporaryDirectory(prefix="faults-")
        self.runner = asyncio.Runner()
        self.run(self._open())
        self.expected: dict[str, Guest] = {}
        self.skew = timedelta()
        self.snapshot = False

    async def _open(self) -> None:
        self.simulator = create_app(clock=Clock(START, running=False), seed=1)
        await self.simulator.start()
        self.session = aiohttp.ClientSession()
        self.house = Facility(
            self.simulator, self.session, Path(self.folder.name) / "visits.db"
        )
        self.checks = Checks(self.house)
        await self.house.start()
        # Set up while the server could be reached, as the config flow sees to.
        await self.house.pass_time(MINUTE)

    async def _close(self) -> None:
        await self.house.stop()
        await self.session.close()
        await self.simulator.stop()

    @override
    def teardown(self) -> None:
        try:
            self._calm()
        finally:
            self.run(self._close())
            self.runner.close()
            self.folder.cleanup()
            self.patches.close()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def do[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do it, in this life or not at all; raises CrashedError."""
        try:
            return self.run(self.house.living(work))
        except CrashedError:
            note("ours was killed, and began again")
            raise

    def live(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do it, whether or not we live to see the end."""
        with suppress(CrashedError):
            self.do(work)

    @property
    def guests(self) -> list[Guest]:
        return self.checks.guests

    @property
    def now(self) -> datetime:
        return self.house.now()

    def guest(self, which: int) -> Guest:
        return self.guests[which % len(self.guests)]

    def stay(
        self, which: int, likely: Callable[[Stay], bool] = lambda stay: stay.counts
    ) -> tuple[Guest, Stay]:
        """Return a visit, mostly one for which the command is meant."""
        stays = [(guest, stay) for guest in self.guests for stay in guest.stays]
        meant = [(guest, stay) for guest, stay in stays if likely(stay)]
        if meant and which % 4:
            stays = meant
        return stays[which // 2 % len(stays)]

    # What people ask.

    def _grant(self, request: GrantRequest, guest: Guest) -> None:
        now = self.now
        try:
            receipt = self.do(self.house.book.grant(request, DESK))
        except CommandRefusedError as error:
            note(f"refused: {error.key}")
            return
        except CrashedError:
            self.run(self._learn_grants(guest))
            return
        if not guest.visitor_id:
            guest.visitor_id = receipt.visitor_id
            self.guests.append(guest)
        start = request.valid_from or now
        guest.promise(
            Stay(
                id=receipt.visit_id,
                levels=request.levels,
                start=start - request.early_arrival,
                until=start + (request.duration or timedelta()),
            )
        )
        self.run(self.checks.learn_codes())

    async def _learn_grants(self, guest: Guest) -> None:
        """Nobody was told whether the grant was accepted: both are right."""
        for record in await self.house.records():
            if record.visitor.card_no != guest.card:
                continue
            if not guest.visitor_id:
                guest.visitor_id = record.visitor.id
                self.guests.append(guest)
            known = {stay.id for stay in guest.stays}
            for visit in record.visits:
                if visit.id not in known:
                    guest.promise(
                        Stay(
                            id=visit.id,
                            levels=visit.levels,
                            start=visit.window.start,
                            until=visit.valid_until,
                        )
                    )
        await self.checks.learn_codes()

    def _request(
        self,
        levels: frozenset[str],
        begins: timedelta | None,
        length: timedelta,
        early: timedelta,
        **who: Any,
    ) -> GrantRequest:
        return GrantRequest(
            levels=levels,
            valid_from=None if begins is None else self.now + begins,
            duration=length,
            early_arrival=early,
            **who,
        )

    earlies = st.sampled_from((timedelta(), 30 * MINUTE))

    @initialize(
        levels=level_sets,
        face=st.booleans(),
        detail=st.sampled_from(("available",) * 5 + ("empty", "missing")),
    )
    def somebody_comes(
        self, levels: frozenset[str], face: bool, detail: str = "available"
    ) -> None:
        self.house.switch(person_application_detail=detail)
        self.grant_new(levels, None, 8 * HOUR, timedelta(), face)

    @precondition(lambda self: len(self.guests) < 4)
    @rule(
        levels=level_sets,
        begins=beginnings,
        length=lengths,
        early=earlies,
        face=st.booleans(),
    )
    def grant_new(
        self,
        levels: frozenset[str],
        begins: timedelta | None,
        length: timedelta,
        early: timedelta,
        face: bool,
    ) -> None:
        card = f"77000{len(self.guests)}{self.house.crashes:03}"
        self._grant(
            self._request(
                levels,
                begins,
                length,
                early,
                given_name=f"Guest {card}",
                card_no=card,
                photo=JPEG if face else None,
            ),
            Guest(visitor_id="", card=card),
        )

    @precondition(lambda self: self.guests)
    @rule(
        which=some, levels=level_sets, begins=beginnings, length=lengths, early=earlies
    )
    def grant_again(
        self,
        which: int,
        levels: frozenset[str],
        begins: timedelta | None,
        length: timedelta,
        early: timedelta,
    ) -> None:
        guest = self.guest(which)
        self._grant(
            self._request(levels, begins, length, early, visitor_id=guest.visitor_id),
            guest,
        )

    def _command(
        self, stay: Stay, guest: Guest, work: Coroutine[Any, Any, Any], done: Any
    ) -> None:
        try:
            self.do(work)
        except CommandRefusedError as error:
            note(f"refused: {error.key}")
        except CrashedError:
            self.run(self._learn_stay(guest, stay))
        else:
            done()

    async def _learn_stay(self, guest: Guest, stay: Stay) -> None:
        """Nobody was told whether the command was accepted: both are right."""
        record = await self.house.ledger.async_read(
            lambda connection: load(connection, guest.visitor_id, with_visit=stay.id)
        )
        if record is None:
            return
        visit = record.visit(stay.id)
        stay.until = visit.valid_until
        stay.revoked = visit.revoked_at is not None
        stay.over = visit.cancelled_at is not None or visit.ended_at is not None
        guest.promise(stay)
        for movement in record.movements:
            if movement.kind in {"check_in", "check_out"}:
                step = (movement.at, movement.kind.value)
                if step not in guest.moved:
                    guest.moved.append(step)

    @precondition(lambda self: self.guests)
    @rule(
        which=some,
        by=st.sampled_from((HOUR, 4 * HOUR, DAY, -HOUR, -30 * MINUTE)),
    )
    def extend(self, which: int, by: timedelta) -> None:
        guest, stay = self.stay(which)
        base = max(stay.until, self.now) if by > timedelta() else stay.until

        def done() -> None:
            stay.until = base + by
            guest.promise(stay)

        self._command(stay, guest, self.house.extend(stay.id, by), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def revoke(self, which: int) -> None:
        self._revoke(*self.stay(which))

    def _revoke(self, guest: Guest, stay: Stay) -> None:
        def done() -> None:
            stay.revoked = True

        self._command(stay, guest, self.house.revoke(stay.id), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def restore(self, which: int) -> None:
        guest, stay = self.stay(which, lambda stay: stay.revoked)

        def done() -> None:
            stay.revoked = False
            guest.promise(stay)

        self._command(stay, guest, self.house.book.restore(stay.id, DESK), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def cancel(self, which: int) -> None:
        guest, stay = self.stay(which)

        def done() -> None:
            stay.over = True

        self._command(stay, guest, self.house.book.cancel(stay.id, DESK), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def check_in(self, which: int) -> None:
        guest, stay = self.stay(which)
        now = self.now

        def done() -> None:
            guest.moved.append((now, "check_in"))

        self._command(stay, guest, self.house.book.check_in(stay.id, DESK), done)

    @precondition(lambda self: self.guests)
    @rule(which=some)
    def check_out(self, which: int) -> None:
        guest, stay = self.stay(which)
        now = self.now

        def done() -> None:
            stay.over = stay.over or not stay.revoked
            guest.moved.append((now, "check_out"))

        self._command(stay, guest, self.house.book.check_out(stay.id, DESK), done)

    @precondition(lambda self: len(self.guests) > 1)
    @rule(which=some)
    def forget(self, which: int) -> None:
        guest = self.guest(which)
        with suppress(CommandRefusedError):
            self.live(self.house.book.forget([guest.visitor_id], DESK))
        self.run(self._learn_forgotten())

    async def _learn_forgotten(self) -> None:
        remembered = {
            record.visitor.id
            for record in await self.house.records()
            if record.visitor.forgotten_at is None
        }
        for guest in self.guests:
            gone = guest.visitor_id not in remembered
            if gone and not guest.forgotten:
                # Of whom nothing is known any more, no backup can remind us.
                self.house.world.snapshots.clear()
            guest.forgotten = gone

    @rule()
    def check_and_repair(self) -> None:
        self.live(self.house.auditor.async_check_and_repair())

    # Time, and people at doors.

    @rule(time=minutes)
    def wait(self, time: timedelta) -> None:
        self.live(self.house.pass_time(time))
        self.run(self._learn_forgotten())

    @precondition(lambda self: self.guests)
    @rule(which=some, reader=readers, credential=credentials, echoes=echoes)
    def somebody_at_a_door(
        self, which: int, reader: str, credential: Credential, echoes: int
    ) -> None:
        self._stands_at_a_door(self.guest(which), reader, credential, echoes)

    def _stands_at_a_door(
        self, guest: Guest, reader: str, credential: Credential, echoes: int
    ) -> None:
        """Twice the time of an echo lies between two who stand at doors."""
        self.live(self.house.pass_time(timedelta(seconds=11)))
        self._present(guest, reader, credential)
        for _ in range(echoes):
            self.live(self.house.pass_time(timedelta(seconds=2)))
            self._present(guest, reader, credential)

    def _present(self, guest: Guest, reader: str, credential: Credential) -> None:
        door = "15" if reader in {"25", "26"} else f"1{reader[1]}"
        world = self.house.world
        device = world.database.tables.doors[door].device
        face = next(
            (
                record.person_id
                for where, record in self.checks._records()
                if where == device and self.checks.codes.get(record.code) is guest
            ),
            "",
        )
        event, decision = present(
            world,
            Presentation(
                credential=credential,
                door=door,
                reader=reader,
                person_id=face if credential is Credential.FACE else "",
                card_no=guest.card if credential is Credential.CARD else "",
            ),
        )
        note(f"{decision}")
        if self.checks.codes.get(event.person_code) is not guest:
            return
        self.expected[event.event_id] = guest
        if decision.granted:
            inward = reader in {"21", "23", "25"}
            guest.moved.append((event.time, "entry" if inward else "exit"))
        assert decision.granted == (event.event_type in GRANTED.values())

    # What others do in HikCentral's own client.

    def _person(self, which: int) -> Person | None:
        persons = sorted(self.house.ours(), key=lambda person: int(person.id))
        return persons[which % len(persons)] if persons else None

    def _meddle(self, person: Person) -> None:
        if (guest := self.checks.codes.get(person.code)) is not None:
            guest.meddled = True

    @rule(
        which=some,
        how=st.sampled_from(("delete", "window", "add", "remove")),
        level=st.sampled_from((LOBBY, VIP)),
    )
    def somebody_meddles(self, which: int, how: str, level: str) -> None:
        person = self._person(which)
        if person is None:
            return
        self._meddle(person)
        data = self.house.world.database
        match how:
            case "delete":
                data.delete_person(person.id)
            case "window":
                operate(
                    self.house.world,
                    {"set_window": {"personId": person.id, "endTime": LATEST_END}},
                )
            case "add":
                data.add_member(level, person.id)
            case _:
                data.remove_member(level, person.id)

    def everything_is_applied(self) -> None:
        self.house.world.terminals.start_job(None, None)

    @rule(door=st.sampled_from(("11", "15")), online=st.booleans())
    def terminal_on_or_off(self, door: str, online: bool) -> None:
        device = self.house.world.database.tables.doors[door].device
        self.house.world.set_online(device, online=online)

    def snapshot_is_taken(self) -> None:
        world = self.house.world
        world.snapshots["one"] = world.database.snapshot()

    @precondition(lambda self: self.house.world.snapshots and self.server_tells)
    @rule(strangers=st.integers(0, 2))
    def snapshot_is_restored(self, strangers: int) -> None:
        """Ids that were given since are given again, to others."""
        world = self.house.world
        database = world.database
        world.terminals.forget_jobs()
        database.restore(world.snapshots["one"])
        # Colleagues who came after the backup are gone with it.
        before = set(self.house.staff)
        self.house.staff &= set(database.tables.persons)
        for _ in range(strangers):
            number = database.new_id("person", database.tables.persons)
            database.save_person(
                Person(
                    id=number,
                    code=f"LATE{number}",
                    given_name="Somebody",
                    family_name="Else",
                    organisation="3",
                    begin_time=STAFF_BEGIN,
                    end_time=LATEST_END,
                )
            )
            database.add_member(LOBBY, number)
            self.house.staff.add(number)
        for guest in self.guests:
            guest.meddled = True
        world.terminals.store_wanted(self.house.staff | before)
        self.house.remember_staff()
        self.live(self.house.outage())

    # What breaks.

    @rule(switches=st.sampled_from(SWITCHES))
    def server_is_another(self, switches: dict[str, Any]) -> None:
        if self.server_tells or not switches.keys() & _HIDDEN:
            self.house.switch(**switches)

    @property
    def server_tells(self) -> bool:
        """Whether it tells what its terminals hold of a person."""
        return self.house.world.switches.person_application_detail == "available"

    @rule(
        path=st.sampled_from(PATHS),
        way=st.sampled_from(WAYS),
        times=st.sampled_from((1, 2, 4, None)),
        skip=st.integers(0, 3),
    )
    def calls_fail(
        self, path: str, way: dict[str, Any], times: int | None, skip: int
    ) -> None:
        fault = CallFault(
            path=path,
            skip=skip,
            times=times,
            probability=1 if times else 0.5,
            **way,
        )
        self.house.world.faults.fail.append(fault)

    @rule(
        delay=st.sampled_from((0, 1, 30, 600)),
        door=st.sampled_from((None, "11", "15")),
        times=st.sampled_from((0, 1, 3, None)),
    )
    def terminals_fail(self, delay: int, door: str | None, times: int | None) -> None:
        self.house.world.faults.apply_delay_s = delay
        if self.server_tells:
            self.house.world.faults.apply_fail = [
                ApplyFault(doorIndexCode=door, times=times)
            ]

    @rule(
        late=st.sampled_from((0, 60, 3600)),
        twice=st.booleans(),
        shuffled=st.booleans(),
    )
    def events_come_badly(self, late: int, twice: bool, shuffled: bool) -> None:
        faults = self.house.world.faults
        faults.late_events_s = late
        faults.duplicate_events, faults.shuffle_events = twice, shuffled

    @rule(seconds=st.sampled_from((-90, 45, 600)))
    def server_clock_is_wrong(self, seconds: int) -> None:
        self.house.world.faults.clock_skew_s = seconds
        self.skew = max(self.skew, timedelta(seconds=abs(seconds)))

    def faults_end(self) -> None:
        self.house.world.faults = Faults()

    def server_restarts(self) -> None:
        self.house.world.restart()

    def ours_restarts(self) -> None:
        self.run(self.house.restart())

    @rule(
        of=st.sampled_from(("commit", "call")),
        nth=st.integers(0, 12),
        after=st.booleans(),
    )
    def ours_will_be_killed(self, of: str, nth: int, after: bool) -> None:
        self.house.crash = Crash(of, nth, after)

    # What must be so.

    @invariant()
    def nothing_worse_happens_meanwhile(self) -> None:
        """What holds at every moment, whatever fails.

        I1 and I5: nobody gets in who was never allowed to, now or later, for windows
        were told. I2: calls name persons of ours only, and staff is as it was.
        """
        exposed = self.checks.exposed(Guest.ever, MINUTE + 2 * self.skew)
        assert not exposed, exposed
        self.house.calls()
        self.house.check_staff()

    @rule(
        what=st.sampled_from(
            (
                snapshot_is_taken,
                faults_end,
                everything_is_applied,
                server_restarts,
                ours_restarts,
            )
        )
    )
    def something_else_happens(self, what: Callable[[FaultyDays], None]) -> None:
        """Of these, one rule: each would be as frequent as a revocation."""
        note(what.__name__)
        what(self)

    # What people do is what matters: some of it in one step, and so more often.

    @precondition(lambda self: self.guests)
    @rule(which=some, reader=readers, time=minutes, echoes=echoes)
    def comes_and_is_expelled(
        self, which: int, reader: str, time: timedelta, echoes: int
    ) -> None:
        guest, stay = self.stay(which)
        self._stands_at_a_door(guest, reader, Credential.CARD, echoes)
        self._revoke(guest, stay)
        self.wait(time)
        self._stands_at_a_door(guest, reader, Credential.CARD, echoes)

    @precondition(lambda self: self.guests)
    @rule(which=some, reader=readers, echoes=echoes)
    def stays_till_it_is_over(self, which: int, reader: str, echoes: int) -> None:
        guest, stay = self.stay(which)
        self._stands_at_a_door(guest, reader, Credential.CARD, echoes)
        if self.now < stay.until < self.now + 3 * DAY:
            self.wait(stay.until - self.now)
        self._stands_at_a_door(guest, reader, Credential.CARD, 0)

    @rule()
    def calm(self) -> None:
        self._calm()

    def _calm(self) -> None:
        """Faults end and time goes on: first nothing is open, then all is right."""
        world, house = self.house.world, self.house
        world.faults = Faults()
        house.crash = None
        for device in world.database.tables.devices:
            world.set_online(device, online=True)
        self.run(house.living(house.pass_time(45 * MINUTE)))
        self.run(self._learn_forgotten())
        self.run(self.checks.learn_codes())
        open_still = self.checks.exposed(Guest.spans, timedelta(seconds=1))
        assert not open_still, open_still
        self.run(house.living(house.auditor.async_check_and_repair()))
        self.run(house.living(house.pass_time(20 * MINUTE)))
        self.run(house.living(house.sweep()))
        self.run(self._learn_forgotten())
        for guest in self.guests:
            guest.meddled = False
        open_still = self.checks.exposed(Guest.spans, timedelta(seconds=1))
        assert not open_still, open_still
        unlike = self.run(self.checks.unlike())
        assert not unlike, unlike
        untold = self.checks.untold(self.expected)
        assert not untold, untold
        misplaced = self.run(self.checks.misplaced())
        assert not misplaced, misplaced
        self.nothing_worse_happens_meanwhile()
