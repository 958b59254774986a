"""Taking answers out of their envelopes."""

import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.hikcentral_visitors.hikcentral.envelope import (
    Answer,
    Question,
    data_of,
    harmless,
    texts_in,
)
from custom_components.hikcentral_visitors.hikcentral.errors import (
    AmbiguousError,
    CredentialsError,
    HikCentralError,
    MalformedAnswer,
    NotExposedError,
    NotFoundError,
    NotPermittedError,
    RefusedError,
    TransientError,
    UnreadableAnswer,
)
from custom_components.hikcentral_visitors.hikcentral.pictures import picture_of

from .strategies import JSON

READ = Question(path="p", write=False)
WRITE = Question(path="p", write=True)


def _answer(value: Any, status: int = 200) -> Answer:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Answer(status=status, body=body)


@pytest.mark.parametrize(
    ("envelope", "data"),
    [
        ({"code": "0", "msg": "Success", "data": {"a": 1}}, {"a": 1}),
        ({"code": "0", "msg": "Success", "data": "1150"}, "1150"),
        ({"code": "0", "msg": "Success", "data": ""}, ""),
        ({"code": "0", "msg": "Success", "data": []}, []),
        ({"code": "0", "msg": "success"}, None),
        ({"code": 0, "data": 1}, 1),
        ({"Code": "0", "Data": 1}, 1),
        (b'\xef\xbb\xbf{"code":"0","data":1}', 1),
    ],
)
def test_success(envelope: Any, data: object) -> None:
    assert data_of(_answer(envelope), WRITE) == data


@pytest.mark.parametrize(
    ("answer", "reading", "writing"),
    [
        (_answer({"code": "128", "data": ""}), NotFoundError, NotFoundError),
        (_answer({"code": "17", "msg": "x"}), NotPermittedError, NotPermittedError),
        # An error's body counts, whatever the status
        (_answer({"code": "128"}, 500), NotFoundError, NotFoundError),
        (_answer(b"<html>Not Found</html>", 404), NotExposedError, NotExposedError),
        (_answer({"error": "no"}, 404), NotExposedError, NotExposedError),
        (_answer(b"", 302), NotExposedError, NotExposedError),
        (_answer(b"", 403), NotExposedError, NotExposedError),
        (_answer(b"", 401), CredentialsError, CredentialsError),
        (_answer(b"", 503), TransientError, TransientError),
        (_answer(b"", 502), TransientError, AmbiguousError),
        (_answer(b"<html>", 500), TransientError, AmbiguousError),
        (_answer(b"", 429), TransientError, TransientError),
        (_answer({"code": "0"}, 429), TransientError, TransientError),
        (_answer({"code": "0"}, 502), TransientError, AmbiguousError),
        # HTTP 200, but not ours
        (_answer(b"<!DOCTYPE html>"), NotExposedError, MalformedAnswer),
        (_answer(b""), UnreadableAnswer, MalformedAnswer),
        (_answer(b'{"code":"0","da'), UnreadableAnswer, MalformedAnswer),
        (_answer([]), UnreadableAnswer, MalformedAnswer),
        (_answer({"data": 1}), UnreadableAnswer, MalformedAnswer),
        (_answer({"code": None}), UnreadableAnswer, MalformedAnswer),
        (_answer(b"[" * 200_000), UnreadableAnswer, MalformedAnswer),
        # In the manner of ISAPI
        (
            _answer({"ResponseStatus": {"ErrorCode": 128, "ErrorDescription": "x"}}),
            NotFoundError,
            NotFoundError,
        ),
        (
            _answer(
                b'<?xml version="1.0"?><ResponseStatus><ErrorCode>17</ErrorCode>'
                b"</ResponseStatus>"
            ),
            NotPermittedError,
            NotPermittedError,
        ),
        (_answer({"ErrorCode": 99}), RefusedError, RefusedError),
    ],
)
def test_failure(
    answer: Answer,
    reading: type[HikCentralError],
    writing: type[HikCentralError],
) -> None:
    for question, expected in ((READ, reading), (WRITE, writing)):
        with pytest.raises(HikCentralError) as caught:
            data_of(answer, question)
        assert type(caught.value) is expected


def test_retry_after_is_handed_on() -> None:
    with pytest.raises(TransientError) as caught:
        data_of(Answer(status=429, body=b"", retry_after=3.5), READ)
    assert caught.value.retry_after == 3.5
    assert caught.value.rate_limited


def test_what_was_sent_does_not_come_back_in_the_error() -> None:
    body = {"personGivenName": "Ada", "cards": [{"cardNo": "112233"}], "n": 5}
    question = Question(path="p", write=True, secrets=frozenset(texts_in(body)))
    answer = _answer({"code": "2", "msg": "Ada with 112233\nis [wrong parameter]"})
    with pytest.raises(HikCentralError) as caught:
        data_of(answer, question)
    assert str(caught.value) == "p: *** with *** is [wrong parameter] (code 2)"


def test_long_and_telling_messages() -> None:
    assert len(harmless("x" * 10_000, frozenset())) == 200
    assert not harmless("POST#X-Ca-Key:1#", frozenset())


@settings(deadline=None)
@given(
    JSON.map(json.dumps).map(str.encode) | st.binary(max_size=64),
    st.sampled_from((200, 204, 302, 404, 429, 500, 503)),
    st.booleans(),
)
def test_any_answer(body: bytes, status: int, write: bool) -> None:
    question = Question(path="p", write=write)
    answer = Answer(status=status, body=body)
    for read in (data_of, picture_of):
        caught: HikCentralError | None = None
        try:
            read(answer, question)
        except HikCentralError as error:
            caught = error
        assert write or not isinstance(caught, AmbiguousError)


@settings(deadline=None)
@given(JSON, st.booleans())
def test_any_envelope(value: Any, write: bool) -> None:
    question = Question(path="p", write=write)
    body = json.dumps({"code": "0", "data": value}).encode()
    # NaN is no equal of itself, so the texts are compared.
    data = data_of(Answer(status=200, body=body), question)
    assert json.dumps(data) == json.dumps(value)
