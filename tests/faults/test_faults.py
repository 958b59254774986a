"""The stateful property test: any mix of faults that ends, converges."""

import logging

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
import pytest

from .machine import FaultyDays


def test_in_the_end_all_is_as_promised(
    socket_enabled: None, faults: settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, "custom_components.hikcentral_visitors"):
        run_state_machine_as_test(FaultyDays, settings=faults)
