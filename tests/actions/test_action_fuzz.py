"""Actions given anything at all: refused in our words, or done, and never both."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime
import logging
import math
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy import Connection, select
import voluptuous as vol

from custom_components.hikcentral_visitors.const import DOMAIN
from custom_components.hikcentral_visitors.ledger.schema import METADATA
from custom_components.hikcentral_visitors.services import async_setup_services
from custom_components.hikcentral_visitors.visits.passage import DoorRole
from tests.house import House, async_house
from tests.metadata.files import load_services

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
"""With halves of surrogate pairs and zero bytes, which no database stores gladly."""

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**25, -(10**25), 10**400, 10**4000, math.nan, math.inf]),
    st.floats(),
    ANY_TEXT,
    st.sampled_from(["x" * 100_000, "{{ 1 }}", "all", "none", "person.", "camera.x"]),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.timedeltas(),
    st.binary(max_size=9),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=4,
)
TIMES = st.sampled_from(
    [
        "2026-12-01 09:00:00",
        "2026-12-01T09:00:00-08:00",
        "0001-01-01 00:00:00",
        "9999-12-31 23:59:59",
        "1969-07-20 20:17:40+00:00",
        "2037-12-31 23:59:59",
        date.max,
        datetime.max,  # noqa: DTZ901 - naive on purpose
        datetime.min.replace(tzinfo=UTC),
    ]
)
SPANS = st.sampled_from(
    [{"hours": 1}, "01:00:00", -3600, 0, {"days": 3660}, {"days": 10**12}, 1e300]
)
TEXTS = st.sampled_from(["", "Maria", " \t ", "<b>&", "Мария", "😀"])
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "valid_from": TIMES,
    "valid_until": TIMES,
    "since": TIMES,
    "until": TIMES,
    "duration": SPANS,
    "early_arrival": SPANS,
    "by": SPANS,
    "wait": st.sampled_from([0, 120, "1", 10**400]),
    "limit": st.sampled_from([1, 500, "7", 10**30]),
    "page": st.sampled_from([1, 3, 10**30]),
    "access_levels": st.sampled_from([[], "Visitors", ["1", "2"], ["9"]]),
    "visitor_type": st.sampled_from(["vip", ["vip"]]),
    "entry_mode": st.sampled_from(["single", {}]),
    "notify": st.sampled_from([[], "notify.x", ["notify.x", "notify.y"]]),
    "dry_run": st.booleans(),
    "status": st.sampled_from(["inside", ["inside", "closed"]]),
    "door_id": st.sampled_from(["11", 11, "12"]),
    "host": st.sampled_from(["person.nobody", "Eva"]),
}
TARGETS = ("entity_id", "device_id", "area_id", "label_id", "floor_id")
SOME_TARGET = st.one_of(ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
"""What is neither is broken on by Home Assistant's own validator, before ours."""


def fields(action: str) -> list[str]:
    description = load_services()[action]
    shown = [
        name
        for key, field in description.get("fields", {}).items()
        for name in field.get("fields", {key: None})
    ]
    return [*shown, *(TARGETS if "target" in description else ()), "pin"]


def requests(action: str, visit_ids: list[str], visitor_ids: list[str]) -> Any:
    """Draw what somebody might give the action: mostly something, seldom nonsense."""
    known = LIKELY | {
        "visit_id": st.sampled_from([*visit_ids, visit_ids, "nobody's"]),
        "visitor_id": st.sampled_from([*visitor_ids, visitor_ids, "nobody"]),
        "entity_id": st.sampled_from(["sensor.visitor_1", ["sensor.nothing"], "all"]),
    }
    drawn = {}
    for name in fields(action):
        likely = known.get(name, TEXTS)
        odd = SOME_TARGET if name in TARGETS else ANYTHING
        drawn[name] = st.one_of(likely, likely, likely, odd)
    return st.fixed_dictionaries({}, optional=drawn)


@pytest.fixture
async def house(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[House]:
    async_setup_services(hass)
    made = await async_house(hass, tmp_path, doors={"11": DoorRole.ENTRY})
    yield made
    await made.close()


async def everything(house: House) -> Any:
    """Return all that is stored."""

    def read(connection: Connection) -> Any:
        return {
            table.name: connection.execute(
                select(table).order_by(*table.primary_key)
            ).all()
            for table in METADATA.sorted_tables
        }

    return await house.ledger.async_read(read)


@pytest.mark.parametrize("action", sorted(load_services()))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_an_action_is_refused_in_our_words_or_done(
    hass: HomeAssistant,
    house: House,
    caplog: pytest.LogCaptureFixture,
    action: str,
    data: st.DataObject,
) -> None:
    """Whatever is given, nothing is half done and nothing breaks."""
    visit_ids = [await house.grant(wait=0) for _ in range(2)]
    views = [await house.book.visit(visit_id) for visit_id in visit_ids]
    house.seat(1, visit_ids[0])
    given_data = data.draw(
        requests(action, visit_ids, [view.visitor.id for view in views])
    )
    before = await everything(house)
    caplog.clear()
    answers = action.startswith("get_") or data.draw(st.booleans())
    try:
        await hass.services.async_call(
            DOMAIN, action, given_data, blocking=True, return_response=answers
        )
    except (vol.Invalid, ServiceValidationError) as refused:
        if getattr(refused, "translation_key", None) != "some_visits_failed":
            assert await everything(house) == before
    if action.startswith("get_"):
        assert await everything(house) == before
    assert not [
        one
        for one in caplog.records
        if one.levelno >= logging.ERROR
        or (one.levelno >= logging.WARNING and DOMAIN in one.name)
    ]
