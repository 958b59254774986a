"""Problems of visits as somebody meets them: told, decided about, healed.

Nothing is made up but what the server and its terminals do: each issue comes from what
they answer, and goes when they answer otherwise (I6).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from PIL import Image
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.issues.erasure import ErasureIssues
from custom_components.hikcentral_visitors.ledger.retention import not_erased
from custom_components.hikcentral_visitors.problems import Cause
from simulator import Simulator
from tests.facility import (
    ENTRANCE,
    EXIT,
    LEVEL,
    calls,
    config_entry,
    control,
    person_of,
    present,
)
from tests.live import PATIENCE_S, Told, call

from .test_problems import fix

CARD = "4711"
PORTRAIT = "image.portrait"
FACE_UPDATE = "resource/v1/person/face/update"
EXPEL = "acs/v1/privilege/group/single/deletePersons"
UPDATE = "resource/v1/person/single/update"
DELETE = "resource/v1/person/single/delete"
HOUR = timedelta(hours=1)
MOMENT = timedelta(milliseconds=10)


class Wall:
    """The clock on the wall, by which visits are seen; timers go on as they do."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._real = dt_util.utcnow

    def now(self) -> datetime:
        return self._real() + self._ahead

    def tick(self, span: timedelta) -> None:
        self._ahead += span


class Desk:
    """Where somebody sees the issues of a loaded entry, and decides."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.entry = entry
        self._news = asyncio.Event()
        hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, self._changed)

    @callback
    def _changed(self, _: Event[ir.EventIssueRegistryUpdatedData]) -> None:
        self._news.set()

    def issue(self, cause: Cause) -> ir.IssueEntry | None:
        found = ir.async_get(self.hass).async_get_issue(DOMAIN, self.id_of(cause))
        return found if found is not None and found.active else None

    def id_of(self, cause: Cause) -> str:
        return f"{self.entry.entry_id}_{cause}"

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def told(self, cause: Cause) -> dict[str, str]:
        """Wait for the issue of this cause, and return its words."""
        await self._until(lambda: self.issue(cause) is not None)
        issue = self.issue(cause)
        assert issue is not None
        assert issue.translation_placeholders is not None
        return issue.translation_placeholders

    async def healed(self, cause: Cause) -> None:
        """Wait until there is no issue of this cause any more."""
        await self._until(lambda: self.issue(cause) is None)

    async def written(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds; it is asked again after each commit."""
        committed = asyncio.Event()
        self.entry.runtime_data.ledger.async_listen(lambda _: committed.set())
        async with asyncio.timeout(PATIENCE_S):
            while not holds():
                committed.clear()
                await committed.wait()

    async def visit(self) -> dict[str, Any]:
        """Return the one visit as it is shown."""
        (visit,) = (await call(self.hass, "get_visits"))["visits"]
        found: dict[str, Any] = visit
        return found


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terminals are asked, and told again, after hundredths of seconds."""
    base = "custom_components.hikcentral_visitors.visits"
    monkeypatch.setattr(f"{base}.terminals.CHECK_DELAYS", (MOMENT,) * 6)
    monkeypatch.setattr(f"{base}.attempts.BACK_OFF_FIRST", MOMENT)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """A clock that can be set."""
    clock = Wall()
    monkeypatch.setattr(dt_util, "utcnow", clock.now)
    return clock


@pytest.fixture
async def desk(
    hass: HomeAssistant, simulator: Simulator, brisk: None, wall: Wall
) -> AsyncGenerator[Desk]:
    """Everything set up; the names of the doors are known."""
    assert await async_setup_component(hass, REPAIRS, {})
    entry = config_entry(simulator)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await entry.runtime_data.directory.async_refresh()
    yield Desk(hass, entry)
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def portrait(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> str:
    """An entity with a picture."""
    picture = BytesIO()
    Image.new("RGB", (64, 48), "red").save(picture, "JPEG")
    hass.states.async_set(PORTRAIT, "idle")
    hass.config.components.add("image")

    async def taken(*_: Any) -> SimpleNamespace:
        return SimpleNamespace(content=picture.getvalue())

    monkeypatch.setattr("homeassistant.components.image.async_get_image", taken)
    return PORTRAIT


async def _refuse_faces(simulator: Simulator) -> None:
    await control(simulator, "switches", {"faces_in_add": "refused"})
    refused = {"path": FACE_UPDATE, "code": "192"}
    await control(simulator, "faults", {"apply_delay_s": 0, "fail": [refused]})


async def _take_everything(simulator: Simulator) -> None:
    await control(simulator, "faults", {"apply_delay_s": 0})


async def _face_refused(desk: Desk, simulator: Simulator, portrait: str) -> str:
    """Grant to Ada with a picture that no terminal takes; returns the visit."""
    await _refuse_faces(simulator)
    visit = await call(
        desk.hass,
        "grant_access",
        given_name="Ada",
        card_no=CARD,
        photo=portrait,
        wait=20,
    )
    assert visit["access"] == "active"
    words = await desk.told(Cause.FACE_REFUSED)
    assert (words["names"], words["count"]) == ("Ada", "1")
    visit_id: str = visit["visit_id"]
    return visit_id


async def test_a_refused_face_is_an_issue_until_it_is_taken(
    desk: Desk,
    simulator: Simulator,
    portrait: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """D14: to send it again is offered, and does that."""
    await _face_refused(desk, simulator, portrait)
    client, issue_id = await hass_client(), desk.id_of(Cause.FACE_REFUSED)

    done = await fix(client, DOMAIN, issue_id, "retry")
    assert (done["type"], done["reason"]) == ("abort", "tried_again")
    await desk.written(lambda: calls(simulator)[FACE_UPDATE] == 2)
    await desk.told(Cause.FACE_REFUSED)

    await _take_everything(simulator)
    await fix(client, DOMAIN, issue_id, "retry")
    await desk.healed(Cause.FACE_REFUSED)
    person = simulator.world.database.tables.persons[person_of(simulator, "Ada")]
    assert person.face is not None
    assert (await present(simulator, ENTRANCE, person=person.id))["granted"] is True


async def test_a_refused_face_may_be_ignored_as_long_as_it_lasts(
    desk: Desk,
    simulator: Simulator,
    portrait: str,
    hass_client: ClientSessionGenerator,
) -> None:
    visit_id = await _face_refused(desk, simulator, portrait)
    issue_id = desk.id_of(Cause.FACE_REFUSED)
    done = await fix(await hass_client(), DOMAIN, issue_id, "ignore")
    assert (done["type"], done["reason"]) == ("abort", "ignored")
    ignored = desk.issue(Cause.FACE_REFUSED)
    assert ignored is not None
    assert ignored.dismissed_version is not None

    await call(desk.hass, "revoke_access", visit_id=visit_id, wait=20)
    await desk.healed(Cause.FACE_REFUSED)


async def _lost_track_of(desk: Desk, simulator: Simulator, wall: Wall) -> str:
    """Let Ada in, and let her be inside for longer than anybody believes."""
    told = Told(desk.hass)
    visit = await call(
        desk.hass,
        "grant_access",
        given_name="Ada",
        card_no=CARD,
        duration={"hours": 30},
        wait=20,
    )
    runtime = desk.entry.runtime_data
    await runtime.poller.async_poll()
    await present(simulator, ENTRANCE, card=CARD)
    await runtime.poller.async_poll()
    await told.passage()
    assert (await desk.visit())["status"] == "inside"
    wall.tick(16 * HOUR - timedelta(minutes=1))
    runtime.coordinator.follow_soon()
    await desk.hass.async_block_till_done()
    assert desk.issue(Cause.PRESENCE_UNKNOWN) is None

    wall.tick(timedelta(minutes=1))
    runtime.coordinator.follow_soon()
    words = await desk.told(Cause.PRESENCE_UNKNOWN)
    assert (words["names"], words["count"]) == ("Ada", "1")
    visit_id: str = visit["visit_id"]
    return visit_id


async def test_who_is_believed_to_have_left_is_checked_out(
    desk: Desk,
    simulator: Simulator,
    wall: Wall,
    hass_client: ClientSessionGenerator,
) -> None:
    """Nobody knows where Ada is; somebody looks, and says that she has left."""
    visit_id = await _lost_track_of(desk, simulator, wall)
    told = Told(desk.hass)
    issue_id = desk.id_of(Cause.PRESENCE_UNKNOWN)
    done = await fix(await hass_client(), DOMAIN, issue_id, "close")
    assert done["type"] == "create_entry"
    out = await told.visit("checked_out")
    assert out["visit_id"] == visit_id
    await desk.healed(Cause.PRESENCE_UNKNOWN)
    person_id = person_of(simulator, "Ada")
    await desk.written(lambda: not simulator.world.database.levels_of(person_id))


async def test_an_unknown_presence_may_be_ignored_until_somebody_is_seen(
    desk: Desk,
    simulator: Simulator,
    wall: Wall,
    hass_client: ClientSessionGenerator,
) -> None:
    await _lost_track_of(desk, simulator, wall)
    issue_id = desk.id_of(Cause.PRESENCE_UNKNOWN)
    done = await fix(await hass_client(), DOMAIN, issue_id, "ignore")
    assert (done["type"], done["reason"]) == ("abort", "ignored")
    ignored = desk.issue(Cause.PRESENCE_UNKNOWN)
    assert ignored is not None
    assert ignored.dismissed_version is not None
    assert (await desk.visit())["presence"] == "unknown"

    await present(simulator, EXIT, card=CARD)
    await desk.entry.runtime_data.poller.async_poll()
    await desk.healed(Cause.PRESENCE_UNKNOWN)


OFFLINE = "offline"
FAILING = "failing"


async def _break_entrance(simulator: Simulator, how: str) -> None:
    if how == FAILING:
        failing = {"doorIndexCode": ENTRANCE}
        await control(
            simulator, "faults", {"apply_delay_s": 0, "apply_fail": [failing]}
        )
    else:
        offline = {"doorIndexCode": ENTRANCE}
        await control(simulator, "operator", {"terminal_offline": offline})


async def _mend_entrance(simulator: Simulator, how: str) -> None:
    if how == FAILING:
        await _take_everything(simulator)
    else:
        online = {"doorIndexCode": ENTRANCE, "offline": False}
        await control(simulator, "operator", {"terminal_offline": online})


@pytest.mark.parametrize("how", [OFFLINE, FAILING])
async def test_a_door_that_does_not_take_a_visitor_is_named_until_it_does(
    desk: Desk, simulator: Simulator, how: str
) -> None:
    await _break_entrance(simulator, how)
    await call(desk.hass, "grant_access", given_name="Ada", card_no=CARD, wait=0)
    words = await desk.told(Cause.ACCESS_NOT_GIVEN)
    assert words["names"] == "Ada"
    assert words["doors"] == desk.entry.runtime_data.door_names[ENTRANCE]

    await _mend_entrance(simulator, how)
    await desk.healed(Cause.ACCESS_NOT_GIVEN)
    assert (await desk.visit())["access"] == "active"
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is True


@pytest.mark.parametrize("how", [OFFLINE, FAILING])
async def test_a_door_that_does_not_let_go_of_a_visitor_is_named_until_it_does(
    desk: Desk, simulator: Simulator, how: str
) -> None:
    """D33: whom a door still lets in is said, until it does not."""
    visit = await call(
        desk.hass, "grant_access", given_name="Ada", card_no=CARD, wait=20
    )
    await _break_entrance(simulator, how)
    await call(desk.hass, "revoke_access", visit_id=visit["visit_id"], wait=0)
    words = await desk.told(Cause.ACCESS_NOT_TAKEN)
    assert words["names"] == "Ada"
    assert words["doors"] == desk.entry.runtime_data.door_names[ENTRANCE]
    issue = desk.issue(Cause.ACCESS_NOT_TAKEN)
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.ERROR
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is True

    await _mend_entrance(simulator, how)
    await desk.healed(Cause.ACCESS_NOT_TAKEN)
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is False


async def test_access_after_a_visit_is_named_until_it_is_gone(
    hass: HomeAssistant,
    desk: Desk,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """I1, I6: somebody gives it in HikCentral, which lets nothing be taken away."""
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    await control(simulator, "faults", {"apply_delay_s": 0})
    await call(hass, "revoke_access", visit_id=visit["visit_id"], wait=20)
    monkeypatch.setattr(
        "custom_components.hikcentral_visitors.visits.attempts.BACK_OFF_LONGEST", MOMENT
    )
    away = [{"path": path, "code": "17"} for path in (EXPEL, UPDATE, DELETE)]
    await control(simulator, "faults", {"apply_delay_s": 0, "fail": away})
    person = person_of(simulator, "Ada")
    member = {"privilegeGroupId": LEVEL, "personId": person}
    window = {"personId": person, "endTime": (dt_util.now() + 10 * HOUR).isoformat()}
    orders = {"set_window": window, "add_member": member, "apply": {}}
    await control(simulator, "operator", orders)
    runtime = desk.entry.runtime_data
    await runtime.directory.async_refresh()
    await runtime.auditor.async_audit(thorough=True)
    words = await desk.told(Cause.ACCESS_NOT_TAKEN)
    assert words["names"] == "Ada"
    assert words["doors"] == runtime.level_names[LEVEL]
    assert words["reason"] == "the partner may not do this in HikCentral"

    await _take_everything(simulator)
    issue_id = desk.id_of(Cause.ACCESS_NOT_TAKEN)
    await fix(await hass_client(), DOMAIN, issue_id, "retry")
    await desk.healed(Cause.ACCESS_NOT_TAKEN)
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is False


async def test_who_cannot_be_deleted_after_being_forgotten_is_counted(
    hass: HomeAssistant,
    desk: Desk,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    monkeypatch.setattr(
        "custom_components.hikcentral_visitors.visits.attempts.BACK_OFF_LONGEST", MOMENT
    )
    refused = {"path": DELETE, "code": "17"}
    await control(simulator, "faults", {"apply_delay_s": 0, "fail": [refused]})
    await call(hass, "forget_visitor", visit_id=visit["visit_id"])
    ledger, issues = desk.entry.runtime_data.ledger, ErasureIssues(hass, desk.entry)
    committed = asyncio.Event()
    ledger.async_listen(lambda _: committed.set())
    async with asyncio.timeout(PATIENCE_S):
        while not await ledger.async_read(not_erased):
            await committed.wait()
            committed.clear()
    await issues.async_look()
    words = await desk.told(Cause.NOT_ERASED)
    assert words["count"] == "1"
    assert words["reason"] == "the partner may not do this in HikCentral"
    assert "Ada" not in str(desk.issue(Cause.NOT_ERASED))

    await _take_everything(simulator)
    issue_id = desk.id_of(Cause.NOT_ERASED)
    await fix(await hass_client(), DOMAIN, issue_id, "retry")
    async with asyncio.timeout(PATIENCE_S):
        while await ledger.async_read(not_erased):
            await committed.wait()
            committed.clear()
    await issues.async_look()
    assert desk.issue(Cause.NOT_ERASED) is None


async def test_what_a_server_does_not_take_away_is_tried_again_when_somebody_asks(
    hass: HomeAssistant,
    desk: Desk,
    simulator: Simulator,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once the server can, and long before it would be tried again by itself."""
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=20)
    monkeypatch.setattr(
        "custom_components.hikcentral_visitors.visits.attempts.BACK_OFF_FIRST", HOUR
    )
    monkeypatch.setattr(
        "custom_components.hikcentral_visitors.visits.attempts.BACK_OFF_LONGEST", HOUR
    )
    down = {"path": EXPEL, "code": "5"}
    await control(simulator, "faults", {"apply_delay_s": 0, "fail": [down]})
    await call(hass, "revoke_access", visit_id=visit["visit_id"], wait=0)
    words = await desk.told(Cause.ACCESS_NOT_TAKEN)
    assert words["names"] == "Ada"
    assert words["since"].startswith(str(dt_util.now().year))

    await _take_everything(simulator)
    issue_id = desk.id_of(Cause.ACCESS_NOT_TAKEN)
    done = await fix(await hass_client(), DOMAIN, issue_id, "retry")
    assert (done["type"], done["reason"]) == ("abort", "tried_again")
    await desk.healed(Cause.ACCESS_NOT_TAKEN)
    assert (await present(simulator, ENTRANCE, card=CARD))["granted"] is False
