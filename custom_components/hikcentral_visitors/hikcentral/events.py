"""Door events of log and push, and subscriptions (reference 3.7, 3.11)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
import hashlib

from .arguments import checked_ids, ignored
from .doors import MOST_DOORS
from .fields import Fields, as_items, as_number
from .pace import Priority
from .paging import LARGEST_PAGE, Page, all_pages, fetch_page
from .pictures import Picture, picture_of
from .times import ServerZone, fixed, format_time, rounded_up
from .transport import Transport

EVENT_SERVICE = "eventService/v1/"
DOOR_EVENTS = "acs/v1/door/events"
LONGEST_SEARCH = timedelta(days=31)

_YEARS = range(1970, 2200)
"""A time beyond says that a terminal has none."""

_ASCENDING = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorEvent:
    """Something that happened at a door.

    `id` is the server's, or made of the event's own facts where it gave none.
    `time` is UTC. `person_id` and `person_code` are None where nobody was recognised;
    `person_code` comes with some pushes only. A person's name is not read, so that
    those of staff are held nowhere. `check_in_out` is the terminal's attendance state
    (0 unknown, 1 in, 2 out, 3 break out, 4 break in, 5 overtime in, 6 overtime out).
    `status` is the push's: an update of an event repeats its id.
    """

    id: str
    type: int
    time: datetime
    person_id: str | None = None
    person_code: str | None = None
    door_id: str = ""
    door_name: str = ""
    reader_id: str = ""
    card_no: str = field(default="", repr=False)
    check_in_out: int = 0
    picture_uri: str = field(default="", repr=False)
    status: int | None = None

    @classmethod
    def from_fields(
        cls, fields: Fields, zone: tzinfo, *, sent: datetime | None = None
    ) -> DoorEvent | None:
        """Return the event in an entry of the log or of a push.

        None without a type or any time. `sent` is when a push left the server, the
        last resort for the time.
        """
        data = fields.child("data")
        code = fields.number("eventType") or data.number("eventType")
        happened = ("happenTime", "eventTime")
        time = (
            fields.time(zone, *happened)
            or data.time(zone, *happened)
            or fields.time(zone, "deviceTime")
            or data.time(zone, "deviceTime")
            or sent
        )
        if not code or time is None or time.year not in _YEARS:
            return None

        def text(*names: str) -> str:
            return data.text(*names) or fields.text(*names)

        person_id = text("personId")
        door_id = text("doorIndexCode") or fields.text("srcIndex")
        reader_id = text("readerIndexCode")
        return cls(
            id=fields.text("eventId")
            or data.text("eventId")
            or derived_id(code, time, door_id, reader_id, person_id),
            type=code,
            time=time,
            person_id=person_id or None,
            person_code=text("personCode") or None,
            door_id=door_id,
            door_name=text("doorName") or fields.text("srcName"),
            reader_id=reader_id,
            card_no=text("cardNo"),
            check_in_out=data.number("checkInAndOutType")
            or fields.number("checkInAndOutType")
            or 0,
            picture_uri=text("picUri"),
            status=fields.number("status"),
        )


def derived_id(
    code: int, time: datetime, door_id: str, reader_id: str, person_id: str
) -> str:
    """Return an id that is the same whenever and however the same event comes.

    Only facts that log and push share go in, and no card number.
    """
    facts = "\x1f".join(
        (str(code), time.isoformat(timespec="seconds"), door_id, reader_id, person_id)
    )
    return "derived-" + hashlib.sha256(facts.encode()).hexdigest()[:32]


def read_events(
    items: Sequence[object], zone: ServerZone, *, sent: datetime | None = None
) -> tuple[tuple[DoorEvent, ...], int]:
    """Return the events among entries, and how many could not be read."""
    entries = [Fields(item) for item in items]
    for entry in entries:
        zone.learn(entry.text("happenTime", "eventTime"))
    events = [DoorEvent.from_fields(entry, zone.tzinfo, sent=sent) for entry in entries]
    read = tuple(event for event in events if event is not None)
    return read, len(events) - len(read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Event types pushed to an address, which may hold a secret of the receiver."""

    event_types: tuple[int, ...]
    destination: str = field(repr=False)


def subscriptions_of(data: object) -> list[Subscription]:
    """Return the subscriptions in an answer: object, array, or nothing."""
    entries = (
        Fields(data).children("detail")
        if isinstance(data, dict)
        else (Fields(item) for item in as_items(data))
    )
    return [
        Subscription(
            event_types=tuple(
                number
                for item in as_items(entry.get("eventTypes"))
                if (number := as_number(item)) is not None
            ),
            destination=entry.text("eventDest"),
        )
        for entry in entries
        if entry
    ]


def _types(event_types: Sequence[int]) -> list[int]:
    if not event_types:
        msg = "at least one event type is needed"
        raise ValueError(msg)
    return sorted(set(event_types))


def _search(
    event_type: int, door_ids: Sequence[str], start: datetime, end: datetime
) -> Mapping[str, object]:
    start, end = fixed(start), fixed(end)
    if not start <= end <= start + LONGEST_SEARCH:
        msg = "events are searched within 31 days"
        raise ValueError(msg)
    start = start.replace(microsecond=0)
    end = min(rounded_up(end), start + LONGEST_SEARCH)
    return {
        "eventType": event_type,
        "doorIndexCodes": checked_ids(door_ids, "door", at_most=MOST_DOORS),
        "startTime": format_time(start),
        "endTime": format_time(end),
        "sortField": "SwipeTime",
        "orderType": _ASCENDING,
    }


class EventCalls:
    """The calls on events, their pictures and subscriptions."""

    _transport: Transport
    _zone: ServerZone

    async def door_events(
        self,
        event_type: int,
        door_ids: Sequence[str],
        start: datetime,
        end: datetime,
        *,
        page: int = 1,
        page_size: int = LARGEST_PAGE,
        priority: Priority,
    ) -> Page[DoorEvent]:
        """Ask for one page of the events of one type at 1 to 10 doors.

        In ascending order. Both times are aware, at most 31 days apart, and rounded
        outwards to whole seconds. One request.
        """
        if page < 1 or not 1 <= page_size <= LARGEST_PAGE:
            msg = "pages are numbered from 1 and hold 1 to 500 events"
            raise ValueError(msg)
        found = await fetch_page(
            self._transport,
            DOOR_EVENTS,
            _search(event_type, door_ids, start, end),
            priority,
            number=page,
            page_size=page_size,
        )
        return self._read(found)

    async def all_door_events(
        self,
        event_type: int,
        door_ids: Sequence[str],
        start: datetime,
        end: datetime,
        *,
        page_size: int = LARGEST_PAGE,
        priority: Priority,
    ) -> AsyncIterator[Page[DoorEvent]]:
        """Ask for all pages of such events, in ascending order of time.

        Raises UnreadableAnswer if fewer events come than the server counts.
        """
        body = _search(event_type, door_ids, start, end)
        async for found in all_pages(
            self._transport, DOOR_EVENTS, body, priority, page_size=page_size
        ):
            yield self._read(found)

    async def event_picture(
        self, uri: str, *, priority: Priority = Priority.INTERACTIVE
    ) -> Picture:
        """Return the picture of an event by its `picture_uri`."""
        return await self._transport.read_raw(
            "acs/v1/event/pictures", {"picUri": uri}, priority, picture_of
        )

    async def subscribe(
        self,
        event_types: Sequence[int],
        destination: str,
        token: str,
        *,
        pass_back: bool,
        priority: Priority = Priority.INTERACTIVE,
    ) -> None:
        """Have events of these types pushed to an address, with a token in a header.

        `pass_back` seems to ask for events missed as well. The server does not check
        that the address can be reached.
        """
        body: dict[str, object] = {
            "eventTypes": _types(event_types),
            "eventDest": destination,
            "passBack": int(pass_back),
        }
        if token:
            body["token"] = token
        path = EVENT_SERVICE + "eventSubscriptionByEventTypes"
        await self._transport.write(path, body, priority, ignored)

    async def unsubscribe(
        self,
        event_types: Sequence[int],
        *,
        priority: Priority = Priority.INTERACTIVE,
    ) -> None:
        """End the pushes of these types, wherever they went for this partner."""
        body = {"eventTypes": _types(event_types)}
        path = EVENT_SERVICE + "eventUnSubscriptionByEventTypes"
        await self._transport.write(path, body, priority, ignored)

    async def subscriptions(
        self, *, priority: Priority = Priority.INTERACTIVE
    ) -> list[Subscription]:
        """Return what is pushed where for this partner."""
        path = EVENT_SERVICE + "eventSubscriptionView"
        return await self._transport.read(path, {}, priority, subscriptions_of)

    def _read(self, page: Page[object]) -> Page[DoorEvent]:
        events, malformed = read_events(page.items, self._zone)
        return Page(
            number=page.number,
            total=page.total,
            items=events,
            has_next=page.has_next,
            malformed=malformed,
        )
