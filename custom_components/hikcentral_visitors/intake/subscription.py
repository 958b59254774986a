"""Having events pushed: who gets which types, and what is to be done about it.

A subscription is of a type, for a partner, and goes to an address; ending it needs the
type only, and ends it for every address (reference 3.11). Whether a second address
replaces the first or is added is unknown, so nothing is done that might cost another
receiver its events, unless somebody said so.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from yarl import URL

from ..hikcentral import (
    ACCESS_TYPES,
    ALARM_TYPES,
    EVENT_TYPES,
    FAST_TYPES,
    HikCentralClient,
    Outcome,
    Priority,
    RefusedError,
    Subscription,
)

TYPE_GROUPS: Final[tuple[frozenset[int], ...]] = (
    frozenset(FAST_TYPES),
    frozenset(ACCESS_TYPES) - frozenset(FAST_TYPES),
    frozenset(
        one.code
        for one in EVENT_TYPES.values()
        if one.documented and one.outcome is Outcome.OTHER
    )
    | frozenset(ALARM_TYPES),
)
"""What we want, the most needed first.

Each group is a call of its own: a type that a version does not know may spoil it.
"""

WANTED: Final = frozenset[int]().union(*TYPE_GROUPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What is to be done, and what is left as it is.

    `end` comes before `begin`: types that go to a former address of ours. `elsewhere`
    go to somebody else, to `receivers`, who might lose them to us. `shared` go to us
    although they should not, and cannot be ended without taking them from somebody
    else.
    """

    end: frozenset[int] = frozenset()
    begin: frozenset[int] = frozenset()
    elsewhere: frozenset[int] = frozenset()
    receivers: frozenset[str] = frozenset()
    shared: frozenset[int] = frozenset()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do."""
        return not self.end and not self.begin


def steps(
    wanted: Collection[int],
    view: Iterable[Subscription],
    address: str,
    is_ours: Callable[[str], bool],
    *,
    take_over: bool = False,
    renew: bool = False,
) -> Steps:
    """Return how the wanted types, and only those, come to `address`.

    `view` is what the server says; `is_ours` recognises addresses that are or were
    ours. With `take_over` types that go elsewhere are taken; with `renew` those that
    come here are subscribed anew, for their token is not ours.
    """
    targets: dict[int, set[str]] = {}
    for one in view:
        for code in one.event_types:
            targets.setdefault(code, set()).add(one.destination)
    # Where a type has two addresses, a second one does not replace the first.
    adds = any(len(found) > 1 for found in targets.values())
    end, begin, elsewhere, shared = set(), set(), set(), set()
    receivers = set[str]()
    for code in targets.keys() | set(wanted):
        found = targets.get(code, set())
        others = {target for target in found if not is_ours(target)}
        here = {target for target in found if same_address(target, address)}
        former = found - others - here
        if code not in wanted:
            if not others:
                end.add(code)
            elif former or here:
                shared.add(code)
        elif not others:
            if stale := former | (here if renew else set()):
                end.add(code)
            if stale or not here:
                begin.add(code)
        elif not here:
            if adds or take_over:
                begin.add(code)
            else:
                elsewhere.add(code)
                receivers |= others
    return Steps(
        end=frozenset(end),
        begin=frozenset(begin),
        elsewhere=frozenset(elsewhere),
        receivers=frozenset(receivers),
        shared=frozenset(shared),
    )


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are the same, however they are written."""
    if one == other:
        return True
    try:
        return _parts(one) == _parts(other)
    except ValueError:
        return False


def _parts(address: str) -> tuple[object, ...]:
    url = URL(address)
    return url.scheme, url.host, url.port, url.raw_path_qs


def host_of(address: str) -> str:
    """Return where an address leads to; the rest of it may be a secret."""
    try:
        return urlsplit(address).netloc.rpartition("@")[2] or "?"
    except ValueError:
        return "?"


async def async_carry_out(
    client: HikCentralClient,
    todo: Steps,
    address: str,
    token: str,
    *,
    refused: dict[int, str],
) -> None:
    """Do these steps; types that the server refuses are added to `refused`, and why.

    Raises HikCentralError for all else.
    """
    if todo.end:
        await client.unsubscribe(sorted(todo.end), priority=Priority.POLL)
    for group in TYPE_GROUPS:
        codes = sorted((todo.begin & group) - refused.keys())
        if not codes:
            continue
        try:
            await client.subscribe(
                codes, address, token, pass_back=True, priority=Priority.POLL
            )
        except RefusedError as error:
            refused |= dict.fromkeys(codes, str(error))


async def async_unsubscribe(client: HikCentralClient, webhook_id: str) -> None:
    """End all pushes to the webhook; none that somebody else gets too.

    For an entry that is removed or gets another address; not for a restart, over which
    the server keeps what happens. Raises HikCentralError.
    """
    view: Sequence[Subscription] = await client.subscriptions()
    todo = steps((), view, "", lambda target: webhook_id in target)
    if todo.end:
        await client.unsubscribe(sorted(todo.end))
