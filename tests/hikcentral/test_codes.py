"""The table of codes: each has its class, and no message gives a secret away."""

from datetime import timedelta

import pytest

from custom_components.hikcentral_visitors.hikcentral.codes import MEANINGS, error_for
from custom_components.hikcentral_visitors.hikcentral.errors import (
    AlreadyExistsError,
    AmbiguousError,
    CapacityError,
    ClockSkewError,
    CredentialsError,
    ErrorKind,
    HikCentralError,
    NotFoundError,
    NotPermittedError,
    ParameterError,
    RefusedError,
    TransientError,
    UnsupportedError,
)

PATH = "resource/v1/person/single/add"

# All codes of the reference, 2.2, in its order.
EXPECTED: dict[type[HikCentralError], str] = {
    TransientError: "3 4 5 6 16 129 133 194 0x02401009 0x0240100b 0x00052101 "
    "0x00052102 0x00052103 0x00052104",
    CredentialsError: "9 13 64 65 66 67 68 0x02401000 0x02401001 0x02401002 "
    "0x02401003 0x02401004 0x02401005 0x02401006 0x02401008 0x02401010 0x02401642",
    RefusedError: "1 7 10 14 15 140 192 193 0x00072004 0x00052301",
    NotFoundError: "128 0x00072203",
    AlreadyExistsError: "131",
    CapacityError: "132 0x00072204",
    NotPermittedError: "17 130 0x02401007 0x00072201 0x00072202",
    UnsupportedError: "8 11 12 195",
    ParameterError: "2 0x0240100a 0x00072001 0x00072002 0x00072003",
}
CASES = [(code, error) for error, codes in EXPECTED.items() for code in codes.split()]


def _error(code: str, message: str = "", *, write: bool = False) -> HikCentralError:
    return error_for(code, message, PATH, write=write)


def test_expectations_cover_the_table() -> None:
    assert sorted(code for code, _ in CASES) == sorted(MEANINGS)


@pytest.mark.parametrize(("code", "expected"), CASES)
def test_code_is_classified(code: str, expected: type[HikCentralError]) -> None:
    error = _error(code)
    assert type(error) is expected
    assert error.code == code
    assert error.path == PATH
    assert error.message
    assert PATH in str(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("6", ErrorKind.TRANSIENT),
        ("68", ErrorKind.CREDENTIALS),
        ("17", ErrorKind.REFUSED),
        ("4711", ErrorKind.REFUSED),
    ],
)
def test_kind_follows_class(code: str, kind: ErrorKind) -> None:
    assert _error(code).kind is kind


@pytest.mark.parametrize("code", ["0X0240100A", " 0x0240100a "])
def test_spelling_of_codes(code: str) -> None:
    assert isinstance(_error(code), ParameterError)


@pytest.mark.parametrize("code", ["4", "0x00052103"])
def test_time_out_behind_the_gateway_leaves_a_change_in_doubt(code: str) -> None:
    assert type(_error(code, write=True)) is AmbiguousError
    assert type(_error(code, write=False)) is TransientError


@pytest.mark.parametrize("code", ["6", "0x02401009", "0x00052101"])
def test_refusal_for_the_rate(code: str) -> None:
    error = error_for(code, "", PATH, write=True, retry_after=7.0)
    assert isinstance(error, TransientError)
    assert error.rate_limited
    assert error.retry_after == 7.0


def test_parameter_names_its_field() -> None:
    error = _error("2", "Incorrect request parameter. [doorIndexCode parameter error]")
    assert isinstance(error, ParameterError)
    assert error.field == "doorIndexCode"
    assert "doorIndexCode" in str(error)


def test_parameter_without_a_field() -> None:
    error = _error("2", "Incorrect request parameter.")
    assert isinstance(error, ParameterError)
    assert not error.field


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Failed: 60051.", AlreadyExistsError),
        ("UnAuthorized API", NotPermittedError),
        ("something else", RefusedError),
    ],
)
def test_texts_that_come_with_any_code(
    message: str, expected: type[HikCentralError]
) -> None:
    assert type(_error("9999", message)) is expected


@pytest.mark.parametrize("code", ["0x02401003", "68"])
def test_signature_messages_are_not_repeated(code: str) -> None:
    error = _error(code, "Invalid Signature! StringToSign: POST#20240001#x")
    assert "20240001" not in f"{error} {error!r} {error.args}"


@pytest.mark.parametrize("code", ["0x02401003", "68", "0x02401008"])
def test_refused_signature_with_a_wrong_clock(code: str) -> None:
    skew = timedelta(minutes=-16)
    error = error_for(code, "", PATH, write=True, skew=skew)
    assert isinstance(error, ClockSkewError)
    assert error.kind is ErrorKind.TRANSIENT
    assert error.skew == skew


@pytest.mark.parametrize("code", ["0x02401003", "68"])
def test_refused_signature_with_a_right_clock(code: str) -> None:
    error = error_for(code, "", PATH, write=True, skew=timedelta(seconds=30))
    assert type(error) is CredentialsError


def test_unknown_key_is_not_blamed_on_the_clock() -> None:
    skew = timedelta(hours=1)
    error = error_for("0x02401001", "", PATH, write=True, skew=skew)
    assert type(error) is CredentialsError
