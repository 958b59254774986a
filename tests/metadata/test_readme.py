"""What README says of the outside is what the code does."""

import re
from typing import Any

from custom_components.hikcentral_visitors.hikcentral import (
    CannotConnectError,
    HikCentralClient,
    Limiter,
    Pace,
)
from tests.hikcentral.calls import CALLS, carry_out

from .files import ROOT


def _allowed() -> set[str]:
    """Return the APIs that a partner is to be allowed; `a/…` stands before others."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| For | APIs") : readme.index("If one of set-up is")]
    found = set()
    for row in table.splitlines()[2:]:
        base = ""
        for path in re.findall(r"`([^`]+)`", row):
            if path.endswith("/…"):
                base = path.removesuffix("…")
            else:
                found.add(base + path)
    return found


async def test_exactly_what_is_called_is_to_be_allowed() -> None:
    asked: set[str] = set()

    async def post(question: Any, _body: Any) -> None:
        asked.add(question.path)
        raise CannotConnectError(None, "nobody is there", question.path)

    limiter = Limiter(pace=Pace(slowest=1e6))
    session: Any = None  # nothing is sent
    client = HikCentralClient(session, "http://127.0.0.1", "k", "s", limiter=limiter)
    transport: Any = client._transport
    transport._post = post
    for call in CALLS.values():
        await carry_out(call, client)
    assert asked == _allowed()
