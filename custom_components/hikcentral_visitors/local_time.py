"""Times as people write them, made into instants."""

from datetime import UTC, datetime

from homeassistant.util import dt as dt_util


def instant(written: datetime) -> datetime:
    """Return a time as an instant in UTC; a naive one is the facility's.

    A time that a change of the clocks repeats is the first of the two. One that the
    change leaves out is counted on from before the change, so that half past two is
    half an hour after two whatever the clocks then show (RFC 5545, 3.3.5).
    """
    if written.tzinfo is None:
        zone = dt_util.get_default_time_zone()
        written = written.replace(tzinfo=zone, fold=0)
    return written.astimezone(UTC)


def iso(moment: datetime | None) -> str | None:
    """Return an instant as text, in the facility's zone with its offset."""
    return None if moment is None else dt_util.as_local(moment).isoformat()


def first_on_day(previous: datetime | None, moment: datetime) -> bool:
    """Tell whether nothing like it happened before on the same day of the facility."""
    if previous is None:
        return True
    return dt_util.as_local(previous).date() != dt_util.as_local(moment).date()
