"""What a comparison with the server brought to light."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..visits.known import Existence, Known


class Difference(StrEnum):
    """In what the server was found to differ from what was known of it."""

    UNKNOWN = "unknown"
    """A person of ours of whom nothing was known."""
    PERSON = "person"
    VALIDITY = "validity"
    FACE = "face"
    ACCESS_LEVELS = "access_levels"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Of whom what was different, by visitor id; `compared` counts the visitors.

    `complete` is false where the server did not answer everything.
    """

    compared: int = 0
    complete: bool = True
    differences: Mapping[str, frozenset[Difference]] = field(default_factory=dict)


NOTHING = Findings()
UNREAD = Findings(complete=False)


def combined(findings: Iterable[Findings]) -> Findings:
    """Return what all of these found; visitors are counted by the one that saw most."""
    compared, complete = 0, True
    different: dict[str, frozenset[Difference]] = {}
    for one in findings:
        compared = max(compared, one.compared)
        complete &= one.complete
        for visitor_id, kinds in one.differences.items():
            different[visitor_id] = different.get(visitor_id, frozenset()) | kinds
    return Findings(compared=compared, complete=complete, differences=different)


def differences(before: Known, after: Known) -> frozenset[Difference]:
    """Return in what a reading contradicts what was known; to end a doubt is none."""
    there = {
        known.existence is Existence.PRESENT
        for known in (before, after)
        if known.existence is not Existence.UNKNOWN or known.absences
    }
    if len(there) > 1:
        return frozenset({Difference.PERSON})
    if after.existence is not Existence.PRESENT:
        return frozenset()
    if before.person_id not in {None, after.person_id}:
        return frozenset({Difference.PERSON})
    found = set()
    if before.window_known and before.window != after.window:
        found.add(Difference.VALIDITY)
    if before.face is not None and after.face is None:
        found.add(Difference.FACE)
    lost = before.members - after.possible_levels
    gained = after.possible_levels - before.possible_levels
    if lost or gained:
        found.add(Difference.ACCESS_LEVELS)
    return frozenset(found)
