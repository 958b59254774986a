"""Access-control devices, doors, readers, door control (reference 3.4 to 3.6)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from .arguments import checked_id, checked_ids
from .errors import NotFoundError
from .fields import Fields, as_items
from .pace import Priority
from .paging import all_objects
from .transport import Transport

RESOURCE = "resource/v1/"
MOST_DOORS = 10
"""Doors per command and per query of events."""

_ONLINE = {1: True, 2: False}


class DoorState(IntEnum):
    """What a door does, in HikCentral's numbers."""

    REMAIN_OPEN = 0
    CLOSED = 1
    OPEN = 2
    REMAIN_CLOSED = 3
    OFFLINE = 4


class DoorCommand(IntEnum):
    """What a door shall do. OPEN opens once; REMAIN_OPEN leaves it open."""

    REMAIN_OPEN = 0
    CLOSE = 1
    OPEN = 2
    REMAIN_CLOSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDevice:
    """A terminal or controller; `online` is None where unknown."""

    id: str
    name: str = ""
    online: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A door; `state` is None where unknown."""

    id: str
    name: str = ""
    state: DoorState | None = None
    device_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader at a door; one per direction tells entry from exit."""

    id: str
    name: str = ""
    door_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorControlResult:
    """What became of a command at one door; `done` is None if the answer is silent."""

    door_id: str
    done: bool | None
    code: str = ""
    message: str = ""


def _door_state(number: int | None) -> DoorState | None:
    return next((state for state in DoorState if state == number), None)


def control_results(data: object, door_ids: Sequence[str]) -> list[DoorControlResult]:
    """Return one result per commanded door, in their order."""
    listed = Fields(data).get("list") if isinstance(data, dict) else None
    entries = [Fields(item) for item in as_items(data if listed is None else listed)]
    results = {}
    for entry in entries:
        code = entry.text("controlResultCode")
        door_id = entry.text("doorIndexCode")
        results[door_id] = DoorControlResult(
            door_id=door_id,
            done=(code == "0") if code else None,
            code=code,
            message=entry.text("controlResultDesc"),
        )
    return [
        results.get(door_id, DoorControlResult(door_id=door_id, done=None))
        for door_id in door_ids
    ]


class DoorCalls:
    """The calls on devices and doors."""

    _transport: Transport

    async def devices(
        self, *, priority: Priority = Priority.INTERACTIVE
    ) -> AsyncIterator[AccessDevice]:
        """Return all access-control devices."""
        path = RESOURCE + "acsDevice/acsDeviceList"
        async for fields in all_objects(self._transport, path, {}, priority):
            if device_id := fields.text("acsDevIndexCode"):
                yield AccessDevice(
                    id=device_id,
                    name=fields.text("acsDevName"),
                    online=_ONLINE.get(fields.number("status") or 0),
                )

    async def doors(
        self, *, priority: Priority = Priority.INTERACTIVE
    ) -> AsyncIterator[Door]:
        """Return all doors with their states."""
        path = RESOURCE + "acsDoor/acsDoorList"
        async for fields in all_objects(self._transport, path, {}, priority):
            if door_id := fields.text("doorIndexCode"):
                yield Door(
                    id=door_id,
                    name=fields.text("doorName"),
                    state=_door_state(fields.number("doorState")),
                    device_id=fields.text("acsDevIndexCode"),
                )

    async def readers(
        self, door_id: str, *, priority: Priority = Priority.INTERACTIVE
    ) -> AsyncIterator[Reader]:
        """Return the readers of a door, none if the server knows none."""
        body = {"doorIndexCode": checked_id(door_id, "door")}
        path = RESOURCE + "reader/search"
        try:
            data = await self._transport.read(path, body, priority, _listed)
        except NotFoundError:
            return
        for item in data:
            fields = Fields(item)
            if reader_id := fields.text("readerIndexCode"):
                yield Reader(
                    id=reader_id,
                    name=fields.text("readerName"),
                    door_id=fields.text("doorIndexCode") or door_id,
                )

    async def control_doors(
        self, door_ids: Sequence[str], command: DoorCommand, *, priority: Priority
    ) -> list[DoorControlResult]:
        """Command 1 to 10 doors; one result per door, in the order given."""
        ids = checked_ids(door_ids, "door", at_most=MOST_DOORS)
        body = {"doorIndexCodes": ids, "controlType": int(command)}
        return await self._transport.write(
            "acs/v1/door/doControl",
            body,
            priority,
            lambda data: control_results(data, ids),
        )


def _listed(data: object) -> list[object]:
    """Return the entries of a list that may come as a page, bare, or as one object."""
    if isinstance(data, dict) and "readerIndexCode" not in data:
        return as_items(Fields(data).get("list"))
    return as_items(data)
