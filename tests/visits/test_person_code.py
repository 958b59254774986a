"""Codes that are ours, and those that are not."""

from hypothesis import given, strategies as st
import pytest

from custom_components.hikcentral_visitors.visits.person_code import (
    ALPHABET,
    CODE_LENGTH,
    Installation,
    is_ours,
    issue,
    new_installation,
)

OURS = Installation("ABC", b"k" * 32)


def test_a_code_is_what_the_server_takes() -> None:
    code = issue(OURS)
    assert len(code) == CODE_LENGTH == 16
    assert set(code) <= set(ALPHABET)
    assert code.startswith("ABC")


def test_an_issued_code_is_ours_and_nobody_elses() -> None:
    code = issue(OURS)
    assert is_ours(OURS, code)
    assert not is_ours(Installation("ABC", b"x" * 32), code)
    assert not is_ours(Installation("ABD", b"k" * 32), code)


def test_codes_and_installations_differ() -> None:
    assert len({issue(OURS) for _ in range(500)}) == 500
    assert new_installation().key != new_installation().key
    assert len(new_installation().mark) == 3


@given(st.integers(0, CODE_LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_misread_character_is_noticed(position: int, character: str) -> None:
    code = issue(OURS)
    other = code[:position] + character + code[position + 1 :]
    assert is_ours(OURS, other) == (other == code)


@given(st.text(max_size=20))
def test_any_text_may_be_asked_about(text: str) -> None:
    assert not is_ours(OURS, text)
    assert not is_ours(OURS, f"ABC{text}")


@pytest.mark.parametrize("number", ["1", "42", "P-0042", "ABC", "ABC0000000000000"])
def test_a_customers_own_number_is_not_ours(number: str) -> None:
    assert not is_ours(OURS, number)


def test_a_longer_or_lower_case_code_is_not_ours() -> None:
    code = issue(OURS)
    assert not is_ours(OURS, code + "0")
    assert not is_ours(OURS, code.lower())
    assert not is_ours(OURS, code[:-1] + "É")


def test_the_key_is_in_no_repr() -> None:
    assert "kkk" not in repr(OURS)
