"""From the client's errors to what they mean for a visitor, in stable keys."""

from datetime import timedelta

from ..hikcentral import (
    AlreadyExistsError,
    CannotConnectError,
    CapacityError,
    CertificateError,
    CredentialsError,
    ErrorKind,
    HikCentralError,
    NoAnswerError,
    NotFoundError,
    NotPermittedError,
    ParameterError,
    TransientError,
    UnsupportedError,
)
from ..visits.attempts import OUT_OF_REACH, Failure, FailureKind

_REASONS: tuple[tuple[type[HikCentralError], str], ...] = (
    (CannotConnectError, OUT_OF_REACH),
    (NoAnswerError, "no_answer"),
    (CertificateError, "certificate_changed"),
    (CredentialsError, "credentials_refused"),
    (NotPermittedError, "not_permitted"),
    (UnsupportedError, "not_supported"),
    (NotFoundError, "not_found"),
    (AlreadyExistsError, "already_exists"),
    (CapacityError, "capacity_reached"),
    (ParameterError, "value_refused"),
    (TransientError, "busy"),
)

_KINDS = {
    ErrorKind.TRANSIENT: FailureKind.TRANSIENT,
    ErrorKind.CREDENTIALS: FailureKind.TRANSIENT,
    ErrorKind.REFUSED: FailureKind.REFUSED,
    ErrorKind.AMBIGUOUS: FailureKind.AMBIGUOUS,
}


def failure_of(error: HikCentralError) -> Failure:
    """Return what an error means; wrong credentials pass once they are mended."""
    reason = next(
        (key for kind, key in _REASONS if isinstance(error, kind)),
        "unclear" if error.kind is ErrorKind.AMBIGUOUS else "refused",
    )
    wait = error.retry_after if isinstance(error, TransientError) else None
    return Failure(
        kind=_KINDS[error.kind],
        reason=reason,
        retry_after=timedelta(seconds=wait or 0),
    )
