"""Updating, forgetting, letting in and repairing, against a simulated HikCentral."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from sqlalchemy import select

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.ledger.loading import load
from custom_components.hikcentral_visitors.ledger.schema import journal, visitors
from custom_components.hikcentral_visitors.listeners import Listeners
from custom_components.hikcentral_visitors.overview import Overview
from custom_components.hikcentral_visitors.visits.visit import SYSTEM
from simulator import Simulator
from tests.facility import (
    ENTRANCE,
    EXIT,
    LEVEL,
    config_entry,
    control,
    person_of,
    present,
)
from tests.live import PATIENCE_S, Told, call

CARD = "4711"
PERSONAL: dict[str, Any] = {
    "given_name": "Wilhelmina",
    "family_name": "Featherstone",
    "company": "Acme-of-hers",
    "phone": "+31205550199",
    "email": "mina@hers.example",
    "card_no": CARD,
    "purpose": "Purpose-of-hers",
    "vehicle_plate": "PLATE77",
    "note": "Note-of-hers",
    "host": "Host-of-hers",
    "notify": ["notify.of_hers"],
    "reference": "Booking-of-hers",
}
OPERATOR = "operator-of-the-desk"
JPEG = b"\xff\xd8\xff\xe0 a face \xff\xd9"


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator
) -> AsyncGenerator[MockConfigEntry]:
    """An entry that is loaded, with an operator."""
    made = config_entry(simulator, {"operators": [OPERATOR]})
    made.add_to_hass(hass)
    assert await hass.config_entries.async_setup(made.entry_id)
    await made.runtime_data.doors.async_refresh()
    await hass.async_block_till_done()
    yield made
    await hass.config_entries.async_unload(made.entry_id)


async def _refused(hass: HomeAssistant, action: str, **data: Any) -> str | None:
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, action, **data)
    return refused.value.translation_key


async def _passes(hass: HomeAssistant, simulator: Simulator, **who: str) -> None:
    """Let somebody in by the entrance, and hear of it."""
    told = Told(hass)
    await present(simulator, ENTRANCE, **who)
    (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)
    await entry.runtime_data.poller.async_poll()
    await told.passage()


async def test_what_is_updated_is_at_hikcentral_and_the_doors(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    """What a visit has lost, its person has not either."""
    told = Told(hass)
    visit = await call(hass, "grant_access", **PERSONAL, wait=60)
    person = simulator.world.database.tables.persons[visit["person_id"]]
    assert (person.cards, person.phone) == ((CARD,), PERSONAL["phone"])
    await told.visit("granted")

    answer = await call(
        hass,
        "update_visit",
        visit_id=visit["visit_id"],
        given_name="Mina",
        family_name="",
        card_no="",
        phone="",
        note=None,
        wait=60,
    )
    assert answer["visits"] == [
        {
            "visit_id": visit["visit_id"],
            "status": "expected",
            "access": "active",
            "valid_from": visit["valid_from"],
            "valid_until": visit["valid_until"],
        }
    ]
    person = simulator.world.database.tables.persons[visit["person_id"]]
    assert (person.given_name, person.family_name) == ("Mina", "-")
    assert (person.cards, person.phone) == ((), "")
    assert person.email == PERSONAL["email"]
    (row,) = (await call(hass, "get_visits"))["visits"]
    assert (row["name"], row["note"], row["purpose"]) == (
        "Mina",
        None,
        "Purpose-of-hers",
    )
    updated = await told.visit("updated")
    assert updated["visit_id"] == visit["visit_id"]
    denied = await present(simulator, ENTRANCE, card=CARD)
    assert denied["granted"] is False


async def test_nothing_is_left_of_somebody_forgotten(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    told = Told(hass)
    visit = await call(hass, "grant_access", **PERSONAL, wait=60)
    await _passes(hass, simulator, card=CARD)
    assert _shown(hass, "Wilhelmina")

    aside = Path(hass.config.path(f"{DOMAIN}_1.db.corrupt.2026-03-02T08-00-00.000000"))
    aside.touch()
    answer = await call(hass, "forget_visitor", entity_id="sensor.visitor_1")
    aside.unlink()
    assert answer["visitors"] == [
        {
            "visitor_id": visit["visitor_id"],
            "ended_visits": [visit["visit_id"]],
            "inside": True,
            "person_deleted": False,
        }
    ]
    assert [one["where"] for one in answer["remaining"]] == [
        "hikcentral_person",
        "hikcentral_log",
        "home_assistant_history",
        "backups",
        "damaged_file",
    ]
    await told.visit("revoked")
    await hass.async_block_till_done()
    words = [
        word
        for value in PERSONAL.values()
        for word in (value if isinstance(value, list) else [value])
    ]
    assert not {word: _shown(hass, word) for word in words if _shown(hass, word)}
    folder = Path(hass.config.config_dir)
    files = [path for path in folder.glob(f"{DOMAIN}_*.db*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    assert files
    assert not [word for word in words if word.encode() in content]

    overview = entry.runtime_data.coordinator.data
    assert overview.inside == 1
    await call(hass, "check_out", visit_id=visit["visit_id"])
    await _overview(entry, lambda now: not now.inside)
    await _taken_away(entry, visit["visitor_id"])
    assert visit["person_id"] not in simulator.world.database.tables.persons
    await entry.runtime_data.retention.async_forget()
    left = await entry.runtime_data.ledger.async_read(
        lambda connection: connection.execute(select(visitors)).all()
    )
    assert left == []
    assert (await call(hass, "get_passages"))["passages"] == []
    assert told.visits[-1]["name"] == ""


async def _overview(entry: MockConfigEntry, holds: Callable[[Overview], bool]) -> None:
    """Wait until it holds of what is shown of the server."""
    coordinator, changed = entry.runtime_data.coordinator, asyncio.Event()
    stop = coordinator.async_add_listener(changed.set)
    async with asyncio.timeout(PATIENCE_S):
        while not holds(coordinator.data):
            changed.clear()
            await changed.wait()
    stop()


async def _taken_away(entry: MockConfigEntry, visitor_id: str) -> None:
    """Wait until the server holds nothing of a visitor."""
    ledger, changed = entry.runtime_data.ledger, asyncio.Event()
    stop = ledger.async_listen(lambda _: changed.set())
    async with asyncio.timeout(PATIENCE_S):
        while True:
            changed.clear()
            record = await ledger.async_read(lambda one: load(one, visitor_id))
            if record is None or record.known.nothing_left:
                break
            await changed.wait()
    stop()


def _shown(hass: HomeAssistant, word: str) -> list[str]:
    """Return where a word is shown: states, and the names of devices."""
    found = [
        state.entity_id
        for state in hass.states.async_all()
        if word in f"{state.state} {dict(state.attributes)}"
    ]
    devices = dr.async_get(hass).devices
    return found + [one.id for one in devices if word in f"{one.name}"]


async def test_a_restart_brings_nobody_back_who_was_forgotten(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    visit = await call(hass, "grant_access", **PERSONAL, wait=60)
    await _passes(hass, simulator, card=CARD)
    (before,) = _shown(hass, "Wilhelmina")[:1]
    assert before
    # Home Assistant ends before its entities hear of it.
    nobody = Listeners[[frozenset[str]]]()
    with patch.object(entry.runtime_data.coordinator, "_forgetting", nobody):
        await entry.runtime_data.book.forget([visit["visitor_id"]], SYSTEM)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert not _shown(hass, "Wilhelmina")


async def test_forgetting_an_unknown_visitor_forgets_nobody(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    visit = await call(hass, "grant_access", **PERSONAL)
    both = [visit["visitor_id"], "nobody"]
    assert await _refused(hass, "forget_visitor", visitor_id=both) == "unknown_visitor"
    assert await _refused(hass, "forget_visitor") == "no_visitor_named"
    assert await _refused(hass, "forget_visitor", visit_id="x") == "unknown_visit"
    (row,) = (await call(hass, "get_visitors"))["visitors"]
    assert row["given_name"] == "Wilhelmina"
    await call(hass, "forget_visitor", visitor_id=visit["visitor_id"])
    again = await call(hass, "forget_visitor", visitor_id=visit["visitor_id"])
    assert again["visitors"][0]["ended_visits"] == []


async def test_check_and_repair_says_what_differed_and_mends_it(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD, wait=60)
    calm = await call(hass, "check_and_repair")
    assert calm == {
        "config_entry_id": entry.entry_id,
        "complete": True,
        "compared": 1,
        "differences": [],
        "pending": [],
    }
    person = person_of(simulator, "Ada")
    level = simulator.world.database.tables.levels[LEVEL]
    level.members.pop(person)
    found = await call(hass, "check_and_repair")
    assert found["differences"] == [
        {
            "visitor_id": visit["visitor_id"],
            "name": "Ada",
            "different": ["access_levels"],
        }
    ]
    await call(hass, "extend_access", visit_id=visit["visit_id"], wait=60)
    assert person in simulator.world.database.tables.levels[LEVEL].members
    await control(simulator, "faults", {"fail": [{"path": "*", "http": 503}]})
    assert (await call(hass, "check_and_repair"))["complete"] is False


async def test_let_in_opens_one_door_once_and_is_noted(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    visit = await call(hass, "grant_access", given_name="Ada", card_no=CARD)
    entrance = _device(hass, entry, ENTRANCE)
    answer = await call(hass, "let_in", device_id=entrance, visit_id=visit["visit_id"])
    assert answer == {
        "config_entry_id": entry.entry_id,
        "door": simulator.world.database.tables.doors[ENTRANCE].name,
        "door_id": ENTRANCE,
        "visit_id": visit["visit_id"],
        "confirmed": True,
    }
    assert (await call(hass, "let_in", door_id=EXIT))["visit_id"] is None
    assert [one.door for one in simulator.world.door_commands] == [ENTRANCE, EXIT]
    rows = await entry.runtime_data.ledger.async_read(
        lambda connection: connection.execute(
            select(journal).where(journal.c.action == "open_door")
        ).all()
    )
    assert [(row.visit_id, row.detail["door"]) for row in rows] == [
        (visit["visit_id"], ENTRANCE),
        (None, EXIT),
    ]


async def test_let_in_is_refused_where_no_single_door_is_meant(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    entrance = _device(hass, entry, ENTRANCE)
    server = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, entry.entry_id), entry.entry_id
    )
    assert server is not None
    for data, key in (
        ({}, "no_door_named"),
        ({"door_id": "999"}, "door_not_chosen"),
        ({"door_id": EXIT, "device_id": entrance}, "one_door_only"),
        ({"device_id": server.id}, "not_a_door"),
        ({"entity_id": "sensor.nowhere"}, "not_a_door"),
        ({"door_id": EXIT, "visit_id": "x"}, "unknown_visit"),
    ):
        assert await _refused(hass, "let_in", **data) == key
    stranger = MockUser(groups=[]).add_to_hass(hass)
    for action, data in (
        ("let_in", {"door_id": EXIT}),
        ("forget_visitor", {"visitor_id": "x"}),
        ("check_and_repair", {}),
        ("update_visit", {"visit_id": "x", "note": "x"}),
    ):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                data,
                blocking=True,
                context=Context(user_id=stranger.id),
            )
    assert simulator.world.door_commands == []


def _device(hass: HomeAssistant, entry: MockConfigEntry, door: str) -> str:
    found = dr.async_get(hass).async_get_child_device_by_identifier(
        (DOMAIN, f"{entry.entry_id}_door_{door}"), entry.entry_id
    )
    assert found is not None
    return found.id


async def _picture(hass: HomeAssistant, simulator: Simulator) -> str:
    """Let somebody in by his face; returns where the picture can be asked for."""
    photo = "custom_components.hikcentral_visitors.actions.grants.async_load_photo"
    with patch(photo, return_value=JPEG):
        visit = await call(
            hass, "grant_access", given_name="Ada", photo="camera.desk", wait=60
        )
    await _passes(hass, simulator, person=visit["person_id"])
    (row,) = (await call(hass, "get_passages"))["passages"]
    found: str = row["picture"]
    return found


async def test_passages_are_listed_as_they_are_told(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> None:
    begin = simulator.world.clock.now() - timedelta(hours=1)
    await call(
        hass,
        "grant_access",
        given_name="Ada",
        card_no=CARD,
        valid_from=begin,
        wait=60,
    )
    told = Told(hass)
    for number, ago in ((1, timedelta(seconds=30)), (2, timedelta())):
        at = (simulator.world.clock.now() - ago).isoformat()
        await present(simulator, ENTRANCE, card=CARD, at=at)
        await entry.runtime_data.poller.async_poll()
        await told.passage(number)
    listed = (await call(hass, "get_passages"))["passages"]
    for row, event in zip(reversed(listed), told.passages, strict=True):
        for key in ("first", "first_today", "count", "delayed"):
            assert row[key] == event[key], key
    assert [row["count"] for row in listed] == [2, 1]
    assert [row["first"] for row in listed] == [False, True]
    assert all(row["picture"] is None for row in listed)


async def test_operators_see_the_picture_of_a_passage_and_nobody_else(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = await _picture(hass, simulator)
    operator = MockUser(id=OPERATOR).add_to_hass(hass)
    users = await hass.auth.async_get_group(GROUP_ID_USER)
    assert users is not None
    stranger = MockUser(groups=[users]).add_to_hass(hass)

    async def ask(user: MockUser | None, where: str = path) -> Any:
        client = await (
            hass_client_no_auth() if user is None else hass_client(await _token(user))
        )
        return await client.get(where)

    async def _token(user: MockUser) -> str:
        refresh = await hass.auth.async_create_refresh_token(
            user, "https://example.org"
        )
        return hass.auth.async_create_access_token(refresh)

    answer = await ask(operator)
    assert (answer.status, answer.content_type) == (HTTPStatus.OK, "image/jpeg")
    assert (await answer.read()).startswith(b"\xff\xd8\xff")
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await ask(stranger)).status == HTTPStatus.UNAUTHORIZED
    assert (await ask(None)).status == HTTPStatus.UNAUTHORIZED
    for where in (
        path.replace(entry.entry_id, "nowhere"),
        path.replace("/passages/", "/passages/99"),
        path.replace("/passages/", "/passages/999999999999999999999"),
    ):
        assert (await ask(operator, where)).status == HTTPStatus.NOT_FOUND
    pictures = "acs/v1/event/pictures"
    for fault, status in (
        ({"http": 503}, HTTPStatus.SERVICE_UNAVAILABLE),
        ({"code": "128"}, HTTPStatus.NOT_FOUND),
        ({"code": "2"}, HTTPStatus.BAD_GATEWAY),
    ):
        await control(simulator, "faults", {"fail": [{"path": pictures, **fault}]})
        failed = await ask(operator)
        assert failed.status == status
        assert (await failed.json())["message"]
    assert "Vsm://" not in caplog.text
