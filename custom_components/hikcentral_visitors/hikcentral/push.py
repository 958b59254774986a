"""Reading a push of events (reference 3.11)."""

from dataclasses import dataclass

from .errors import UnreadableAnswer
from .events import DoorEvent, read_events
from .fields import Fields, as_items
from .times import ServerZone


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What a push holds; no events in a test or heartbeat.

    `history`: the server had kept these while we were away. `malformed`: how many
    entries could not be read; the poll brings them.
    """

    history: bool
    events: tuple[DoorEvent, ...]
    malformed: int


def parse_push(body: object, zone: ServerZone | None = None) -> Push:
    """Read the JSON value of a push.

    `zone` is for times without an offset; by default they are read in the offset of
    the message's own sendTime, else in UTC. Raises HikCentralError for a body that is
    no push at all.
    """
    if not isinstance(body, dict):
        raise UnreadableAnswer(None, "not a push of events")
    zone = zone if zone is not None else ServerZone()
    message = Fields(body)
    params = message.child("params")
    sent_text = params.text("sendTime")
    zone.learn(sent_text)
    entries = as_items(params.get("events") or message.get("events"))
    if not entries and not params and message.get("method") is None and body:
        raise UnreadableAnswer(None, "not a push of events")
    events, malformed = read_events(
        entries, zone, sent=params.time(zone.tzinfo, "sendTime")
    )
    history = message.number("isHistory") or params.number("isHistory")
    return Push(history=history == 1, events=events, malformed=malformed)
