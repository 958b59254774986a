"""What a terminal decides about somebody who stands at one of its doors.

The reference lists the event types (section 4) but not which one a terminal
picks; the choices made here:

| Case | Face | Card, QR | Fingerprint |
|---|---|---|---|
| terminal holds no such credential | 197160, nobody named | 197634 | 197140 |
| known, validity has not begun | 197151 | 197384 | 197128 |
| known, validity is over | 197151 | 197633 | 197128 |
| known, but not for this door | 197635 | 197635 | 197635 |
| known, outside the level's schedule | 197384 | 197384 | 197384 |
| door set to remain closed | 200513 | 200513 | 200513 |
| otherwise: granted | 196893 | 198914 | 197127 |

A QR code stands for the card number in it.
"""

from dataclasses import dataclass
from datetime import datetime

from . import event_types as types
from .model import Credential, DoorState
from .terminals import Record


@dataclass(frozen=True, slots=True)
class Decision:
    """An event type, and whether the terminal knows who it is."""

    event_type: int
    recognised: bool

    @property
    def granted(self) -> bool:
        """Whether the door opens."""
        return self.event_type in types.GRANTED.values()


def decide(
    record: Record | None,
    credential: Credential,
    door: str,
    door_state: DoorState,
    moment: datetime,
    *,
    end_inclusive: bool = False,
) -> Decision:
    """Decide by what the terminal holds; `moment` is its own, local, time.

    `record` is the person whose credential is shown, `None` where the terminal
    holds no person with it.
    """
    if record is None:
        return Decision(types.UNKNOWN[credential], recognised=False)
    if denial := _denial(record, credential, door, moment, end_inclusive=end_inclusive):
        return Decision(denial, recognised=True)
    if door_state is DoorState.REMAIN_CLOSED:
        return Decision(types.DOOR_LOCKED, recognised=True)
    return Decision(types.GRANTED[credential], recognised=True)


def has_credential(record: Record | None, credential: Credential) -> bool:
    """Say whether a terminal could recognise the person by this credential."""
    if record is None:
        return False
    match credential:
        case Credential.FACE:
            return record.face > 0
        case Credential.FINGERPRINT:
            return record.fingerprints > 0
        case Credential.CARD | Credential.QR:
            return bool(record.cards)


def _denial(
    record: Record,
    credential: Credential,
    door: str,
    moment: datetime,
    *,
    end_inclusive: bool,
) -> int | None:
    schedules = record.schedules(door)
    if not schedules:
        return types.NO_ACCESS_LEVEL
    early = moment < record.begin
    late = moment > record.end if end_inclusive else moment >= record.end
    if early or late:
        if credential is Credential.FACE:
            return types.FACE_DENIED
        if credential is Credential.FINGERPRINT:
            return types.FINGERPRINT_DENIED
        return types.INVALID_TIME_PERIOD if early else types.CARD_EXPIRED
    if not any(schedule.covers(moment) for schedule in schedules):
        return types.INVALID_TIME_PERIOD
    return None
