"""What nobody foresaw: exceptions that were logged, and that nobody was told of."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging
from typing import override

_OURS = logging.getLogger("custom_components.hikcentral_visitors")


class _Collector(logging.Handler):
    def __init__(self, expected: tuple[type[BaseException], ...]) -> None:
        super().__init__()
        self._expected = expected
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, self._expected):
            self.found.append(f"{record.getMessage()}: {error!r}")


@contextmanager
def nothing_unforeseen(*expected: type[BaseException]) -> Iterator[None]:
    """See that no exception gets into our log but those that a test makes itself.

    What fails in the background is logged and tried again: else no test would notice.
    """
    collector = _Collector(expected)
    _OURS.addHandler(collector)
    try:
        yield
    finally:
        _OURS.removeHandler(collector)
    assert not collector.found, collector.found
