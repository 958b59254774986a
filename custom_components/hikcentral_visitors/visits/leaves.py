"""A view taken apart into its leaves, and put together again: kept by the thousand.

Python's garbage collector looks at every object that may refer to others, while
everything else waits. A view is made of a dozen of these, its leaves are a single one.
Leaves are equal where the views are.
"""

from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, Final, get_type_hints

from .view import VisitView

type Leaves = tuple[Any, ...]


def _parts(kind: type) -> dict[str, type | None]:
    """Return the fields of a dataclass, with the dataclass that each holds if any."""
    hints = get_type_hints(kind)
    return {
        field.name: hints[field.name] if is_dataclass(hints[field.name]) else None
        for field in fields(kind)
    }


_PARTS: Final = {
    name: None if kind is None else tuple(_parts(kind))
    for name, kind in _parts(VisitView).items()
}
_KINDS: Final = {
    name: kind for name, kind in _parts(VisitView).items() if kind is not None
}
_taken_apart = attrgetter(
    *(
        path
        for name, parts in _PARTS.items()
        for path in ((name,) if parts is None else [f"{name}.{part}" for part in parts])
    )
)


def leaves(view: VisitView) -> Leaves:
    """Return the leaves of a view."""
    taken: Leaves = _taken_apart(view)
    return taken


def view_of(leaves: Leaves) -> VisitView:
    """Return the view that has these leaves."""
    left = iter(leaves)
    # Names come first in `zip`, which takes no leaf where there is no name for it.
    return VisitView(
        **{
            name: next(left)
            if parts is None
            else _KINDS[name](**dict(zip(parts, left, strict=False)))
            for name, parts in _PARTS.items()
        }
    )
