"""What the terminal shows: steps with their time, and what happens as it happens."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo


class Report:
    """Prints lines; each step with how long it took."""

    def __init__(self, zone: ZoneInfo) -> None:
        """Start the clock; times of day are shown as in `zone`."""
        self._started = monotonic()
        self._zone = zone

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return monotonic() - self._started

    def line(self, text: str = "") -> None:
        """Print a line at once, also into a pipe."""
        print(text, flush=True)

    def event(self, mark: str, text: str) -> None:
        """Print something that happened just now."""
        self.line(f"{datetime.now(self._zone):%H:%M:%S}  {mark} {text}")

    @contextmanager
    def step(self, text: str) -> Generator[list[str]]:
        """Print a step when it is done, or that it failed.

        What is put into the list that it gives is printed instead of `text`.
        """
        begun, better = monotonic(), list[str]()
        try:
            yield better
        except BaseException:  # also one that was broken off is shown as that
            self.line(f"✗ {text}  ({monotonic() - begun:.1f} s)")
            raise
        self.line(f"✓ {' '.join(better) or text}  ({monotonic() - begun:.1f} s)")
