"""HikCentral's times (reference 2.3): ISO 8601, whole seconds, explicit offset.

Some answers leave the offset out, lose its plus sign, or add milliseconds.
"""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
import re

_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?"
    r" ?(?:([Zz])|([-+]?)(\d{2}):?(\d{2}))?",
    re.ASCII,
)
SECOND = timedelta(seconds=1)

_TIMES_KEPT = 1024
"""Many events happen in the same second, and each says when more than once."""


def utcnow() -> datetime:
    """Return the local clock's time, in UTC."""
    return datetime.now(UTC)


@lru_cache(_TIMES_KEPT)
def parse_time(text: str, zone: tzinfo) -> datetime | None:
    """Return a time in UTC, or None if it is none; `zone` is for naive ones."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute = (int(part) for part in found.group(1, 2, 3, 4, 5))
    micros = int((found[7] or "")[:6].ljust(6, "0"))
    offset = offset_of(text)
    if offset is None and found[10] is not None:
        return None
    try:
        return datetime(
            year,
            month,
            day,
            hour,
            minute,
            int(found[6] or 0),
            micros,
            zone if offset is None else timezone(offset),
        ).astimezone(UTC)
    except ValueError, OverflowError:
        return None


@lru_cache(_TIMES_KEPT)
def offset_of(text: str) -> timedelta | None:
    """Return the offset that a time carries, None if it carries none."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    if found[8]:
        return timedelta()
    if found[10] is None:
        return None
    offset = timedelta(hours=int(found[10]), minutes=int(found[11]))
    if offset >= timedelta(hours=24):
        return None
    return -offset if found[9] == "-" else offset


def fixed(time: datetime) -> datetime:
    """Return the same instant with a fixed offset; raises ValueError for a naive time.

    Python compares and adds by the clock on the wall within one zone, which goes
    wrong where that clock is set back.
    """
    offset = time.utcoffset()
    if offset is None:
        msg = "a time without an offset"
        raise ValueError(msg)
    return time.replace(tzinfo=timezone(offset))


def format_time(time: datetime) -> str:
    """Return an aware time as it is sent; parts of a second are cut off."""
    text = time.replace(microsecond=0).isoformat()
    if offset_of(text) is None:  # zones before 1900 count seconds
        text = time.astimezone(UTC).replace(microsecond=0).isoformat()
    return text


def rounded_up(time: datetime) -> datetime:
    """Return the first whole second that is not before a time with a fixed offset."""
    return (time + SECOND if time.microsecond else time).replace(microsecond=0)


class ServerZone:
    """The zone of times that come without an offset.

    It is learnt from the server's own times that do carry one (event times; not the
    validity of persons, which is echoed as sent), until then the fallback holds.
    """

    def __init__(self, fallback: tzinfo = UTC) -> None:
        """Begin with the facility's zone, which has the better chance."""
        self._zone = fallback

    @property
    def tzinfo(self) -> tzinfo:
        """The zone to read naive times in."""
        return self._zone

    def learn(self, text: str) -> None:
        """Take over the offset of a time, if it has one."""
        if (offset := offset_of(text)) is not None:
            self._zone = timezone(offset)
