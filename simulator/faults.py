"""Faults: what goes wrong between the gateway, its terminals and its callers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import fnmatch
import random
from typing import Any, Literal

import voluptuous as vol

type Cut = Literal["drop_before", "drop_after", "hang"]

CUTS = ("drop_before", "drop_after", "hang")


@dataclass(slots=True, kw_only=True)
class CallFault:
    """A call that fails.

    `path` is the part after `/artemis/api/`, or a pattern such as `acs/*`.
    Exactly one of `code` (answered in an envelope), `http` (a bare status) and
    `cut` says how: cut before the call is carried out, cut after it, or never
    answered. With `after` a `code` or `http` comes although the call was carried
    out. In JSON a cut is written `{path, drop_after: true}` or
    `{path, do: "drop_after"}`. `contains` limits it to requests whose body has
    that text; `skip` lets so many pass first; `times` ends it after so many
    (`None`: never).
    """

    path: str
    code: str | None = None
    http: int | None = None
    cut: Cut | None = None
    after: bool = False
    contains: str | None = None
    skip: int = 0
    times: int | None = None
    probability: float = 1.0

    def strikes(self, path: str, body: bytes, chance: random.Random) -> bool:
        """Say whether this call is hit, and count it."""
        if self.times == 0 or not fnmatch.fnmatchcase(path, self.path):
            return False
        if self.contains is not None and self.contains.encode() not in body:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability < 1.0 and chance.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True, kw_only=True)
class ApplyFault:
    """An application to a terminal that fails.

    Without `doorIndexCode`, `acsDevIndexCode` and `personId` it meets everybody
    everywhere. `status` is what the terminal reports (2 or 3), `times` how many
    applications fail (`None`: all).
    """

    doorIndexCode: str | None = None  # noqa: N815 - HikCentral's name
    acsDevIndexCode: str | None = None  # noqa: N815 - HikCentral's name
    personId: str | None = None  # noqa: N815 - HikCentral's name
    status: int = 2
    times: int | None = None

    def strikes(self, device: str, doors: frozenset[str], person_id: str) -> bool:
        """Say whether this application fails, and count it."""
        if (
            self.times == 0
            or self.acsDevIndexCode not in (None, device)
            or self.personId not in (None, person_id)
            or not (self.doorIndexCode is None or self.doorIndexCode in doors)
        ):
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True, kw_only=True)
class Faults:
    """All faults; a new instance is a gateway in good order.

    - `latency_ms`, `jitter_ms`: real time added to every call; the jitter is
      drawn evenly from ± its value.
    - `apply_delay_s`: virtual seconds from a reapplication to its end.
    - `apply_fail`: `true` (every application fails), a number (so many fail), or
      a list of `ApplyFault`.
    - `fail`: list of `CallFault`; the first that meets a call decides.
    - `late_events_s`: virtual seconds from a passage to its record and push.
    - `duplicate_events`: every passage is recorded twice, a second apart, under
      two ids, as turnstiles do.
    - `shuffle_events`: pages of events and pushes come in no order.
    - `push`: `normal`, `lost` (never sent, never kept), `held` (as if every
      receiver were unreachable), or a probability of being lost.
    - `clock_skew_s`: the server's clock is wrong by so much; the terminals' is
      not (that is the switch `terminal_clock_offset_s`).
    - `rate_limit`: calls within a real second beyond which `0x02401009` comes.
    """

    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    apply_delay_s: float = 1.0
    apply_fail: list[ApplyFault] = field(default_factory=list)
    fail: list[CallFault] = field(default_factory=list)
    late_events_s: float = 0.0
    duplicate_events: bool = False
    shuffle_events: bool = False
    push: str | float = "normal"
    clock_skew_s: float = 0.0
    rate_limit: int | None = None

    def loses_push(self, chance: random.Random) -> bool:
        """Say whether a push about to be made is lost."""
        if isinstance(self.push, str):
            return self.push == "lost"
        return chance.random() < self.push


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = "expected a number"
        raise vol.Invalid(msg)
    return float(value)


def whole(value: Any) -> int:
    """Take a whole number that is not negative; raise `vol.Invalid`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        msg = "expected a whole number from 0"
        raise vol.Invalid(msg)
    return value


_NATURAL = vol.All(_number, vol.Range(min=0))
_CHANCE = vol.All(_number, vol.Range(min=0, max=1))
_TIMES = vol.Any(None, whole)


def _call_fault(value: Any) -> CallFault:
    found: dict[str, Any] = vol.Schema(
        {
            vol.Required("path"): vol.All(str, vol.Length(min=1)),
            "code": vol.All(str, vol.Match(r"(\d+|0x[0-9a-f]+)$")),
            "http": vol.All(whole, vol.Range(min=100, max=599)),
            "do": vol.In(CUTS),
            **dict.fromkeys(CUTS, True),
            "after": bool,
            "contains": str,
            "skip": whole,
            "times": _TIMES,
            "probability": _CHANCE,
        }
    )(value)
    cuts = [cut for cut in CUTS if found.pop(cut, False)]
    if "do" in found:
        cuts.append(found.pop("do"))
    if len(cuts) + ("code" in found) + ("http" in found) != 1:
        msg = f"expected one of code, http, {', '.join(CUTS)}"
        raise vol.Invalid(msg)
    found["cut"] = cuts[0] if cuts else None
    return CallFault(**found)


def _apply_fail(value: Any) -> list[ApplyFault]:
    if value is False or value is None:
        return []
    if value is True:
        return [ApplyFault()]
    if isinstance(value, int):
        return [ApplyFault(times=whole(value))]
    rules: list[dict[str, Any]] = vol.Schema(
        [
            {
                "doorIndexCode": str,
                "acsDevIndexCode": str,
                "personId": str,
                "status": vol.In((2, 3)),
                "times": _TIMES,
            }
        ]
    )(value)
    return [ApplyFault(**rule) for rule in rules]


_PUSH = vol.Any(
    vol.In(("normal", "lost", "held")),
    vol.All(bool, lambda on: "normal" if on else "lost"),
    _CHANCE,
)

_FAULTS = vol.Schema(
    {
        "latency_ms": _NATURAL,
        "jitter_ms": _NATURAL,
        "apply_delay_s": _NATURAL,
        "apply_fail": _apply_fail,
        "fail": [_call_fault],
        "late_events_s": _NATURAL,
        "duplicate_events": bool,
        "shuffle_events": bool,
        "push": _PUSH,
        "clock_skew_s": _number,
        "rate_limit": vol.Any(None, vol.All(whole, vol.Range(min=1))),
    }
)


def parse_faults(body: Mapping[str, Any]) -> Faults:
    """Make faults from the control API's JSON; what is left out is in order.

    Raises `vol.Invalid` for anything unknown.
    """
    return Faults(**_FAULTS(dict(body)))
