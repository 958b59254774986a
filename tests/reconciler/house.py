"""A facility to the last terminal: simulator, ledger, book and reconciler.

Both sides live by one virtual clock, which moves only while nothing is under way: no
test waits for real time, and none depends on the machine's speed.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

import aiohttp

from custom_components.hikcentral_visitors.book import GrantRequest, VisitBook
from custom_components.hikcentral_visitors.contact import Contact
from custom_components.hikcentral_visitors.hikcentral import (
    HikCentralClient,
    Limiter,
    Pace,
)
from custom_components.hikcentral_visitors.hikcentral.clock import ServerClock
from custom_components.hikcentral_visitors.ledger import Committed, Ledger
from custom_components.hikcentral_visitors.ledger.loading import load_many
from custom_components.hikcentral_visitors.ledger.records import Moment
from custom_components.hikcentral_visitors.ledger.schema import outbox, photos, visitors
from custom_components.hikcentral_visitors.reconciler import (
    Auditor,
    Executor,
    Reconciler,
)
from custom_components.hikcentral_visitors.visits.access import Access
from custom_components.hikcentral_visitors.visits.desired import Desired, desired
from custom_components.hikcentral_visitors.visits.known import Known
from custom_components.hikcentral_visitors.visits.person_code import (
    Installation,
    is_ours,
)
from custom_components.hikcentral_visitors.visits.plan import open_part
from custom_components.hikcentral_visitors.visits.policy import Policy
from custom_components.hikcentral_visitors.visits.record import VisitorRecord
from custom_components.hikcentral_visitors.visits.visit import Actor, ActorKind
from custom_components.hikcentral_visitors.visits.window import Window
from simulator import Simulator
from simulator.decision import decide, has_credential
from simulator.faults import CallFault, Faults
from simulator.model import Credential, Person

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LOBBY, VIP, STAFF_LEVEL = "7", "8", "9"
LOBBY_DOORS = {"11", "12", "13", "14"}
VIP_DOORS = {*LOBBY_DOORS, "15"}
JPEG = b"\xff\xd8\xff\xe0 a face \xff\xd9"
INSTALLATION = Installation("T3S", b"a key of the tests, 32 bytes long")
POLICY = Policy(managed_levels=frozenset({LOBBY, VIP}))
DESK = Actor(kind=ActorKind.USER, user_id="desk")

MOST_AT_ONCE = 1000
"""Calls at one instant beyond which nothing good is going on."""

ADD = "resource/v1/person/single/add"
UPDATE = "resource/v1/person/single/update"
DELETE = "resource/v1/person/single/delete"
FACE = "resource/v1/person/face/update"
BY_ID = "resource/v1/person/personId/personInfo"
READ = "resource/v1/person/personCode/personInfo"
EVERYBODY = "resource/v1/person/personList"
ENROL = "acs/v1/privilege/group/single/addPersons"
EXPEL = "acs/v1/privilege/group/single/deletePersons"
LEVELS = "acs/v1/privilege/group"
MEMBERS = "acs/v1/privilege/group/single/personList"
APPLY = "visitor/v1/auth/reapplication"
CHECK = "visitor/v1/person/ID/elementDownloadDetail"


async def asleep_or_ended(asleep: asyncio.Event, work: asyncio.Task[None]) -> None:
    """Wait while work reads or writes the ledger, or until it fails."""
    waiting = asyncio.create_task(asleep.wait())
    try:
        await asyncio.wait({waiting, work}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if work.done():
        await work


class House:
    """Everything from the book to the doors; `start` begins, `stop` ends the work."""

    def __init__(
        self,
        simulator: Simulator,
        session: aiohttp.ClientSession,
        path: Path,
        patience: float,
    ) -> None:
        self.simulator = simulator
        self.world = simulator.world
        self.clock = simulator.world.clock
        self.path = path
        self.session = session
        self.patience = patience
        self.policy = POLICY
        self.desk = DESK
        self._asleep = asyncio.Event()
        self._longest = timedelta()
        self._task: asyncio.Task[None] | None = None
        self._misread: list[str] = []
        self.staff = set(self.world.database.tables.persons)
        self.remember_staff()

    def connect(self) -> HikCentralClient:
        """Return a client as new as after a start of Home Assistant."""
        client = HikCentralClient(
            self.session,
            self.simulator.url,
            self.simulator.partner.app_key,
            self.simulator.partner.app_secret,
            # Refusals for the rate slow down to what a test can wait for.
            limiter=Limiter(pace=Pace(slowest=1000)),
            timeout=aiohttp.ClientTimeout(total=self.patience),
            now=self.now,
            observer=self.contact,
        )
        client._transport.clock = ServerClock(self.now, lambda: self.now().timestamp())
        return client

    def now(self) -> datetime:
        return self.clock.now()

    def moment(self) -> Moment:
        return Moment(self.now(), self.policy)

    # The work: started, stopped, and time that passes.

    async def start(self) -> None:
        """Begin as after a start of Home Assistant: with what the ledger holds."""
        await self._build()
        self._work()

    async def _build(self) -> None:
        self.contact = Contact(self.now)
        self.client = self.connect()
        self.ledger = Ledger(self.path)
        await self.ledger.async_open()
        self._compare_what_is_handed_on(self.ledger)
        self.book = VisitBook(self.ledger, INSTALLATION, self.policy, self.now)
        self.executor = Executor(
            self.ledger, self.client, self.contact, INSTALLATION, "2", self.moment
        )
        self.reconciler = Reconciler(
            self.ledger, self.executor, self.contact, self.moment, self._sleep
        )
        self.auditor = Auditor(
            self.ledger, self.client, self.contact, self.moment, INSTALLATION
        )

    def _work(self) -> None:
        self._asleep.clear()
        self._task = asyncio.create_task(self.reconciler.async_run())

    async def _rest(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def stop(self) -> None:
        """End all work at once, whatever is under way."""
        await self._rest()
        await self.ledger.async_close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def _sleep(self, wake: asyncio.Event, longest: timedelta) -> None:
        self._longest = longest
        self._asleep.set()
        try:
            await wake.wait()
        finally:
            self._asleep.clear()

    async def idle(self) -> None:
        """Wait until nothing is under way and only time could change that."""
        reconciler, traffic = self.reconciler, self.world.traffic.per_path
        calm = traffic.total() + MOST_AT_ONCE
        while True:
            assert traffic.total() < calm, f"a storm of requests: {traffic}"
            assert self._task is not None
            if self._task.done():
                await self._task
            if reconciler._running:
                await asyncio.wait(reconciler._running)
            elif not self._asleep.is_set():
                await asleep_or_ended(self._asleep, self._task)
            elif reconciler._wake.is_set():
                await asyncio.sleep(0)
            else:
                return

    def _next(self) -> datetime | None:
        if self.reconciler._ready:
            return self.now() + self._longest
        due = self.reconciler._due
        return due[0][0] if due else None

    async def settle(self, within: timedelta = 5 * MINUTE) -> None:
        """Let everything happen that happens within this time, and no more time."""
        horizon = self.now() + within
        await self.idle()
        while (when := self._next()) is not None and when <= horizon:
            await self.move_to(when)

    async def move_to(self, when: datetime) -> None:
        self.clock.move_to(max(when, self.now()))
        self.reconciler.look_at(())
        await self.idle()

    async def wait(self, time: timedelta) -> None:
        """Let this time pass, with all that happens on the way."""
        until = self.now() + time
        await self.settle(time)
        await self.move_to(until)

    # What people do.

    async def grant(
        self, name: str = "Ada", *levels: str, stay: timedelta = 8 * HOUR, **other: Any
    ) -> str:
        """Grant from now on, by card and face unless told otherwise."""
        other = {"card_no": f"77{name.encode().hex()[-16:]}", "photo": JPEG, **other}
        other.setdefault("duration", None if "valid_until" in other else stay)
        if "visitor_id" not in other:
            other["given_name"] = name
        request = GrantRequest(levels=frozenset(levels or [LOBBY]), **other)
        return (await self.book.grant(request, DESK)).visit_id

    async def grant_all(self, people: int, *levels: str) -> list[str]:
        """Grant to so many at once, as a list of guests is."""
        grants = [self.grant(f"Guest {n}", *levels) for n in range(people)]
        return await self.at_once(grants)

    async def revoke_all(self, visits: Iterable[str]) -> None:
        await self.at_once([self.revoke(visit) for visit in visits])

    async def at_once[T](self, commands: Iterable[Awaitable[T]]) -> list[T]:
        """Let the work go on only when all of this was asked."""
        await self._rest()
        done = await asyncio.gather(*commands)
        self._work()
        return list(done)

    async def extend(self, visit: str, by: timedelta = HOUR) -> None:
        await self.book.extend(visit, DESK, by=by)

    async def revoke(self, visit: str) -> None:
        await self.book.revoke(visit, DESK)

    # What is so.

    async def records(self) -> list[VisitorRecord]:
        def read(connection: Any) -> list[VisitorRecord]:
            ids = list(
                connection.scalars(visitors.select().with_only_columns(visitors.c.id))
            )
            return list(load_many(connection, ids).values())

        return await self.ledger.async_read(read)

    async def record(self) -> VisitorRecord:
        (record,) = await self.records()
        return record

    async def known(self) -> Known:
        return (await self.record()).known

    async def access(self, visit: str) -> Access:
        return (await self.book.visit(visit)).access

    async def told(self) -> list[str]:
        """Return what was to be announced, in order."""
        return await self.ledger.async_read(
            lambda connection: list(
                connection.scalars(
                    outbox.select()
                    .with_only_columns(outbox.c.type)
                    .order_by(outbox.c.id)
                )
            )
        )

    async def pictures(self) -> int:
        """Return how many pictures are kept."""
        return await self.ledger.async_read(
            lambda connection: len(connection.execute(photos.select()).all())
        )

    def ours(self) -> list[Person]:
        """Return the persons that we made, wherever they are."""
        persons = self.world.database.tables.persons.values()
        return [person for person in persons if is_ours(INSTALLATION, person.code)]

    def opens(
        self, person_id: str, credential: Credential = Credential.FACE
    ) -> set[str]:
        """Return the doors that let somebody in now."""
        world, open_to = self.world, set()
        for door in world.database.tables.doors.values():
            held = world.terminals.held(door.device, person_id)
            if has_credential(held, credential) and (
                decide(
                    held, credential, door.index_code, door.state, world.terminal_time()
                ).granted
            ):
                open_to.add(door.index_code)
        return open_to

    def open_to_us(self) -> set[str]:
        """Return the doors that let in anybody whom we brought there, known or not."""
        world = self.world
        brought = {
            person
            for held in world.terminals.records.values()
            for person in held
            if person not in self.staff
        }
        return {
            door
            for person in brought
            for credential in (Credential.FACE, Credential.CARD)
            for door in self.opens(person, credential)
        }

    def calls(self) -> Counter[str]:
        """Return the calls since the last time, by path."""
        seen = Counter(call.path for call in self.world.traffic.recent)
        self.check_calls()
        self.world.traffic.recent.clear()
        return seen

    def fail(self, path: str = "*", **fault: Any) -> None:
        """Let calls fail; nothing given means that none does."""
        faults = [CallFault(path=path, **fault)] if fault else []
        self.world.faults = Faults(fail=faults)

    def switch(self, **switches: Any) -> None:
        self.world.switches = self.world.switches.changed(switches)

    # What must be so.

    async def differences(self) -> list[str]:
        """Return where configuration and doors are not what the visits justify."""
        found = []
        codes = Counter(person.code for person in self.ours())
        records = {
            record.visitor.person_code: record for record in await self.records()
        }
        found += [f"{code} exists {n} times" for code, n in codes.items() if n > 1]
        found += [f"nobody's person {code}" for code in codes.keys() - records.keys()]
        for code, record in records.items():
            wish = desired(record, self.now(), self.policy)
            person = self.world.database.person_of_code(code)
            found += self._differences(record, wish, person)
        return found

    def _differences(
        self, record: VisitorRecord, wish: Desired, person: Person | None
    ) -> list[str]:
        if person is None:
            return ["no person"] if wish.levels else []
        found = []
        levels = {level.id for level in self.world.database.levels_of(person.id)}
        if levels != wish.levels:
            found.append(f"in {levels}, not {set(wish.levels)}")
        begin, end = map(datetime.fromisoformat, (person.begin_time, person.end_time))
        window = Window(begin, end) if begin < end else None
        if open_part(window, self.now()) != open_part(wish.window, self.now()):
            found.append(f"valid {window}, not {wish.window}")
        terminals = self.world.terminals
        found += [
            f"terminal {device} differs"
            for device in self.world.database.tables.devices
            if terminals.held(device, person.id) != terminals.wanted(device, person.id)
        ]
        if wish.levels:
            cards = (record.visitor.card_no,) if record.visitor.card_no else ()
            if person.cards != cards:
                found.append(f"cards {person.cards}")
            if (person.face is None) != (record.visitor.photo is None):
                found.append("face")
            names = (record.visitor.given_name, record.visitor.family_name or "-")
            if (person.given_name, person.family_name) != names:
                found.append("names")
        return found

    def _compare_what_is_handed_on(self, ledger: Any) -> None:
        """Read each record that a commit hands on, in the thread that wrote it."""
        commit = ledger._commit

        def compared(batch: Any) -> Committed:
            done: Committed = commit(batch)
            at_hand = {one: record for one, record in done.touched.items() if record}
            if at_hand:
                with ledger._write_engine.connect() as connection:
                    read = load_many(connection, at_hand)
                if read != at_hand:
                    self._misread.append(f"{at_hand} is read as {read}")
            return done

        ledger._commit = compared

    def check_handed_on(self) -> None:
        """What a commit handed on was as it would be read."""
        assert not self._misread, self._misread

    def _of_staff(self) -> Any:
        tables = self.world.database.tables
        return (
            {person: tables.persons.get(person) for person in self.staff},
            {
                level.id: [person for person in level.members if person in self.staff]
                for level in tables.levels.values()
            },
            {
                (device, person): held
                for device, persons in self.world.terminals.records.items()
                for person, held in persons.items()
                if person in self.staff
            },
        )

    def check_calls(self) -> None:
        """No call named a person who is not ours, or meant everybody (I2)."""
        for call in self.world.traffic.recent:
            body = json.loads(call.body or "{}")
            if call.path == BY_ID:
                continue  # asks who somebody is, and changes nothing
            named = _named(call.path, body)
            assert not named & self.staff, f"{call.path} named staff: {body}"
            if call.path == APPLY:
                assert named, f"{call.path} meant everybody: {body}"

    def remember_staff(self) -> None:
        """Take what a test did to others as how they shall stay."""
        self._staff_before = self._of_staff()

    def check_staff(self) -> None:
        assert self._of_staff() == self._staff_before


def _named(path: str, body: dict[str, Any]) -> set[str]:
    named = {str(item["id"]) for item in body.get("list", ())}
    named |= set(filter(None, str(body.get("personIds", "")).split(",")))
    named |= {str(body[key]) for key in ("personId", "id") if key in body}
    if path in {UPDATE, DELETE, FACE, ENROL, EXPEL, CHECK}:
        assert named, f"{path} named nobody"
    return named
