"""The facility: a simulated HikCentral Professional, and people at its doors."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
import json
from pathlib import Path
import secrets
from typing import Any

from aiohttp import ClientSession

from .language import Texts
from .process import running
from .waiting import PATIENCE, StoryError

# The doors of the simulator's own layout, and the level that has them all.
TURNSTILE_IN = "11"
TURNSTILE_OUT = "12"
PARKING_IN = "13"
MEETING_ROOM = "15"
VIP_LEVEL = "8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A running simulator: `url`, `app_key` and `app_secret` are the gateway's."""

    session: ClientSession
    url: str
    control: str
    app_key: str
    app_secret: str

    async def present(self, card_no: str, door: str) -> bool:
        """Hold a card against the reader of a door; tell whether that opened."""
        event = await self._post(
            "/present", {"cardNo": card_no, "with": "card", "doorIndexCode": door}
        )
        return bool(event["granted"])

    async def show_face(self, person_id: str, door: str) -> bool:
        """Look into the camera at a door; tell whether that opened."""
        event = await self._post(
            "/present", {"personId": person_id, "with": "face", "doorIndexCode": door}
        )
        return bool(event["granted"])

    async def person(self, person_id: str) -> Mapping[str, Any] | None:
        """Return what is configured of a person: window, cards, levels."""
        persons: dict[str, Any] = (await self.state("persons"))["persons"]
        found: Mapping[str, Any] | None = persons.get(person_id)
        return found

    async def applied_end(self, person_id: str) -> set[datetime]:
        """Return the ends of a person's window that the terminals hold."""
        doors: dict[str, Any] = (await self.state("applied"))["applied"]
        return {
            datetime.fromisoformat(held[person_id]["endTime"])
            for held in doors.values()
            if person_id in held
        }

    async def state(self, *parts: str) -> dict[str, Any]:
        """Return the named parts of the simulator's state."""
        async with self.session.get(
            f"{self.control}/state", params={"only": ",".join(parts)}
        ) as response:
            response.raise_for_status()
            state: dict[str, Any] = await response.json()
            return state

    async def seed(self, persons: int, events_per_minute: float) -> None:
        """Let staff come and go in the background."""
        await self._post(
            "/seed", {"persons": persons, "events_per_minute": events_per_minute}
        )

    async def faults(self, **faults: Any) -> None:
        """Set faults, such as how long terminals take (`apply_delay_s`)."""
        await self._post("/faults", faults)

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        async with self.session.post(f"{self.control}{path}", json=body) as response:
            answer: dict[str, Any] = await response.json()
            if response.status >= 400:
                msg = f"the simulator refused {path}: {answer}"
                raise StoryError(msg)
            return answer


@asynccontextmanager
async def open_facility(
    session: ClientSession, folder: Path, texts: Texts
) -> AsyncGenerator[Facility]:
    """Run a simulator with a self-signed certificate until the context is left."""
    app_key, app_secret = "demo-partner", secrets.token_urlsafe(15)
    layout = folder / "facility.json"
    layout.write_text(json.dumps(texts.layout), encoding="utf-8")
    # In one word: a random text may begin like an option.
    arguments = ["--tls", f"--app-key={app_key}", f"--app-secret={app_secret}"]
    async with running(
        "the simulator",
        "simulator",
        *arguments,
        "--layout",
        str(layout),
        log=folder / "simulator.log",
        listen=True,
    ) as child:
        ready = json.loads(await child.first_line(PATIENCE))
        yield Facility(
            session=session,
            url=ready["url"],
            control=ready["control"],
            app_key=app_key,
            app_secret=app_secret,
        )
