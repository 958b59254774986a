"""The stateful property test: any mix of faults that ends, converges."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import FaultyDays


def test_in_the_end_all_is_as_promised(socket_enabled: None, faults: settings) -> None:
    run_state_machine_as_test(FaultyDays, settings=faults)
