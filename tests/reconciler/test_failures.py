"""What the client's errors mean for a visitor."""

from datetime import timedelta

import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    AlreadyExistsError,
    AmbiguousError,
    CannotConnectError,
    CapacityError,
    CertificateError,
    ClockSkewError,
    CredentialsError,
    HikCentralError,
    MalformedAnswer,
    NotExposedError,
    NotFoundError,
    NotPermittedError,
    ParameterError,
    RefusedError,
    TransientError,
    UnreadableAnswer,
    UnsupportedError,
)
from custom_components.hikcentral_visitors.reconciler.failures import failure_of
from custom_components.hikcentral_visitors.visits.attempts import FailureKind

TRANSIENT, AMBIGUOUS, REFUSED = (
    FailureKind.TRANSIENT,
    FailureKind.AMBIGUOUS,
    FailureKind.REFUSED,
)
SKEW = timedelta(hours=1)


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (TransientError(None, "x"), TRANSIENT, "busy"),
        (CannotConnectError(None, "x"), TRANSIENT, "unreachable"),
        (CertificateError(None, "x"), TRANSIENT, "certificate_changed"),
        (UnreadableAnswer(None, "x"), TRANSIENT, "busy"),
        (NotExposedError(None, "x"), TRANSIENT, "busy"),
        (ClockSkewError(None, "x", skew=SKEW), TRANSIENT, "busy"),
        # Wrong credentials are mended some day: nothing is given up for them.
        (CredentialsError(None, "x"), TRANSIENT, "credentials_refused"),
        (AmbiguousError(None, "x"), AMBIGUOUS, "unclear"),
        (MalformedAnswer(None, "x"), AMBIGUOUS, "unclear"),
        (RefusedError("1", "x"), REFUSED, "refused"),
        (NotFoundError("128", "x"), REFUSED, "not_found"),
        (AlreadyExistsError("131", "x"), REFUSED, "already_exists"),
        (CapacityError("132", "x"), REFUSED, "capacity_reached"),
        (NotPermittedError("17", "x"), REFUSED, "not_permitted"),
        (UnsupportedError("8", "x"), REFUSED, "not_supported"),
        (ParameterError("2", "x"), REFUSED, "value_refused"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_each_error_has_its_meaning(
    error: HikCentralError, kind: FailureKind, reason: str
) -> None:
    failure = failure_of(error)
    assert (failure.kind, failure.reason) == (kind, reason)
    assert failure.retry_after == timedelta()


def test_the_server_may_say_how_long_to_wait() -> None:
    failure = failure_of(TransientError("429", "x", retry_after=7.5))
    assert failure.retry_after == timedelta(seconds=7.5)
