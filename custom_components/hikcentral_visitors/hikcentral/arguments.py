"""Checks on what is about to be sent: nothing empty that would mean "everybody"."""

from collections.abc import Sequence

LARGEST_BATCH = 100
LONGEST_ID = 64


def checked_ids(
    ids: Sequence[str], what: str, *, at_most: int = LARGEST_BATCH
) -> list[str]:
    """Return ids that may be sent, or raise ValueError.

    There is at least one; each is text without blanks, and without a comma, which
    separates ids in some calls.
    """
    if isinstance(ids, str) or not 1 <= len(ids) <= at_most:
        msg = f"between 1 and {at_most} ids of a {what} are needed"
        raise ValueError(msg)
    return [checked_id(one, what) for one in ids]


def checked_id(one: str, what: str) -> str:
    """Return an id that may be sent, or raise ValueError."""
    blank = not one or len(one) > LONGEST_ID
    if blank or "," in one or any(character.isspace() for character in one):
        msg = f"not the id of a {what}"
        raise ValueError(msg)
    return one


def ignored(_data: object) -> None:
    """Read the answer of a call that says nothing but "done"."""
