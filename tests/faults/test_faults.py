"""The stateful property test: any mix of faults that ends, converges."""

from collections.abc import Callable
import logging
import os
from typing import ClassVar

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test
import pytest

from tests.conftest import FAULTS_TRIED

from .machine import FaultyDays


def test_in_the_end_all_is_as_promised(
    socket_enabled: None,
    faults: settings,
    shard: int,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    """Each shard tries days of its own; the sum of them is what is tried."""

    class Days(FaultyDays):
        tried: ClassVar[list[int]] = []

    begin = shard if faults.derandomize else int.from_bytes(os.urandom(4))
    with caplog.at_level(logging.ERROR, "custom_components.hikcentral_visitors"):
        run_state_machine_as_test(seed(begin)(Days), settings=faults)
    days = f"{len(Days.tried)} with {sum(Days.tried)} steps, from seed {begin}"
    record_property(FAULTS_TRIED, f"{shard:2}: {days}")
