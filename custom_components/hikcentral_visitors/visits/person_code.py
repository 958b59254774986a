"""Person codes: how a HikCentral person is recognised as one of ours.

A code is 16 characters, the longest that HikCentral takes (reference 3.3) and never
changeable there: 3 mark the installation, 8 are random, 5 are a keyed check. Whoever
holds the key can tell our persons from all others without any list, even after the
ledger was lost; nobody's own customer number passes the check by accident.
"""

from dataclasses import dataclass, field
import hashlib
import hmac
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a code survives being read aloud."""

MARK_LENGTH = 3
RANDOM_LENGTH = 8
CHECK_LENGTH = 5
CODE_LENGTH = MARK_LENGTH + RANDOM_LENGTH + CHECK_LENGTH

_BITS = 5


@dataclass(frozen=True, slots=True)
class Installation:
    """What one installation signs its person codes with."""

    mark: str
    key: bytes = field(repr=False)


def new_installation() -> Installation:
    """Return a fresh mark and key, made once for each config entry."""
    return Installation(_random(MARK_LENGTH), secrets.token_bytes(32))


def issue(installation: Installation) -> str:
    """Return a fresh person code; it is not yet known to be free on the server."""
    stem = installation.mark + _random(RANDOM_LENGTH)
    return stem + _check(installation, stem)


def is_ours(installation: Installation, code: str) -> bool:
    """Tell whether this installation issued the code."""
    stem, check = code[:-CHECK_LENGTH], code[-CHECK_LENGTH:]
    return (
        len(code) == CODE_LENGTH
        and code.isascii()
        and stem.startswith(installation.mark)
        and hmac.compare_digest(check, _check(installation, stem))
    )


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _check(installation: Installation, stem: str) -> str:
    digest = hmac.digest(installation.key, stem.encode(), hashlib.sha256)
    number = int.from_bytes(digest)
    return "".join(
        ALPHABET[(number >> _BITS * position) & 31] for position in range(CHECK_LENGTH)
    )
