"""The one table of result codes (reference 2.2) and what each of them means to us."""

from dataclasses import dataclass
from datetime import timedelta
import re
from types import MappingProxyType

from .errors import (
    AlreadyExistsError,
    AmbiguousError,
    CapacityError,
    ClockSkewError,
    CredentialsError,
    HikCentralError,
    NotFoundError,
    NotPermittedError,
    ParameterError,
    RefusedError,
    TransientError,
    UnsupportedError,
)

SUCCESS = "0"
SKEW_TOLERANCE = timedelta(seconds=60)

_FIELD = re.compile(r"\[\s*([A-Za-z_][\w.]*)")


@dataclass(frozen=True, slots=True)
class Meaning:
    """One line of the table.

    `text` is ours, for where the server's own must not be shown or is missing.
    `rate_limited`: the server asks for fewer requests. `may_have_acted`: a change may
    have been carried out in spite of the code. `signature`: the signature was found
    wrong, which a wrong clock explains as well as a wrong secret. `secret_text`: the
    server's message is known to repeat the AppKey and the signed text.
    """

    error: type[HikCentralError]
    text: str
    rate_limited: bool = False
    may_have_acted: bool = False
    signature: bool = False
    secret_text: bool = False


MEANINGS = MappingProxyType(
    {
        # Of the translation service
        "1": Meaning(RefusedError, "unknown error"),
        "2": Meaning(ParameterError, "parameter refused"),
        "3": Meaning(TransientError, "insufficient resources"),
        "4": Meaning(TransientError, "network time-out", may_have_acted=True),
        "5": Meaning(TransientError, "service exception"),
        "6": Meaning(TransientError, "busy", rate_limited=True),
        "7": Meaning(RefusedError, "invalid network command"),
        "8": Meaning(UnsupportedError, "not supported by this version"),
        "9": Meaning(CredentialsError, "invalid token"),
        "10": Meaning(RefusedError, "bad XML"),
        "11": Meaning(UnsupportedError, "HTTP not supported"),
        "12": Meaning(UnsupportedError, "address not supported"),
        "13": Meaning(CredentialsError, "authentication does not match"),
        "14": Meaning(RefusedError, "WAN not set up"),
        "15": Meaning(RefusedError, "network card not set up"),
        "16": Meaning(TransientError, "connecting failed"),
        "17": Meaning(NotPermittedError, "no permission for this API"),
        "64": Meaning(CredentialsError, "the partner's user is not accepted"),
        "65": Meaning(CredentialsError, "the partner's user is locked"),
        "66": Meaning(CredentialsError, "the partner's user is unknown"),
        "67": Meaning(CredentialsError, "the partner's user never logged in"),
        "68": Meaning(
            CredentialsError, "signature refused", signature=True, secret_text=True
        ),
        "128": Meaning(NotFoundError, "does not exist"),
        "129": Meaning(TransientError, "offline"),
        "130": Meaning(NotPermittedError, "no permission for the resource"),
        "131": Meaning(AlreadyExistsError, "already exists"),
        "132": Meaning(CapacityError, "maximum reached"),
        "133": Meaning(TransientError, "occupied"),
        "140": Meaning(RefusedError, "no recording schedule"),
        "192": Meaning(RefusedError, "operation failed"),
        "193": Meaning(RefusedError, "cloud storage"),
        "194": Meaning(TransientError, "no connection to the device"),
        "195": Meaning(UnsupportedError, "the device lacks the function"),
        # Of the gateway
        "0x02401000": Meaning(CredentialsError, "no AppKey"),
        "0x02401001": Meaning(CredentialsError, "AppKey unknown"),
        "0x02401002": Meaning(CredentialsError, "no signature"),
        "0x02401003": Meaning(
            CredentialsError, "signature refused", signature=True, secret_text=True
        ),
        "0x02401004": Meaning(CredentialsError, "token failed"),
        "0x02401005": Meaning(CredentialsError, "no token"),
        "0x02401006": Meaning(CredentialsError, "token exception"),
        "0x02401007": Meaning(NotPermittedError, "no permission"),
        "0x02401008": Meaning(
            CredentialsError, "authentication exception", signature=True
        ),
        "0x02401009": Meaning(TransientError, "call quota reached", rate_limited=True),
        "0x0240100a": Meaning(ParameterError, "parameter conversion failed"),
        "0x0240100b": Meaning(TransientError, "call statistics exception"),
        "0x02401010": Meaning(CredentialsError, "the partner lacks its userId"),
        "0x02401642": Meaning(CredentialsError, "AppKey unknown"),
        "0x00072001": Meaning(ParameterError, "parameter missing"),
        "0x00072002": Meaning(ParameterError, "parameter out of range"),
        "0x00072003": Meaning(ParameterError, "parameter of a wrong form"),
        "0x00072004": Meaning(RefusedError, "answer too long"),
        "0x00052101": Meaning(TransientError, "service limit", rate_limited=True),
        "0x00052102": Meaning(TransientError, "service error"),
        "0x00052103": Meaning(TransientError, "service time-out", may_have_acted=True),
        "0x00052104": Meaning(TransientError, "service unavailable"),
        "0x00072201": Meaning(NotPermittedError, "no permission for the resource"),
        "0x00072202": Meaning(NotPermittedError, "no permission for the resource"),
        "0x00072203": Meaning(NotFoundError, "not found"),
        "0x00072204": Meaning(CapacityError, "licence"),
        "0x00052301": Meaning(RefusedError, "unknown error"),
    }
)

# Met as texts, with differing codes.
TEXTS = (
    ("60051", Meaning(AlreadyExistsError, "the document has a visit already")),
    ("unauthorized api", Meaning(NotPermittedError, "no permission for this API")),
)

_UNKNOWN = Meaning(RefusedError, "refused")


def normalised(code: str) -> str:
    """Return a code as it stands in the table: `0X0240100A ` is `0x0240100a`."""
    return code.strip().lower()


def meaning_of(code: str, message: str) -> Meaning:
    """Return what a code means; an unknown one is a refusal."""
    if (known := MEANINGS.get(normalised(code))) is not None:
        return known
    lowered = message.lower()
    for text, meaning in TEXTS:
        if text in lowered:
            return meaning
    return _UNKNOWN


def error_for(
    code: str,
    message: str,
    path: str,
    *,
    write: bool,
    skew: timedelta | None = None,
    retry_after: float | None = None,
) -> HikCentralError:
    """Return the error for an answer's code.

    `message` must be free of what was sent (see envelope.py). `write`: the call was
    meant to change something. `skew`: server time minus the time the request carried.
    """
    meaning = meaning_of(code, message)
    text = meaning.text if meaning.secret_text or not message else message
    if meaning.signature and skew is not None and abs(skew) > SKEW_TOLERANCE:
        text = f"signature refused, our time was off by {skew.total_seconds():.0f} s"
        return ClockSkewError(code, text, path, skew=skew)
    if meaning.may_have_acted and write:
        return AmbiguousError(code, text, path)
    if meaning.error is ParameterError:
        found = _FIELD.search(message)
        return ParameterError(code, text, path, field=found[1] if found else "")
    if meaning.error is TransientError:
        return TransientError(
            code,
            text,
            path,
            retry_after=retry_after,
            rate_limited=meaning.rate_limited,
        )
    return meaning.error(code, text, path)
