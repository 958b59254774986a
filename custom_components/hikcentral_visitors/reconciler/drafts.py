"""Whom a call is for, and what is sent of him."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..hikcentral import PersonDraft
from ..visits.desired import Desired
from ..visits.record import VisitorRecord
from ..visits.window import Window

MOMENT_LATER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A visitor as he was when the call was decided, and what is wished for him."""

    record: VisitorRecord
    wish: Desired
    taking: bool
    jpeg: bytes | None = None

    @property
    def visitor_id(self) -> str:
        """Whose."""
        return self.record.visitor.id

    @property
    def person_id(self) -> str:
        """His person; operations by id are planned for persons that have one."""
        if self.record.known.person_id is None:
            raise ValueError("no person")
        return self.record.known.person_id


def whole(target: Target, window: Window, organisation: str) -> PersonDraft:
    """All of the person each time, for servers that clear what is left out."""
    visitor = target.record.visitor
    cards = None if visitor.card_no is None else tuple(filter(None, [visitor.card_no]))
    return PersonDraft(
        given_name=visitor.given_name,
        family_name=visitor.family_name,
        organisation_id=organisation,
        phone=visitor.phone,
        email=visitor.email,
        card_numbers=cards,
        begin=window.start,
        end=window.end,
    )


def only_window(target: Target, window: Window) -> PersonDraft:
    """What is enough to change a validity (reference 3.3)."""
    code = target.record.visitor.person_code
    return PersonDraft(person_code=code, begin=window.start, end=window.end)


def wished_window(target: Target) -> Window:
    """Return the validity that is to be his; raises ValueError where none is."""
    if target.wish.window is None:
        raise ValueError("nothing is wished")
    return target.wish.window


def ended(window: Window | None, end: datetime) -> Window:
    """Return a window that ends then, beginning where it did if that was before."""
    start = end - MOMENT_LATER
    if window is not None and window.start < end:
        start = window.start
    return Window(start, end)
