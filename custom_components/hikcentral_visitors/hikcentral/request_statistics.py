"""What became of the requests, for sensors and diagnostics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from .errors import ErrorKind, HikCentralError

OK = "ok"
OUTCOMES: tuple[str, ...] = (OK, *(kind.value for kind in ErrorKind))


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFailure:
    """The last failure: no exception, since that would keep its frames alive."""

    at: datetime
    kind: ErrorKind
    code: str | None
    message: str
    path: str


class RequestStatistics:
    """Counts by outcome, since the client was made."""

    def __init__(self) -> None:
        """Begin at nought."""
        self._counts = dict.fromkeys(OUTCOMES, 0)
        self.last_success: datetime | None = None
        self.last_error: RequestFailure | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """Requests by outcome: ok and each kind of error."""
        return MappingProxyType(self._counts)

    @property
    def total(self) -> int:
        """All requests that ended."""
        return sum(self._counts.values())

    def succeeded(self, at: datetime) -> None:
        """Count an answered request."""
        self._counts[OK] += 1
        self.last_success = at

    def failed(self, error: HikCentralError, at: datetime) -> None:
        """Count a request that met an error."""
        self._counts[error.kind] += 1
        self.last_error = RequestFailure(
            at=at,
            kind=error.kind,
            code=error.code,
            message=error.message,
            path=error.path,
        )
