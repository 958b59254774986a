"""Personal data stays where it belongs, and goes when it is to be forgotten (I8).

A thousand visits go through the loaded entry. Then everything that Home Assistant wrote
is searched for whatever was said of anybody: all of it has marks that occur nowhere
else.
"""

import asyncio
import base64
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from datetime import timedelta
from itertools import batched
import logging
import os
from pathlib import Path
import re
from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
    restore_state,
)
from homeassistant.helpers.json import json_bytes
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import select

from custom_components.hikcentral_visitors.book import GrantRequest
from custom_components.hikcentral_visitors.diagnostics import (
    async_get_config_entry_diagnostics,
)
from custom_components.hikcentral_visitors.ledger import Transaction
from custom_components.hikcentral_visitors.ledger.retention import forget_visitor
from custom_components.hikcentral_visitors.ledger.schema import visitors
from custom_components.hikcentral_visitors.visits.access import AccessState
from custom_components.hikcentral_visitors.visits.visit import SYSTEM
from simulator import Simulator, create_app

from .facility import (
    ENTRANCE,
    EXIT,
    LEVEL,
    config_entry,
    control,
    person_of,
    present,
)
from .live import Told, call

VISITS, NOW, WITH_FACE = 1000, 60, 10
FAR = 740
"""So many of them begin too late to be told to HikCentral yet."""

PATIENCE_S = 120
FACE = b"\xff\xd8\xff\xe0" + b"ZqFace" * 20 + b"\xff\xd9"
KEY, SECRET, INSTALLATION_KEY = "ZqKey20240001", "ZqSecret-not-real", "5a71" * 16

PROVISIONED_DAYS = 7
FAILURES: tuple[dict[str, Any], ...] = (
    {"code": "2"},
    {"code": "128"},
    {"http": 500},
    {"drop_before": True},
    {"drop_after": True},
)
ADD = "resource/v1/person/single/add"
UPDATE = "resource/v1/person/single/update"
READ = "resource/v1/person/personCode/personInfo"
ENROL = "acs/v1/privilege/group/single/addPersons"
EXPEL = "acs/v1/privilege/group/single/deletePersons"
APPLY = "visitor/v1/auth/reapplication"
CHECK = "visitor/v1/person/ID/elementDownloadDetail"
EVENTS = "acs/v1/door/events"
FACE_GRANTED = 196893

MARKS: Mapping[str, re.Pattern[bytes]] = {
    "name": re.compile(rb"ZqGiven|ZqFamily"),
    "phone": re.compile(rb"7999555\d{4}"),
    "card": re.compile(rb"8800777\d{4}"),
    "contact": re.compile(rb"ZqCompany|zqmail"),
    "visit": re.compile(rb"ZqPurpose|ZqPlate|ZqNote|ZqReason|ZqReference"),
    "host": re.compile(rb"ZqHost"),
    "face": re.compile(
        b"|".join(
            [
                b"ZqFaceZqFace",
                base64.b64encode(b"ZqFace" * 3)[:12],
                base64.b64encode(b"x" + b"ZqFace" * 3)[4:16],
                base64.b64encode(b"xx" + b"ZqFace" * 3)[4:16],
            ]
        )
    ),
    "secret": re.compile(rb"ZqKey20240001|ZqSecret|(5a71){16}"),
}
ALLOWED: Mapping[str, set[str]] = {
    # A place is named after whoever holds it, and its entities show his visit.
    "name": {"core.device_registry", "core.entity_registry", "core.restore_state"},
    "contact": {"core.restore_state"},
    "host": {"core.restore_state"},
    "secret": {"core.config_entries"},
}
"""Where else than in the ledger something may be, while the visit lasts."""


def found_in(content: bytes) -> set[str]:
    """Return the kinds of marks in something."""
    return {kind for kind, mark in MARKS.items() if mark.search(content)}


class Listening(logging.Handler):
    """Notes every message of any level in which there is a mark."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.leaks: list[str] = []
        self.heard = 0
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.heard += 1
        text = self.format(record)
        if found_in(text.encode()):
            self.leaks.append(text)


@pytest.fixture
def log() -> Iterator[Listening]:
    """Everything that is logged, at debug level.

    But for Home Assistant's own core, which writes every event and action word for
    word when it is debugged.
    """
    root, core = logging.getLogger(), logging.getLogger("homeassistant.core")
    quiet = logging.getLogger("sqlalchemy.engine")
    levels = root.level, core.level, quiet.level
    listening = Listening()
    root.addHandler(listening)
    root.setLevel(logging.DEBUG)
    core.setLevel(logging.INFO)
    quiet.setLevel(logging.DEBUG)
    yield listening
    root.removeHandler(listening)
    for logger, level in zip((root, core, quiet), levels, strict=True):
        logger.setLevel(level)


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncGenerator[Simulator]:
    async with create_app(seed=1, app_key=KEY, app_secret=SECRET) as made:
        await control(made, "faults", {"apply_delay_s": 0})
        yield made


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of somebody who is gone, terminals are told again after seconds, not minutes."""
    monkeypatch.setattr(
        "custom_components.hikcentral_visitors.visits.former.TOLD_AGAIN",
        (timedelta(seconds=1), timedelta(seconds=2)),
    )


@pytest.fixture
async def entry(
    hass: HomeAssistant, simulator: Simulator, log: Listening, brisk: None
) -> AsyncGenerator[MockConfigEntry]:
    made = config_entry(simulator)
    data = {**made.data, "installation_key": INSTALLATION_KEY}
    made.add_to_hass(hass)
    hass.config_entries.async_update_entry(made, data=data)
    assert await hass.config_entries.async_setup(made.entry_id)
    await hass.async_block_till_done()
    yield made
    await hass.config_entries.async_unload(made.entry_id)


def _said_of(number: int) -> dict[str, Any]:
    return {
        "given_name": f"ZqGiven{number}",
        "family_name": f"ZqFamily{number}",
        "company": f"ZqCompany{number}",
        "phone": f"+7999555{number:04}",
        "email": f"zqmail{number}@example.com",
        "card_no": f"8800777{number:04}",
        "purpose": f"ZqPurpose{number}",
        "vehicle_plate": f"ZqPlate{number}",
        "note": f"ZqNote{number}",
        "host": f"ZqHost{number}",
        "reference": f"ZqReference{number}",
    }


async def _visits(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry
) -> list[str]:
    """Grant a thousand visits; return those of now."""
    runtime = entry.runtime_data
    now = dt_util.utcnow()
    granted = [
        (
            await runtime.book.grant(
                GrantRequest(
                    levels=frozenset({LEVEL}),
                    duration=timedelta(hours=4),
                    photo=FACE,
                    **_said_of(number),
                ),
                SYSTEM,
            )
        ).visit_id
        for number in range(WITH_FACE)
    ]
    answers = await asyncio.gather(
        *(
            call(hass, "grant_access", wait=60, **_said_of(number))
            for number in range(WITH_FACE, NOW)
        )
    )
    granted += [answer["visit_id"] for answer in answers]
    for visit in granted:
        view = await runtime.coordinator.async_settled(visit, 60)
        assert view.access.state is AccessState.ACTIVE
    # All else is much the same, and what the database logs takes most of the time.
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)
    soon, later = (
        (now + timedelta(days=days)).isoformat()
        for days in (PROVISIONED_DAYS - 1, PROVISIONED_DAYS + 1)
    )
    starts = dict.fromkeys(range(NOW, VISITS - FAR), soon)
    starts |= dict.fromkeys(range(VISITS - FAR, VISITS), later)
    for some in batched(starts.items(), 94, strict=False):
        await asyncio.gather(
            *(
                call(hass, "grant_access", valid_from=start, wait=0, **_said_of(number))
                for number, start in some
            )
        )
    known = simulator.world.database.tables.persons
    await _written(
        entry,
        lambda: sum("Zq" in one.given_name for one in known.values()) == VISITS - FAR,
    )
    return granted


async def _written(entry: MockConfigEntry, holds: Callable[[], bool]) -> None:
    """Wait until it holds; it is asked again after each commit."""
    committed = asyncio.Event()
    stop = entry.runtime_data.ledger.async_listen(lambda _: committed.set())
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            committed.clear()
            await committed.wait()
    stop()


async def _what_fails(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, now: list[str]
) -> None:
    """Each call that tells of somebody is refused, broken and cut, each once."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    told = Told(hass)
    fail = [
        {"path": path, "times": 1} | how
        for path in (ADD, UPDATE, READ, ENROL, EXPEL, APPLY, CHECK, EVENTS)
        for how in FAILURES
    ]
    await control(simulator, "faults", {"apply_delay_s": 0, "fail": fail})
    more = range(VISITS, VISITS + 2 * len(FAILURES))
    await asyncio.gather(
        *(call(hass, "grant_access", wait=0, **_said_of(number)) for number in more)
    )
    await call(
        hass, "update_visit", visit_id=now[30:40], company="ZqCompanyNew", wait=0
    )
    for number, visit in enumerate(now[30:40]):
        phone = f"+799955599{number:02}"
        await call(hass, "update_visit", visit_id=visit, phone=phone, wait=0)
    await call(hass, "revoke_access", visit_id=now[40:50], wait=0)
    faults = simulator.world.faults.fail
    while any(one.times for one in faults if one.path == EVENTS):
        await entry.runtime_data.poller.async_poll()
    await told.visit("grant_failed")
    await _written(entry, lambda: not any(one.times for one in faults))
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


async def _what_happens(
    hass: HomeAssistant, simulator: Simulator, entry: MockConfigEntry, now: list[str]
) -> str:
    """People come, leave, are denied, extended and revoked.

    One comes days too early, on the visit that is returned.
    """
    told = Told(hass)
    cards = [_said_of(number)["card_no"] for number in range(NOW)]
    for card in cards[:10]:
        await present(simulator, ENTRANCE, card=card)
    for card in cards[:5]:
        await present(simulator, EXIT, card=card)
    await call(hass, "extend_access", visit_id=now[:3], by="01:00:00", wait=30)
    await call(
        hass, "revoke_access", visit_id=now[10:13], reason="ZqReason of it", wait=30
    )
    await call(hass, "check_in", visit_id=now[20])
    await present(simulator, ENTRANCE, card=cards[10])
    early = {
        "eventType": FACE_GRANTED,
        "doorIndexCode": ENTRANCE,
        "personId": person_of(simulator, _said_of(NOW)["given_name"]),
    }
    await control(simulator, "events", {"events": [early]})
    await entry.runtime_data.poller.async_poll()
    await told.passage(16)
    too_early = await told.visit("unjustified_access")
    await hass.async_block_till_done()
    return str(too_early["visit_id"])


def _issues(hass: HomeAssistant) -> bytes:
    """Return all repair issues with their words, which are written nowhere."""
    return str([*ir.async_get(hass).issues.values()]).encode()


async def _everything_written(hass: HomeAssistant) -> dict[str, set[str]]:
    """Return what Home Assistant keeps, by its file, and what is in it of anybody.

    The stores of registries write nothing in tests; what they would write is asked for.
    """
    restored = [
        one.as_dict() for one in restore_state.async_get(hass).async_get_stored_states()
    ]
    stored = {
        "core.config_entries": hass.config_entries._data_to_save(),
        "core.area_registry": ar.async_get(hass)._data_to_save(),
        "core.device_registry": dr.async_get(hass)._data_to_save(),
        "core.entity_registry": er.async_get(hass)._data_to_save(),
        "core.issue_registry": ir.async_get(hass)._data_to_save(),
        "core.restore_state": restored,
    }
    found = {name: found_in(json_bytes(data)) for name, data in stored.items()}
    folder = Path(hass.config.config_dir)

    def read() -> dict[str, set[str]]:
        return {
            path.relative_to(folder).parts[0]: found_in(path.read_bytes())
            for path in folder.rglob("*")
            if path.is_file()
        }

    found |= await hass.async_add_executor_job(read)
    return {name: kinds for name, kinds in found.items() if kinds}


async def _forget_everybody(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Forget all visitors, and wait until nothing of them is left on the server.

    Those of now by the command, all others as retention does.
    """
    runtime = entry.runtime_data
    ledger, moment = runtime.ledger, runtime.book.moment
    people = await ledger.async_read(
        lambda connection: list(
            connection.scalars(select(visitors.c.id).order_by(visitors.c.id))
        )
    )
    await runtime.book.forget(people[:NOW], SYSTEM)

    def forget(transaction: Transaction) -> None:
        for visitor in people[NOW:]:
            forget_visitor(transaction, moment, visitor)

    await ledger.async_write(forget)
    async with asyncio.timeout(PATIENCE_S):
        while people:
            await asyncio.sleep(0.5)
            await runtime.retention.async_forget()
            people = await ledger.async_read(
                lambda connection: list(connection.scalars(select(visitors.c.id)))
            )


async def _files(hass: HomeAssistant) -> list[str]:
    return await hass.async_add_executor_job(os.listdir, hass.config.config_dir)


def _by_kind(found: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the files by what is in them."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for path, marks in found.items():
        for mark in marks:
            kinds[mark].add(path)
    return dict(kinds)


async def test_personal_data_stays_home_and_is_forgotten(
    hass: HomeAssistant,
    simulator: Simulator,
    entry: MockConfigEntry,
    log: Listening,
) -> None:
    """D37: not in logs, diagnostics or registries; after forgetting nowhere at all."""
    now = await _visits(hass, simulator, entry)
    too_early = await _what_happens(hass, simulator, entry, now)
    await _what_fails(hass, simulator, entry, now)

    ledger = {name for name in (await _files(hass)) if name.endswith((".db", "-wal"))}
    found = _by_kind(await _everything_written(hass))
    # Pictures went as soon as the doors had them.
    assert found.keys() == MARKS.keys() - {"face"}
    for kind, places in found.items():
        assert places - ledger <= ALLOWED.get(kind, set()), kind
    names = json_bytes(dr.async_get(hass)._data_to_save())
    assert len(set(MARKS["name"].findall(names))) <= NOW
    assert found_in(_issues(hass)) == {"name"}
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert found_in(json_bytes(diagnostics)) == set()
    assert log.heard > VISITS
    assert log.leaks == []

    # Whoever is inside is counted, without a name, until he is out.
    await call(hass, "check_out", visit_id=[*now[5:10], too_early])
    await _forget_everybody(hass, entry)
    await hass.async_block_till_done()
    left = _by_kind(await _everything_written(hass))
    assert left.pop("secret") - ledger <= ALLOWED["secret"]
    assert left == {}
    shown = [state.as_dict() for state in hass.states.async_all()]
    assert found_in(json_bytes(shown)) == set()
    assert b"unjustified_passage" in _issues(hass)
    assert found_in(_issues(hass)) == set()
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    assert found_in(json_bytes(diagnostics)) == set()
    tables = simulator.world.database.tables
    assert not [one for one in tables.persons.values() if "Zq" in one.given_name]
    assert log.leaks == []
