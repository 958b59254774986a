"""What others do in HikCentral's own client."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from simulator.control.operator import operate
from simulator.layout import LATEST_END, STAFF_BEGIN
from simulator.model import Person
from tests.reconciler.house import LOBBY, VIP

from .days import WAY_OUT, Days, some

managed_levels = st.sampled_from((LOBBY, VIP))
all_levels = st.sampled_from((LOBBY, VIP, WAY_OUT))
NEW_DOOR = "16"


class Operators(Days):
    """Persons, levels and doors change without us; backups are restored."""

    @rule(
        which=some,
        how=st.sampled_from(("delete", "window", "add", "remove")),
        level=managed_levels,
    )
    def somebody_meddles(self, which: int, how: str, level: str) -> None:
        persons = sorted(self.house.ours(), key=lambda person: int(person.id))
        data = self.world.database
        if not persons or level not in data.tables.levels:
            return
        person = persons[which % len(persons)]
        guest = self.checks.codes.get(person.code)
        if guest is not None:
            guest.meddled = True
        match how:
            case "delete":
                data.delete_person(person.id)
                if guest is not None:
                    guest.face_lost = True
            case "window":
                operate(
                    self.world,
                    {"set_window": {"personId": person.id, "endTime": LATEST_END}},
                )
            case "add":
                data.add_member(level, person.id)
            case _:
                data.remove_member(level, person.id)

    @rule(
        how=st.sampled_from(("delete", "fewer", "more", "new door")),
        level=all_levels,
        door=st.sampled_from(("12", "14", "15", NEW_DOOR)),
    )
    def a_level_is_another(self, how: str, level: str, door: str) -> None:
        data = self.world.database
        found = data.tables.levels.get(level)
        if found is None:
            return
        without = [one for one in found.doors if one != door]
        match how:
            case "delete":
                data.delete_level(level)
            case "fewer":
                data.save_level(replace(found, doors=without))
            case "more" if door in data.tables.doors:
                data.save_level(replace(found, doors=[*without, door]))
            case "new door" if NEW_DOOR not in data.tables.doors:
                new = {"doorName": "Side Door", "doorIndexCode": NEW_DOOR}
                where = {"acsDevIndexCode": "5", "levels": [level]}
                operate(self.world, {"add_door": new | where})
            case _:
                return
        self._staff_has_it()

    def _staff_has_it(self) -> None:
        """Staff's terminals are the operator's affair."""
        self.world.terminals.store_wanted(self.house.staff)
        self.house.remember_staff()

    @precondition(lambda self: self.world.snapshots and self.server_tells)
    @rule(strangers=st.integers(0, 2))
    def snapshot_is_restored(self, strangers: int) -> None:
        """Ids that were given since are given again, to others."""
        database = self.world.database
        self.world.terminals.forget_jobs()
        database.restore(self.world.snapshots["one"])
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
            if LOBBY in database.tables.levels:
                database.add_member(LOBBY, number)
            self.house.staff.add(number)
        for guest in self.guests:
            guest.meddled = guest.face_lost = True
        self.world.terminals.store_wanted(self.house.staff | before)
        self.house.remember_staff()
        self.live(self.house.outage())

    def everything_is_applied(self) -> None:
        self.world.terminals.start_job(None, None)

    def snapshot_is_taken(self) -> None:
        self.world.snapshots["one"] = self.world.database.snapshot()

    def server_restarts(self) -> None:
        self.world.restart()
