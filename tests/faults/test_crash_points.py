"""The process dies at every step of every flow; the next one makes it all right."""

from collections import Counter
from collections.abc import Callable
import copy
from dataclasses import replace
import textwrap

import pytest

from custom_components.hikcentral_visitors.ledger import migrations
from tests.conftest import CRASH_POINTS

from .crashes import Life, MortalHouse, Point, Scene, Step, copy_ledger
from .flows import FLOWS, Flow, Played


async def _play(
    house: MortalHouse, flow: Flow, scene: Scene, before: Played, at: Point | None
) -> Life:
    """Play a flow from its beginning, crashed at a point; check what came of it.

    Returns the life of the process that acted, as far as the flow's end.
    """
    scene.set(house)
    played = copy.deepcopy(before)
    file, after = house.path, house.next_file()
    life = Life(at, lambda: copy_ledger(file, after))

    async def story() -> None:
        await house.start(life)
        await flow.act(house, played)

    died = await house.live(life, story())
    lived = replace(life, passed=life.passed.copy(), steps=life.steps.copy())
    assert died is (at is not None), f"there was no such point: {lived.passed}"
    if died:
        await house.bury()
        house.path = after
        played.crashes += 1
        await house.start()
    await house.wait(scene.now + flow.lasts - house.now())
    await flow.check(house, played)
    assert await house.differences() == []
    house.check_calls()
    house.check_staff()
    house.check_handed_on()
    await house.stop()
    house.calls()
    return lived


def _listed(name: str, life: Life) -> str:
    """Say how many points a flow has, and which steps they are the two sides of."""
    steps = Counter(point.step for point in life.passed)
    counts = ", ".join(f"{steps[step] // 2} {step}s" for step in Step)
    title = f"{name:24}{len(life.passed):4} points: {counts}"
    margin = " " * 4
    listed = textwrap.wrap(
        ", ".join(life.steps), 100, initial_indent=margin, subsequent_indent=margin
    )
    return "\n".join([title, *listed])


@pytest.mark.parametrize("name", FLOWS)
async def test_a_crash_anywhere_loses_and_doubles_nothing(
    mortal_house: MortalHouse,
    name: str,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D10, D11, D16: and each of the previous system's crash windows.

    What was asked is on disk before anything follows from it; a visit that is
    cancelled while it is granted ends without access; a repeated step does nothing
    twice.
    """
    house, flow = mortal_house, FLOWS[name]
    before = Played()
    await house.start()
    await flow.before(house, before)
    scene = await Scene.keep(house)
    newer = (*migrations.MIGRATIONS, *flow.migrations)
    monkeypatch.setattr(migrations, "MIGRATIONS", newer)
    monkeypatch.setattr(migrations, "VERSION", len(newer))
    whole = await _play(house, flow, scene, before, None)
    assert len(whole.passed) == 2 * len(whole.steps), "a step without an end"
    for point in whole.passed:
        try:
            await _play(house, flow, scene, before, point)
        except BaseException as error:  # a time-out, too, must say where
            error.add_note(f"{name}: died {point}")
            raise
    record_property(CRASH_POINTS, _listed(name, whole))
