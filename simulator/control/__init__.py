"""The control API: what tests, demo and benchmarks do to the simulated world."""
