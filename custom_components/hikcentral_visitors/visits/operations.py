"""What can be done to a person on the server, one thing at a time and in order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile


class OperationKind(StrEnum):
    """What can be done to one person on the server."""

    READ_PERSON = "read_person"
    REMOVE_MEMBER = "remove_member"
    END_WINDOW = "end_window"
    NARROW_PERSON = "narrow_person"
    DELETE_PERSON = "delete_person"
    ADD_PERSON = "add_person"
    UPDATE_PERSON = "update_person"
    UPDATE_FACE = "update_face"
    ADD_MEMBER = "add_member"
    APPLY = "apply"
    CHECK_APPLICATION = "check_application"
    APPLY_FORMER = "apply_former"
    """Tell the terminals of persons of his who are gone."""


NARROWING = frozenset(
    {
        OperationKind.REMOVE_MEMBER,
        OperationKind.END_WINDOW,
        OperationKind.NARROW_PERSON,
        OperationKind.DELETE_PERSON,
    }
)
READING = frozenset({OperationKind.READ_PERSON, OperationKind.CHECK_APPLICATION})
BY_PERSON_ID = NARROWING | {
    OperationKind.UPDATE_PERSON,
    OperationKind.UPDATE_FACE,
    OperationKind.ADD_MEMBER,
    OperationKind.APPLY,
    OperationKind.CHECK_APPLICATION,
}
"""What names a person by an id, which may be somebody else's by now."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do; `level` for the operations on a level's members."""

    kind: OperationKind
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is left to do for one visitor, in order.

    The first step can start at once unless `not_before` says when. `narrowing` tells
    that it takes something away.
    """

    operations: tuple[Operation, ...] = ()
    narrowing: bool = False
    not_before: datetime | None = None

    @property
    def step(self) -> tuple[Operation, ...]:
        """The operations that may be carried out now: the first ones, of one kind."""
        return tuple(
            takewhile(
                lambda operation: operation.kind is self.operations[0].kind,
                self.operations,
            )
        )
