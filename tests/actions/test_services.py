"""The actions: what they take, whom they let, what they answer, how they refuse."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.helpers.translation import async_load_integrations
import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from custom_components.hikcentral_visitors.actions import schemas
from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.ledger import LedgerError, Transaction
from custom_components.hikcentral_visitors.ledger.passages import record_passage
from custom_components.hikcentral_visitors.ledger.records import Moment
from custom_components.hikcentral_visitors.ledger.visit_queries import VisitQuery
from custom_components.hikcentral_visitors.services import async_setup_services
from custom_components.hikcentral_visitors.visits.passage import (
    Direction,
    Passage,
    PassageOutcome,
)
from custom_components.hikcentral_visitors.visits.status import Status
from custom_components.hikcentral_visitors.visits.visit import (
    SYSTEM,
    EntryMode,
    VisitorType,
)
from tests.house import House, async_house
from tests.metadata.files import load_services

NOW = datetime(2026, 12, 1, 8, 0, 0, 250_000, tzinfo=UTC)
WHOLE_NOW = NOW.replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def _morning(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(NOW)
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    async_setup_services(hass)


@pytest.fixture
async def house(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[House]:
    house = await async_house(hass, tmp_path)
    yield house
    await house.close()


@pytest.fixture
async def annex(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[House]:
    annex = await async_house(hass, tmp_path, "Annex")
    yield annex
    await annex.close()


async def _call(
    hass: HomeAssistant, action: str, context: Context | None = None, **data: Any
) -> dict[str, Any]:
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True, context=context
    )
    assert answer is not None
    return dict(answer)


async def _refused(hass: HomeAssistant, action: str, **data: Any) -> HomeAssistantError:
    with pytest.raises(ServiceValidationError) as refused:
        await _call(hass, action, **data)
    return refused.value


async def _visits(house: House) -> int:
    _, total = await house.book.visits(VisitQuery())
    return total


# Which fields there are.


@pytest.mark.parametrize(
    ("action", "schema"),
    [
        ("grant_access", "GRANT"),
        ("extend_access", "EXTEND"),
        ("revoke_access", "REVOKE"),
        ("restore_access", "VISITS"),
        ("check_in", "VISITS"),
        ("check_out", "VISITS"),
        ("cancel_visit", "VISITS"),
        ("update_visit", "UPDATE"),
        ("forget_visitor", "FORGET"),
        ("let_in", "LET_IN"),
        ("check_and_repair", "CHECK_AND_REPAIR"),
        ("get_visits", "GET_VISITS"),
        ("get_passages", "GET_PASSAGES"),
        ("get_visitors", "GET_VISITORS"),
    ],
)
def test_forms_have_the_fields_that_the_actions_take(action: str, schema: str) -> None:
    taken = getattr(schemas, schema)
    if isinstance(taken, vol.All):
        taken = taken.validators[-1]
    targets = {"entity_id", "device_id", "area_id", "floor_id", "label_id"}
    description = load_services()[action]
    shown = {
        name
        for key, field in description["fields"].items()
        for name in field.get("fields", {key: None})
    }
    keys = {str(key) for key in taken.schema}
    assert shown == keys - targets
    assert ("target" in description) == (targets <= keys)


# Granting.


async def test_grant_answers_what_became_of_it(
    hass: HomeAssistant, house: House
) -> None:
    answer = await _call(
        hass, "grant_access", given_name=" Maria ", family_name="Rossi"
    )
    view = await house.book.visit(answer["visit_id"])
    assert view.visitor.name == "Maria Rossi"
    assert answer == {
        "visit_id": view.visit.id,
        "visitor_id": view.visitor.id,
        "person_id": None,
        "status": "granting",
        "access": "granting",
        "doors": {"ready": 0, "total": 0},
        "credentials": [],
        "warnings": ["nothing_to_show"],
        "entity_id": None,
        "valid_from": "2026-12-01T09:00:00+01:00",
        "valid_until": "2026-12-01T17:00:00+01:00",
    }
    assert house.coordinator.waited == [(view.visit.id, 10)]


async def test_grant_takes_defaults_from_the_options(
    hass: HomeAssistant, house: House
) -> None:
    visit = (await house.book.visit(await house.grant())).visit
    assert visit.valid_from == WHOLE_NOW
    assert visit.valid_until == WHOLE_NOW + timedelta(hours=8)
    assert visit.early_arrival == timedelta(minutes=15)
    assert visit.levels == {"1"}
    assert visit.entry_mode is EntryMode.MULTIPLE
    assert visit.visitor_type is VisitorType.GUEST


async def test_grant_keeps_everything_given(hass: HomeAssistant, house: House) -> None:
    hass.states.async_set("person.anna", "home")
    visit_id = await house.grant(
        family_name="Rossi",
        company="ACME",
        phone="+39 06 1",
        email="maria@example.org",
        card_no=4711,
        valid_from="2026-12-02 09:00:00.5",
        valid_until="2026-12-02 17:00:00.5",
        early_arrival={"minutes": 30},
        entry_mode="single",
        access_levels=["visitors", "3"],
        visitor_type="contractor",
        host="person.anna",
        notify="notify.mobile_app_anna",
        purpose="Audit",
        vehicle_plate="AB 123",
        note="Needs a\nlift",
        reference="booking 1",
    )
    view = await house.book.visit(visit_id)
    visitor, visit = view.visitor, view.visit
    assert (visitor.company, visitor.phone) == ("ACME", "+39 06 1")
    assert (visitor.email, visitor.card_no) == ("maria@example.org", "4711")
    assert visit.valid_from == datetime(2026, 12, 2, 8, 0, 1, tzinfo=UTC)
    assert visit.valid_until == datetime(2026, 12, 2, 16, 0, 0, tzinfo=UTC)
    assert visit.early_arrival == timedelta(minutes=30)
    assert visit.entry_mode is EntryMode.SINGLE
    assert visit.levels == {"1", "3"}
    assert visit.visitor_type is VisitorType.CONTRACTOR
    assert (visit.host, visit.notify) == ("person.anna", ("notify.mobile_app_anna",))
    assert (visit.purpose, visit.vehicle_plate) == ("Audit", "AB 123")
    assert (visit.note, visit.reference) == ("Needs a\nlift", "booking 1")


async def test_fields_left_empty_in_a_form_are_as_if_absent(
    hass: HomeAssistant, house: House
) -> None:
    visit_id = await house.grant(
        valid_from="", valid_until=None, host="", access_levels=[], photo="", notify=""
    )
    visit = (await house.book.visit(visit_id)).visit
    assert visit.valid_until == WHOLE_NOW + timedelta(hours=8)
    assert (visit.host, visit.levels, visit.notify) == (None, frozenset({"1"}), ())


async def test_duration_counts_from_the_beginning(
    hass: HomeAssistant, house: House
) -> None:
    visit_id = await house.grant(
        valid_from="2026-12-02 09:00:00", duration={"hours": 2}
    )
    visit = (await house.book.visit(visit_id)).visit
    assert visit.valid_until == datetime(2026, 12, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({}, "name_missing"),
        ({"visitor_id": "nobody"}, "unknown_visitor"),
        (
            {"valid_until": "2026-12-01 17:00:00", "duration": "01:00:00"},
            "until_or_duration",
        ),
        ({"valid_until": "2026-12-01 08:00:00"}, "end_before_start"),
        ({"valid_until": "2039-12-01 08:00:00"}, "end_too_late"),
        ({"access_levels": ["Roof"]}, "access_level_unknown"),
        ({"host": "person.nobody"}, "host_not_found"),
        ({"photo": "camera.nowhere"}, "photo_not_found"),
        ({"photo": "media-source://media_source/local/a.jpg"}, "photo_not_found"),
    ],
)
async def test_grant_is_refused_for_a_reason(
    hass: HomeAssistant, house: House, data: dict[str, Any], key: str
) -> None:
    if key not in {"name_missing", "unknown_visitor"}:
        data = {"given_name": "Maria", **data}
    refused = await _refused(hass, "grant_access", **data)
    assert (refused.translation_domain, refused.translation_key) == (DOMAIN, key)
    assert await _visits(house) == 0


@pytest.mark.parametrize(
    "data",
    [
        {"photo": "https://example.org/maria.jpg"},
        {"photo": "/config/maria.jpg"},
        {"photo": "light.lamp"},
        {"photo": {"media_content_type": "image/jpeg"}},
        {"notify": "light.turn_on"},
        {"duration": "-01:00:00"},
        {"duration": {"days": 100_000_000}},
        {"wait": 121},
        {"wait": 10**400},
        {"wait": [1]},
        {"visitor_type": "burglar"},
        {"given_name": "x" * 257},
        {"pin": "1234"},
    ],
)
async def test_grant_takes_nothing_odd(
    hass: HomeAssistant, house: House, data: dict[str, Any]
) -> None:
    with pytest.raises(vol.Invalid):
        await _call(hass, "grant_access", **{"given_name": "Maria", **data})
    assert await _visits(house) == 0


async def test_level_of_two_meanings_is_refused_with_the_choice(
    hass: HomeAssistant, house: House
) -> None:
    house.entry.runtime_data.level_names = {"1": "Lab", "2": "lab", "3": "2"}
    for text in ("LAB", "2"):
        refused = await _refused(
            hass, "grant_access", given_name="Maria", access_levels=text
        )
        assert refused.translation_key == "access_level_ambiguous"
        assert refused.translation_placeholders == {
            "level": text,
            "levels": "Lab (1), lab (2), 2 (3)",
        }


async def test_levels_that_are_not_managed_cannot_be_given(
    hass: HomeAssistant, house: House
) -> None:
    house.entry.runtime_data.level_names = {"1": "Visitors", "9": "Everywhere"}
    for text in ("9", "Everywhere"):
        refused = await _refused(
            hass, "grant_access", given_name="Maria", access_levels=text
        )
        assert refused.translation_key == "access_level_unknown"


async def test_trial_answers_what_would_be_and_changes_nothing(
    hass: HomeAssistant, house: House
) -> None:
    answer = await _call(
        hass,
        "grant_access",
        given_name="Maria",
        valid_from="2026-12-24 09:00:00",
        duration="02:00:00",
        card_no="1",
        dry_run=True,
    )
    assert answer == {
        "visit_id": None,
        "visitor_id": None,
        "person_id": None,
        "status": "scheduled",
        "access": "not_due",
        "doors": {"ready": 0, "total": 0},
        "credentials": ["card"],
        "warnings": [],
        "entity_id": None,
        "valid_from": "2026-12-24T09:00:00+01:00",
        "valid_until": "2026-12-24T11:00:00+01:00",
    }
    assert await _visits(house) == 0
    refused = await _refused(hass, "grant_access", dry_run=True)
    assert refused.translation_key == "name_missing"


async def test_trial_says_all_that_he_could_show(
    hass: HomeAssistant, house: House
) -> None:
    visit = await _call(hass, "grant_access", given_name="Maria", card_no="1", wait=0)
    again = {"visitor_id": visit["visitor_id"], "given_name": "Maria"}
    tried = await _call(hass, "grant_access", dry_run=True, **again)
    assert tried["visitor_id"] == visit["visitor_id"]
    assert tried["credentials"] == ["card"]


@pytest.mark.parametrize(
    "start", ["2026-12-01 09:30:00", "2026-12-05 09:00:00", "2026-12-24 09:00:00"]
)
async def test_trial_says_what_the_grant_then_says(
    hass: HomeAssistant, house: House, start: str
) -> None:
    grant: dict[str, Any] = {
        "given_name": "Maria",
        "valid_from": start,
        "wait": 0,
    }
    tried = await _call(hass, "grant_access", dry_run=True, **grant)
    meant = await _call(hass, "grant_access", **grant)
    assert tried == meant | {"visit_id": None, "visitor_id": None}


async def test_same_reference_is_the_same_visit(
    hass: HomeAssistant, house: House, freezer: FrozenDateTimeFactory
) -> None:
    first = await house.grant(reference="booking 1")
    freezer.tick(60)
    assert await house.grant(reference="booking 1") == first
    tried = await _call(
        hass, "grant_access", given_name="Maria", reference="booking 1", dry_run=True
    )
    assert tried["visit_id"] == first
    refused = await _refused(
        hass, "grant_access", given_name="Paul", reference="booking 1"
    )
    assert refused.translation_key == "reference_conflict"
    assert await _visits(house) == 1


async def test_grant_names_the_place_that_the_visit_holds(
    hass: HomeAssistant, house: House
) -> None:
    visit_id = await house.grant(reference="again")
    entity_id, _ = house.seat(1, visit_id)
    answer = await _call(
        hass, "grant_access", given_name="Maria", reference="again", wait=0
    )
    assert answer["entity_id"] == entity_id


# Who may.


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("grant_access", {"given_name": "Maria"}),
        ("extend_access", {"visit_id": "any"}),
        ("revoke_access", {"visit_id": "any"}),
        ("restore_access", {"visit_id": "any"}),
        ("check_in", {"visit_id": "any"}),
        ("check_out", {"visit_id": "any"}),
        ("cancel_visit", {"visit_id": "any"}),
        ("get_visits", {}),
        ("get_passages", {}),
        ("get_visitors", {}),
    ],
)
async def test_plain_user_may_do_nothing(
    hass: HomeAssistant,
    house: House,
    hass_read_only_user: MockUser,
    action: str,
    data: dict[str, Any],
) -> None:
    with pytest.raises(Unauthorized):
        await _call(hass, action, Context(user_id=hass_read_only_user.id), **data)
    assert await _visits(house) == 0


async def test_operator_and_administrator_may(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
) -> None:
    operators = frozenset({hass_read_only_user.id})
    house = await async_house(hass, tmp_path, operators=operators)
    for user in (hass_read_only_user, hass_admin_user):
        context = Context(user_id=user.id)
        answer = await _call(hass, "grant_access", context, given_name="Maria")
        await _call(hass, "revoke_access", context, visit_id=answer["visit_id"])
    assert await _visits(house) == 2
    await house.close()


async def test_operator_of_one_server_is_none_of_another(
    hass: HomeAssistant, house: House, tmp_path: Path, hass_read_only_user: MockUser
) -> None:
    operators = frozenset({hass_read_only_user.id})
    own = await async_house(hass, tmp_path, "Own", operators=operators)
    foreign, mine = await house.grant(), await own.grant()
    entity_id, _ = house.seat(1, foreign)
    context = Context(user_id=hass_read_only_user.id)
    await _call(hass, "revoke_access", context, visit_id=mine)
    with pytest.raises(Unauthorized):
        await _call(hass, "revoke_access", context, entity_id=entity_id)
    with pytest.raises(ServiceValidationError):
        await _call(hass, "revoke_access", context, visit_id=foreign)
    assert (await house.book.visit(foreign)).visit.revoked_at is None
    await own.close()


# Which server.


async def test_one_of_several_servers_has_to_be_named(
    hass: HomeAssistant, house: House, annex: House
) -> None:
    refused = await _refused(hass, "grant_access", given_name="Maria")
    assert refused.translation_key == "service_found_multiple_config_entry_for_domain"
    await annex.grant()
    assert (await _visits(house), await _visits(annex)) == (0, 1)


async def test_server_that_does_not_run_is_not_counted(
    hass: HomeAssistant, house: House, annex: House
) -> None:
    annex.entry.mock_state(hass, ConfigEntryState.SETUP_RETRY)
    await _call(hass, "grant_access", given_name="Maria")
    assert await _visits(house) == 1
    refused = await _refused(
        hass,
        "grant_access",
        given_name="Maria",
        config_entry_id=annex.entry.entry_id,
    )
    assert refused.translation_key == "service_config_entry_not_loaded"


@pytest.mark.parametrize("action", ["revoke_access", "get_visits"])
async def test_without_any_server_it_says_so(hass: HomeAssistant, action: str) -> None:
    data = {"visit_id": "any"} if action == "revoke_access" else {}
    refused = await _refused(hass, action, **data)
    assert refused.translation_key == "service_found_no_config_entry_for_domain"


async def test_visits_are_found_on_whichever_server_they_are(
    hass: HomeAssistant, house: House, annex: House
) -> None:
    here, there, away = await house.grant(), await annex.grant(), await annex.grant()
    del annex.coordinator.views[away]  # as it is with closed visits
    answer = await _call(hass, "revoke_access", visit_id=[away, here, there])
    assert [visit["visit_id"] for visit in answer["visits"]] == [away, here, there]
    assert (await annex.book.visit(away)).visit.revoked_at is not None
    refused = await _refused(hass, "revoke_access", visit_id="nowhere")
    assert refused.translation_key == "unknown_visit"


# Which visits.


async def test_visits_are_named_by_id_entity_and_device_each_once(
    hass: HomeAssistant, house: House
) -> None:
    first, second, third = [await house.grant(f"Visitor {n}") for n in range(3)]
    entity_id, _ = house.seat(1, first)
    _, device_id = house.seat(2, second)
    house.seat(3, third)
    answer = await _call(
        hass,
        "revoke_access",
        visit_id=[second],
        entity_id=f"{entity_id}, button.{entity_id.partition('.')[2]}".split(",")[0],
        device_id=device_id,
        wait=5,
    )
    assert answer["visits"] == [
        {
            "visit_id": visit_id,
            "status": (await house.book.visit(visit_id)).status.value,
            "access": "removed",
            "valid_until": "2026-12-01T17:00:00+01:00",
        }
        for visit_id in (second, first)
    ]
    assert sorted(house.coordinator.waited[3:]) == sorted([(second, 5), (first, 5)])
    assert (await house.book.visit(third)).visit.revoked_at is None


async def test_area_and_label_mean_the_visitors_in_them_and_nothing_else(
    hass: HomeAssistant, house: House
) -> None:
    first, second, third = [await house.grant(f"Visitor {n}") for n in range(3)]
    _, in_area = house.seat(1, first)
    labelled, _ = house.seat(2, second)
    house.seat(3, third)
    area = ar.async_get(hass).async_create("Reception")
    label = lr.async_get(hass).async_create("Late")
    devices, entities = dr.async_get(hass), er.async_get(hass)
    devices.async_update_device(in_area, area_id=area.id)
    entities.async_update_entity(labelled, labels={label.label_id})
    lamp = entities.async_get_or_create("light", "test", "lamp")
    entities.async_update_entity(lamp.entity_id, area_id=area.id)
    door = devices.async_get_or_create(
        config_entry_id=house.entry.entry_id,
        identifiers={(DOMAIN, f"{house.entry.entry_id}_door_1")},
    )
    devices.async_update_device(door.id, area_id=area.id)
    answer = await _call(hass, "check_in", area_id=area.id, label_id=[label.label_id])
    assert {visit["visit_id"] for visit in answer["visits"]} == {first, second}
    assert (await house.book.visit(third)).status is not Status.ARRIVED


async def test_what_is_no_visitor_is_refused_by_name(
    hass: HomeAssistant, house: House
) -> None:
    visit_id = await house.grant()
    entity_id, _ = house.seat(1, visit_id)
    devices, entities = dr.async_get(hass), er.async_get(hass)
    entry_id = house.entry.entry_id
    server = devices.async_get_or_create(
        config_entry_id=entry_id, identifiers={(DOMAIN, entry_id)}, name="Server"
    )
    door = devices.async_get_or_create_child(
        config_entry_id=entry_id,
        identifiers={(DOMAIN, f"{entry_id}_door_1")},
        name="Turnstile",
        parent_device_id=server.id,
    )
    inside = entities.async_get_or_create(
        "sensor", DOMAIN, f"{entry_id}_inside", config_entry=house.entry
    )
    for target, name in (
        ({"device_id": server.id}, "Server"),
        ({"device_id": door.id}, "Turnstile"),
        ({"device_id": "unknown"}, "unknown"),
        ({"entity_id": inside.entity_id}, inside.entity_id),
        ({"entity_id": "light.lamp"}, "light.lamp"),
        ({"entity_id": [entity_id, "light.lamp"]}, "light.lamp"),
    ):
        refused = await _refused(hass, "revoke_access", **target)
        assert refused.translation_key == "not_a_visitor"
        assert refused.translation_placeholders == {"target": name}
    assert (await house.book.visit(visit_id)).visit.revoked_at is None


async def test_nobody_named_or_there_is_refused(
    hass: HomeAssistant, house: House
) -> None:
    visit_id = await house.grant()
    house.seat(1, visit_id)
    entity_id, device_id = house.seat(2, None)
    nobody: list[dict[str, Any]] = [{}, {"visit_id": []}, {"entity_id": []}]
    for data in nobody:
        refused = await _refused(hass, "revoke_access", **data)
        assert refused.translation_key == "no_visit_named"
    for data in ({"entity_id": entity_id}, {"device_id": device_id}, {"area_id": "x"}):
        refused = await _refused(hass, "revoke_access", **data)
        assert refused.translation_key == "nobody_there"
    with pytest.raises(vol.Invalid):
        await _call(hass, "revoke_access", entity_id="all")
    assert (await house.book.visit(visit_id)).visit.revoked_at is None


async def test_place_of_a_server_that_does_not_run_says_so(
    hass: HomeAssistant, house: House, annex: House
) -> None:
    entity_id, _ = annex.seat(1, await annex.grant())
    annex.entry.mock_state(hass, ConfigEntryState.NOT_LOADED)
    refused = await _refused(hass, "revoke_access", entity_id=entity_id)
    assert refused.translation_key == "service_config_entry_not_loaded"


# Changing visits.


@pytest.mark.parametrize(
    ("data", "end"),
    [
        ({}, timedelta(hours=9)),
        ({"by": {"minutes": 30}}, timedelta(hours=8, minutes=30)),
        ({"by": "-02:00:00"}, timedelta(hours=6)),
        ({"valid_until": "2026-12-01 20:00:00.9"}, timedelta(hours=11)),
    ],
)
async def test_extend_moves_the_end(
    hass: HomeAssistant, house: House, data: dict[str, Any], end: timedelta
) -> None:
    visit_id = await house.grant()
    answer = await _call(hass, "extend_access", visit_id=visit_id, **data)
    (visit,) = answer["visits"]
    assert datetime.fromisoformat(visit["valid_until"]) == WHOLE_NOW + end
    assert visit["valid_until"].endswith("+01:00")


async def test_extend_takes_one_way_to_say_it(
    hass: HomeAssistant, house: House
) -> None:
    visit_id = await house.grant()
    refused = await _refused(
        hass,
        "extend_access",
        visit_id=visit_id,
        by="01:00:00",
        valid_until="2026-12-01 20:00:00",
    )
    assert refused.translation_key == "until_or_by"


async def test_a_visit_goes_its_way(hass: HomeAssistant, house: House) -> None:
    visit_id = await house.grant()

    async def act(action: str, **data: Any) -> str:
        answer = await _call(hass, action, visit_id=visit_id, **data)
        return str(answer["visits"][0]["status"])

    assert await act("check_in") == "arrived"
    await act("revoke_access", reason="Quarrel")
    visit = (await house.book.visit(visit_id)).visit
    assert (visit.revoked_at, visit.revoked_reason) == (NOW, "Quarrel")
    await act("restore_access")
    assert (await house.book.visit(visit_id)).visit.revoked_at is None
    await act("check_out")
    assert (await house.book.visit(visit_id)).visit.ended_at == NOW

    other = await house.grant("Paul")
    await _call(hass, "cancel_visit", visit_id=other)
    assert (await house.book.visit(other)).visit.cancelled_at == NOW


async def test_only_extending_and_revoking_wait(
    hass: HomeAssistant, house: House
) -> None:
    visit_id = await house.grant(wait=0)
    for action in ("check_in", "revoke_access", "restore_access", "extend_access"):
        data: dict[str, Any] = {"visit_id": visit_id}
        if action in {"revoke_access", "extend_access"}:
            data["wait"] = 0
        await _call(hass, action, **data)
    assert house.coordinator.waited == []
    await _call(hass, "revoke_access", visit_id=visit_id)
    assert house.coordinator.waited == [(visit_id, 10)]


async def test_one_refusal_is_told_as_it_is(hass: HomeAssistant, house: House) -> None:
    refused = await _refused(hass, "restore_access", visit_id=await house.grant())
    assert refused.translation_key == "visit_not_revoked"


async def test_all_visits_are_tried_and_failures_told_together(
    hass: HomeAssistant, house: House
) -> None:
    hass.config.language = "ru"
    await async_load_integrations(hass, {DOMAIN})
    first, second = await house.grant("Maria"), await house.grant("Paul")
    await house.book.revoke(first, SYSTEM)
    refused = await _refused(hass, "extend_access", visit_id=["unknown", first, second])
    assert refused.translation_key == "some_visits_failed"
    assert refused.translation_placeholders is not None
    assert refused.translation_placeholders["failed"] == "2"
    assert refused.translation_placeholders["asked"] == "3"
    reasons = refused.translation_placeholders["reasons"]
    assert reasons == (
        f"unknown: Визита с таким ID нет; {first}: Доступ отозван. Сначала верните его"
    )
    assert (await house.book.visit(second)).visit.valid_until == WHOLE_NOW + 9 * HOUR


async def test_failing_disk_is_a_failure_not_a_mistake(
    hass: HomeAssistant, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit_id = await house.grant()

    async def full(_: Any) -> None:
        raise LedgerError("disk full")

    monkeypatch.setattr(house.ledger, "async_write", full)
    for action, data in (
        ("grant_access", {"given_name": "Paul"}),
        ("revoke_access", {"visit_id": visit_id}),
        ("revoke_access", {"visit_id": [visit_id, "other"]}),
    ):
        with pytest.raises(HomeAssistantError) as failed:
            await _call(hass, action, **data)
        assert not isinstance(failed.value, ServiceValidationError)
        assert failed.value.translation_key in {"not_saved", "some_visits_failed"}


# Asking.


async def test_visits_are_listed_with_what_people_need(
    hass: HomeAssistant, house: House
) -> None:
    """D34: times are shown in the facility's zone."""
    hass.states.async_set("person.anna", "home")
    visit_id = await house.grant(
        family_name="Rossi", company="ACME", host="person.anna", note="Lift"
    )
    entity_id, _ = house.seat(1, visit_id)
    await _call(hass, "check_in", visit_id=visit_id)
    answer = await _call(hass, "get_visits")
    view = await house.book.visit(visit_id)
    assert answer["total"] == 1
    (row,) = answer["visits"]
    assert row == {
        "visit_id": visit_id,
        "visitor_id": view.visitor.id,
        "name": "Maria Rossi",
        "visitor_type": "guest",
        "company": "ACME",
        "host": "person.anna",
        "notify": [],
        "config_entry_id": house.entry.entry_id,
        "entity_id": entity_id,
        "status": "arrived",
        "outcome": None,
        "access": "granting",
        "doors": {"ready": 0, "total": 0},
        "reason": None,
        "next_attempt": None,
        "credentials": [],
        "presence": "arrived",
        "since": "2026-12-01T09:00:00.250000+01:00",
        "overstaying": False,
        "entries": 0,
        "exits": 0,
        "first_entry": None,
        "last_exit": None,
        "valid_from": "2026-12-01T09:00:00+01:00",
        "valid_until": "2026-12-01T17:00:00+01:00",
        "early_arrival": 900,
        "entry_mode": "multiple",
        "access_levels": ["Visitors"],
        "purpose": None,
        "vehicle_plate": None,
        "note": "Lift",
        "reference": None,
    }


async def test_visits_are_found_by_what_is_asked(
    hass: HomeAssistant, house: House
) -> None:
    today = await house.grant("Maria", host="Anna")
    later = await house.grant("Paul", valid_from="2026-12-24 09:00:00")
    await house.book.check_in(today, SYSTEM)

    async def found(**query: Any) -> list[str]:
        answer = await _call(hass, "get_visits", **query)
        return [visit["visit_id"] for visit in answer["visits"]]

    assert await found() == [today, later]
    assert await found(limit=1, page=2) == [later]
    assert await found(status="arrived") == [today]
    assert await found(status=["scheduled", "inside"]) == [later]
    assert await found(host="Anna") == [today]
    assert await found(name="aul") == [later]
    assert await found(visit_id=later) == [later]
    assert await found(since="2026-12-20 00:00:00") == [later]
    assert await found(until="2026-12-20 00:00:00") == [today]
    with pytest.raises(vol.Invalid):
        await found(status="lost")
    with pytest.raises(vol.Invalid):
        await found(limit=501)


async def test_visitors_are_listed(hass: HomeAssistant, house: House) -> None:
    visit_id = await house.grant(family_name="Rossi", company="ACME")
    await house.grant("Paul")
    answer = await _call(hass, "get_visitors", name="Ross")
    view = await house.book.visit(visit_id)
    assert answer == {
        "visitors": [
            {
                "visitor_id": view.visitor.id,
                "name": "Maria Rossi",
                "given_name": "Maria",
                "family_name": "Rossi",
                "company": "ACME",
                "open_visits": 1,
                "last_visit": "2026-12-01T17:00:00+01:00",
            }
        ],
        "total": 1,
    }


async def test_no_answer_tells_secrets_or_ways_to_reach_somebody(
    hass: HomeAssistant, house: House
) -> None:
    secrets: dict[str, Any] = {
        "phone": "0612345678",
        "email": "m@example.org",
        "card_no": "8877665544",
    }
    granted = await _call(hass, "grant_access", given_name="Maria", **secrets)
    visit_id = granted["visit_id"]
    answers = [
        granted,
        await _call(hass, "grant_access", given_name="Paul", dry_run=True, **secrets),
        await _call(hass, "extend_access", visit_id=visit_id),
        await _call(hass, "get_visits"),
        await _call(hass, "get_passages"),
        await _call(hass, "get_visitors"),
    ]
    told = json.dumps(answers)
    assert not [value for value in secrets.values() if value in told]


async def test_passages_are_listed_in_words(hass: HomeAssistant, house: House) -> None:
    hass.config.language = "ru"
    visit_id = await house.grant(company="ACME")
    entity_id, _ = house.seat(1, visit_id)
    view = await house.book.visit(visit_id)
    entry = Passage(
        event_id="1",
        event_type=196893,
        visitor_id=view.visitor.id,
        occurred_at=NOW,
        door_id="11",
        door_name="Turnstile",
        direction=Direction.ENTRY,
        credential="face",
        picture_uri="Vsm://secret",
    )
    denial = replace(
        entry,
        event_id="2",
        occurred_at=NOW + HOUR,
        door_name="",
        outcome=PassageOutcome.DENIED,
        reason="no_access_level",
    )
    moment = Moment(NOW + 2 * HOUR, house.book.moment.policy)
    for passage in (entry, denial):

        def record(transaction: Transaction, passage: Passage = passage) -> bool:
            return record_passage(transaction, moment, passage)

        assert await house.ledger.async_write(record)
    answer = await _call(hass, "get_passages", visit_id=visit_id)
    common: dict[str, Any] = {
        "visit_id": visit_id,
        "visitor_id": view.visitor.id,
        "name": "Maria",
        "visitor_type": "guest",
        "company": "ACME",
        "host": None,
        "notify": [],
        "config_entry_id": house.entry.entry_id,
        "entity_id": entity_id,
        "status": "granting",
        "direction": "entry",
        "credential": "face",
        "door_id": "11",
        "first": True,
        "first_today": True,
        "count": 1,
        "delayed": True,
    }
    pictures = f"/api/{DOMAIN}/{house.entry.entry_id}/passages"
    assert answer == {
        "passages": [
            common
            | {
                "outcome": "denied",
                "reason": "no_access_level",
                "reason_text": "Нет доступа к этой двери",
                "door": "11",
                "occurred_at": "2026-12-01T10:00:00.250000+01:00",
                "picture": f"{pictures}/2/picture",
            },
            common
            | {
                "outcome": "granted",
                "reason": None,
                "reason_text": None,
                "door": "Turnstile",
                "occurred_at": "2026-12-01T09:00:00.250000+01:00",
                "picture": f"{pictures}/1/picture",
            },
        ],
        "total": 2,
    }
    answer = await _call(
        hass, "get_passages", since="2026-12-01 09:30:00", limit=1, name="Mar"
    )
    assert answer["total"] == 1
