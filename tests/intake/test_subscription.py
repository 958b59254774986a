"""What is done about a subscription: nothing is taken, all that is ours is ended."""

from collections.abc import Iterable, Mapping

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    ACCESS_TYPES,
    FAST_TYPES,
    Subscription,
)
from custom_components.hikcentral_visitors.intake.subscription import (
    TYPE_GROUPS,
    WANTED,
    Steps,
    host_of,
    same_address,
    steps,
)

HERE = "http://192.0.2.10:8123/api/webhook/ours"
FORMER = "http://192.0.2.99:8123/api/webhook/ours"
OTHER = "http://192.0.2.50/events"


def ours(target: str) -> bool:
    return target.endswith("/ours")


def view(targets: Mapping[int, Iterable[str]]) -> list[Subscription]:
    return [
        Subscription(event_types=(code,), destination=target)
        for code, found in targets.items()
        for target in found
    ]


def decide(
    targets: dict[int, Iterable[str]],
    wanted: Iterable[int] = (1,),
    *,
    take_over: bool = False,
) -> Steps:
    return steps(set(wanted), view(targets), HERE, ours, take_over=take_over)


def some(*codes: int) -> frozenset[int]:
    return frozenset(codes)


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ({}, Steps(begin=some(1))),
        ({1: [HERE]}, Steps()),
        ({1: [FORMER]}, Steps(end=some(1), begin=some(1))),
        ({1: [HERE, FORMER]}, Steps(end=some(1), begin=some(1))),
        ({1: [OTHER]}, Steps(elsewhere=some(1), receivers=frozenset({OTHER}))),
        ({1: [HERE, OTHER]}, Steps()),
        ({1: [HERE], 2: [HERE]}, Steps(end=some(2))),
        ({1: [HERE], 2: [OTHER]}, Steps()),
        ({1: [HERE], 2: [HERE, OTHER]}, Steps(shared=some(2))),
        ({1: [HERE], 2: [FORMER]}, Steps(end=some(2))),
        # A type with two addresses shows that a second one takes nothing away.
        ({1: [OTHER], 2: [OTHER, "http://third"]}, Steps(begin=some(1))),
        ({1: [OTHER, FORMER]}, Steps(begin=some(1))),
    ],
)
def test_what_is_to_be_done(targets: dict[int, Iterable[str]], expected: Steps) -> None:
    assert decide(targets) == expected


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://other.example:8080/hook/secret", "other.example:8080"),
        ("https://user:secret@[fd00::1]/hook", "[fd00::1]"),
        ("nowhere", "?"),
        ("http://[", "?"),
    ],
)
def test_who_gets_them_is_named_without_secrets(address: str, host: str) -> None:
    assert host_of(address) == host


def test_types_are_taken_over_when_somebody_says_so() -> None:
    assert decide({1: [OTHER]}, take_over=True) == Steps(begin=some(1))


def test_what_comes_with_a_wrong_token_is_subscribed_anew() -> None:
    targets = {1: [HERE], 2: [OTHER], 3: [HERE]}
    found = steps({1, 2}, view(targets), HERE, ours, renew=True)
    assert found == Steps(
        end=some(1, 3),
        begin=some(1),
        elsewhere=some(2),
        receivers=frozenset({OTHER}),
    )
    shared = steps({1}, view({1: [HERE, OTHER]}), HERE, ours, renew=True)
    assert shared.nothing


def test_without_wishes_all_that_is_ours_alone_is_ended() -> None:
    found = decide({1: [HERE], 2: [FORMER], 3: [HERE, OTHER], 4: [OTHER]}, wanted=())
    assert found == Steps(end=some(1, 2), shared=some(3))


def test_addresses_are_the_same_however_they_are_written() -> None:
    assert same_address("http://Host:80/a", "http://host/a")
    assert not same_address("http://host/a", "http://host/b")
    assert not same_address("http://[", HERE)


def test_the_most_needed_types_are_asked_for_first_and_none_twice() -> None:
    assert TYPE_GROUPS[0] == frozenset(FAST_TYPES)
    assert sum(map(len, TYPE_GROUPS)) == len(WANTED)
    assert frozenset(ACCESS_TYPES) <= WANTED


codes = st.integers(1, 6)
a_view = st.dictionaries(
    codes, st.sets(st.sampled_from([HERE, FORMER, OTHER, "http://third"]), min_size=1)
)


def carried_out(
    targets: dict[int, set[str]], todo: Steps, *, adds: bool
) -> dict[int, set[str]]:
    """What a server makes of these steps, be it one that adds or one that replaces."""
    after = {code: set(found) for code, found in targets.items()}
    for code in todo.end:
        after.pop(code, None)
    for code in todo.begin:
        after[code] = (after.get(code, set()) if adds else set()) | {HERE}
    return after


@given(targets=a_view, wanted=st.sets(codes), replaces=st.booleans())
def test_steps_lead_where_they_should_and_cost_nobody_else_anything(
    targets: dict[int, set[str]], wanted: set[int], replaces: bool
) -> None:
    adds = not replaces or any(len(found) > 1 for found in targets.values())
    todo = steps(wanted, view(targets), HERE, ours)
    after = carried_out(targets, todo, adds=adds)
    for code, found in targets.items():
        others = {target for target in found if not ours(target)}
        assert others <= after.get(code, set()), "somebody else lost events"
    for code in wanted - todo.elsewhere:
        assert HERE in after[code]
    for code in todo.elsewhere:
        assert not any(ours(target) for target in targets[code])
    for code in after.keys() - wanted - todo.shared:
        assert not any(ours(target) for target in after[code])
    again = steps(wanted, view(after), HERE, ours)
    assert again.nothing, "what is done is done once"


@given(targets=a_view, wanted=st.sets(codes, min_size=1))
def test_taking_over_brings_everything(
    targets: dict[int, set[str]], wanted: set[int]
) -> None:
    todo = steps(wanted, view(targets), HERE, ours, take_over=True)
    after = carried_out(targets, todo, adds=False)
    assert all(HERE in after[code] for code in wanted)
