"""What can go wrong with a call, classified for those who decide what to do next."""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, override


class ErrorKind(StrEnum):
    """What an error means for the call that met it."""

    TRANSIENT = "transient"
    """Not carried out; the same call may succeed later."""
    CREDENTIALS = "credentials"
    """Not carried out; nothing will be until the credentials are mended."""
    REFUSED = "refused"
    """Understood and refused; the same call will be refused again."""
    AMBIGUOUS = "ambiguous"
    """A change that may or may not have been carried out: read back."""


class HikCentralError(Exception):
    """Base of all errors of this package.

    `code` is the server's, as text, or None where it gave none; `message` carries
    no secret and no value out of the request; `path` is the API's path without
    /artemis/api/.
    """

    kind: ClassVar[ErrorKind] = ErrorKind.REFUSED

    def __init__(self, code: str | None, message: str, path: str = "") -> None:
        """Keep what the server said."""
        super().__init__(code, message, path)
        self.code = code
        self.message = message
        self.path = path

    @override
    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        code = f" (code {self.code})" if self.code is not None else ""
        return f"{where}{self.message}{code}"


class TransientError(HikCentralError):
    """The server could not be asked, or could not answer now."""

    kind = ErrorKind.TRANSIENT

    def __init__(
        self,
        code: str | None,
        message: str,
        path: str = "",
        *,
        retry_after: float | None = None,
        rate_limited: bool = False,
    ) -> None:
        """Keep the seconds that the server asked us to wait, if it did."""
        super().__init__(code, message, path)
        self.retry_after = retry_after
        self.rate_limited = rate_limited


class CannotConnectError(TransientError):
    """No connection: nothing was sent."""


class NoAnswerError(TransientError):
    """A question was sent, and no answer came: in time, or on that connection."""


class CertificateError(TransientError):
    """The server's certificate is not the expected one: nothing was sent.

    `fingerprint` is the SHA-256 that the server showed (hex), where it is known.
    """

    def __init__(
        self, code: str | None, message: str, path: str = "", *, fingerprint: str = ""
    ) -> None:
        """Keep the fingerprint of the certificate that was shown."""
        super().__init__(code, message, path)
        self.fingerprint = fingerprint


class UnreadableAnswer(TransientError):  # noqa: N818 - a noun says it better
    """The answer to a question made no sense; asking changed nothing."""


class NotExposedError(TransientError):
    """Something answers at the address, but not the OpenAPI gateway.

    A wrong address or port, the gateway not enabled, or a server that is starting.
    """


class ClockSkewError(TransientError):
    """The signature was refused because our time was wrong.

    The refusal itself taught us the server's time, so the next attempt is stamped
    right. `skew` is server time minus the time that was sent.
    """

    def __init__(
        self, code: str | None, message: str, path: str = "", *, skew: timedelta
    ) -> None:
        """Keep how far off the time was."""
        super().__init__(code, message, path)
        self.skew = skew


class CredentialsError(HikCentralError):
    """AppKey, AppSecret or the platform user behind them is not accepted."""

    kind = ErrorKind.CREDENTIALS


class RefusedError(HikCentralError):
    """Understood and refused."""

    kind = ErrorKind.REFUSED


class NotFoundError(RefusedError):
    """What was asked for does not exist (128)."""


class AlreadyExistsError(RefusedError):
    """What was to be made exists (131)."""


class CapacityError(RefusedError):
    """A limit or the licence of the server is reached (132)."""


class NotPermittedError(RefusedError):
    """The partner or its user may not do this (17, 130); `path` names the API."""


class UnsupportedError(RefusedError):
    """This version or device does not know the API that `path` names (8)."""


class ParameterError(RefusedError):
    """A parameter was refused (2); `field` names it where the server did."""

    def __init__(
        self, code: str | None, message: str, path: str = "", *, field: str = ""
    ) -> None:
        """Keep the name of the parameter."""
        super().__init__(code, message, path)
        self.field = field


class AmbiguousError(HikCentralError):
    """A change was sent, and whether it was carried out is unknown."""

    kind = ErrorKind.AMBIGUOUS


class MalformedAnswer(AmbiguousError):  # noqa: N818 - a noun says it better
    """A change was answered by something that makes no sense."""
