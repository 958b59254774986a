"""What breaks, and what of servers differs."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from simulator.faults import ApplyFault, CallFault
from tests.faults.facility import Crash
from tests.reconciler.house import (
    ADD,
    APPLY,
    BY_ID,
    CHECK,
    DELETE,
    ENROL,
    EXPEL,
    FACE,
    LEVELS,
    MEMBERS,
    READ,
    UPDATE,
)

from .days import Days

EVENTS = "acs/v1/door/events"
SUBSCRIPTIONS = "eventService/v1/*"
PATHS = (
    *("*", ADD, UPDATE, DELETE, FACE, BY_ID, READ, ENROL, EXPEL),
    *(LEVELS, MEMBERS, APPLY, CHECK, EVENTS, SUBSCRIPTIONS),
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
PUSH_SWITCHES: tuple[dict[str, Any], ...] = (
    {"duplicate_push": True},
    {"event_id_equal": False},
    {"out_of_order_push": True},
    {"pass_back_replays": True},
    {"push_person_code": False},
    {"push_retry": False},
    {"second_subscription": "adds"},
    {"subscriptions_lost_on_restart": True},
)

_HIDDEN = {"jobs_lost_on_restart"}
"""What nobody gets to know where the server does not tell of applications."""


class Troubles(Days):
    """Calls fail, terminals fail, pushes get lost, clocks are wrong, ours dies."""

    @rule(switches=st.sampled_from(SWITCHES) | st.sampled_from(PUSH_SWITCHES))
    def server_is_another(self, switches: dict[str, Any]) -> None:
        if self.server_tells or not switches.keys() & _HIDDEN:
            self.house.switch(**switches)
        if "update_clears_omitted" in switches:
            for guest in self.guests:
                guest.face_lost = True

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
        self.world.faults.fail.append(fault)

    @rule(
        delay=st.sampled_from((0, 1, 30, 600)),
        door=st.sampled_from((None, "11", "15")),
        times=st.sampled_from((0, 1, 3, None)),
    )
    def terminals_fail(self, delay: int, door: str | None, times: int | None) -> None:
        self.world.faults.apply_delay_s = delay
        if self.server_tells:
            self.world.faults.apply_fail = [ApplyFault(doorIndexCode=door, times=times)]

    @rule(door=st.sampled_from(("11", "15")), online=st.booleans())
    def terminal_on_or_off(self, door: str, online: bool) -> None:
        device = self.world.database.tables.doors[door].device
        self.act(lambda: self.world.set_online(device, online=online))

    @rule(
        late=st.sampled_from((0, 60, 3600)),
        twice=st.booleans(),
        shuffled=st.booleans(),
        push=st.sampled_from(("normal", "lost", "held", 0.5)),
    )
    def events_come_badly(
        self, late: int, twice: bool, shuffled: bool, push: str | float
    ) -> None:
        faults = self.world.faults
        faults.late_events_s = late
        faults.duplicate_events, faults.shuffle_events = twice, shuffled
        faults.push = push
        self.act(self.world.push.wake)

    @rule(seconds=st.sampled_from((-90, 45, 600)))
    def server_clock_is_wrong(self, seconds: int) -> None:
        self.world.faults.clock_skew_s = seconds
        self.skew = max(self.skew, timedelta(seconds=abs(seconds)))

    @rule(
        of=st.sampled_from(("commit", "call")),
        nth=st.integers(0, 12),
        after=st.booleans(),
    )
    def ours_will_be_killed(self, of: str, nth: int, after: bool) -> None:
        self.house.crash = Crash(of, nth, after)
