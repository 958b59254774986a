"""What is sent for a person, and what is read."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral import (
    LATEST_END,
    Person,
    PersonDraft,
)
from custom_components.hikcentral_visitors.hikcentral.fields import Fields
from custom_components.hikcentral_visitors.hikcentral.times import parse_time

ALMATY = timezone(timedelta(hours=5))
JPEG = b"\xff\xd8\xff\xe0face"


def test_nothing_is_sent_of_an_empty_draft() -> None:
    assert PersonDraft().to_json() == {}


def test_everything() -> None:
    draft = PersonDraft(
        person_code="HV1",
        given_name="Ada",
        family_name=" ",
        organisation_id="1",
        phone="+7 700",
        email="",
        remark="r",
        card_numbers=("12", "34"),
        face=JPEG,
        begin=datetime(2026, 1, 15, 8, 0, 0, 1, tzinfo=ALMATY),
        end=datetime(2026, 1, 15, 22, 0, 0, 999999, tzinfo=ALMATY),
    )
    assert draft.to_json() == {
        "personCode": "HV1",
        "personGivenName": "Ada",
        "personFamilyName": "-",
        "orgIndexCode": "1",
        "phoneNo": "+7 700",
        "email": "",
        "remark": "r",
        "cards": [{"cardNo": "12"}, {"cardNo": "34"}],
        "faces": [{"faceData": "/9j/4GZhY2U="}],
        "beginTime": "2026-01-15T08:00:01+05:00",
        "endTime": "2026-01-15T22:00:00+05:00",
    }


def test_cards_can_be_taken_away() -> None:
    assert PersonDraft(card_numbers=()).to_json() == {"cards": []}


_AWARE = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2037, 12, 30),  # noqa: DTZ001
    timezones=st.timezones(),
)


@settings(deadline=None)
@given(_AWARE, _AWARE)
def test_a_window_never_grows(begin: datetime, end: datetime) -> None:
    body = PersonDraft(begin=begin, end=end).to_json()
    sent_begin = parse_time(str(body["beginTime"]), UTC)
    sent_end = parse_time(str(body["endTime"]), UTC)
    assert sent_begin is not None
    assert sent_end is not None
    assert sent_begin <= sent_end <= end
    # Either it begins in time, or it is over as soon as it begins.
    assert sent_begin >= begin or sent_begin == sent_end


def test_a_window_over_the_hour_that_comes_twice() -> None:
    zone = ZoneInfo("Europe/Berlin")
    body = PersonDraft(
        begin=datetime(2026, 10, 25, 2, 50, tzinfo=zone),
        end=datetime(2026, 10, 25, 2, 10, 59, 999999, tzinfo=zone, fold=1),
    ).to_json()
    assert body == {
        "beginTime": "2026-10-25T02:50:00+02:00",
        "endTime": "2026-10-25T02:10:59+01:00",
    }


def test_a_second_before_the_clock_is_set() -> None:
    zone = ZoneInfo("Europe/Berlin")
    begin = datetime(2026, 3, 29, 1, 59, 59, 1, tzinfo=zone)
    assert PersonDraft(begin=begin).to_json() == {
        "beginTime": "2026-03-29T02:00:00+01:00"
    }


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (PersonDraft(person_code="x" * 17), "personCode"),
        (PersonDraft(given_name="x" * 257), "personGivenName"),
        (PersonDraft(family_name="x" * 257), "personFamilyName"),
        (PersonDraft(phone="x" * 65), "phoneNo"),
        (PersonDraft(email="x" * 65), "email"),
        (PersonDraft(remark="x" * 129), "remark"),
        (PersonDraft(card_numbers=("1", "")), "card number"),
        (PersonDraft(face=b"\x89PNG"), "JPEG"),
        (PersonDraft(end=LATEST_END + timedelta(seconds=1)), "2037"),
        (PersonDraft(begin=datetime(2026, 1, 1)), "offset"),  # noqa: DTZ001
        (PersonDraft(end=datetime(2026, 1, 1)), "offset"),  # noqa: DTZ001
    ],
)
def test_limits(draft: PersonDraft, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        draft.to_json()
    assert "xxx" not in str(caught.value)


def test_personal_data_does_not_show() -> None:
    secret = "PERSONAL"
    draft = PersonDraft(
        given_name=secret,
        family_name=secret,
        phone=secret,
        email=secret,
        remark=secret,
        card_numbers=(secret,),
        face=JPEG,
    )
    person = Person(
        id="1",
        given_name=secret,
        family_name=secret,
        phone=secret,
        email=secret,
        remark=secret,
        card_numbers=(secret,),
        picture_uri=secret,
    )
    assert secret not in repr(draft)
    assert "face" not in repr(draft)
    assert secret not in repr(person)


RECORD: dict[str, Any] = {
    "personId": 42,
    "personCode": "P-0042",
    "personName": "Ada Test",
    "personGivenName": "Ada",
    "personFamilyName": "Test",
    "orgIndexCode": "1",
    "phoneNo": None,
    "beginTime": "2026-01-15T08:00:00-06:00",
    "endTime": "2026-01-15T22:00:00+08:00",
    "cards": [{"cardNo": "12"}, {}, 5],
    "personPhoto": {"picUri": "", "picBigUri": "Vsm://x"},
}


def test_record() -> None:
    assert Person.from_fields(Fields(RECORD), UTC) == Person(
        id="42",
        code="P-0042",
        given_name="Ada",
        family_name="Test",
        organisation_id="1",
        begin=datetime(2026, 1, 15, 14, tzinfo=UTC),
        end=datetime(2026, 1, 15, 14, tzinfo=UTC),
        card_numbers=("12",),
        has_photo=True,
        picture_uri="Vsm://x",
    )


@pytest.mark.parametrize(
    ("photo", "has_photo"),
    [(None, None), ({"picUri": ""}, False), ("", False), ({"picUri": "x"}, True)],
)
def test_photo(photo: object, has_photo: bool | None) -> None:
    record = {**RECORD, "personPhoto": photo}
    person = Person.from_fields(Fields(record), UTC)
    assert person is not None
    assert person.has_photo is has_photo


def test_missing_cards_are_unknown() -> None:
    person = Person.from_fields(Fields({"personId": "1"}), UTC)
    assert person is not None
    assert person.card_numbers is None


def test_no_person_without_an_id() -> None:
    assert Person.from_fields(Fields({"personCode": "x"}), UTC) is None
