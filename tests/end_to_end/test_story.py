"""The demo's story, played through the real Home Assistant in a process of its own."""

from pathlib import Path

from aiohttp import ClientSession
import pytest

from demo.client import RefusedError
from demo.language import ENGLISH
from demo.process import free_port
from demo.report import Report
from demo.stage import open_stage
from demo.story import play

from .log import tracebacks_of_ours


@pytest.mark.usefixtures("socket_enabled")
async def test_a_visitor_is_let_in_and_kept_out(tmp_path: Path) -> None:
    """D36, D45, D46: grant, walk in, push, extend, leave, revoke; nobody else may.

    As it is shipped, and set up through its own forms.
    """
    report = Report(ENGLISH.zone)
    async with open_stage(tmp_path / "config", free_port(), ENGLISH, report) as stage:
        await play(stage)

        # It is all reached through Home Assistant's own doors: none is left open.
        async with (
            ClientSession() as stranger,
            stranger.post(
                f"{stage.url}/api/services/hikcentral_visitors/grant_access",
                json={"given_name": "Nobody"},
            ) as response,
        ):
            assert response.status == 401

        # Doors belong to the operators too.
        door = next(
            entity_id
            for entity_id in stage.watch.states
            if entity_id.startswith("button.") and entity_id.endswith("_open_once")
        )
        before = (await stage.facility.state("door_commands"))["door_commands"]
        with pytest.raises(RefusedError) as refused:
            await stage.colleague.act("button.press", {}, entity_id=door)
        assert refused.value.unauthorized
        await stage.receptionist.act("button.press", {}, entity_id=door)
        after = (await stage.facility.state("door_commands"))["door_commands"]
        assert len(after) == len(before) + 1
    assert tracebacks_of_ours(tmp_path / "config" / "output.log") == []
