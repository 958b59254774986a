"""A typed, asynchronous client of HikCentral Professional's OpenAPI gateway.

Knows nothing of Home Assistant and nothing of visits. "Reference 3.7" and the like in
the docstrings are sections of the project's reference of the vendor's OpenAPI guide.
"""

from .certificate import Certificate, fetch_certificate
from .client import HikCentralClient
from .clock import ServerClock
from .doors import (
    MOST_DOORS,
    AccessDevice,
    Door,
    DoorCommand,
    DoorControlResult,
    DoorState,
    Reader,
)
from .errors import (
    AlreadyExistsError,
    AmbiguousError,
    CannotConnectError,
    CapacityError,
    CertificateError,
    ClockSkewError,
    CredentialsError,
    ErrorKind,
    HikCentralError,
    MalformedAnswer,
    NoAnswerError,
    NotExposedError,
    NotFoundError,
    NotPermittedError,
    ParameterError,
    RefusedError,
    TransientError,
    UnreadableAnswer,
    UnsupportedError,
)
from .event_types import (
    ACCESS_TYPES,
    ALARM_TYPES,
    EVENT_TYPES,
    FAST_TYPES,
    EventType,
    Outcome,
    event_type,
)
from .events import LONGEST_SEARCH, DoorEvent, Subscription
from .levels import (
    AccessLevel,
    ApplicationDetail,
    ApplicationState,
    CredentialApplication,
    DoorApplication,
    LevelDoor,
)
from .limiter import Limiter
from .pace import Pace, Priority
from .paging import LARGEST_PAGE, Page
from .persons import LATEST_END, NO_NAME, Person, PersonDraft
from .pictures import Picture
from .push import Push, parse_push
from .request_statistics import RequestFailure, RequestStatistics
from .system import Organisation
from .times import ServerZone
from .transport import Observer

__all__ = [
    "ACCESS_TYPES",
    "ALARM_TYPES",
    "EVENT_TYPES",
    "FAST_TYPES",
    "LARGEST_PAGE",
    "LATEST_END",
    "LONGEST_SEARCH",
    "MOST_DOORS",
    "NO_NAME",
    "AccessDevice",
    "AccessLevel",
    "AlreadyExistsError",
    "AmbiguousError",
    "ApplicationDetail",
    "ApplicationState",
    "CannotConnectError",
    "CapacityError",
    "Certificate",
    "CertificateError",
    "ClockSkewError",
    "CredentialApplication",
    "CredentialsError",
    "Door",
    "DoorApplication",
    "DoorCommand",
    "DoorControlResult",
    "DoorEvent",
    "DoorState",
    "ErrorKind",
    "EventType",
    "HikCentralClient",
    "HikCentralError",
    "LevelDoor",
    "Limiter",
    "MalformedAnswer",
    "NoAnswerError",
    "NotExposedError",
    "NotFoundError",
    "NotPermittedError",
    "Observer",
    "Organisation",
    "Outcome",
    "Pace",
    "Page",
    "ParameterError",
    "Person",
    "PersonDraft",
    "Picture",
    "Priority",
    "Push",
    "Reader",
    "RefusedError",
    "RequestFailure",
    "RequestStatistics",
    "ServerClock",
    "ServerZone",
    "Subscription",
    "TransientError",
    "UnreadableAnswer",
    "UnsupportedError",
    "event_type",
    "fetch_certificate",
    "parse_push",
]
