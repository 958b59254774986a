"""The event types of access control as data (reference 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Outcome(StrEnum):
    """What an event says about the door."""

    GRANTED = "granted"
    DENIED = "denied"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event.

    `credential`: what was shown (face, card, card_pin, …, "" where the type does not
    say). `reason`: why not, a stable key; None where there is nothing to explain.
    `documented`: known for HikCentral Professional, not only for its sibling product.
    """

    code: int
    outcome: Outcome
    credential: str = ""
    reason: str | None = None
    documented: bool = True


# credential: (granted, denied, timed out)
_MODES: Mapping[str, tuple[int | None, int | None, int | None]] = {
    "face": (196893, 197151, None),
    "card": (198914, None, None),
    "fingerprint": (197127, 197128, None),
    "pin": (263433, None, None),
    "card_pin": (198915, 197382, 197132),
    "card_fingerprint": (196885, 197134, 197135),
    "card_fingerprint_pin": (196886, 197136, 197137),
    "fingerprint_pin": (196887, 197138, 197139),
    "face_fingerprint": (196888, 197141, 197142),
    "face_pin": (196889, 197143, 197144),
    "face_card": (196890, 197145, 197146),
    "face_pin_fingerprint": (196891, 197147, 197148),
    "face_card_fingerprint": (196892, 197149, 197150),
    "employee_no_fingerprint": (196894, 197152, 197153),
    "employee_no_fingerprint_pin": (196895, 197154, 197155),
    "employee_no_face": (196896, 197156, 197157),
    "employee_no_pin": (196897, 197158, 197159),
    "multi_factor": (196883, None, None),
    "multi_factor_super_password": (196884, None, None),
    "combined": (200516, None, 200517),
}

_DENIALS: Mapping[int, tuple[str, str]] = {
    196898: ("card", "invalid_mifare_card"),
    196899: ("card", "card_encryption_failed"),
    196900: ("card", "nfc_disabled"),
    196901: ("card", "em_disabled"),
    196902: ("card", "m1_disabled"),
    196903: ("card", "cpu_card_disabled"),
    197133: ("card_pin", "too_many_tries"),
    197140: ("fingerprint", "fingerprint_unknown"),
    # The terminal knew the face: the record names the person.
    197151: ("face", "face_denied"),
    197160: ("face", "face_not_recognised"),
    197161: ("face", "live_face_failed"),
    197383: ("", "anti_passback"),
    197384: ("", "invalid_time_period"),
    197391: ("card", "not_in_multi_factor_group"),
    197392: ("card", "outside_multi_factor_period"),
    197633: ("card", "card_expired"),
    197634: ("card", "card_unknown"),
    197635: ("", "no_access_level"),
    198146: ("", "interlock"),
    199429: ("card", "too_many_tries"),
    200477: ("", "first_person_not_authorised"),
    200513: ("", "door_locked"),
    200514: ("", "door_sleeping"),
    200515: ("employee_no", "employee_no_unknown"),
    200518: ("combined", "mode_mismatch"),
    200519: ("combined", "wrong_pin"),
    261952: ("card", "card_encryption_failed"),
}

_OTHERS: Mapping[int, str] = {
    197107: "skin_temperature",
}

_ALARMS: Mapping[int, str] = {
    721678: "duress",
    983304: "failed_password_alarm",
}

# Known for the sibling product only, in the same number space.
_SIBLING: Mapping[int, tuple[Outcome, str, str]] = {
    196874: (Outcome.OTHER, "card", "first_card"),
    196875: (Outcome.OTHER, "card", "disabled_person_card"),
    197121: (Outcome.DENIED, "pin", "wrong_pin"),
    **dict.fromkeys(
        range(197122, 197126), (Outcome.DENIED, "card", "card_entry_error")
    ),
    197162: (Outcome.OTHER, "document", "document_matches"),
    197163: (Outcome.DENIED, "document", "document_mismatch"),
    197377: (Outcome.DENIED, "", "no_access_level"),
    197378: (Outcome.DENIED, "", "holiday"),
    **dict.fromkeys(
        range(197393, 197402), (Outcome.OTHER, "multi_factor", "multi_factor")
    ),
    197889: (Outcome.DENIED, "card", "blocklisted"),
    198145: (Outcome.DENIED, "card_pin", "authentication_failed"),
    198149: (Outcome.DENIED, "", "anti_passback"),
    198918: (Outcome.OTHER, "card", "patrol"),
    198921: (Outcome.OTHER, "card", "super_card"),
    199425: (Outcome.OTHER, "card", "duress"),
}

_SIBLING_ALARMS: Mapping[int, str] = {
    198400: "held_open",
    198657: "forced_open",
    198658: "interlock_open",
    199428: "duress",
    199681: "alarm_cleared",
    199708: "tamper",
    199709: "tamper_restored",
    200453: "reader_tamper",
}

ALARM_TYPES: Mapping[int, str] = MappingProxyType({**_ALARMS, **_SIBLING_ALARMS})
"""Alarms of doors and devices, most unverified for HikCentral Professional: to key."""


def _table() -> Mapping[int, EventType]:
    types: list[EventType] = []
    for credential, (granted, denied, timed_out) in _MODES.items():
        if granted is not None:
            types.append(EventType(granted, Outcome.GRANTED, credential))
        for code, reason in (
            (denied, "authentication_failed"),
            (timed_out, "timed_out"),
        ):
            if code is not None:
                types.append(EventType(code, Outcome.DENIED, credential, reason))
    for code, (credential, reason) in _DENIALS.items():
        types.append(EventType(code, Outcome.DENIED, credential, reason))
    for code, reason in _OTHERS.items():
        types.append(EventType(code, Outcome.OTHER, "", reason))
    for code, (outcome, credential, reason) in _SIBLING.items():
        types.append(EventType(code, outcome, credential, reason, documented=False))
    for code, key in ALARM_TYPES.items():
        documented = code in _ALARMS
        types.append(EventType(code, Outcome.OTHER, "", key, documented=documented))
    return MappingProxyType({event_type.code: event_type for event_type in types})


EVENT_TYPES: Mapping[int, EventType] = _table()

FAST_TYPES: tuple[int, ...] = (
    196893,  # face, granted
    198914,  # card, granted
    197127,  # fingerprint, granted
    197151,  # face, denied
    197384,  # not at this time: somebody is early
    197633,  # card expired
    197634,  # card unknown
    197635,  # no access level
)
"""What nearly all passages are: asked for at every poll."""

ACCESS_TYPES: tuple[int, ...] = tuple(
    sorted(
        event_type.code
        for event_type in EVENT_TYPES.values()
        if event_type.documented and event_type.outcome is not Outcome.OTHER
    )
)
"""All that grant or deny, as documented for HikCentral Professional."""


def event_type(code: int) -> EventType:
    """Return the type behind a code; an unknown one says nothing about the door."""
    return EVENT_TYPES.get(code) or EventType(code, Outcome.OTHER, documented=False)
