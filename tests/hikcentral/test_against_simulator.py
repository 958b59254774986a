"""The client and the simulator over a real socket: each as the other expects."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    ACCESS_TYPES,
    AlreadyExistsError,
    AmbiguousError,
    ApplicationState,
    ClockSkewError,
    CredentialsError,
    DoorCommand,
    ErrorKind,
    HikCentralClient,
    HikCentralError,
    Limiter,
    NotFoundError,
    NotPermittedError,
    Outcome,
    Pace,
    PersonDraft,
    Priority,
    TransientError,
    UnsupportedError,
    event_type,
    fetch_certificate,
    parse_push,
)
from simulator import Simulator, create_app

from .gateway import URGENT, in_full
from .wire import KEY, SECRET

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def root_of(client: HikCentralClient) -> str:
    """Return the organisation above all."""
    (root,) = [
        one for one in await in_full(client.organisations()) if one.parent == "0"
    ]
    return root.index_code


class Scene:
    """A simulator, a client of it, and its control."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.session = session
        self.client = self.another()

    def another(self, secret: str = SECRET, **options: Any) -> HikCentralClient:
        # Refusals for the rate slow down to what a test can wait for.
        options.setdefault("limiter", Limiter(pace=Pace(slowest=1000)))
        return HikCentralClient(
            self.session, self.simulator.url, KEY, secret, **options
        )

    async def control(self, name: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.simulator.control_url}/{name}"
        async with self.session.post(url, json=body or {}) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def enrolled(self, code: str = "HV0000000000001") -> str:
        """Add a person with card and face to the first level, all applied."""
        client = self.client
        now = client.clock.now()
        draft = PersonDraft(
            person_code=code,
            given_name="Ada",
            organisation_id=await root_of(client),
            card_numbers=("112233",),
            face=b"\xff\xd8\xff\xe0face\xff\xd9",
            begin=now - timedelta(minutes=1),
            end=now + timedelta(hours=8),
        )
        person_id = await client.add_person(draft)
        level, *_ = await in_full(client.access_levels())
        await client.add_members(level.id, [person_id], priority=Priority.WIDENING)
        await client.reapply([person_id], priority=Priority.WIDENING)
        await self.simulator.advance(120)
        return person_id


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with _scene() as scene:
        yield scene


@asynccontextmanager
async def _scene() -> AsyncIterator[Scene]:
    async with (
        create_app(app_key=KEY, app_secret=SECRET, seed=1) as simulator,
        aiohttp.ClientSession() as session,
    ):
        yield Scene(simulator, session)


async def _events(scene: Scene, code: int) -> list[Any]:
    doors = [door.id for door in await in_full(scene.client.doors())][:10]
    now = scene.client.clock.now()
    pages = await in_full(
        scene.client.all_door_events(
            code,
            doors,
            now - timedelta(days=1),
            now + timedelta(days=1),
            priority=URGENT,
        )
    )
    assert not sum(page.malformed for page in pages)
    return [event for page in pages for event in page.items]


async def test_the_facility(scene: Scene) -> None:
    client = scene.client
    assert await client.version() == "V3.1.1.0"
    assert await root_of(client)
    assert await in_full(client.devices())
    doors = await in_full(client.doors())
    assert doors
    assert all(
        door.name and door.device_id and door.state is not None for door in doors
    )
    readers = await in_full(client.readers(doors[0].id))
    assert readers
    assert all(reader.door_id == doors[0].id for reader in readers)
    levels = await in_full(client.access_levels())
    known = {door.id for door in doors}
    assert levels
    assert all(door.id in known for level in levels for door in level.doors)
    assert await client.subscriptions() == []


async def test_a_person_comes_and_goes(scene: Scene) -> None:
    client = scene.client
    person_id = await scene.enrolled()
    person = await client.person_by_code("HV0000000000001", priority=URGENT)
    assert person is not None
    assert person == await client.person_by_id(person_id, priority=URGENT)
    assert (person.given_name, person.family_name) == ("Ada", "-")
    assert person.card_numbers == ("112233",)
    assert person.has_photo
    assert person.picture_uri
    assert person_id in [one.id async for one in client.persons(priority=URGENT)]

    level, *_ = await in_full(client.access_levels())
    assert person_id in await in_full(client.members(level.id, priority=URGENT))
    detail = await client.application_detail(person_id, priority=URGENT)
    assert {door.door_id for door in detail.doors} == {door.id for door in level.doors}
    assert {door.state for door in detail.doors} == {ApplicationState.APPLIED}

    end = (client.clock.now() + timedelta(hours=1)).replace(microsecond=0)
    await client.update_person(person_id, PersonDraft(end=end), priority=URGENT)
    changed = await client.person_by_id(person_id, priority=URGENT)
    assert changed is not None
    assert changed.end == end
    assert changed.card_numbers == ("112233",)

    await client.remove_members(level.id, [person_id], priority=URGENT)
    assert person_id not in await in_full(client.members(level.id, priority=URGENT))
    await client.delete_person(person_id, priority=URGENT)
    assert await client.person_by_id(person_id, priority=URGENT) is None
    with pytest.raises(NotFoundError):
        await client.delete_person(person_id, priority=URGENT)


async def test_a_code_that_is_taken(scene: Scene) -> None:
    await scene.enrolled()
    draft = PersonDraft(person_code="HV0000000000001", organisation_id="1")
    with pytest.raises(AlreadyExistsError):
        await scene.client.add_person(draft)


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"event_time_format": "millis", "server_utc_offset": "+05:00"},
        {"person_id_as_number": True, "numeric_codes": True},
        {"empty_list_included": True, "single_item_as_object": True},
        {"detail_key_case": "lower", "detail_status_as_text": True},
        {"add_answers_object": True, "xml_labelled_errors": True},
        {"timestamp_window_s": 900, "nonce_memory_s": 900, "content_md5_check": True},
    ],
    ids=lambda switches: ",".join(switches) or "none",
)
async def test_a_passage_whatever_the_server_is_like(
    scene: Scene, switches: dict[str, Any]
) -> None:
    """D1, D28: events as documented, and as servers are known to send them."""
    await scene.control("switches", switches)
    person_id = await scene.enrolled()
    detail = await scene.client.application_detail(person_id, priority=URGENT)
    assert {door.state for door in detail.doors} == {ApplicationState.APPLIED}
    door_id = detail.doors[0].door_id
    await scene.control(
        "present", {"personId": person_id, "with": "face", "doorIndexCode": door_id}
    )
    granted, *more = await _events(scene, 196893)
    assert not more
    assert (granted.person_id, granted.door_id) == (person_id, door_id)
    assert event_type(granted.type).outcome is Outcome.GRANTED
    assert abs(granted.time - scene.simulator.world.clock.now()) < timedelta(minutes=5)
    assert granted.picture_uri
    assert (await scene.client.event_picture(granted.picture_uri)).data
    for code in ACCESS_TYPES[:5]:  # empty lists
        assert await _events(scene, code) == []


async def test_pushed_and_polled_events_are_the_same(scene: Scene) -> None:
    pushes = list[tuple[str | None, Any]]()

    async def receive(request: web.Request) -> web.Response:
        pushes.append((request.headers.get("token"), await request.json()))
        return web.json_response({"code": "0", "msg": "success"})

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        client = scene.client
        await client.subscribe([196893, 197151], url, "secret", pass_back=True)
        (subscription,) = await client.subscriptions()
        assert subscription.destination == url
        assert set(subscription.event_types) == {196893, 197151}
        person_id = await scene.enrolled()
        level, *_ = await in_full(client.access_levels())
        await scene.control(
            "present",
            {
                "personId": person_id,
                "with": "face",
                "doorIndexCode": level.doors[0].id,
            },
        )
        await scene.simulator.advance(1)
    finally:
        await runner.cleanup()
    ((token, body),) = pushes
    assert token == "secret"
    (pushed,) = parse_push(body, client.zone).events
    (polled,) = await _events(scene, 196893)
    for name in ("id", "type", "time", "person_id", "door_id", "reader_id"):
        assert getattr(pushed, name) == getattr(polled, name)
    assert pushed.person_code == "HV0000000000001"
    await client.unsubscribe([196893, 197151])
    assert await client.subscriptions() == []


async def test_a_door_is_opened(scene: Scene) -> None:
    door, *_ = await in_full(scene.client.doors())
    (result,) = await scene.client.control_doors(
        [door.id], DoorCommand.OPEN, priority=URGENT
    )
    assert (result.door_id, result.done) == (door.id, True)


async def test_many_pages(scene: Scene) -> None:
    await scene.control("seed", {"persons": 1100, "events_per_minute": 0})
    persons = await in_full(scene.client.persons(priority=Priority.SWEEP))
    assert len({person.id for person in persons}) == len(persons) >= 1100


@pytest.mark.parametrize("code", ["0x02401003", "68"])
async def test_wrong_secret(scene: Scene, code: str) -> None:
    await scene.control("switches", {"signature_failure_code": code})
    with pytest.raises(CredentialsError) as caught:
        await scene.another("another-secret").version()
    assert KEY not in str(caught.value)


async def test_a_clock_that_is_off(scene: Scene) -> None:
    await scene.control("switches", {"timestamp_window_s": 900})
    real = scene.simulator.world.clock.now
    client = scene.another(now=lambda: real() - timedelta(hours=1))
    with pytest.raises(ClockSkewError):
        await client.version()
    await client.version()
    assert client.clock.skew is not None
    assert abs(client.clock.skew - timedelta(hours=1)) < timedelta(minutes=1)


async def test_permissions_and_versions(scene: Scene) -> None:
    path = "acs/v1/privilege/group/single/personList"
    await scene.control("switches", {"forbidden_apis": [path]})
    level, *_ = await in_full(scene.client.access_levels())
    with pytest.raises(NotPermittedError) as caught:
        await in_full(scene.client.members(level.id, priority=URGENT))
    assert caught.value.path == path
    await scene.control("switches", {"person_application_detail": "unsupported"})
    with pytest.raises(UnsupportedError):
        await scene.client.application_detail("1", priority=URGENT)


@pytest.mark.parametrize(
    ("fault", "reading", "writing"),
    [
        ({"code": "6"}, ErrorKind.TRANSIENT, ErrorKind.TRANSIENT),
        ({"code": "0x02401009"}, ErrorKind.TRANSIENT, ErrorKind.TRANSIENT),
        ({"http": 503}, ErrorKind.TRANSIENT, ErrorKind.TRANSIENT),
        ({"http": 429}, ErrorKind.TRANSIENT, ErrorKind.TRANSIENT),
        ({"http": 500}, ErrorKind.TRANSIENT, ErrorKind.AMBIGUOUS),
        ({"http": 404}, ErrorKind.TRANSIENT, ErrorKind.TRANSIENT),
        ({"drop_before": True}, ErrorKind.TRANSIENT, ErrorKind.AMBIGUOUS),
        ({"drop_after": True}, ErrorKind.TRANSIENT, ErrorKind.AMBIGUOUS),
        ({"hang": True}, ErrorKind.TRANSIENT, ErrorKind.AMBIGUOUS),
        ({"code": "64"}, ErrorKind.CREDENTIALS, ErrorKind.CREDENTIALS),
        ({"code": "132"}, ErrorKind.REFUSED, ErrorKind.REFUSED),
    ],
    ids=str,
)
async def test_faults(
    scene: Scene, fault: dict[str, Any], reading: ErrorKind, writing: ErrorKind
) -> None:
    client = scene.another(
        timeout=aiohttp.ClientTimeout(total=0.2) if "hang" in fault else None
    )
    for call, kind in (
        (client.version, reading),
        (lambda: client.delete_person("4711", priority=URGENT), writing),
    ):
        await scene.control("faults", {"fail": [{"path": "*", **fault, "times": 1}]})
        with pytest.raises(HikCentralError) as caught:
            await call()
        assert caught.value.kind is kind
    await scene.control("faults", {})
    await client.version()


async def test_a_lost_answer_is_resolved_by_reading_back(scene: Scene) -> None:
    fail = {"path": "*single/add", "drop_after": True, "times": 1}
    await scene.control("faults", {"fail": [fail]})
    draft = PersonDraft(person_code="HV0000000000001", organisation_id="1")
    with pytest.raises(AmbiguousError):
        await scene.client.add_person(draft)
    found = await scene.client.person_by_code("HV0000000000001", priority=URGENT)
    assert found is not None


async def test_a_rate_limit_slows_down_but_all_get_through(scene: Scene) -> None:
    await scene.control("faults", {"rate_limit": 50})
    client = scene.another(limiter=Limiter(pace=Pace(slowest=20)))
    missing, attempts = 60, 0
    while missing:
        attempts += 1
        assert attempts < 1000
        try:
            await client.version()
        except TransientError:
            continue
        missing -= 1
    assert client.statistics.counts["ok"] == 60


async def test_tls_pinned() -> None:
    simulator = create_app(app_key=KEY, app_secret=SECRET)
    await simulator.start(tls=True)
    try:
        port = int(simulator.url.rpartition(":")[2])
        certificate = await fetch_certificate("127.0.0.1", port)
        assert certificate.subject == certificate.issuer
        assert certificate.not_before < datetime.now(UTC) < certificate.not_after
        async with aiohttp.ClientSession() as session:
            client = HikCentralClient(
                session,
                simulator.url,
                KEY,
                SECRET,
                ssl=aiohttp.Fingerprint(bytes.fromhex(certificate.sha256)),
            )
            assert await client.version()
    finally:
        await simulator.stop()
