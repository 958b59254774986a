"""The real Home Assistant, killed in the middle of a burst, again and again.

What was answered before is there afterwards, nothing is there twice, and each passage
reached the bus. The bus is watched from within Home Assistant, by an integration of the
test's own that writes down each event at once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession
import pytest

from demo import installation
from demo.client import Client
from demo.configuration import prepare
from demo.facility import TURNSTILE_IN, TURNSTILE_OUT, Facility, open_facility
from demo.home_assistant import _serving as serving
from demo.language import ENGLISH
from demo.process import free_port, running
from demo.waiting import PATIENCE

from .log import tracebacks_of_ours

PAUSE_S = 0.1

WITNESS = '''\
"""Writes every passage on the bus down before anybody else hears of it."""

import json
import os


async def async_setup(hass, config):
    flags = os.O_CREAT | os.O_APPEND | os.O_WRONLY
    file = os.open(hass.config.path("passages.jsonl"), flags)

    def heard(event):
        os.write(file, (json.dumps(dict(event.data), default=str) + "\\n").encode())

    heard._hass_callback = True
    hass.bus.async_listen("hikcentral_visitors_passage", heard)
    return True
'''


@dataclass
class Burst:
    """What was asked of Home Assistant, and what it answered before it died."""

    granted: dict[str, str] = field(default_factory=dict)
    """Visits by the visitor's card."""
    asked: set[str] = field(default_factory=set)
    """Cards of all for whom access was asked, answered or not."""
    revoked: set[str] = field(default_factory=set)
    to_be_revoked: set[str] = field(default_factory=set)
    passed: dict[tuple[str, str], int] = field(default_factory=dict)
    """Cards that opened a door, in which direction, and after how many kills."""

    @property
    def answers(self) -> int:
        return len(self.granted) + len(self.revoked)


@dataclass
class Site:
    """A facility, and a Home Assistant that comes and goes."""

    session: ClientSession
    folder: Path
    url: str
    facility: Facility
    administrator: Client | None = None
    kills: int = 0
    burst: Burst = field(default_factory=Burst)

    @asynccontextmanager
    async def home_assistant(self) -> AsyncGenerator[Callable[[], None]]:
        """Run Home Assistant; gives what kills it."""
        async with running(
            "Home Assistant",
            "homeassistant",
            "--config",
            str(self.folder),
            "--skip-pip",
            log=self.folder / "output.log",
        ) as child:
            await serving(self.session, self.url, child)
            if self.administrator is not None:
                await self.until("Home Assistant has started", self._has_started)
            yield child.process.kill
        assert tracebacks_of_ours(self.folder / "output.log") == []

    async def _has_started(self) -> bool:
        assert self.administrator is not None
        return bool((await self.administrator.get("/api/config"))["state"] == "RUNNING")

    async def call(self, action: str, **data: Any) -> dict[str, Any]:
        assert self.administrator is not None
        answer = await self.administrator.post(
            f"/api/services/hikcentral_visitors/{action}?return_response", data
        )
        found: dict[str, Any] = answer["service_response"]
        return found

    async def grant(self, card: str) -> None:
        """Ask for access, under a reference of its own, so that it may be repeated."""
        self.burst.asked.add(card)
        answer = await self.call(
            "grant_access",
            given_name=f"Guest {card}",
            card_no=card,
            reference=card,
            wait=0,
        )
        # What was answered once is found again after any death.
        visit = answer["visit_id"]
        assert self.burst.granted.setdefault(card, visit) == visit

    async def revoke(self, card: str) -> None:
        self.burst.to_be_revoked.add(card)
        visit = self.burst.granted[card]
        await self.call("revoke_access", visit_id=visit, wait=0)
        self.burst.revoked.add(card)

    async def walk(self, card: str, door: str) -> None:
        """Hold a card against a reader, which must open."""
        assert await self.facility.present(card, door), f"{card} was not let in"
        direction = "entry" if door == TURNSTILE_IN else "exit"
        self.burst.passed[card, direction] = self.kills

    def witnessed(self) -> Counter[tuple[str, str]]:
        """Return how often each visit's passage in a direction was on the bus."""
        file = self.folder / "passages.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return Counter(
            (event["visit_id"], event["direction"])
            for event in map(json.loads, lines)
            if event["outcome"] == "granted"
        )

    async def holders(self) -> dict[str, list[str]]:
        """Return the persons that have one of our cards, by card."""
        persons = (await self.facility.state("persons"))["persons"]
        found: dict[str, list[str]] = {card: [] for card in self.burst.asked}
        for person_id, person in persons.items():
            for card in person["cards"]:
                if card in found:
                    found[card].append(person_id)
        return found

    async def open_to(self) -> set[str]:
        """Return the cards that the terminals would let in."""
        applied = (await self.facility.state("applied"))["applied"]
        return {
            card
            for held in applied.values()
            for record in held.values()
            for card in record["cards"]
            if card in self.burst.asked
        }

    async def until(self, what: str, test: Callable[[], Any]) -> None:
        """Wait until it is so."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    found = test()
                    if asyncio.iscoroutine(found):
                        found = await found
                    if found:
                        return
                    await asyncio.sleep(PAUSE_S)
        except TimeoutError:
            log = (self.folder / "output.log").read_text()[-2000:]
            found = await self.open_to(), self.witnessed(), self.burst
            pytest.fail(f"it did not come to this: {what}; {found}\n{log}")


async def _attempt(one: Any) -> None:
    """Ask; what dies with Home Assistant is no error."""
    with suppress(ClientError):
        await one


async def _set_up(site: Site) -> None:
    """Make the entry, and wait until Home Assistant has written everything."""
    async with site.home_assistant():
        administrator = await installation.create_administrator(
            site.session, site.url, ENGLISH
        )
        site.administrator = administrator
        async with administrator.connected():
            entry = await installation.connect(administrator, site.facility)
            await installation.change_options(
                administrator, entry, "devices", {"poll_interval": 5}
            )


async def _killed(
    site: Site, work: Iterable[Any], moment: Callable[[], Any], what: str
) -> None:
    """Start Home Assistant, ask all at once, and kill it at a moment."""
    async with site.home_assistant() as kill:
        asked = [asyncio.create_task(_attempt(one)) for one in work]
        await site.until(what, moment)
        kill()
        site.kills += 1
        await asyncio.gather(*asked)


@pytest.mark.usefixtures("socket_enabled")
async def test_killed_in_the_middle_of_bursts(tmp_path: Path) -> None:
    """D24, D33 and the crash windows: what was accepted is kept, and nothing twice."""
    folder, port = tmp_path / "config", free_port()
    prepare(folder, port, ENGLISH)
    configuration = folder / "configuration.yaml"
    text = configuration.read_text().split("recorder:")[0]
    configuration.write_text(text + "config:\nwitness:\n")
    # A package, so that Home Assistant looks in here and nowhere else.
    (folder / "custom_components" / "__init__.py").touch()
    witness = folder / "custom_components" / "witness"
    witness.mkdir()
    (witness / "__init__.py").write_text(WITNESS)
    (witness / "manifest.json").write_text(
        json.dumps({"domain": "witness", "name": "Witness", "version": "1.0.0"})
    )
    cards = [f"55{number:04}" for number in range(16)]
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())
        facility = await stack.enter_async_context(
            open_facility(session, folder, ENGLISH)
        )
        site = Site(session, folder, f"http://127.0.0.1:{port}", facility)
        burst = site.burst
        await _set_up(site)
        await facility.faults(latency_ms=20)

        # While grants are asked, and some are on their way to the doors.
        await _killed(
            site,
            [site.grant(card) for card in cards[:10]],
            lambda: burst.answers >= 4,
            "four grants answered",
        )
        kept = set(burst.granted)

        # While the first passage is told, and the other visitors are asked for again.
        async def first_is_told() -> bool:
            if not burst.passed and kept <= await site.open_to():
                for card in sorted(kept):
                    await site.walk(card, TURNSTILE_IN)
            return bool(site.witnessed())

        await _killed(
            site,
            [site.grant(card) for card in cards[:14]],
            first_is_told,
            "one passage told",
        )
        assert len(burst.granted) == 14

        # While some are revoked, and others leave.
        for card in sorted(kept)[:2]:
            await site.walk(card, TURNSTILE_OUT)
        await _killed(
            site,
            [
                *(site.revoke(card) for card in sorted(burst.granted)[:5]),
                *(site.grant(card) for card in cards[14:]),
            ],
            lambda: len(burst.revoked) >= 2,
            "two revocations answered",
        )

        async with site.home_assistant():
            # Whoever got no answer asks again.
            for card in sorted(burst.to_be_revoked - burst.revoked):
                await site.revoke(card)
            for card in cards:
                await site.grant(card)
            expected = set(cards) - burst.revoked

            async def doors_agree() -> bool:
                return await site.open_to() == expected

            await site.until("the doors agree with what was asked", doors_agree)
            await site.walk(max(expected), TURNSTILE_IN)
            told = {
                (burst.granted[card], way): 1 + site.kills - before
                for (card, way), before in burst.passed.items()
            }
            await site.until(
                "every passage on the bus",
                lambda: told.keys() <= site.witnessed().keys(),
            )
            # Nothing else, and again only where Home Assistant was killed after it.
            witnessed = site.witnessed()
            assert witnessed.keys() == told.keys()
            assert not [one for one, most in told.items() if witnessed[one] > most]
            holders = await site.holders()
            assert all(len(holders[card]) == 1 for card in expected)
            assert all(len(holders[card]) <= 1 for card in cards)
            listed = await site.call("get_visits", limit=100)
            assert len(listed["visits"]) == len(cards)
            recorded = await site.call("get_passages", limit=100)
            assert Counter(
                (one["visit_id"], one["direction"]) for one in recorded["passages"]
            ) == Counter(told.keys())
            assert not await facility.present(min(burst.revoked), TURNSTILE_IN)
