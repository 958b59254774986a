"""Switches: what the reference leaves open, each with its possible answers.

The defaults are what the reference shows or holds likeliest. Section numbers in
the descriptions are those of the HikCentral Professional OpenAPI guide's
reference in this project.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta, timezone
from typing import Any, Literal, get_args, get_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The answers in force; `changed` makes others.

    Signature (1.2, unknown 1)

    - `signature_failure_code`: `0x02401003` echoes AppKey and string to sign;
      `68` does not.
    - `unknown_app_key_code`: what an unknown AppKey gets (2.2).
    - `timestamp_window_s`: how far `X-Ca-Timestamp` may be off; 0 = unchecked.
    - `nonce_memory_s`: how long a nonce must not return; 0 = unchecked.
    - `content_md5_check`: whether a wrong Content-MD5 is refused.
    - `listed_header_missing`: a header that is listed as signed but not sent is
      `refused`, or signed as `empty`.
    - `user_id_required`: calls without the header `userId` get `0x02401010`.

    Answers (2.1, 2.3)

    - `version`: what `common/v1/version` reports.
    - `empty_list_included`: an empty result has `list: []`.
    - `xml_labelled_errors`: errors are labelled application/xml (3.1.0).
    - `numeric_codes`: the envelope's code is a number where it is decimal.
    - `person_id_as_number`: ids of persons come as numbers.
    - `event_time_format`: `offset`, `millis` (offset and milliseconds) or
      `plain` (`YYYY-MM-DD HH:MM:SS`).
    - `server_utc_offset`: the server's own offset, such as `+08:00`.
    - `nulls`: a null in a request is taken as `omitted`, `clears` the field of a
      person, or is `refused`.

    Permissions

    - `forbidden_apis`: paths the partner may not use (17), patterns allowed.

    Persons (3.3, unknown 6 and 7)

    - `duplicate_code`: a personCode in use is `refused` (131) or `accepted`.
    - `past_end_refused`: a validity that ended already is refused (2).
    - `faces_in_add`: `taken`, `ignored` or `refused` (2) in add and update.
    - `update_clears_omitted`: update clears what is left out.
    - `add_answers_object`: add answers `{"personId": …}`, not the bare text.
    - `person_list_filters`: undocumented filters of `advance/personList` (cardNo,
      personCode, orgIndexCode) are `ignored` or `honoured`.
    - `deletion_needs_apply`: a deleted person stays on the terminals until an
      application; otherwise HikCentral starts one itself.

    Access levels (3.8)

    - `member_lists`: `available`, `forbidden` (17) or `unsupported` (8).
    - `unknown_id_in_batch`: an unknown id refuses `all` (128, nothing done),
      `some` (128, the known ones done) or `none` (0, the known ones done).

    Application (3.9)

    - `person_application_detail`: `available`, `empty` (no elements), `missing`
      (128) or `unsupported` (8).
    - `detail_key_case`: keys of the detail as in the reference, or `lower` camel.
    - `detail_status_as_text`: elementStatus and status come as text.
    - `single_item_as_object`: a list of one is an object.
    - `first_apply_fails`: the first application of a person to a terminal fails.
    - `jobs_lost_on_restart`: a restart forgets applications under way.

    Events and push (3.7, 3.11, unknown 2)

    - `second_subscription`: another address for a subscribed type `replaces` the
      first or `adds` to it.
    - `subscriptions_lost_on_restart`: also loses what waited for a receiver.
    - `event_id_equal`: an event has the same eventId in push and poll.
    - `pass_back_replays`: kept events go only to subscriptions with passBack 1,
      and subscribing with it sends what this address missed.
    - `push_retry`: pushes answered with anything but 200 are kept and sent again,
      like those that could not be delivered; otherwise they are lost.
    - `push_retry_s`: virtual seconds between attempts.
    - `duplicate_push`: every message is sent twice.
    - `out_of_order_push`: younger events are sent before older ones.
    - `push_person_code`: pushed events carry the personCode.
    - `denied_card_person`: for a card that the terminal does not know, HikCentral
      fills in the person it belongs to (`resolved`) or nobody (`empty`).
    - `terminal_clock_offset_s`: how far all terminals' clocks are off.
    - `window_end_inclusive`: whether a validity still holds at its very end.
    """

    signature_failure_code: Literal["0x02401003", "68"] = "0x02401003"
    unknown_app_key_code: Literal[
        "0x02401001", "0x02401642", "0x00052101", "0x00052102"
    ] = "0x02401001"
    timestamp_window_s: int = 0
    nonce_memory_s: int = 0
    content_md5_check: bool = True
    listed_header_missing: Literal["refused", "empty"] = "refused"
    user_id_required: bool = False

    version: str = "V3.1.1.0"
    empty_list_included: bool = False
    xml_labelled_errors: bool = False
    numeric_codes: bool = False
    person_id_as_number: bool = False
    event_time_format: Literal["offset", "millis", "plain"] = "offset"
    server_utc_offset: str = "+00:00"
    nulls: Literal["omitted", "clears", "refused"] = "omitted"

    forbidden_apis: tuple[str, ...] = ()

    duplicate_code: Literal["refused", "accepted"] = "refused"
    past_end_refused: bool = False
    faces_in_add: Literal["taken", "ignored", "refused"] = "taken"
    update_clears_omitted: bool = False
    add_answers_object: bool = False
    person_list_filters: Literal["ignored", "honoured"] = "ignored"
    deletion_needs_apply: bool = True

    member_lists: Literal["available", "forbidden", "unsupported"] = "available"
    unknown_id_in_batch: Literal["all", "some", "none"] = "all"

    person_application_detail: Literal[
        "available", "empty", "missing", "unsupported"
    ] = "available"
    detail_key_case: Literal["reference", "lower"] = "reference"
    detail_status_as_text: bool = False
    single_item_as_object: bool = False
    first_apply_fails: bool = False
    jobs_lost_on_restart: bool = False

    second_subscription: Literal["replaces", "adds"] = "replaces"
    subscriptions_lost_on_restart: bool = False
    event_id_equal: bool = True
    pass_back_replays: bool = False
    push_retry: bool = True
    push_retry_s: int = 30
    duplicate_push: bool = False
    out_of_order_push: bool = False
    push_person_code: bool = True
    denied_card_person: Literal["resolved", "empty"] = "resolved"
    terminal_clock_offset_s: int = 0
    window_end_inclusive: bool = False

    @property
    def server_zone(self) -> timezone:
        """The server's own offset."""
        return parse_offset(self.server_utc_offset)

    def changed(self, body: Mapping[str, Any]) -> Switches:
        """Return these switches with others set.

        Raises `ValueError` naming an unknown switch or an impossible value.
        """
        kinds = {field.name: field.type for field in fields(self)}
        values: dict[str, Any] = {}
        for name, value in body.items():
            if name not in kinds:
                msg = f"unknown switch {name}; there are: {', '.join(sorted(kinds))}"
                raise ValueError(msg)
            values[name] = _checked(name, value, kinds[name])
        if "server_utc_offset" in values:
            parse_offset(values["server_utc_offset"])
        return replace(self, **values)


def parse_offset(text: str) -> timezone:
    """Read `+08:00`; raises `ValueError` otherwise."""
    sign, rest = text[:1], text[1:]
    hours, colon, minutes = rest.partition(":")
    if sign not in ("+", "-") or not colon or not (hours + minutes).isdecimal():
        msg = f"not an offset such as +08:00: {text}"
        raise ValueError(msg)
    distance = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-distance if sign == "-" else distance)


def _checked(name: str, value: Any, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        options = get_args(kind)
        if isinstance(value, str) and value in options:
            return value
        msg = f"{name} is one of {', '.join(options)}, not {value!r}"
        raise ValueError(msg)
    if get_origin(kind) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        msg = f"{name} is a list of texts, not {value!r}"
        raise ValueError(msg)
    if type(value) is kind:
        return value
    msg = f"{name} is {kind.__name__}, not {value!r}"
    raise ValueError(msg)
