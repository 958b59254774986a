"""A caller of the simulator, with a signature of its own making."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
import hashlib
import hmac
import json
from typing import Any

import aiohttp

from simulator import Simulator

APP_KEY = "20240001"
APP_SECRET = "sim-secret-not-real-0001"
PREFIX = "/artemis/api/"

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 a face \xff\xd9").decode()
OTHER_JPEG = base64.b64encode(b"\xff\xd8\xff\xe0 another \xff\xd9").decode()


def sign(text: str, secret: str = APP_SECRET) -> str:
    """Sign a string as the reference says (1.2)."""
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


@dataclass
class Caller:
    """Calls the gateway (variant b) and the control API of a simulator."""

    sim: Simulator
    session: aiohttp.ClientSession
    last: aiohttp.ClientResponse | None = field(default=None, init=False)

    async def call(self, path: str, body: Any = None, /, **params: Any) -> Any:
        """Call an API; return its envelope."""
        sent = json.dumps(params if body is None else body)
        full = PREFIX + path
        signature = sign(f"POST\n*/*\napplication/json\nx-ca-key:{APP_KEY}\n{full}")
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "X-Ca-Key": APP_KEY,
            "X-Ca-Signature": signature,
            "X-Ca-Signature-Headers": "x-ca-key",
        }
        return await self.raw(path, headers, sent.encode())

    async def raw(
        self,
        path: str,
        headers: Mapping[str, str],
        data: bytes = b"",
        *,
        method: str = "POST",
        query: str = "",
    ) -> Any:
        """Send exactly these headers; return the envelope, or the bare text."""
        async with self.session.request(
            method,
            self.sim.url + PREFIX + path + query,
            data=data,
            headers=headers,
            skip_auto_headers=("Accept", "Content-Type", "User-Agent"),
        ) as answer:
            self.last = answer
            text = await answer.text()
        try:
            return json.loads(text)
        except ValueError:
            return text

    async def data(self, path: str, **params: Any) -> Any:
        """Call an API that succeeds; return the data."""
        answer = await self.call(path, **params)
        assert answer["code"] == "0", answer
        return answer["data"]

    async def code(self, path: str, **params: Any) -> str:
        """Call an API; return the code alone."""
        code = (await self.call(path, **params))["code"]
        assert isinstance(code, str)
        return code

    async def control(self, path: str, /, **body: Any) -> Any:
        """Use the control API; return what it says."""
        async with self.session.post(self.sim.control_url + path, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def refused(self, path: str, /, **body: Any) -> str:
        """Use the control API wrongly; return why it refuses."""
        async with self.session.post(self.sim.control_url + path, json=body) as answer:
            assert answer.status == 400, await answer.text()
            error: str = (await answer.json())["error"]
            return error

    async def state(self, *parts: str) -> Any:
        """Return the world's state, or parts of it."""
        query = {"only": ",".join(parts)} if parts else {}
        async with self.session.get(
            self.sim.control_url + "/state", params=query
        ) as answer:
            assert answer.status == 200, await answer.text()
            found = await answer.json()
        return found[parts[0]] if len(parts) == 1 else found

    async def advance(self, seconds: float) -> None:
        """Move virtual time."""
        await self.control("/clock", advance_s=seconds)

    async def add_person(self, **fields: Any) -> str:
        """Add a person; return the id."""
        person: str = await self.data(
            "resource/v1/person/single/add",
            **{
                "personGivenName": "Ada",
                "personFamilyName": "Test",
                "orgIndexCode": "2",
                "beginTime": "2026-03-02T08:00:00+05:00",
                "endTime": "2026-03-02T18:00:00+05:00",
                "faces": [{"faceData": JPEG}],
                "cards": [{"cardNo": "7001"}],
                **fields,
            },
        )
        return person

    async def enrol(self, *persons: str, level: str = "7") -> None:
        """Put persons into a level."""
        await self.data(
            "acs/v1/privilege/group/single/addPersons",
            privilegeGroupId=level,
            type=1,
            list=[{"id": person} for person in persons],
        )

    async def expel(self, *persons: str, level: str = "7") -> None:
        """Take persons out of a level."""
        await self.data(
            "acs/v1/privilege/group/single/deletePersons",
            privilegeGroupId=level,
            type=1,
            list=[{"id": person} for person in persons],
        )

    async def apply(self, *persons: str, seconds: float = 2) -> None:
        """Apply, and let it end."""
        text = {"personIds": ",".join(persons)} if persons else {}
        await self.data("visitor/v1/auth/reapplication", **text)
        await self.advance(seconds)

    async def applied(self, person: str) -> dict[str, int]:
        """Return elementStatus by door."""
        data = await self.data("visitor/v1/person/ID/elementDownloadDetail", id=person)
        elements = data["ElementDetailList"].get("ElementDetail", [])
        return {
            item["ID"]: item["ElementStatus"][0]["elementStatus"] for item in elements
        }

    async def visitor(self, level: str = "7", **fields: Any) -> str:
        """Add a person whom the doors of a level know already; return the id."""
        person = await self.add_person(**fields)
        await self.enrol(person, level=level)
        await self.apply(person)
        return person

    async def present(
        self, person: str = "", *, door: str = "11", by: str = "face", **more: Any
    ) -> Any:
        """Stand at a door; return the event."""
        who = {"personId": person} if person else {}
        return await self.control(
            "/present", **{**who, "with": by, "doorIndexCode": door, **more}
        )
